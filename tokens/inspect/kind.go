package inspect

import "strings"

// kindOf returns the purpose of a signed token: by its typ, as RFC 8725 3.11 wants it, else by claims that only one
// kind has.
func kindOf(header, payload *Object) Kind {
	typ, _ := header.String("typ")
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	if k, ok := kindByType[typ]; ok {
		return k
	}
	if payload == nil {
		return KindJWS
	}
	if strings.HasSuffix(typ, "+sd-jwt") || strings.HasSuffix(typ, "sd+jwt") {
		return sdJWTKind(payload)
	}
	switch has := payload.Has; {
	case has("_sd") || has("_sd_alg"):
		return sdJWTKind(payload)
	case has("status_list"):
		return KindStatusList
	case has("htm") && has("htu") && header.Has("jwk"):
		return KindDPoPProof
	case has("events") && hasLogoutEvent(payload):
		return KindLogoutToken
	case has("events"):
		return KindSecurityEvent
	case has("token_introspection"):
		return KindIntrospection
	case has("sd_hash") && has("nonce"):
		return KindKeyBinding
	case has("response_type") && has("client_id"):
		return KindRequestObject
	case isRefreshToken(payload):
		return KindRefreshToken
	case (has("code") || has("error") || has("response")) && has("iss") && has("aud") && has("exp") && !has("sub"):
		return KindJARM
	case has("at_hash"), has("c_hash"), has("s_hash"):
		return KindIDToken
	case has("jwks") && has("iss") && equalClaims(payload, "iss", "sub"):
		return KindEntityStatement
	case isAccessToken(payload):
		return KindAccessToken
	case has("iss") && has("sub") && has("aud") && has("exp") && has("iat") && hasSignInClaims(payload):
		return KindIDToken
	case has("jti") && equalClaims(payload, "iss", "sub") && has("aud") && has("exp"):
		return KindClientAssertion
	}
	return KindJWS
}

var kindByType = map[string]Kind{
	"at+jwt":                    KindAccessToken,
	"dpop+jwt":                  KindDPoPProof,
	"logout+jwt":                KindLogoutToken,
	"secevent+jwt":              KindSecurityEvent,
	"client-authentication+jwt": KindClientAssertion,
	"oauth-authz-req+jwt":       KindRequestObject,
	"token-introspection+jwt":   KindIntrospection,
	"entity-statement+jwt":      KindEntityStatement,
	"kb+jwt":                    KindKeyBinding,
	"dc+sd-jwt":                 KindSDJWTVC,
	"vc+sd-jwt":                 KindSDJWTVC,
	"sd-jwt":                    KindSDJWT,
	"id_token+jwt":              KindIDToken,
	"statuslist+jwt":            KindStatusList,
	"openid4vci-proof+jwt":      KindCredentialProof,

	"oauth-client-attestation+jwt":       KindAttestation,
	"oauth-client-attestation-pop+jwt":   KindAttestationProof,
	"key-attestation+jwt":                KindKeyAttestation,
	"verifier-attestation+jwt":           KindVerifierAttestation,
	"oauth-id-jag+jwt":                   KindIdentityGrant,
	"authorization-grant+jwt":            KindGrantAssertion,
	"txntoken+jwt":                       KindTransactionToken,
	"trust-mark+jwt":                     KindTrustMark,
	"explicit-registration-response+jwt": KindEntityStatement,
	"passport":                           KindPASSporT,
	"eat+jwt":                            KindEAT,
	"vc+jwt":                             KindCredential,
	"vp+jwt":                             KindPresentation,
}

// notForAPIs are the kinds that no API accepts as an access token.
var notForAPIs = map[Kind]bool{
	KindDPoPProof: true, KindLogoutToken: true, KindClientAssertion: true, KindRequestObject: true,
	KindIntrospection:   true,
	KindEntityStatement: true, KindJARM: true, KindSecurityEvent: true, KindKeyBinding: true, KindStatusList: true,
	KindAttestation: true, KindCredentialProof: true, KindSAML: true, KindKerberos: true,
	KindAttestationProof: true, KindKeyAttestation: true, KindVerifierAttestation: true, KindIdentityGrant: true,
	KindGrantAssertion: true, KindTrustMark: true, KindPASSporT: true,
}

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

