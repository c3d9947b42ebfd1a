package inspect

import (
	"fmt"
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
)

// linter checks a token that is verified, or decrypted as far as possible, and adds what it finds to the report.
type linter struct {
	r               *Report
	t               *Token
	header, payload *Object
	o               Options
	key             *jose.Key // the key that verified the signature; nil if none did
	depth           int       // how many encrypted tokens this one is inside
}

// lint runs every rule. The order of the rules is the order in which a person should read the findings.
func (l *linter) lint() {
	rules := []func(){
		l.findMalformed, l.findBlanks, l.findJSONForm, l.findSignature, l.findAlgConfusion, l.findWeakKey, l.findKeySet,
		l.findKeysInHeader, l.findCertificates, l.findKid,
		l.findDuplicates, l.findTimes, l.findLifetime, l.findExpectations, l.findHashMismatch, l.findRequired,
		l.findForbidden,
		l.findTyp, l.findAudience, l.findClaimTypes, l.findEncryption, l.findHiddenClaims, l.findSensitiveData,
		l.findVendor,
		l.findSize,
	}
	for _, rule := range rules {
		rule()
	}
}

// missingClaims are the findings that a claim is missing. They are not reported for a truncated token: the claim may
// have been in the rest.
var missingClaims = map[string]bool{"no-exp": true, "no-aud": true, "azp-missing": true, "claim-missing": true}

func (l *linter) add(id string, severity Severity, claim, spec, format string, args ...any) {
	if e := l.t.Err; e != nil && e.Offset >= len(l.t.Raw) && missingClaims[id] {
		return
	}
	l.r.Findings = append(l.r.Findings, Finding{ID: id, Severity: severity, Claim: tokens.VisibleLine(claim),
		Spec:    spec,
		Message: tokens.VisibleLine(fmt.Sprintf(format, args...)), Do: advice[id]})
}

func (l *linter) findMalformed() {
	if e := l.t.Err; e != nil {
		l.add("malformed", Error, "", "RFC 7515 5.2, RFC 7516 5.2", "%s", e.Message)
	}
	if l.t.Received != l.t.Raw {
		l.add("padding", Error, "", "RFC 7515 2",
			"the segments are padded with =, which is not allowed: a verifier rejects it")
	}
	for _, note := range l.t.Notes {
		if strings.Contains(note, "UTF-8") {
			l.add("not-utf8", Error, "", "RFC 7519 7.2", "%s", note)
		} else if !strings.Contains(note, "more than once") {
			l.add("odd", Info, "", "", "%s", note)
		}
	}
}

// findBlanks reports a text that may not be a token: a sentence, or several tokens.
func (l *linter) findBlanks() {
	if l.t.Form == Text && l.t.Kind == KindOpaque && strings.ContainsAny(l.t.Raw, " \t\n") {
		l.add("blanks", Warning, "", "RFC 6750 2.1",
			"it has blanks, which a bearer token cannot have: it may not be a token, or more than one")
	}
}

// findJSONForm reports a JWT in a JSON serialisation: it may verify, and most libraries accept only the compact one.
func (l *linter) findJSONForm() {
	if l.depth == 0 && l.t.SD == nil && (l.t.Form == Flattened || l.t.Form == General) {
		l.add("json-form", Warning, "", "RFC 7519 1, 7.2",
			"it is written in the %s serialisation: a JWT is always compact, and most libraries reject any other "+
				"form", l.t.Form)
	}
}

