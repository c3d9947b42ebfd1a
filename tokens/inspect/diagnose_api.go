package inspect

import (
	"slices"
	"strings"
	"time"

	"fob/tokens"
)

// scheme returns how the token was sent; empty if unknown.
func (x *diagnoser) scheme() string {
	sent := strings.TrimSpace(x.Sent.Reveal())
	scheme, _, ok := strings.Cut(sent, " ")
	if !ok {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(scheme, ":"))
}

// transport looks for what happens to a request before the API gets it.
func (x *diagnoser) transport() {
	r := x.Response
	if r == nil {
		return
	}
	if size := x.t.Sizes.Total; r.Status == 431 || r.Status == 494 || r.Status == 413 ||
		(r.Status == 400 || r.Status == 502) && hints()["too-large"].MatchString(x.errorText) {
		x.addCause("too-large", apiSaid+certain, "the response is %s, the token has %d bytes", r.statusLine(), size)
	} else if size > headerLimit-200 {
		x.addCause("too-large", likely, "the token has %d bytes, many servers accept 8 KB of headers", size)
	}
	switch {
	case r.Status >= 300 && r.Status < 400 && r.Status != 304:
		if strings.Contains(strings.ToLower(r.Get("Location")), "login") ||
			strings.Contains(r.Get("Location"), "/authorize") ||
			strings.Contains(strings.ToLower(r.Get("Location")), "signin") {
			x.addCause("sign-in-page", apiSaid+certain, "the response is %s to %s", r.statusLine(),
				tokens.Clip(r.Get("Location"), 120))
			return
		}
		x.addCause("redirected", apiSaid+certain, "the response is %s to %s", r.statusLine(),
			tokens.Clip(r.Get("Location"), 120))
	case r.isHTML() && (r.Status == 403 || r.Status == 406 || r.Status == 503):
		x.addCause("gateway", apiSaid, "the response is %s with a page in HTML and no challenge%s", r.statusLine(),
			serverName(r))
	case r.isHTML() && r.Status < 500 && len(r.Challenges) == 0:
		x.addCause("sign-in-page", apiSaid, "the response is %s with a page in HTML and no challenge", r.statusLine())
	}
}

// serverName returns what responded, if the response says it.
func serverName(r *Response) string {
	if server := r.Get("Server"); server != "" {
		return ", by " + tokens.Clip(server, 60)
	}
	return ""
}

// status interprets the status where it says more than the token.
func (x *diagnoser) status() {
	r := x.Response
	if r == nil {
		return
	}
	switch {
	case r.Status >= 200 && r.Status < 300 && !strings.Contains(x.errorText, "invalid_token"):
		x.addCause("accepted", 5*apiSaid, "the response is %s", r.statusLine())
	case r.Status == 429:
		x.addCause("rate-limited", 5*apiSaid, "the response is %s%s", r.statusLine(), retryAfter(r))
	case r.Status >= 500 && !r.isHTML():
		x.addCause("server-error", apiSaid, "the response is %s", r.statusLine())
	case r.Status == 404 && len(r.Challenges) == 0:
		x.addCause("not-found", apiSaid, "the response is %s and no challenge", r.statusLine())
	}
	if x.t.Kind == KindNothing {
		x.addCause("no-token", 5*apiSaid, "there is no token")
		return
	}
	if r.Status == 401 && len(r.Challenges) > 0 && len(x.codes) == 0 && x.errorText == "" ||
		strings.Contains(x.errorText, "missing token") || strings.Contains(x.errorText, "no token") ||
		strings.Contains(x.errorText, "no authorization") || strings.Contains(x.errorText, "missing authorization") ||
		strings.Contains(x.errorText, "authorization header is missing") ||
		strings.Contains(x.errorText, "jwt not found") {
		x.challengeSchemes()
	}
	if _, ok := x.codes["invalid_request"]; ok {
		x.addCause("malformed-call", apiSaid, "the challenge says invalid_request")
	}
}

