package inspect

import (
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
)

// kindRules are what the specification of a kind demands of its claims.
type kindRules struct {
	typ       string // of the header; empty: none is registered
	must      bool   // typ is a MUST
	typSpec   string
	required  []string // besides exp and aud, which have rules of their own
	forbidden []string
	spec      string
	severity  Severity // of a required claim that is missing
}

// attestation is the draft of attested clients; the sections are those of October 2026.
const attestation = "OAuth 2.0 Attestation-Based Client Authentication"

var rulesByKind = map[Kind]kindRules{
	KindAccessToken: {typ: "at+jwt", typSpec: "RFC 9068 2.1",
		required: []string{"iss", "sub", "client_id", "iat", "jti"}, spec: "RFC 9068 2.2", severity: Warning},
	KindIDToken: {required: []string{"iss", "sub", "iat"}, spec: "OpenID Connect Core 2", severity: Error},
	KindDPoPProof: {typ: "dpop+jwt", must: true, typSpec: "RFC 9449 4.2",
		required: []string{"jti", "htm", "htu", "iat"}, spec: "RFC 9449 4.2", severity: Error},
	KindLogoutToken: {typ: "logout+jwt", typSpec: "OpenID Connect Back-Channel Logout 2.4",
		required: []string{"iss", "iat", "jti", "events"}, forbidden: []string{"nonce"},
		spec: "OpenID Connect Back-Channel Logout 2.4", severity: Error},
	KindClientAssertion: {required: []string{"iss", "sub"}, spec: "RFC 7523 3", severity: Error},
	KindRequestObject: {typ: "oauth-authz-req+jwt", typSpec: "RFC 9101 10.8", required: []string{"client_id"},
		forbidden: []string{"request", "request_uri"}, spec: "RFC 9101 4", severity: Error},
	KindIntrospection: {typ: "token-introspection+jwt", must: true, typSpec: "RFC 9701 5",
		required: []string{"iss", "iat", "token_introspection"}, forbidden: []string{"sub", "exp"},
		spec: "RFC 9701 5", severity: Error},
	KindEntityStatement: {typ: "entity-statement+jwt", must: true, typSpec: "OpenID Federation 1.0, 3",
		required: []string{"iss", "sub", "iat", "jwks"}, spec: "OpenID Federation 1.0, 3", severity: Error},
	KindSecurityEvent: {typ: "secevent+jwt", typSpec: "RFC 8417 2.3",
		required: []string{"iss", "iat", "jti", "events"}, spec: "RFC 8417 2.2", severity: Error},
	KindSDJWTVC: {typ: "dc+sd-jwt", typSpec: "SD-JWT VC 2.2.1", required: []string{"vct"},
		spec: "SD-JWT VC 2.2.2.1", severity: Error},
	KindKeyBinding: {typ: "kb+jwt", must: true, typSpec: "RFC 9901 4.3",
		required: []string{"iat", "aud", "nonce", "sd_hash"}, spec: "RFC 9901 4.3", severity: Error},
	KindStatusList: {typ: "statuslist+jwt", must: true, typSpec: "Token Status List 5.1",
		required: []string{"sub", "iat", "status_list"}, spec: "Token Status List 5.1", severity: Error},
	KindAttestation: {typ: "oauth-client-attestation+jwt", must: true, typSpec: attestation +
		" 4", required: []string{"sub", "cnf"}, spec: attestation + " 4", severity: Error},

	KindAttestationProof: {typ: "oauth-client-attestation-pop+jwt", must: true, typSpec: attestation +
		" 5.1", required: []string{"jti"}, spec: attestation + " 5.1", severity: Error},
	KindKeyAttestation: {typ: "key-attestation+jwt", must: true, typSpec: "OpenID4VCI 1.0, appendix D",
		required: []string{"iat", "attested_keys"}, spec: "OpenID4VCI 1.0, appendix D", severity: Error},
	KindVerifierAttestation: {typ: "verifier-attestation+jwt", must: true, typSpec: "OpenID4VP 1.0, 12",
		required: []string{"iss", "sub", "cnf"}, spec: "OpenID4VP 1.0, 12", severity: Error},
	KindIdentityGrant: {typ: "oauth-id-jag+jwt", must: true,
		typSpec:  "draft-ietf-oauth-identity-assertion-authz-grant",
		required: []string{"iss", "sub", "client_id", "jti", "iat"},
		spec:     "draft-ietf-oauth-identity-assertion-authz-grant", severity: Error},
	KindGrantAssertion: {typ: "authorization-grant+jwt", typSpec: "draft-ietf-oauth-rfc7523bis",
		required: []string{"iss", "sub"}, spec: "RFC 7523 3", severity: Error},
	KindTransactionToken: {typ: "txntoken+jwt", must: true, typSpec: "draft-ietf-oauth-transaction-tokens",
		required: []string{"iat", "txn", "sub"}, spec: "draft-ietf-oauth-transaction-tokens", severity: Error},
	KindTrustMark: {typ: "trust-mark+jwt", must: true, typSpec: "OpenID Federation 1.0, 7.1",
		required: []string{"iss", "sub", "trust_mark_type", "iat"}, spec: "OpenID Federation 1.0, 7.1",
		severity: Error},
	KindPASSporT: {typ: "passport", must: true, typSpec: "RFC 8225 4.1",
		required: []string{"iat", "orig", "dest"}, spec: "RFC 8225 5", severity: Error},
}

