package inspect

import (
	"fmt"
	"strings"

	"fob/tokens"
)

// find runs every rule. A rule adds what it finds; the order is the order in which a person should read them.
func (in *inspection) find() {
	rules := []func(){
		in.findBroken, in.findBlanks, in.findForm, in.findSignature, in.findConfusion, in.findWeakKey, in.findKeySet,
		in.findKeysInHeader, in.findCertificates, in.findKid,
		in.findDoubles, in.findTimes, in.findLifetime, in.findExpectations, in.findHalfHashes, in.findRequired,
		in.findForbidden,
		in.findTyp, in.findAudience, in.findType, in.findEncryption, in.findHidden, in.findData, in.findVendor,
		in.findSize,
	}
	for _, rule := range rules {
		rule()
	}
}

// absences are the findings that something is missing. Of a token that was cut off they say nothing: it may have stood
// in the rest.
var absences = map[string]bool{"no-exp": true, "no-aud": true, "azp-missing": true, "claim-missing": true}

func (in *inspection) add(id string, severity Severity, claim, spec, format string, args ...any) {
	if e := in.t.Err; e != nil && e.Offset >= len(in.t.Raw) && absences[id] {
		return
	}
	in.r.Findings = append(in.r.Findings, Finding{ID: id, Severity: severity, Claim: tokens.VisibleLine(claim),
		Spec:    spec,
		Message: tokens.VisibleLine(fmt.Sprintf(format, args...)), Do: advice[id]})
}

func (in *inspection) findBroken() {
	if e := in.t.Err; e != nil {
		in.add("malformed", Error, "", "RFC 7515 5.2, RFC 7516 5.2", "%s", e.Message)
	}
	if in.t.Received != in.t.Raw {
		in.add("padding", Error, "", "RFC 7515 2",
			"the segments are padded with =, which is not allowed: a verifier refuses it")
	}
	for _, note := range in.t.Notes {
		if strings.Contains(note, "UTF-8") {
			in.add("not-utf8", Error, "", "RFC 7519 7.2", "%s", note)
		} else if !strings.Contains(note, "more than once") {
			in.add("odd", Info, "", "", "%s", note)
		}
	}
}

// findBlanks tells a text that may be no token at all: a sentence, or several tokens.
func (in *inspection) findBlanks() {
	if in.t.Form == Text && in.t.Kind == KindOpaque && strings.ContainsAny(in.t.Raw, " \t\n") {
		in.add("blanks", Warning, "", "RFC 6750 2.1",
			"there are blanks in it, which a bearer token cannot hold: it may be no token, or more than one")
	}
}

// findForm tells a JWT in a JSON serialisation: it may verify, and most libraries take the compact one alone.
func (in *inspection) findForm() {
	if in.depth == 0 && in.t.SD == nil && (in.t.Form == Flattened || in.t.Form == General) {
		in.add("json-form", Warning, "", "RFC 7519 1, 7.2",
			"it is written in the %s serialisation: a JWT is always compact, and most libraries refuse any other "+
				"form", in.t.Form)
	}
}

func (in *inspection) findSignature() {
	alg, ok := in.header.String("alg")
	switch {
	case ok && strings.EqualFold(strings.TrimSpace(alg), "none") && in.t.Kind != KindJWE:
		in.add("alg-none", Error, "header.alg", "RFC 8725 3.2",
			"the token is not signed: anybody can have written it. Accept it from nobody")
	case in.header != nil && !ok && in.t.Form != Text:
		in.add("alg-missing", Error, "header.alg", "RFC 7515 4.1.1", "the header does not name an algorithm")
	case in.r.Signature != nil && in.r.Signature.Verdict == tokens.Bad && in.t.Kind != KindJWE && !in.cutOff():
		in.add("signature-bad", Error, "", "RFC 7515 5.2", "the signature is bad: %s", in.r.Signature.Reason)
	}
	if d := in.r.Decryption; d != nil && d.Verdict == tokens.Bad {
		in.add("decryption-bad", Error, "", "RFC 7516 5.2", "it cannot be decrypted: %s", d.Reason)
	}
}

// cutOff reports that the token ends before its signature: there is none that could be bad, and "malformed" says so.
func (in *inspection) cutOff() bool {
	return in.t.Err != nil && in.t.Form == Compact && in.t.Sizes.Signature == 0
}

func (in *inspection) findDoubles() {
	report := func(where, prefix string, o *Object) {
		for _, name := range o.Duplicates() {
			in.add("duplicate", Error, prefix+name, "RFC 7515 4, RFC 7519 4",
				"%q stands more than once in the %s: readers differ in which one they take", tokens.Clip(name, 80),
				where)
		}
	}
	report("header", "header.", in.header)
	report("payload", "", in.payload)
}

// findVendor says what people with a token of that vendor stumble over.
func (in *inspection) findVendor() {
	iss, _ := in.payload.String("iss")
	if in.header.Has("nonce") && (strings.HasPrefix(iss, "https://sts.windows.net/") ||
		strings.HasPrefix(iss, "https://login.microsoftonline.")) {
		in.add("graph-nonce", Info, "header.nonce", "Microsoft Graph",
			"this is an access token for a Microsoft service: its header nonce was hashed before it was signed, so "+
				"that nobody but Microsoft can verify it. Only send it; do not check it")
	}
	if drn, _ := in.payload.String("drn"); drn == "DSR" {
		in.add("descope-refresh", Info, "drn", "Descope",
			"this is a refresh token of Descope (drn DSR): it gets new session tokens, "+
				"and is to be sent to Descope alone")
	} else if drn != "" && !strings.Contains(iss, "://") {
		in.add("descope-issuer", Info, "iss", "Descope",
			"Descope's session tokens can name the project ID alone as iss: compare it with "+
				"that, and take the keys from https://api.descope.com/PROJECT_ID/.well-known/jwks.json")
	}
	if in.t.Kind == KindAccessToken && strings.HasSuffix(iss, ".zitadel.cloud") {
		in.add("zitadel-audience", Info, "aud", "ZITADEL",
			"an API takes this token only when its project is in aud; the scope "+
				"urn:zitadel:iam:org:project:id:PROJECT_ID:aud puts it there")
	}
	if in.t.Form == Text && in.t.Shape.Name == "Google access token" {
		in.add("google-opaque", Info, "", "Google",
			"Google's access tokens are opaque: ask https://oauth2.googleapis.com/tokeninfo, or look into the id_token")
	}
	if in.t.Kind == KindJWE && in.t.Header != nil {
		if iss, ok := in.t.Header.String("iss"); ok && strings.Contains(iss, "auth0.com") {
			in.add("auth0-opaque", Info, "", "Auth0",
				"Auth0 encrypts access tokens that were asked for without an audience: only Auth0 can read them. "+
					"Send the parameter audience to get a JWT")
		}
	}
}

// Sizes at which the way to the API begins to refuse: browsers drop cookies above 4 KB, many servers headers above 8
// KB.
const (
	cookieLimit = 4096
	headerLimit = 8192
)

func (in *inspection) findSize() {
	switch n := in.t.Sizes.Total; {
	case n > headerLimit-200:
		in.add("size-header", Warning, "", "RFC 9110 5.4", "it has %d bytes: many servers refuse headers above 8 KB", n)
	case n > cookieLimit-200:
		in.add("size-cookie", Info, "", "RFC 6265 6.1", "it has %d bytes: browsers drop cookies above 4 KB", n)
	}
}
