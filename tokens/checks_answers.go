package tokens

// The checks of how an answer is written, and of the tokens in it.
var (
	CheckPublicKeys = CheckKind{"discovery.keys", "the server's key set publishes public keys alone",
		"OpenID Connect Discovery 3, RFC 7517 9.2", false}
	CheckAnswerJSON = CheckKind{"answer.json", "every answer is JSON, written as the specs want it",
		"RFC 8259 4 and 8.1, RFC 6749 5.1", false}
	CheckAnswerMembers = CheckKind{"answer.members", "no member of an answer stands twice with different values",
		"RFC 8259 4", true}
	CheckAccessToken = CheckKind{"access_token", "the access token can be sent in a header",
		"RFC 6749 A.12, RFC 6750 2.1", true}
	CheckExpiresIn = CheckKind{"expires_in", "the server says how many seconds the access token lives",
		"RFC 6749 5.1", false}
	CheckResponseTypes = CheckKind{"token_response", "the members of the token response have the types of the spec",
		"RFC 6749 5.1", false}
	CheckIDTokenType = CheckKind{"id_token.typ", "the id_token is not a JWT of another kind",
		"RFC 8725 3.11 and 3.12", true}
	CheckActive = CheckKind{"introspection.active", "the introspection answer says whether the token is active",
		"RFC 7662 2.2", true}
)
