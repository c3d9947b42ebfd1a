package inspect

import (
	"fmt"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/wwwauth"
)

// copyDamage looks for what was sent or copied along with the token.
func (x *diagnoser) copyDamage() {
	sent := strings.ToLower(strings.TrimSpace(x.Sent.Reveal()))
	for _, scheme := range []string{"bearer", "dpop"} {
		if rest, ok := strings.CutPrefix(sent, scheme); ok &&
			strings.HasPrefix(strings.TrimLeft(rest, " :"), scheme+" ") {
			x.addCause("bearer-twice", apiSaid+certain, "the header begins with %s %s", scheme, scheme)
		}
	}
	var damage []string
	for _, note := range x.t.Cleaned {
		switch {
		case strings.Contains(note, "prefix (again)"):
			x.addCause("bearer-twice", apiSaid+certain, "the input begins with the scheme twice")
		case strings.Contains(note, "quotes"), strings.Contains(note, "invisible"),
			strings.Contains(note, "line breaks"), strings.Contains(note, "padding"),
			strings.Contains(note, "percent"), strings.Contains(note, "folds"), strings.Contains(note, "commas"):
			damage = append(damage, note)
		}
	}
	if len(damage) > 0 {
		x.addCause("damaged", likely, "it came with %s", strings.Join(damage, ", "))
	}
	if x.t.Received != x.t.Raw && x.t.Form == Compact {
		x.addCause("damaged", certain+40, "its segments are padded with =, which a verifier rejects")
	}
}

// tokenKind looks for tokens that are not access tokens.
func (x *diagnoser) tokenKind() {
	switch kind := x.t.Kind; {
	case x.IsRefresh, kind == KindRefreshToken, strings.Contains(x.t.Shape.Name, "refresh token"):
		evidence := "it is a " + kindNames[kind]
		if x.IsRefresh {
			evidence = "it is the session's refresh token"
		} else if x.t.Shape.Name != "" {
			evidence = "it looks like a " + x.t.Shape.Name
		}
		x.addCause("refresh-sent", certain+50, "%s", evidence)
	case kind == KindIDToken:
		x.addCause("id-token-sent", certain+50, "%s", x.idTokenEvidence())
	case notForAPIs[kind]:
		x.addCause("other-sent", certain+50, "it is %s", article(kind))
	case x.t.Form == Text && (strings.Contains(x.t.Shape.Name, "key ID") ||
		strings.Contains(x.t.Shape.Name, "client secret") || strings.Contains(x.t.Shape.Name, "authorization code")):
		x.addCause("other-sent", certain+50, "it looks like a %s", x.t.Shape.Name)
	}
}

// idTokenEvidence says what an id_token was recognised by.
func (x *diagnoser) idTokenEvidence() string {
	for _, claim := range []string{"at_hash", "c_hash", "nonce"} {
		if x.payload.Has(claim) {
			return "it has " + claim + ", which only id_tokens have"
		}
	}
	if aud, _ := x.payload.Strings("aud"); len(aud) == 1 && aud[0] == x.Expected.ClientID && aud[0] != "" {
		return "its audience is the client itself"
	}
	return "its claims describe a sign-in, and it has no scope"
}

// malformed looks for faults of the encoding.
func (x *diagnoser) malformed() {
	e := x.t.Err
	if e == nil || x.t.Kind == KindNothing {
		return
	}
	switch {
	case strings.Contains(e.Message, "truncated"), strings.Contains(e.Message, "ends in or after"),
		strings.Contains(e.Message, "one character is missing"):
		x.addCause("truncated", certain+60, "%s%s", e.Message, cutLength(len(x.t.Raw)))
	default:
		x.addCause("broken", certain, "%s (at byte %d)", e.Message, e.Offset)
	}
}

// cutLength names the limits at which text is truncated.
func cutLength(n int) string {
	for _, limit := range []int{255, 256, 500, 512, 1000, 1023, 1024, 2000, 2047, 2048, 4000, 4095, 4096, 8190, 8191,
		8192} {
		if n == limit {
			return fmt.Sprintf("; it has %d characters, a usual limit for text", n)
		}
	}
	return ""
}

// lifetime looks at the times of the token.
func (x *diagnoser) lifetime() {
	for _, f := range x.Report.Findings {
		switch f.ID {
		case "expired":
			x.addCause("expired", certain+40, "%s", f.Message)
		case "expired-within-skew":
			x.addCause("expired", likely, "%s", f.Message)
		case "not-yet-valid":
			x.addCause("not-yet-valid", certain+40, "%s", f.Message)
		case "time-milliseconds", "time-unreadable":
			x.addCause("time-unit", certain+30, "%s", f.Message)
		case "time-string":
			x.addCause("time-unit", likely, "%s", f.Message)
		case "issued-in-future":
			x.addCause("not-yet-valid", likely+5, "%s", f.Message)
		}
	}
	if exp, ok := x.Introspection.Time("exp"); ok && !exp.After(x.Now) {
		x.addCause("expired", certain+40, "introspection says that it expired %s", tokens.Relative(exp, x.Now))
	}
}

