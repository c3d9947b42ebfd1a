package flows

import (
	"encoding/json"
	"slices"
	"strings"

	"fob/tokens"
)

// otherJWTTypes are the values of typ of JWTs that are neither an id_token nor a response of a server (RFC 8725 3.11,
// RFC 7515 4.1.9). Unknown values of typ are allowed.
var otherJWTTypes = map[string]string{
	"at+jwt":                       "an access token (RFC 9068 2.1)",
	"dpop+jwt":                     "a DPoP proof (RFC 9449 4.2)",
	"logout+jwt":                   "a logout token (OpenID Connect Back-Channel Logout 2.4)",
	"secevent+jwt":                 "a security event token (RFC 8417 2.3)",
	"kb+jwt":                       "a key binding JWT (RFC 9901 4.3)",
	"token-introspection+jwt":      "an introspection response (RFC 9701 5)",
	"oauth-authz-req+jwt":          "a request object (RFC 9101 10.8)",
	"client-authentication+jwt":    "a client assertion (RFC 7523)",
	"authorization-grant+jwt":      "an assertion (RFC 7523)",
	"oauth-client-attestation+jwt": "a client attestation (draft-ietf-oauth-attestation-based-client-auth)",
	"oauth-client-attestation-pop+jwt": "a proof of a client attestation " +
		"(draft-ietf-oauth-attestation-based-client-auth)",
	"oauth-id-jag+jwt":         "an identity assertion grant (draft-ietf-oauth-identity-assertion-authz-grant)",
	"txntoken+jwt":             "a transaction token (draft-ietf-oauth-transaction-tokens)",
	"entity-statement+jwt":     "an entity statement (OpenID Federation 1.0)",
	"trust-mark+jwt":           "a trust mark (OpenID Federation 1.0)",
	"statuslist+jwt":           "a status list (Token Status List)",
	"openid4vci-proof+jwt":     "a credential proof (OpenID4VCI)",
	"key-attestation+jwt":      "a key attestation (OpenID4VCI)",
	"verifier-attestation+jwt": "a verifier attestation (OpenID4VP)",
	"dc+sd-jwt":                "a credential (SD-JWT VC)",
	"vc+sd-jwt":                "a credential (SD-JWT VC)",
	"sd-jwt":                   "an SD-JWT (RFC 9901)",
	"vc+jwt":                   "a credential (VC-JOSE-COSE)",
	"vp+jwt":                   "a presentation (VC-JOSE-COSE)",
	"eat+jwt":                  "an attestation (RFC 9711)",
	"passport":                 "a PASSporT (RFC 8225)",
}

// logoutEvent identifies a logout token without a typ.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// mediaType returns a typ in lower case and without the optional prefix application/ (RFC 7515 4.1.9).
func mediaType(typ string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(typ)), "application/")
}

// otherJWTType reports whether a JWT declares a type that is not among the expected ones, and which.
func otherJWTType(t *decodedJWT, types ...string) (kind string, isOther bool) {
	if t.nonStringTyp != "" {
		return "of a typ that is not a string (RFC 7515 4.1.9)", true
	}
	typ := mediaType(t.typ)
	if slices.Contains(types, typ) {
		return "", false
	}
	if kind, isOther = otherJWTTypes[typ]; isOther {
		return "by its typ " + kind, true
	}
	var events map[string]json.RawMessage
	_ = json.Unmarshal(t.claims["events"], &events)
	if _, isOther = events[logoutEvent]; isOther {
		return "by its events " + otherJWTTypes["logout+jwt"], true
	}
	return "", false
}

// checkIDTokenType rejects other JWTs of the server as an id_token: the same key signs them all.
func checkIDTokenType(t *decodedJWT) tokens.Check {
	const expected = "a JWT, or no typ"
	received := tokens.Clip(t.typ+t.nonStringTyp, 200)
	if kind, isOther := otherJWTType(t); isOther {
		return tokens.CheckIDTokenType.Fail(expected, received, "the token is "+kind)
	}
	return tokens.CheckIDTokenType.Pass(expected, received)
}
