package inspect

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose/ordered"
)

// find runs every rule. A rule adds what it finds; the order is the order in which a person should read them.
func (in *inspection) find() {
	rules := []func(){
		in.findBroken, in.findSignature, in.findKeysInHeader, in.findCertificates, in.findKid, in.findDoubles,
		in.findTimes, in.findLifetime, in.findExpectations, in.findAudience, in.findType, in.findVendor, in.findSize,
	}
	for _, rule := range rules {
		rule()
	}
}

func (in *inspection) add(id string, severity Severity, claim, spec, format string, args ...any) {
	in.r.Findings = append(in.r.Findings, Finding{ID: id, Severity: severity, Claim: tokens.VisibleLine(claim), Spec: spec,
		Message: tokens.VisibleLine(fmt.Sprintf(format, args...))})
}

func (in *inspection) findBroken() {
	if e := in.t.Err; e != nil {
		in.add("malformed", Error, "", "RFC 7515 5.2, RFC 7516 5.2", "%s", e.Message)
	}
	if in.t.Received != in.t.Raw {
		in.add("padding", Error, "", "RFC 7515 2", "the segments are padded with =, which is not allowed: a verifier refuses it")
	}
	for _, note := range in.t.Notes {
		if strings.Contains(note, "UTF-8") {
			in.add("not-utf8", Error, "", "RFC 7519 7.2", "%s", note)
		} else if !strings.Contains(note, "more than once") {
			in.add("odd", Info, "", "", "%s", note)
		}
	}
}

func (in *inspection) findSignature() {
	alg, ok := in.header.String("alg")
	switch {
	case ok && strings.EqualFold(strings.TrimSpace(alg), "none") && in.t.Kind != KindJWE:
		in.add("alg-none", Error, "header.alg", "RFC 8725 3.2", "the token is not signed: anybody can have written it. Accept it from nobody")
	case in.header != nil && !ok && in.t.Form != Text:
		in.add("alg-missing", Error, "header.alg", "RFC 7515 4.1.1", "the header does not name an algorithm")
	case in.r.Signature != nil && in.r.Signature.Verdict == tokens.Bad && in.t.Kind != KindJWE:
		in.add("signature-bad", Error, "", "RFC 7515 5.2", "the signature is bad: %s", in.r.Signature.Reason)
	}
	if d := in.r.Decryption; d != nil && d.Verdict == tokens.Bad {
		in.add("decryption-bad", Error, "", "RFC 7516 5.2", "it cannot be decrypted: %s", d.Reason)
	}
}

// privateMembers are the members of a JWK that nobody but its owner may know (RFC 7518 6.2.2, 6.3.2, 6.4.1).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

func (in *inspection) findKeysInHeader() {
	if jwk, ok := in.header.Object("jwk"); ok {
		for _, name := range privateMembers {
			if jwk.Has(name) {
				in.add("private-key-in-header", Error, "header.jwk", "RFC 7515 4.1.3",
					"the header carries a private key (member %q): whoever saw the token can sign as its owner. Replace the key", name)
				break
			}
		}
	}
	for _, name := range []string{"jwk", "jku", "x5u", "x5c"} {
		if in.header.Has(name) && in.t.Kind != KindDPoPProof {
			in.add("key-in-header", Info, "header."+name, "RFC 8725 3.10", "the token names its own key: it was not used, since an attacker can name one as well")
		}
	}
}

// findKid looks for a kid that is meant for whatever looks the key up.
func (in *inspection) findKid() {
	kid, ok := in.header.String("kid")
	if !ok {
		return
	}
	for _, attack := range kidAttacks {
		if attack.pattern.MatchString(clip(kid, 4096)) {
			in.add("kid-suspicious", Warning, "header.kid", "RFC 8725 3.10", "the key ID looks like %s: a server that looks it up unchecked can be attacked with it", attack.what)
			return
		}
	}
}

// kidAttacks are what a kid holds when it is meant for whatever looks the key up. Random IDs have dashes in a row, and
// names have apostrophes: one of them alone is no attack.
var kidAttacks = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"a path", regexp.MustCompile(`(?i)\.\.[/\\]|(?:^|[:/])/*(?:etc|dev|proc|var|tmp)/|^file:|\x00`)},
	{"SQL", regexp.MustCompile(`(?i)['"][^'"]*(?:--|;|/\*|=|\bor\b|\band\b|\bunion\b)|\bunion\s+(?:all\s+)?select\b|;\s*(?:drop|select|insert|update|delete)\b|\s--(?:\s|$)`)},
	{"a command", regexp.MustCompile("[$][({]|`|&&|[|][|]|[|;]\\s*(?:[/.]|(?:sh|bash|curl|wget|cat|nc|id|ls|rm|python|perl|whoami|sleep)\\b)")},
}