// binding looks at tokens that are bound to a key or a certificate (RFC 9449, RFC 8705).
func (x *diagnoser) binding() {
	scheme := x.scheme()
	jkt, mtls := "", ""
	for _, o := range []*Object{x.payload, x.Introspection} {
		if cnf, ok := o.Object("cnf"); ok {
			if s, ok := cnf.String("jkt"); ok {
				jkt = s
			}
			if s, ok := cnf.String("x5t#S256"); ok {
				mtls = s
			}
		}
	}
	nonce := x.Response != nil && x.Response.Get("DPoP-Nonce") != "" && strings.Contains(x.errorText, "nonce")
	switch {
	case nonce || x.codes["use_dpop_nonce"].Scheme != "":
		x.addCause("dpop-nonce", 2*apiSaid, "the API says use_dpop_nonce")
	case x.codes["invalid_dpop_proof"].Scheme != "":
		x.addCause("dpop-proof", 2*apiSaid, "the API says invalid_dpop_proof%s",
			description(x.codes["invalid_dpop_proof"]))
	case jkt != "" && scheme == "bearer":
		x.addCause("dpop-as-bearer", certain+45, "cnf.jkt is %s, and it was sent as Bearer", tokens.Clip(jkt, 60))
	case jkt != "" && scheme == "dpop" && !x.DPoPSent:
		x.addCause("dpop-proof", certain+45, "cnf.jkt is %s, and no proof was sent", tokens.Clip(jkt, 60))
	case jkt != "" && scheme == "":
		x.addCause("dpop-as-bearer", likely+5, "cnf.jkt is %s: it must be sent as DPoP with a proof of that key",
			tokens.Clip(jkt, 60))
	case jkt == "" && scheme == "dpop" && x.payload != nil:
		x.addCause("bearer-as-dpop", certain, "it has no cnf.jkt, and it was sent as DPoP")
	case jkt == "" && scheme == "bearer" && x.wantsOnly("dpop"):
		x.addCause("dpop-as-bearer", apiSaid, "the API accepts only DPoP")
	}
	if mtls != "" {
		x.addCause("mtls-bound", likely+8, "cnf has x5t#S256 %s: it is valid only with that certificate",
			tokens.Clip(mtls, 60))
	}
}

// wantsOnly reports whether all challenges are of one scheme.
func (x *diagnoser) wantsOnly(scheme string) bool {
	if x.Response == nil || len(x.Response.Challenges) == 0 {
		return false
	}
	for _, c := range x.Response.Challenges {
		if !strings.EqualFold(c.Scheme, scheme) {
			return false
		}
	}
	return true
}

func description(c wwwauth.Challenge) string {
	if d := c.Params["error_description"]; d != "" {
		return ": " + tokens.Clip(d, 160)
	}
	return ""
}

func (x *diagnoser) audience() {
	list, ok := x.payload.Strings("aud")
	if !ok {
		list, ok = x.Introspection.Strings("aud")
	}
	want := x.Expected.Audience
	switch {
	case want != "" && ok && !slices.Contains(list, want):
		x.addCause("wrong-audience", certain+20, "it is for %s; the API is %q", quoted(list), tokens.Clip(want, 120))
	case want != "" && !ok && x.payload != nil && x.t.Kind != KindJWE:
		x.addCause("wrong-audience", likely, "it names no audience; the API is %q", tokens.Clip(want, 120))
	}
}

func (x *diagnoser) issuer() {
	got, ok := x.payload.String("iss")
	want := x.Expected.Issuer
	switch {
	case !ok || want == "" || got == want:
	case strings.TrimRight(got, "/") == strings.TrimRight(want, "/"):
		x.addCause("issuer-slash", apiSaid/4, "its iss is %q; the metadata's is %q", tokens.Clip(got, 120),
			tokens.Clip(want, 120))
	case entraVersion(got) != "" && entraVersion(want) != "" && entraVersion(got) != entraVersion(want):
		x.addCause("entra-version", apiSaid/4, "its iss is %q (version %s); the API expects version %s",
			tokens.Clip(got, 120), entraVersion(got), entraVersion(want))
	default:
		x.addCause("wrong-issuer", certain+25, "its iss is %q; expected %q", tokens.Clip(got, 120),
			tokens.Clip(want, 120))
	}
}