func hasLogoutEvent(payload *Object) bool {
	events, ok := payload.Object("events")
	return ok && events.Has(logoutEvent)
}

// sdJWTKind distinguishes the SD-JWTs that are verifiable credentials: they have a vct (SD-JWT VC 2.2.2.1).
func sdJWTKind(payload *Object) Kind {
	if payload.Has("vct") {
		return KindSDJWTVC
	}
	return KindSDJWT
}

// isRefreshToken recognises the refresh tokens of Keycloak and Descope by their claims.
func isRefreshToken(p *Object) bool {
	typ, _ := p.String("typ")
	drn, _ := p.String("drn")
	return typ == "Refresh" || typ == "Offline" || drn == "DSR"
}

// isAccessToken looks for claims that only access tokens have.
func isAccessToken(p *Object) bool {
	for _, name := range []string{"scope", "scp", "authorization_details"} {
		if p.Has(name) && !p.Has("nonce") {
			return true
		}
	}
	use, _ := p.String("token_use")             // Cognito
	typ, _ := p.String("typ")                   // Keycloak
	if drn, _ := p.String("drn"); drn == "DS" { // Descope's session token, which OAuth calls an access token
		return true
	}
	return use == "access" || typ == "Bearer"
}

// hasSignInClaims looks for the claims of an id_token about the sign-in.
func hasSignInClaims(p *Object) bool {
	use, _ := p.String("token_use")
	typ, _ := p.String("typ")
	if use == "id" || typ == "ID" {
		return true
	}
	for _, name := range []string{"nonce", "auth_time", "azp", "acr", "amr", "email", "name", "preferred_username",
		"given_name"} {
		if p.Has(name) {
			return true
		}
	}
	return false
}

func equalClaims(p *Object, a, b string) bool {
	x, okX := p.String(a)
	y, okY := p.String(b)
	return okX && okY && x == y
}

// kindNames names the kinds for the title.
var kindNames = map[Kind]string{
	KindNothing:         "nothing",
	KindJWS:             "JWS",
	KindJWE:             "JWE (encrypted)",
	KindAccessToken:     "JWT access token",
	KindIDToken:         "id_token",
	KindDPoPProof:       "DPoP proof",
	KindLogoutToken:     "logout token",
	KindClientAssertion: "client assertion",
	KindSecurityEvent:   "security event token",
	KindRequestObject:   "request object",
	KindIntrospection:   "introspection response",
	KindEntityStatement: "entity statement",
	KindSDJWT:           "SD-JWT",
	KindSDJWTVC:         "SD-JWT credential",
	KindKeyBinding:      "key binding JWT",
	KindStatusList:      "status list",
	KindAttestation:     "client attestation",
	KindCredentialProof: "proof of a credential's key",
	KindJARM:            "authorization response (JARM)",

	KindAttestationProof:    "proof of a client attestation's key",
	KindKeyAttestation:      "key attestation",
	KindVerifierAttestation: "verifier attestation",
	KindIdentityGrant:       "identity assertion grant (ID-JAG)",
	KindGrantAssertion:      "assertion for a grant",
	KindTransactionToken:    "transaction token",
	KindTrustMark:           "trust mark",
	KindPASSporT:            "PASSporT of a call",
	KindEAT:                 "entity attestation token (EAT)",
	KindCredential:          "W3C credential",
	KindPresentation:        "W3C presentation",

	KindRefreshToken: "JWT refresh token",
	KindPASETO:       "PASETO",
	KindBiscuit:      "Biscuit",
	KindMacaroon:     "macaroon",
	KindSAML:         "SAML message",
	KindKerberos:     "Kerberos message",
	KindOpaque:       "opaque token",
	KindClaims:       "payload of a JWT",
	KindKey:          "key, no token",
	KindKeySet:       "key set, no token",
	KindClient:       "client configuration, no token",
	KindCredentials:  "credentials, no token",

	KindAuthorizationRequest:  "authorization request, no token",
	KindAuthorizationResponse: "authorization response, no token",
}