func (l *linter) findSignature() {
	alg, ok := l.header.String("alg")
	switch {
	case ok && strings.EqualFold(strings.TrimSpace(alg), "none") && l.t.Kind != KindJWE:
		l.add("alg-none", Error, "header.alg", "RFC 8725 3.2",
			"the token is not signed: anyone can have written it. Always reject it")
	case l.header != nil && !ok && l.t.Form != Text:
		l.add("alg-missing", Error, "header.alg", "RFC 7515 4.1.1", "the header does not name an algorithm")
	case l.r.Signature != nil && l.r.Signature.Verdict == tokens.Bad && l.t.Kind != KindJWE && !l.isTruncated():
		l.add("signature-bad", Error, "", "RFC 7515 5.2", "the signature is invalid: %s", l.r.Signature.Reason)
	}
	if d := l.r.Decryption; d != nil && d.Verdict == tokens.Bad {
		l.add("decryption-bad", Error, "", "RFC 7516 5.2", "it cannot be decrypted: %s", d.Reason)
	}
}

// isTruncated reports that the token ends before its signature. It then has no invalid signature, and "malformed" says
// so.
func (l *linter) isTruncated() bool {
	return l.t.Err != nil && l.t.Form == Compact && l.t.Sizes.Signature == 0
}

func (l *linter) findDuplicates() {
	report := func(where, prefix string, o *Object) {
		for _, name := range o.Duplicates() {
			l.add("duplicate", Error, prefix+name, "RFC 7515 4, RFC 7519 4",
				"%q is in the %s more than once: parsers differ in which one they use", tokens.Clip(name, 80), where)
		}
	}
	report("header", "header.", l.header)
	report("payload", "", l.payload)
}

// findVendor explains the peculiarities of some vendors' tokens.
func (l *linter) findVendor() {
	iss, _ := l.payload.String("iss")
	if l.header.Has("nonce") && (strings.HasPrefix(iss, "https://sts.windows.net/") ||
		strings.HasPrefix(iss, "https://login.microsoftonline.")) {
		l.add("graph-nonce", Info, "header.nonce", "Microsoft Graph",
			"this is an access token for a Microsoft service: its header nonce was hashed before it was signed, so "+
				"that only Microsoft can verify it. Only send it; do not verify it")
	}
	if drn, _ := l.payload.String("drn"); drn == "DSR" {
		l.add("descope-refresh", Info, "drn", "Descope",
			"this is a refresh token of Descope (drn DSR): it gets new session tokens. "+
				"Send it only to Descope")
	} else if drn != "" && !strings.Contains(iss, "://") {
		l.add("descope-issuer", Info, "iss", "Descope",
			"Descope's session tokens can name the project ID alone as iss: compare it with "+
				"that, and take the keys from https://api.descope.com/PROJECT_ID/.well-known/jwks.json")
	}
	if l.t.Kind == KindAccessToken && strings.HasSuffix(iss, ".zitadel.cloud") {
		l.add("zitadel-audience", Info, "aud", "ZITADEL",
			"an API accepts this token only if its project is in aud; the scope "+
				"urn:zitadel:iam:org:project:id:PROJECT_ID:aud puts it there")
	}
	if l.t.Form == Text && l.t.Shape.Name == "Google access token" {
		l.add("google-opaque", Info, "", "Google",
			"Google's access tokens are opaque: ask https://oauth2.googleapis.com/tokeninfo, or inspect the id_token")
	}
	if l.t.Kind == KindJWE && l.t.Header != nil {
		if iss, ok := l.t.Header.String("iss"); ok && strings.Contains(iss, "auth0.com") {
			l.add("auth0-opaque", Info, "", "Auth0",
				"Auth0 encrypts access tokens that are requested without an audience: only Auth0 can read them. "+
					"Send the parameter audience to get a JWT")
		}
	}
}

// Sizes of the usual limits: browsers drop cookies above 4 KB, many servers reject headers above 8 KB.
const (
	cookieLimit = 4096
	headerLimit = 8192
)

func (l *linter) findSize() {
	switch n := l.t.Sizes.Total; {
	case n > headerLimit-200:
		l.add("size-header", Warning, "", "RFC 9110 5.4", "it has %d bytes: many servers reject headers above 8 KB", n)
	case n > cookieLimit-200:
		l.add("size-cookie", Info, "", "RFC 6265 6.1", "it has %d bytes: browsers drop cookies above 4 KB", n)
	}
}