// entraVersion distinguishes Entra's two issuers; empty for other issuers.
func entraVersion(issuer string) string {
	switch {
	case strings.HasPrefix(issuer, "https://sts.windows.net/"):
		return "1.0"
	case strings.HasPrefix(issuer, "https://login.microsoftonline.com/") &&
		strings.HasSuffix(strings.TrimSuffix(issuer, "/"), "/v2.0"):
		return "2.0"
	}
	return ""
}

// signature looks at the signature and its key.
func (x *diagnoser) signature() {
	s := x.Report.Signature
	alg, _ := x.Report.Header.String("alg")
	switch {
	case strings.EqualFold(strings.TrimSpace(alg), "none"):
		x.addCause("alg-none", certain+70, "alg is \"none\"")
		return
	case s == nil || x.t.Form == Text || x.t.Kind == KindJWE || x.t.Err != nil:
		return
	case x.isGraphToken():
		return // it cannot be verified with any key
	case s.Verdict == tokens.Bad:
		x.addCause("signature-bad", certain+30, "%s", s.Reason)
	case s.Verdict == tokens.CannotTell && strings.Contains(s.Reason, "unknown kid"):
		weight := likely
		if x.KeysFetched {
			weight = certain + 30
		}
		x.addCause("rotated-keys", weight, "%s", s.Reason)
	case s.Verdict == tokens.CannotTell && strings.Contains(s.Reason, "unsupported algorithm"):
		x.addCause("alg", possible, "%s", s.Reason)
	}
	if strings.HasPrefix(alg, "HS") && x.Expected.Issuer != "" {
		x.addCause("alg", likely, "its alg is %s: an API can verify that only with the issuer's secret", alg)
	}
}

// introspection interprets the issuer's own answer about the token (RFC 7662).
func (x *diagnoser) introspection() {
	raw, ok := x.Introspection.Raw("active")
	if !ok {
		return
	}
	if string(raw) != "false" {
		return
	}
	if len(x.Introspection.Members) > 1 || x.has("expired") {
		x.addCause("revoked", certain+10, "introspection says active: false")
		return
	}
	x.addCause("revoked", certain+35, "introspection says active: false, and the token has not expired")
	x.addCause("introspection", possible, "introspection says only active: false")
}

// format compares what the API can read with what the token is.
func (x *diagnoser) format() {
	hinted := x.errorText != "" && hints()["opaque"].MatchString(x.errorText)
	switch {
	case x.t.Kind == KindJWE && x.Report.Decryption != nil && x.Report.Decryption.Verdict != tokens.Good:
		why := x.Report.Decryption.Reason
		if strings.HasPrefix(why, "no key") {
			// The issuer's published keys, which may still be fetched, are no help.
			why = "it can only be decrypted with the private key"
		}
		x.addCause("encrypted", certain, "it is encrypted: %s", why)
	case x.t.Form == Text && x.t.Kind != KindNothing && !x.has("refresh-sent") && !x.has("other-sent") &&
		(x.Expected.JWT || hinted):
		x.addCause("opaque", certain, "it is %s, and the API verifies tokens itself", x.t.Shape)
	case x.t.Form == Text && x.Expected.Audience != "" && !x.has("refresh-sent"):
		x.addCause("opaque", possible, "it is %s: the API must introspect it", x.t.Shape)
	case x.t.Form == Compact && x.t.Kind != KindJWE && x.Expected.Opaque:
		x.addCause("jwt", likely, "it is a JWT, and the API looks tokens up")
	}
}

func (x *diagnoser) client() {
	want := x.Expected.ClientID
	if want == "" || x.t.Kind == KindIDToken {
		return
	}
	for _, o := range []*Object{x.payload, x.Introspection} {
		for _, claim := range []string{"azp", "client_id", "appid", "cid"} {
			if got, ok := o.String(claim); ok && got != want {
				x.addCause("wrong-client", likely, "its %s is %q; the profile's client is %q", claim,
					tokens.Clip(got, 80), tokens.Clip(want, 80))
				return
			}
		}
	}
}

// isGraphToken recognises the tokens of Microsoft's own services, which no other API can verify.
func (x *diagnoser) isGraphToken() bool {
	for _, f := range x.Report.Findings {
		if f.ID == "graph-nonce" {
			return true
		}
	}
	return false
}

func (x *diagnoser) vendor() {
	if !x.isGraphToken() {
		return
	}
	aud, _ := x.payload.String("aud")
	weight := certain + 25
	if strings.HasPrefix(x.Expected.Audience, "https://graph.microsoft.com") ||
		x.Expected.Audience == "00000003-0000-0000-c000-000000000000" {
		weight = possible
	}
	if hints()["signature-bad"].MatchString(x.errorText) || hints()["rotated-keys"].MatchString(x.errorText) {
		weight += 2 * apiSaid
	}
	x.addCause("graph-token", weight, "its header has a nonce that was hashed before it was signed; it is for %s",
		orNone(aud))
}