// typ returns the header's typ for a comparison: in lower case and without application/.
func (l *linter) typ() string {
	typ, _ := l.header.String("typ")
	return strings.TrimPrefix(strings.ToLower(typ), "application/")
}

// findRequired looks for the claims that a kind must have. RFC 9068 does not apply to what only looks like an access
// token.
func (l *linter) findRequired() {
	d, known := rulesByKind[l.t.Kind]
	if !known || l.payload == nil || l.t.Kind == KindAccessToken && l.typ() != d.typ {
		return
	}
	for _, claim := range d.required {
		if !l.payload.Has(claim) {
			l.add("claim-missing", d.severity, claim, d.spec, "%s is missing: %s must have it", claim,
				article(l.t.Kind))
		}
	}
}

// findForbidden looks for what a kind must not have.
func (l *linter) findForbidden() {
	d := rulesByKind[l.t.Kind]
	for _, claim := range d.forbidden {
		if l.payload.Has(claim) {
			l.add("claim-forbidden", Error, claim, d.spec,
				"%s must not be in %s, so that it cannot be mistaken for another token", claim, article(l.t.Kind))
		}
	}
	alg, _ := l.header.String("alg")
	switch {
	case l.t.Kind == KindDPoPProof && strings.HasPrefix(alg, "HS"):
		l.add("dpop-alg", Error, "header.alg", "RFC 9449 4.2",
			"a DPoP proof must be signed with a private key, not with a secret")
	case l.t.Kind == KindDPoPProof && !l.header.Has("jwk"):
		l.add("dpop-jwk", Error, "header.jwk", "RFC 9449 4.2", "the proof has no key: it cannot be verified")
	}
	if raw, ok := l.header.Raw("b64"); ok && string(raw) == "false" && l.payload != nil &&
		(l.payload.Has("iss") || l.payload.Has("exp")) {
		l.add("b64-jwt", Error, "header.b64", "RFC 7797 7", "b64 is false, which a JWT must not have")
	}
}

// findTyp compares the typ in the header with what the claims say the token is (RFC 8725 3.11).
func (l *linter) findTyp() {
	d, known := rulesByKind[l.t.Kind]
	typ := l.typ()
	if !known || l.payload == nil || d.typ == "" || typ == d.typ {
		l.findTypMismatch(typ)
		return
	}
	if l.t.Kind == KindSDJWTVC && typ == "vc+sd-jwt" {
		return // the name in the drafts
	}
	shown := "typ is missing"
	if typ != "" {
		shown = "typ is " + quoteForMessage(typ)
	}
	if d.must {
		l.add("typ-wrong", Error, "header.typ", d.typSpec,
			"%s; %s must have %s, so that no other token can be mistaken for it", shown, article(l.t.Kind), d.typ)
		return
	}
	l.add("typ-generic", Info, "header.typ", d.typSpec+", RFC 8725 3.11",
		"%s; with %s no other token of the issuer could be mistaken for %s", shown, d.typ, article(l.t.Kind))
}

// findTypMismatch reports a token whose typ and claims say different things.
func (l *linter) findTypMismatch(typ string) {
	if l.t.Kind != KindAccessToken || typ != "at+jwt" || l.payload == nil {
		return
	}
	for _, claim := range []string{"at_hash", "c_hash", "nonce"} {
		if l.payload.Has(claim) {
			l.add("typ-wrong", Warning, "header.typ", "RFC 9068 2.1, RFC 8725 3.11",
				"typ says access token, and %s belongs into an id_token", claim)
			return
		}
	}
}

// findHashMismatch compares at_hash, c_hash and s_hash with what came with the id_token.
func (l *linter) findHashMismatch() {
	alg, _ := l.header.String("alg")
	for _, h := range []struct {
		claim, id, what, spec string
		value                 tokens.Secret
	}{
		{"at_hash", "at-hash", "the access token that came with it", "OpenID Connect Core 3.1.3.8", l.o.AccessToken},
		{"c_hash", "c-hash", "the code that came with it", "OpenID Connect Core 3.3.2.11", l.o.Code},
		{"s_hash", "s-hash", "the state of the request", "Financial-grade API 1.0 Part 2, 5.1", l.o.State},
	} {
		got, has := l.payload.String(h.claim)
		if h.value.IsZero() || !has {
			continue
		}
		want, err := jose.HalfHash(alg, h.value.Reveal())
		switch {
		case err != nil:
			l.add(h.id, Warning, h.claim, h.spec, "%s cannot be checked: %v", h.claim, err)
		case got != want:
			l.add(h.id, Error, h.claim, h.spec, "%s does not match %s: it is %s, and should be %s", h.claim,
				h.what, quoteForMessage(got), want)
		}
	}
}

// findHiddenClaims looks for claims that an SD-JWT must not hide: a verifier must see them whatever the holder chooses.
func (l *linter) findHiddenClaims() {
	if l.t.SD == nil {
		return
	}
	for _, d := range l.t.SD.Disclosures {
		switch d.Path {
		case "iss", "exp", "nbf", "cnf", "vct", "vct#integrity", "status", "aud":
			l.add("hidden-claim", Warning, d.Path, "RFC 9901 9.7, SD-JWT VC 2.2.2.3",
				"%s can be withheld by the holder: a verifier that relies on it can be kept from seeing it", d.Path)
		}
	}
}

// quoteForMessage quotes text from outside for a message.
func quoteForMessage(s string) string { return `"` + tokens.Clip(tokens.VisibleLine(s), 80) + `"` }
