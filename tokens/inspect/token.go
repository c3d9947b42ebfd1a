package inspect

import (
	"fmt"

	"fob/tokens/jose/ordered"
)

// Member is one member of a header or payload. The order is that of the token, the value is as written.
type Member = ordered.Member

// Object is a header or a payload in its own order, with duplicates marked. Its methods: Raw(name), Has(name),
// String(name), Strings(name) for a string or an array of them, Time(name) for a NumericDate, Object(name).
type Object = ordered.Object

// Kind is what a token is.
type Kind string

// The kinds. A JWT is named by its purpose if it can be recognised; how it is written is in Token.Form.
const (
	KindNothing         Kind = "nothing"
	KindJWS             Kind = "jws"    // a signed token of unknown purpose
	KindJWE             Kind = "jwe"    // an encrypted token
	KindAccessToken     Kind = "at+jwt" // RFC 9068
	KindIDToken         Kind = "id_token"
	KindDPoPProof       Kind = "dpop+jwt"   // RFC 9449
	KindLogoutToken     Kind = "logout+jwt" // OpenID Connect Back-Channel Logout 1.0
	KindClientAssertion Kind = "client-assertion"
	KindSecurityEvent   Kind = "secevent+jwt" // RFC 8417
	KindRequestObject   Kind = "oauth-authz-req+jwt"
	KindIntrospection   Kind = "token-introspection+jwt"
	KindEntityStatement Kind = "entity-statement+jwt"
	KindSDJWT           Kind = "sd-jwt"    // RFC 9901
	KindSDJWTVC         Kind = "dc+sd-jwt" // SD-JWT VC: an SD-JWT that is a credential
	KindKeyBinding      Kind = "kb+jwt"
	KindStatusList      Kind = "statuslist+jwt" // Token Status List
	KindAttestation     Kind = "oauth-client-attestation+jwt"
	KindCredentialProof Kind = "openid4vci-proof+jwt" // OpenID4VCI

	KindAttestationProof    Kind = "oauth-client-attestation-pop+jwt" // draft-ietf-oauth-attestation-based-client-auth
	KindKeyAttestation      Kind = "key-attestation+jwt"              // OpenID4VCI 1.0, appendix D
	KindVerifierAttestation Kind = "verifier-attestation+jwt"         // OpenID4VP 1.0, 12
	KindIdentityGrant       Kind = "oauth-id-jag+jwt"                 // Identity Assertion JWT Authorization Grant
	KindGrantAssertion      Kind = "authorization-grant+jwt"          // RFC 7523, typ of draft-ietf-oauth-rfc7523bis
	KindTransactionToken    Kind = "txntoken+jwt"                     // draft-ietf-oauth-transaction-tokens
	KindTrustMark           Kind = "trust-mark+jwt"                   // OpenID Federation 1.0, 7
	KindPASSporT            Kind = "passport"                         // RFC 8225
	KindEAT                 Kind = "eat+jwt"                          // RFC 9711, RFC 9782
	KindCredential          Kind = "vc+jwt"                           // a W3C credential: VC-JOSE-COSE
	KindPresentation        Kind = "vp+jwt"                           // a W3C presentation

	KindJARM         Kind = "jarm"          // JWT Secured Authorization Response Mode
	KindRefreshToken Kind = "refresh_token" // a refresh token that is a JWT, as Keycloak's
	KindPASETO       Kind = "paseto"
	KindBiscuit      Kind = "biscuit"
	KindMacaroon     Kind = "macaroon"
	KindSAML         Kind = "saml"
	KindKerberos     Kind = "kerberos" // a Kerberos, SPNEGO or NTLM message
	KindOpaque       Kind = "opaque"
	KindClaims       Kind = "claims" // the payload of a JWT alone

	// What people paste although it is not a token.
	KindKey         Kind = "key"
	KindKeySet      Kind = "key-set"
	KindClient      Kind = "client-configuration"
	KindCredentials Kind = "credentials"

	KindAuthorizationRequest  Kind = "authorization-request"
	KindAuthorizationResponse Kind = "authorization-response"
)

// Form is how a token is written.
type Form string

// The forms of a JOSE token.
const (
	Compact   Form = "compact"
	Flattened Form = "flattened JSON"
	General   Form = "general JSON"
	Text      Form = "text"
)

// DecodeError says where a token is malformed. Offset is in bytes of Token.Raw.
type DecodeError struct {
	Message string `json:"message"`
	Offset  int    `json:"offset"`
}

func (e *DecodeError) Error() string { return fmt.Sprintf("%s (at byte %d)", e.Message, e.Offset) }

// Token is a decoded token. Nothing in it is cleaned for a terminal: everything is as the token has it.
type Token struct {
	Kind Kind
	Form Form
	Raw  string // the token itself, after cleaning
	// Received is the token with its padding, if it had any: the bytes that are verified.
	Received string
	Cleaned  []string // what was removed from around it, in the order of removal
	longer   []string // other readings, where the end of the token is uncertain
	others   []candidate
	// Header is the protected header, or the unprotected one if there is no other; nil if it cannot be decoded.
	Header  *Object
	Payload *Object // nil if it is not a JSON object, or encrypted
	// HeaderJSON and PayloadJSON are the decoded bytes of the segments, JSON or not.
	HeaderJSON, PayloadJSON []byte
	Unprotected             *Object // the unprotected header of a JSON serialisation
	Signatures              int     // signatures or recipients of a JSON serialisation; 1 for compact
	Sizes                   Sizes
	SD                      *SDJWT   // disclosures; nil unless the kind is sd-jwt
	Shape                   Shape    // what an opaque token looks like
	NoToken                 string   // what it is instead of a token, in one sentence; "" if it may be one
	Notes                   []string // warnings about the encoding: bytes that are not UTF-8, a duplicate member …
	Err                     *DecodeError
}

// Sizes are the lengths of the parts in bytes, as written.
type Sizes struct {
	Total     int `json:"total"`
	Header    int `json:"header,omitempty"`
	Payload   int `json:"payload,omitempty"`
	Signature int `json:"signature,omitempty"`
}

func (t *Token) fail(offset int, format string, args ...any) {
	if t.Err == nil {
		t.Err = &DecodeError{Message: fmt.Sprintf(format, args...), Offset: offset}
	}
}