// challengeSchemes distinguishes a challenge for another scheme from one without an error code: then the API got no
// token (RFC 6750 3.1).
func (x *diagnoser) challengeSchemes() {
	var names []string
	fits := len(x.Response.Challenges) == 0
	for _, c := range x.Response.Challenges {
		names = append(names, c.Scheme)
		s := strings.ToLower(c.Scheme)
		fits = fits || s == "bearer" || s == "dpop"
	}
	if !fits {
		x.addCause("wrong-scheme", apiSaid+certain, "the API wants %s", strings.Join(names, ", "))
		return
	}
	x.addCause("not-received", apiSaid, "the challenge has no error code: the API saw no token (RFC 6750 3.1)")
}

func retryAfter(r *Response) string {
	if s := r.Get("Retry-After"); s != "" {
		return ", Retry-After: " + tokens.Clip(s, 40)
	}
	return ""
}

// clock compares the API's clock with this one, by the Date of its response.
func (x *diagnoser) clock() {
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
		after bool // the token is valid from this time on, not until it
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
			if hints()["expired"].MatchString(x.errorText) || hints()["not-yet-valid"].MatchString(x.errorText) {
				weight += apiSaid
			}
		}
	}
	x.addCause("clock-skew", weight, "the API's Date is %s, %s %s this machine's clock",
		theirs.UTC().Format(time.RFC3339), tokens.Span(difference.Abs()), ahead)
}

// scope compares what the token allows with what the challenge or the call wants.
func (x *diagnoser) scope() {
	challenge, stated := x.codes["insufficient_scope"]
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
	if stated || strings.Contains(x.errorText, "insufficient_scope") {
		weight = apiSaid + certain
	}
	switch {
	case known && len(missing) > 0:
		x.addCause("missing-scope", weight, "it lacks %s; it has %s", strings.Join(missing, " "),
			orNone(strings.Join(have, " ")))
	case weight > likely && len(want) > 0:
		x.addCause("missing-scope", weight, "the API wants %s; it has %s", strings.Join(want, " "),
			orNone(strings.Join(have, " ")))
	case weight > likely:
		x.addCause("missing-scope", weight, "the API says insufficient_scope; the token has %s",
			orNone(strings.Join(have, " ")))
	case x.Response != nil && x.Response.Status == 403 && hints()["missing-scope"].MatchString(x.errorText):
		x.addCause("missing-scope", likely, "the API mentions scopes; the token has %s",
			orNone(strings.Join(have, " ")))
	case x.Response != nil && x.Response.Status == 403 && !x.Response.isHTML():
		x.addCause("forbidden", apiSaid/2, "the response is %s: the API accepted the token", x.Response.statusLine())
	}
}

// scopes returns the scopes of the token or, if it is opaque, of the introspection. known is false if neither has any.
func (x *diagnoser) scopes() (list []string, known bool) {
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

func (x *diagnoser) stepUp() {
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
	x.addCause("step-up", apiSaid+certain,
		"the challenge says insufficient_user_authentication%s; the token has acr %s",
		wants, orNone(acr))
}

// errorWording looks for causes that the token does not show in the API's own words.
func (x *diagnoser) errorWording() {
	if x.Response == nil {
		return
	}
	for _, id := range []string{"expired", "not-yet-valid", "dpop-nonce", "dpop-proof", "wrong-audience",
		"wrong-issuer", "rotated-keys", "signature-bad", "alg", "revoked", "mtls-bound", "subject", "missing-scope"} {
		if !x.has(id) && hints()[id].MatchString(x.errorText) {
			weight := possible
			if id == "expired" && x.has("clock-skew") {
				weight -= apiSaid / 2 // the clocks explain it better
			}
			x.addCause(id, weight, "the API says %q", tokens.Clip(withoutRepetition(x.errorText), 160))
		}
	}
	if len(x.found) == 0 && x.Response.Status == 401 {
		x.addCause("refused", possible, "the response is %s, and nothing in the token explains it",
			x.Response.statusLine())
	}
}

// withoutRepetition returns the lines of a text in one line. It leaves out those whose text came before, since APIs
// describe an error in the challenge and once more in the body.
func withoutRepetition(text string) string {
	kept := ""
	for line := range strings.SplitSeq(text, "\n") {
		if line = oneLine(line); !strings.Contains(kept, line) {
			kept = strings.TrimSpace(kept + " " + line)
		}
	}
	return kept
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
