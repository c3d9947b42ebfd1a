package inspect

import (
	"fmt"
	"slices"
	"strings"

	"fob/tokens"
)

// copied looks for what was sent or copied along with the token.
func (x *examination) copied() {
	sent := strings.ToLower(strings.TrimSpace(x.Sent.Reveal()))
	for _, scheme := range []string{"bearer", "dpop"} {
		if rest, ok := strings.CutPrefix(sent, scheme); ok &&
			strings.HasPrefix(strings.TrimLeft(rest, " :"), scheme+" ") {
			x.blame("bearer-twice", apiSaid+certain, "the header begins with %s %s", scheme, scheme)
		}
	}
	var damage []string
	for _, note := range x.t.Cleaned {
		switch {
		case strings.Contains(note, "prefix (again)"):
			x.blame("bearer-twice", apiSaid+certain, "what was handed in begins with the scheme twice")
		case strings.Contains(note, "quotes"), strings.Contains(note, "invisible"),
			strings.Contains(note, "line breaks"), strings.Contains(note, "padding"),
			strings.Contains(note, "percent"), strings.Contains(note, "folds"), strings.Contains(note, "commas"):
			damage = append(damage, note)
		}
	}
	if len(damage) > 0 {
		x.blame("damaged", likely, "it came with %s", strings.Join(damage, ", "))
	}
	if x.t.Received != x.t.Raw && x.t.Form == Compact {
		x.blame("damaged", certain+40, "its segments are padded with =, which a verifier refuses")
	}
}

// wrongToken looks at what kind of token it is.
func (x *examination) wrongToken() {
	switch kind := x.t.Kind; {
	case x.IsRefresh, kind == KindRefreshToken, strings.Contains(x.t.Shape.Name, "refresh token"):
		evidence := "it is a " + kindNames[kind]
		if x.IsRefresh {
			evidence = "it is the session's refresh token"
		} else if x.t.Shape.Name != "" {
			evidence = "it looks like a " + x.t.Shape.Name
		}
		x.blame("refresh-sent", certain+50, "%s", evidence)
	case kind == KindIDToken:
		x.blame("id-token-sent", certain+50, "%s", x.idEvidence())
	case notForAPIs[kind]:
		x.blame("other-sent", certain+50, "it is %s", article(kind))
	case x.t.Form == Text && (strings.Contains(x.t.Shape.Name, "key ID") ||
		strings.Contains(x.t.Shape.Name, "client secret") || strings.Contains(x.t.Shape.Name, "authorization code")):
		x.blame("other-sent", certain+50, "it looks like a %s", x.t.Shape.Name)
	}
}

// idEvidence says by what an id_token is told.
func (x *examination) idEvidence() string {
	for _, claim := range []string{"at_hash", "c_hash", "nonce"} {
		if x.payload.Has(claim) {
			return "it has " + claim + ", which id_tokens alone have"
		}
	}
	if aud, _ := x.payload.Strings("aud"); len(aud) == 1 && aud[0] == x.Expected.ClientID && aud[0] != "" {
		return "its audience is the client itself"
	}
	return "its claims tell of a sign-in, and it has no scope"
}

// unreadable looks at a token that is broken.
func (x *examination) unreadable() {
	e := x.t.Err
	if e == nil || x.t.Kind == KindNothing {
		return
	}
	switch {
	case strings.Contains(e.Message, "cut off"), strings.Contains(e.Message, "ends in or after"),
		strings.Contains(e.Message, "one character is missing"):
		x.blame("truncated", certain+60, "%s%s", e.Message, cutLength(len(x.t.Raw)))
	default:
		x.blame("broken", certain, "%s (at byte %d)", e.Message, e.Offset)
	}
}

// cutLength names the limits at which text is cut.
func cutLength(n int) string {
	for _, limit := range []int{255, 256, 500, 512, 1000, 1023, 1024, 2000, 2047, 2048, 4000, 4095, 4096, 8190, 8191,
		8192} {
		if n == limit {
			return fmt.Sprintf("; it has %d characters, which is a limit that text is cut at", n)
		}
	}
	return ""
}

