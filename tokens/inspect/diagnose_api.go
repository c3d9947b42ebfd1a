package inspect

import (
	"slices"
	"strings"
	"time"

	"fob/tokens"
)

// scheme is how the token was sent; empty when nobody knows.
func (x *examination) scheme() string {
	sent := strings.TrimSpace(x.Sent.Reveal())
	scheme, _, ok := strings.Cut(sent, " ")
	if !ok {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(scheme, ":"))
}

// way looks for what happens to a request before the API reads it.
func (x *examination) way() {
	r := x.Response
	if r == nil {
		return
	}
	if size := x.t.Sizes.Total; r.Status == 431 || r.Status == 494 || r.Status == 413 ||
		(r.Status == 400 || r.Status == 502) && hints()["too-large"].MatchString(x.words) {
		x.blame("too-large", apiSaid+certain, "the answer is %s, the token has %d bytes", r.line(), size)
	} else if size > headerLimit-200 {
		x.blame("too-large", likely, "the token has %d bytes, many servers take 8 KB of headers", size)
	}
	switch {
	case r.Status >= 300 && r.Status < 400 && r.Status != 304:
		if strings.Contains(strings.ToLower(r.Get("Location")), "login") ||
			strings.Contains(r.Get("Location"), "/authorize") ||
			strings.Contains(strings.ToLower(r.Get("Location")), "signin") {
			x.blame("sign-in-page", apiSaid+certain, "the answer is %s to %s", r.line(),
				tokens.Clip(r.Get("Location"), 120))
			return
		}
		x.blame("redirected", apiSaid+certain, "the answer is %s to %s", r.line(), tokens.Clip(r.Get("Location"), 120))
	case r.isHTML() && (r.Status == 403 || r.Status == 406 || r.Status == 503):
		x.blame("gateway", apiSaid, "the answer is %s with a page in HTML and no challenge%s", r.line(), by(r))
	case r.isHTML() && r.Status < 500 && len(r.Challenges) == 0:
		x.blame("sign-in-page", apiSaid, "the answer is %s with a page in HTML and no challenge", r.line())
	}
}

// by names what answered, where the answer says it.
func by(r *Response) string {
	if server := r.Get("Server"); server != "" {
		return ", by " + tokens.Clip(server, 60)
	}
	return ""
}

// answer reads the status where it says more than what stands in the token.
func (x *examination) answer() {
	r := x.Response
	if r == nil {
		return
	}
	switch {
	case r.Status >= 200 && r.Status < 300 && !strings.Contains(x.words, "invalid_token"):
		x.blame("accepted", 5*apiSaid, "the answer is %s", r.line())
	case r.Status == 429:
		x.blame("rate-limited", 5*apiSaid, "the answer is %s%s", r.line(), after(r))
	case r.Status >= 500 && !r.isHTML():
		x.blame("server-error", apiSaid, "the answer is %s", r.line())
	case r.Status == 404 && len(r.Challenges) == 0:
		x.blame("not-found", apiSaid, "the answer is %s and no challenge", r.line())
	}
	if x.t.Kind == KindNothing {
		x.blame("no-token", 5*apiSaid, "nothing was handed in")
		return
	}
	if r.Status == 401 && len(r.Challenges) > 0 && len(x.codes) == 0 && x.words == "" ||
		strings.Contains(x.words, "missing token") || strings.Contains(x.words, "no token") ||
		strings.Contains(x.words, "no authorization") || strings.Contains(x.words, "missing authorization") ||
		strings.Contains(x.words, "authorization header is missing") ||
		strings.Contains(x.words, "jwt not found") {
		x.schemes()
	}
	if _, ok := x.codes["invalid_request"]; ok {
		x.blame("malformed-call", apiSaid, "the challenge says invalid_request")
	}
}

// schemes tells a challenge that wants another scheme from one that has seen no token (RFC 6750 3.1: then there is no
// error code).
func (x *examination) schemes() {
	var names []string
	fits := len(x.Response.Challenges) == 0
	for _, c := range x.Response.Challenges {
		names = append(names, c.Scheme)
		s := strings.ToLower(c.Scheme)
		fits = fits || s == "bearer" || s == "dpop"
	}
	if !fits {
		x.blame("wrong-scheme", apiSaid+certain, "the API wants %s", strings.Join(names, ", "))
		return
	}
	x.blame("not-received", apiSaid, "the challenge has no error code: the API saw no token (RFC 6750 3.1)")
}

func after(r *Response) string {
	if s := r.Get("Retry-After"); s != "" {
		return ", Retry-After: " + tokens.Clip(s, 40)
	}
	return ""
}

