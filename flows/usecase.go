package flows

// UseCase is something that fob does with a server besides logging in.
type UseCase struct {
	ID   string
	Name string
	Spec string
	Verb string // of the command line; the workbench's actions have the same names
}

// UseCases returns the use cases, in the order of the docs.
func UseCases() []UseCase {
	return []UseCase{
		{"refresh", "Refresh, for less scope or another resource", "RFC 6749 6, RFC 8707 2.2", "refresh"},
		{"introspection", "Token introspection", "RFC 7662", "introspect"},
		{"revocation", "Token revocation", "RFC 7009", "revoke"},
		{"userinfo", "Userinfo, plain, signed and encrypted", "OpenID Connect Core 5.3", "userinfo"},
		{"logout", "RP-initiated logout", "OpenID Connect RP-Initiated Logout 1.0", "logout"},
		{"metadata", "Server metadata and keys", "OpenID Connect Discovery 1.0, RFC 8414, RFC 7517", "provider"},
		{"step-up", "Step-up: a sign-in that an API's challenge requires", "RFC 9470", "call"},
		{"registration", "Dynamic client registration and its management", "RFC 7591, RFC 7592", "provider register"},
		{"client-document", "A client whose ID is the URL of its metadata",
			"OAuth Client ID Metadata Document", "login --client-id"},
		{"resource-metadata", "From the URL of an API or MCP server to its authorization server", "RFC 9728",
			"login --api"},
		{"call", "Calls to an API with the token", "RFC 6750, RFC 9449 7", "call"},
	}
}
