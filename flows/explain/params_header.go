package explain

import (
	"mime"
	"strings"
)

// requestHeaders are the header fields of a request with a meaning in OAuth. Authorization is explained by its scheme.
var requestHeaders = []Param{
	{"DPoP", "The proof that the client holds the key: a JWT over the method, the URL, the time and the token.",
		"RFC 9449 4", jwt},
	{"OAuth-Client-Attestation", "A signed statement about this installation, by the maker of the client's software.",
		"draft-ietf-oauth-attestation-based-client-auth 4", jwt},
	{"OAuth-Client-Attestation-PoP", "The proof that the installation holds the attested key.",
		"draft-ietf-oauth-attestation-based-client-auth 5.1", jwt},
	{"Content-Type", "What the body is; the OAuth endpoints accept a form.", "RFC 6749 3.2, appendix B",
		&rule{expects: "application/x-www-form-urlencoded, or application/json where a client is registered",
			valid: isMedia("application/x-www-form-urlencoded", "application/json", "application/jwt")}},
	{"Accept", "What the response may be.", "RFC 9110 12.5.1", anyText},
	{"Origin", "The page that sends the request; a browser sets it.", "RFC 6454 7", anyText},
}

// responseHeaders are those of a response, and the parameters of a challenge.
var responseHeaders = []Param{
	{"WWW-Authenticate", "What the server requires before it responds, and what was wrong with the request.",
		"RFC 6750 3, RFC 9449 7.1, RFC 9728 5.1", anyText},
	{"OAuth-Client-Attestation-Challenge", "The challenge that the next proof of the client's attestation must have.",
		"draft-ietf-oauth-attestation-based-client-auth 6", visibleASCII},
	{"DPoP-Nonce", "The nonce that the next DPoP proof for this server must have.", "RFC 9449 8, 9", anyText},
	{"Content-Type", "What the body is.", "RFC 6749 5.1", anyText},
	{"Cache-Control", "Whether the response may be kept; one with a token must not be.", "RFC 6749 5.1",
		anyText.withAdvice(func(v string) string {
			if !strings.Contains(strings.ToLower(v), "no-store") {
				return "a response with a token must say no-store (RFC 6749 5.1)"
			}
			return ""
		})},
	{"Location", "Where the browser is sent.", "RFC 9110 10.2.2", anyText},
	{"Retry-After", "How long to wait: seconds, or a date.", "RFC 9110 10.2.3", anyText},
	{"Date", "The server's clock, which shows a difference.", "RFC 9110 6.6.1", anyText},
	{"realm", "What is protected, in the server's own words.", "RFC 9110 11.5", nil},
	{"error", "Why the token was rejected, as a code.", "RFC 6750 3.1", errorText},
	{"error_description", "Why the token was rejected, in words.", "RFC 6750 3", errorText},
	{"error_uri", "A page about the error.", "RFC 6750 3", absoluteURI},
	{"scope", "The scope that the request needs.", "RFC 6750 3", scopeRule},
	{"resource_metadata", "Where the API's metadata is, which names its authorization servers.", "RFC 9728 5.1",
		webURL},
	{"acr_values", "How strongly the user has to have signed in.", "RFC 9470 3", anyText},
	{"max_age", "How many seconds ago the user may have signed in at most.", "RFC 9470 3", number.ofKind(untyped)},
	{"algs", "The algorithms that the DPoP proof may be signed with.", "RFC 9449 7.1", anyText},
}

func isMedia(types ...string) func(string) bool {
	return func(v string) bool {
		media, _, err := mime.ParseMediaType(v)
		if err != nil {
			return false
		}
		for _, t := range types {
			if media == t {
				return true
			}
		}
		return false
	}
}