// clock compares the API's clock with this one, by the Date of its answer.
func (x *examination) clock() {
	if x.Response == nil {
		return
	}
	theirs, ok := x.Response.date()
	if !ok {
		return
	}
	difference := theirs.Sub(x.Now)
	if difference.Abs() <= tokens.DefaultSkew+time.Second {
		return
	}
	ahead := "ahead of"
	if difference < 0 {
		ahead = "behind"
	}
	weight := possible
	for _, c := range []struct {
		claim string
		after bool // the token is good from there on, as against until there
	}{{"exp", false}, {"nbf", true}, {"iat", true}} {
		at, ok := x.payload.Time(c.claim)
		if !ok {
			continue
		}
		goodHere, goodThere := x.Now.Before(at), theirs.Before(at)
		if c.after {
			goodHere, goodThere = !goodHere, !goodThere
		}
		if goodHere && !goodThere {
			weight = certain + apiSaid/2
			if hints()["expired"].MatchString(x.words) || hints()["not-yet-valid"].MatchString(x.words) {
				weight += apiSaid
			}
		}
	}
	x.blame("clock-skew", weight, "the API's Date is %s, %s %s this machine's clock",
		theirs.UTC().Format(time.RFC3339), tokens.Span(difference.Abs()), ahead)
}

// scope compares what the token allows with what the challenge or the call wants.
func (x *examination) scope() {
	challenge, told := x.codes["insufficient_scope"]
	want := strings.Fields(challenge.Params["scope"])
	if len(want) == 0 {
		want = x.Expected.Scopes
	}
	have, known := x.scopes()
	var missing []string
	for _, s := range want {
		if !slices.Contains(have, s) {
			missing = append(missing, s)
		}
	}
	weight := likely
	if told || strings.Contains(x.words, "insufficient_scope") {
		weight = apiSaid + certain
	}
	switch {
	case known && len(missing) > 0:
		x.blame("missing-scope", weight, "it lacks %s; it has %s", strings.Join(missing, " "),
			orNone(strings.Join(have, " ")))
	case weight > likely && len(want) > 0:
		x.blame("missing-scope", weight, "the API wants %s; it has %s", strings.Join(want, " "),
			orNone(strings.Join(have, " ")))
	case weight > likely:
		x.blame("missing-scope", weight, "the API says insufficient_scope; the token has %s",
			orNone(strings.Join(have, " ")))
	case x.Response != nil && x.Response.Status == 403 && hints()["missing-scope"].MatchString(x.words):
		x.blame("missing-scope", likely, "the API speaks of scopes; the token has %s", orNone(strings.Join(have, " ")))
	case x.Response != nil && x.Response.Status == 403 && !x.Response.isHTML():
		x.blame("forbidden", apiSaid/2, "the answer is %s: the API knows who calls", x.Response.line())
	}
}

// scopes are the scopes of the token or, where it is opaque, of the introspection; known is false when nobody told.
func (x *examination) scopes() (list []string, known bool) {
	for _, o := range []*Object{x.payload, x.Introspection} {
		for _, claim := range []string{"scope", "scp", "permissions", "roles"} {
			if values, ok := o.Strings(claim); ok {
				known = true
				for _, v := range values {
					list = append(list, strings.Fields(v)...)
				}
			}
		}
	}
	return list, known || x.payload != nil && x.t.Kind == KindAccessToken
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return tokens.Clip(s, 300)
}

func (x *examination) stepUp() {
	c, ok := x.codes["insufficient_user_authentication"]
	if !ok {
		return
	}
	wants := ""
	for _, name := range []string{"acr_values", "max_age"} {
		if v := c.Params[name]; v != "" {
			wants += ", " + name + " " + tokens.Clip(v, 80)
		}
	}
	acr, _ := x.payload.String("acr")
	x.blame("step-up", apiSaid+certain, "the challenge says insufficient_user_authentication%s; the token has acr %s",
		wants, orNone(acr))
}

// said is what remains: the API's own words, where they point to a cause that the token does not show.
func (x *examination) said() {
	if x.Response == nil {
		return
	}
	for _, id := range []string{"expired", "not-yet-valid", "dpop-nonce", "dpop-proof", "wrong-audience",
		"wrong-issuer", "rotated-keys", "signature-bad", "alg", "revoked", "mtls-bound", "subject", "missing-scope"} {
		if !x.has(id) && hints()[id].MatchString(x.words) {
			weight := possible
			if id == "expired" && x.has("clock-skew") {
				weight -= apiSaid / 2 // the clocks explain it better
			}
			x.blame(id, weight, "the API says %q", tokens.Clip(strings.TrimSpace(oneLine(x.words)), 160))
		}
	}
	if len(x.found) == 0 && x.Response.Status == 401 {
		x.blame("refused", possible, "the answer is %s, and nothing in the token speaks against it", x.Response.line())
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