func (in *inspection) findDoubles() {
	report := func(where, prefix string, o *Object) {
		for _, name := range o.Duplicates() {
			in.add("duplicate", Error, prefix+name, "RFC 7515 4, RFC 7519 4",
				"%q stands more than once in the %s: readers differ in which one they take", clip(name, 80), where)
		}
	}
	report("header", "header.", in.header)
	report("payload", "", in.payload)
}

func (in *inspection) findTimes() {
	now, skew := in.o.Now, in.o.Skew
	for _, claim := range []string{"exp", "nbf", "iat", "auth_time"} {
		raw, has := in.payload.Raw(claim)
		if !has {
			continue
		}
		r, ok := readTime(raw)
		switch {
		case !ok:
			in.add("time-unreadable", Error, claim, "RFC 7519 2", "%s is not a number of seconds: %s", claim, clip(string(raw), 60))
			continue
		case r.millis:
			in.add("time-milliseconds", Error, claim, "RFC 7519 2", "%s is in milliseconds; a verifier reads it as a time thousands of years ahead", claim)
		case r.text:
			in.add("time-string", Warning, claim, "RFC 7519 2", "%s is a string; many verifiers refuse anything but a number", claim)
		}
		switch {
		case claim == "exp" && !r.at.Add(skew).After(now):
			in.add("expired", Error, claim, "RFC 7519 4.1.4", "expired %s, at %s", tokens.Relative(r.at, now), r.at.In(in.o.Location).Format(localLayout))
		case claim == "exp" && !r.at.After(now):
			in.add("expired-within-skew", Warning, claim, "RFC 7519 4.1.4", "expired %s: within the %s that clocks may differ", tokens.Relative(r.at, now), skew)
		case claim == "nbf" && r.at.Add(-skew).After(now):
			in.add("not-yet-valid", Error, claim, "RFC 7519 4.1.5", "not valid yet: %s, at %s", tokens.Relative(r.at, now), r.at.In(in.o.Location).Format(localLayout))
		case (claim == "iat" || claim == "auth_time") && r.at.Add(-skew).After(now):
			in.add("issued-in-future", Warning, claim, "RFC 7519 4.1.6", "%s is in the future (%s): the issuer's clock or this one is wrong", claim, tokens.Relative(r.at, now))
		}
	}
}

// maxLifetime is the life above which a token is told to live long.
const maxLifetime = 24 * time.Hour

// expiring are the kinds whose specification demands exp.
var expiring = map[Kind]string{
	KindAccessToken: "RFC 9068 2.2", KindIDToken: "OpenID Connect Core 2", KindLogoutToken: "OpenID Connect Back-Channel Logout 2.4",
	KindClientAssertion: "RFC 7523 3", KindEntityStatement: "OpenID Federation 1.0, 3",
}

func (in *inspection) findLifetime() {
	if in.payload == nil || in.t.Form == Text {
		return
	}
	exp, hasExp := in.timeOf("exp")
	nbf, hasNbf := in.timeOf("nbf")
	iat, hasIat := in.timeOf("iat")
	if !hasExp && !in.payload.Has("exp") {
		if spec, must := expiring[in.t.Kind]; must {
			in.add("no-exp", Error, "exp", spec, "there is no exp: %s must say when it ends", article(in.t.Kind))
		} else if in.t.Kind == KindJWS && (in.payload.Has("iss") || in.payload.Has("sub")) {
			in.add("no-exp", Warning, "exp", "RFC 8725 3.10", "there is no exp: the token is good for ever")
		}
		return
	}
	if hasExp && hasNbf && nbf.at.After(exp.at) {
		in.add("nbf-after-exp", Error, "nbf", "RFC 7519 4.1.5", "it becomes valid after it expires: there is no moment when it is good")
	}
	if hasExp && hasIat && exp.at.Sub(iat.at) > maxLifetime && !exp.millis {
		in.add("long-life", Warning, "exp", "RFC 9700 4.10.1, RFC 6750 5.3", "it lives %s: a stolen token stays good as long", tokens.Span(exp.at.Sub(iat.at)))
	}
}