// lifetime looks at the times of the token.
func (x *examination) lifetime() {
	for _, f := range x.Report.Findings {
		switch f.ID {
		case "expired":
			x.blame("expired", certain+40, "%s", f.Message)
		case "expired-within-skew":
			x.blame("expired", likely, "%s", f.Message)
		case "not-yet-valid":
			x.blame("not-yet-valid", certain+40, "%s", f.Message)
		case "time-milliseconds", "time-unreadable":
			x.blame("time-unit", certain+30, "%s", f.Message)
		case "time-string":
			x.blame("time-unit", likely, "%s", f.Message)
		case "issued-in-future":
			x.blame("not-yet-valid", likely+5, "%s", f.Message)
		}
	}
	if exp, ok := x.Introspection.Time("exp"); ok && !exp.After(x.Now) {
		x.blame("expired", certain+40, "introspection says that it expired %s", tokens.Relative(exp, x.Now))
	}
}

// binding looks at tokens that are bound to a key or a certificate (RFC 9449, RFC 8705).
func (x *examination) binding() {
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
	nonce := x.Response != nil && x.Response.Get("DPoP-Nonce") != "" && strings.Contains(x.words, "nonce")
	switch {
	case nonce || x.codes["use_dpop_nonce"].Scheme != "":
		x.blame("dpop-nonce", 2*apiSaid, "the API says use_dpop_nonce")
	case x.codes["invalid_dpop_proof"].Scheme != "":
		x.blame("dpop-proof", 2*apiSaid, "the API says invalid_dpop_proof%s", described(x.codes["invalid_dpop_proof"]))
	case jkt != "" && scheme == "bearer":
		x.blame("dpop-as-bearer", certain+45, "cnf.jkt is %s, and it was sent as Bearer", tokens.Clip(jkt, 60))
	case jkt != "" && scheme == "dpop" && !x.DPoPSent:
		x.blame("dpop-proof", certain+45, "cnf.jkt is %s, and no proof was sent", tokens.Clip(jkt, 60))
	case jkt != "" && scheme == "":
		x.blame("dpop-as-bearer", likely+5, "cnf.jkt is %s: it must be sent as DPoP with a proof of that key",
			tokens.Clip(jkt, 60))
	case jkt == "" && scheme == "dpop" && x.payload != nil:
		x.blame("bearer-as-dpop", certain, "it has no cnf.jkt, and it was sent as DPoP")
	case jkt == "" && scheme == "bearer" && x.wantsOnly("dpop"):
		x.blame("dpop-as-bearer", apiSaid, "the API wants DPoP alone")
	}
	if mtls != "" {
		x.blame("mtls-bound", likely+8, "cnf has x5t#S256 %s: it is good together with that certificate alone",
			tokens.Clip(mtls, 60))
	}
}

