package flows

// ClientAuthentication has the inputs of the client authentication methods that do not use a client secret.
var ClientAuthentication = Extension{
	ID: "client_authentication", Name: "Client authentication by key", Spec: "RFC 7523 2.2, OpenID Connect Core 9",
	Summary: "the client authenticates with a private key, and each endpoint can have its own method",
	Inputs: []Input{
		{
			Name: "client_key", Label: "Client key", Kind: SecretRef, Spec: "RFC 7517", Advanced: true,
			Help: "The client's private keys as JWK, JWK set or PEM: for private_key_jwt, signed requests and " +
				"encrypted responses.",
		},
		{
			Name: "assertion_audience", Label: "Assertion audience", Kind: Choice,
			Choices: []string{"issuer", "token_endpoint", "endpoint"}, Default: "issuer",
			Spec: "RFC 7523 3, OpenID Connect Core 9", Advanced: true,
			Help: "The aud of a client assertion: the issuer, the token endpoint, or the endpoint that it is sent to.",
		},
		{
			Name: "endpoint_auth", Label: "Authentication by endpoint", Kind: List, Spec: "RFC 8414 2", Advanced: true,
			Help: "Endpoints with their own client authentication method, as ENDPOINT=METHOD: " +
				"introspection=client_secret_basic.",
		},
	},
}