func (in *inspection) findExpectations() {
	compare := func(id, claim, spec, want string) {
		if want == "" || in.payload == nil {
			return
		}
		got, ok := in.payload.String(claim)
		switch {
		case !ok:
			in.add(id, Error, claim, spec, "%s is missing; expected %q", claim, want)
		case got != want:
			in.add(id, Error, claim, spec, "%s is %q; expected %q", claim, clip(got, 200), want)
		}
	}
	compare("iss-mismatch", "iss", "RFC 7519 4.1.1, RFC 9207", in.o.Issuer)
	compare("nonce-mismatch", "nonce", "OpenID Connect Core 3.1.3.7", in.o.Nonce)
	if in.o.Audience == "" || in.payload == nil {
		return
	}
	list, _ := in.payload.Strings("aud")
	for _, a := range list {
		if a == in.o.Audience {
			return
		}
	}
	in.add("aud-mismatch", Error, "aud", "RFC 7519 4.1.3", "the token is for %s; expected %q", quoted(list), in.o.Audience)
}

func quoted(list []string) string {
	if len(list) == 0 {
		return "no audience at all"
	}
	shown := make([]string, 0, len(list))
	for i, s := range list {
		if i == 5 {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, fmt.Sprintf("%q", clip(s, 120)))
	}
	return strings.Join(shown, ", ")
}

func (in *inspection) findAudience() {
	if in.payload == nil || in.t.Form == Text {
		return
	}
	raw, has := in.payload.Raw("aud")
	if !has {
		switch in.t.Kind {
		case KindAccessToken, KindIDToken, KindLogoutToken, KindClientAssertion, KindIntrospection:
			in.add("no-aud", Error, "aud", "RFC 9068 2.2, OpenID Connect Core 2, RFC 7523 3", "there is no aud: nobody can tell whom the token is for")
		case KindJWS:
			if in.payload.Has("iss") {
				in.add("no-aud", Warning, "aud", "RFC 8725 3.9", "there is no aud: any service that trusts the issuer may accept it")
			}
		}
		return
	}
	list, ok := in.payload.Strings("aud")
	switch {
	case !ok:
		in.add("aud-type", Error, "aud", "RFC 7519 4.1.3", "aud is neither a string nor a list of strings: %s", clip(string(raw), 60))
	case len(list) == 0:
		in.add("no-aud", Error, "aud", "RFC 7519 4.1.3", "aud is an empty list: the token is for nobody")
	case len(list) == 1 && (list[0] == "*" || list[0] == ""):
		in.add("aud-wide", Warning, "aud", "RFC 8725 3.9", "aud is %q: that names nobody", list[0])
	}
}

// findType looks at claims whose type every verifier relies on.
func (in *inspection) findType() {
	if in.payload == nil || in.t.Form == Text {
		return
	}
	for _, claim := range []string{"iss", "sub", "jti", "nonce", "azp", "client_id", "at_hash", "scope"} {
		raw, has := in.payload.Raw(claim)
		if !has {
			continue
		}
		if _, isText := ordered.Text(raw); isText {
			continue
		}
		if _, isList := ordered.Array(raw); isList && claim == "scope" {
			in.add("claim-type", Warning, claim, "RFC 8693 4.2", "scope is a list; the specification has a string of words separated by spaces")
			continue
		}
		in.add("claim-type", Warning, claim, "RFC 7519 4.1", "%s is not a string but %s: some libraries refuse the whole token for it", claim, clip(string(raw), 40))
	}
}

// findVendor says what people with a token of that vendor stumble over.
func (in *inspection) findVendor() {
	iss, _ := in.payload.String("iss")
	if in.header.Has("nonce") && (strings.HasPrefix(iss, "https://sts.windows.net/") || strings.HasPrefix(iss, "https://login.microsoftonline.")) {
		in.add("graph-nonce", Info, "header.nonce", "Microsoft Graph", "this is an access token for a Microsoft service: its header nonce was hashed before it was signed, so that nobody but Microsoft can verify it. Only send it; do not check it")
	}
	if in.t.Form == Text && in.t.Shape.Name == "Google access token" {
		in.add("google-opaque", Info, "", "Google", "Google's access tokens are opaque: ask https://oauth2.googleapis.com/tokeninfo, or look into the id_token")
	}
	if in.t.Kind == KindJWE && in.t.Header != nil {
		if iss, ok := in.t.Header.String("iss"); ok && strings.Contains(iss, "auth0.com") {
			in.add("auth0-opaque", Info, "", "Auth0", "Auth0 encrypts access tokens that were asked for without an audience: only Auth0 can read them. Send the parameter audience to get a JWT")
		}
	}
}

// Sizes at which the way to the API begins to refuse: browsers drop cookies above 4 KB, many servers headers above 8 KB.
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