// wantsOnly reports whether all challenges are of one scheme.
func (x *examination) wantsOnly(scheme string) bool {
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

func described(c Challenge) string {
	if d := c.Params["error_description"]; d != "" {
		return ": " + tokens.Clip(d, 160)
	}
	return ""
}

func (x *examination) audience() {
	list, ok := x.payload.Strings("aud")
	if !ok {
		list, ok = x.Introspection.Strings("aud")
	}
	want := x.Expected.Audience
	switch {
	case want != "" && ok && !slices.Contains(list, want):
		x.blame("wrong-audience", certain+20, "it is for %s; the API is %q", quoted(list), tokens.Clip(want, 120))
	case want != "" && !ok && x.payload != nil && x.t.Kind != KindJWE:
		x.blame("wrong-audience", likely, "it names no audience; the API is %q", tokens.Clip(want, 120))
	}
}

func (x *examination) issuer() {
	got, ok := x.payload.String("iss")
	want := x.Expected.Issuer
	switch {
	case !ok || want == "" || got == want:
	case strings.TrimRight(got, "/") == strings.TrimRight(want, "/"):
		x.blame("issuer-slash", apiSaid/4, "its iss is %q; the metadata's is %q", tokens.Clip(got, 120),
			tokens.Clip(want, 120))
	case entraVersion(got) != "" && entraVersion(want) != "" && entraVersion(got) != entraVersion(want):
		x.blame("entra-version", apiSaid/4, "its iss is %q (version %s); the API expects version %s",
			tokens.Clip(got, 120), entraVersion(got), entraVersion(want))
	default:
		x.blame("wrong-issuer", certain+25, "its iss is %q; expected %q", tokens.Clip(got, 120), tokens.Clip(want, 120))
	}
}

// entraVersion tells Entra's two issuers apart; empty for other issuers.
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

// key looks at the signature.
func (x *examination) key() {
	s := x.Report.Signature
	alg, _ := x.Report.Header.String("alg")
	switch {
	case strings.EqualFold(strings.TrimSpace(alg), "none"):
		x.blame("alg-none", certain+70, "its alg is none")
		return
	case s == nil || x.t.Form == Text || x.t.Kind == KindJWE || x.t.Err != nil:
		return
	case x.graph():
		return // nobody can verify it, whatever the keys
	case s.Verdict == tokens.Bad:
		x.blame("signature-bad", certain+30, "%s", s.Reason)
	case s.Verdict == tokens.CannotTell && strings.Contains(s.Reason, "unknown kid"):
		weight := likely
		if x.KeysFetched {
			weight = certain + 30
		}
		x.blame("rotated-keys", weight, "%s", s.Reason)
	case s.Verdict == tokens.CannotTell && strings.Contains(s.Reason, "unsupported algorithm"):
		x.blame("alg", possible, "%s", s.Reason)
	}
	if strings.HasPrefix(alg, "HS") && x.Expected.Issuer != "" {
		x.blame("alg", likely, "its alg is %s: an API can check that only with the issuer's secret", alg)
	}
}

// introspected reads the issuer's own answer about the token (RFC 7662).
func (x *examination) introspected() {
	raw, ok := x.Introspection.Raw("active")
	if !ok {
		return
	}
	if string(raw) != "false" {
		return
	}
	if len(x.Introspection.Members) > 1 || x.has("expired") {
		x.blame("revoked", certain+10, "introspection says active: false")
		return
	}
	x.blame("revoked", certain+35, "introspection says active: false, and the token has not expired")
	x.blame("introspection", possible, "introspection says active: false, and nothing else")
}

// form compares what the API can read with what the token is.
func (x *examination) form() {
	hinted := x.words != "" && hints()["opaque"].MatchString(x.words)
	switch {
	case x.t.Kind == KindJWE && x.Report.Decryption != nil && x.Report.Decryption.Verdict != tokens.Good:
		why := x.Report.Decryption.Reason
		if strings.HasPrefix(why, "no key") {
			why = "only who holds the private key can open " +
				"it" // an issuer's published keys, which may still be fetched, cannot
		}
		x.blame("encrypted", certain, "it is encrypted: %s", why)
	case x.t.Form == Text && x.t.Kind != KindNothing && !x.has("refresh-sent") && !x.has("other-sent") &&
		(x.Expected.JWT || hinted):
		x.blame("opaque", certain, "it is %s, and the API reads tokens itself", x.t.Shape)
	case x.t.Form == Text && x.Expected.Audience != "" && !x.has("refresh-sent"):
		x.blame("opaque", possible, "it is %s: the API must ask the issuer about it", x.t.Shape)
	case x.t.Form == Compact && x.t.Kind != KindJWE && x.Expected.Opaque:
		x.blame("jwt", likely, "it is a JWT, and the API asks about tokens that it looks up")
	}
}

func (x *examination) client() {
	want := x.Expected.ClientID
	if want == "" || x.t.Kind == KindIDToken {
		return
	}
	for _, o := range []*Object{x.payload, x.Introspection} {
		for _, claim := range []string{"azp", "client_id", "appid", "cid"} {
			if got, ok := o.String(claim); ok && got != want {
				x.blame("wrong-client", likely, "its %s is %q; the profile's client is %q", claim,
					tokens.Clip(got, 80), tokens.Clip(want, 80))
				return
			}
		}
	}
}

// graph tells Microsoft's own tokens, which nobody else can verify.
func (x *examination) graph() bool {
	for _, f := range x.Report.Findings {
		if f.ID == "graph-nonce" {
			return true
		}
	}
	return false
}

func (x *examination) vendor() {
	if !x.graph() {
		return
	}
	aud, _ := x.payload.String("aud")
	weight := certain + 25
	if strings.HasPrefix(x.Expected.Audience, "https://graph.microsoft.com") ||
		x.Expected.Audience == "00000003-0000-0000-c000-000000000000" {
		weight = possible
	}
	if hints()["signature-bad"].MatchString(x.words) || hints()["rotated-keys"].MatchString(x.words) {
		weight += 2 * apiSaid
	}
	x.blame("graph-token", weight, "its header has a nonce that was hashed before it was signed; it is for %s",
		orNone(aud))
}
