package inspect

import (
	"fmt"

	"fob/tokens/jose/ordered"
)

// Member is one member of a header or payload, in the token's own order; the value is as written.
type Member = ordered.Member

// Object is a header or a payload in its own order, with doubles kept and marked. Its methods: Raw(name), Has(name),
// String(name), Strings(name) for a string or an array of them, Time(name) for a NumericDate, Object(name).
type Object = ordered.Object

// Kind says what a token is. It is recognised by structure, never by how it starts.
type Kind string

// The kinds. A JWT whose purpose can be told is named by its purpose; the form stands in Token.Form.
const (
	KindNothing         Kind = "nothing"
	KindJWS             Kind = "jws"    // a signed token of no more special kind
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

	KindAttestationProof    Kind = "oauth-client-attestation-pop+jwt" // draft-ietf-oauth-attestation-based-client-auth 5.1
	KindKeyAttestation      Kind = "key-attestation+jwt"              // OpenID4VCI 1.0, appendix D
	KindVerifierAttestation Kind = "verifier-attestation+jwt"         // OpenID4VP 1.0, 12
	KindIdentityGrant       Kind = "oauth-id-jag+jwt"                 // Identity Assertion JWT Authorization Grant
	KindGrantAssertion      Kind = "authorization-grant+jwt"          // RFC 7523, as draft-ietf-oauth-rfc7523bis types it
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

	// What people paste although it is no token.
	KindKey         Kind = "key"
	KindKeySet      Kind = "key-set"
	KindClient      Kind = "client-configuration"
	KindCredentials Kind = "credentials"

	KindAuthorizationRequest  Kind = "authorization-request"
	KindAuthorizationResponse Kind = "authorization-response"
)

// Form is how a token is written down.
type Form string

// The forms of a JOSE token.
const (
	Compact   Form = "compact"
	Flattened Form = "flattened JSON"
	General   Form = "general JSON"
	Text      Form = "text"
)

// DecodeError says where a token stopped making sense. Offset is in bytes of Token.Raw.
type DecodeError struct {
	Message string `json:"message"`
	Offset  int    `json:"offset"`
}

func (e *DecodeError) Error() string { return fmt.Sprintf("%s (at byte %d)", e.Message, e.Offset) }

// Token is a token taken apart. Nothing in it is cleaned for a terminal: everything is as the token says it.
type Token struct {
	Kind Kind
	Form Form
	Raw  string // the token itself, after cleaning
	// Received is the token with its padding, if it had any: these are the bytes that are verified.
	Received string
	Cleaned  []string // what was removed from around it, in the order of removal
	longer   []string // other readings, where the text does not tell how far the token goes
	others   []discovery
	// Header is the protected header, or the unprotected one where that is all there is; nil when it cannot be read.
	Header  *Object
	Payload *Object // nil when it is no JSON object, or encrypted
	// HeaderJSON and PayloadJSON are the bytes that the segments hold, whatever they are.
	HeaderJSON, PayloadJSON []byte
	Unprotected             *Object // the unprotected header of a JSON serialisation
	Signatures              int     // signatures or recipients of a JSON serialisation; 1 for compact
	Sizes                   Sizes
	SD                      *SDJWT   // disclosures; nil unless the kind is sd-jwt
	Shape                   Shape    // what an opaque token looks like
	NoToken                 string   // what it is instead of a token, in one sentence; "" when it may be one
	Notes                   []string // what is odd about the encoding: bytes that are not UTF-8, a doubled member …
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
