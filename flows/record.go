package flows

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fob/tokens"
)

// Step reports a step: it sets its number and time and calls Observe.
func (r *Run) Step(s Step) {
	r.steps++
	s.N = r.steps
	s.At = r.now()
	s.Title, s.Meaning, s.Err = tokens.VisibleLine(s.Title), tokens.VisibleLine(s.Meaning), tokens.Visible(s.Err)
	if s.Exchange != nil {
		s.Edited = s.Exchange.Edited
	}
	r.edited = append(r.edited, s.Edited...)
	if r.Observe != nil {
		r.Observe(s)
	}
}

// Check records a check in the ledger and reports it as a step. The error is a *tokens.CheckError when the check failed
// and a spec makes it a MUST: the run must end, and nothing of it may be stored.
func (r *Run) Check(c tokens.Check) error {
	r.Ledger = append(r.Ledger, c)
	s := Step{From: Fob, To: Fob, Title: "Check " + string(c.ID) + ": " + string(c.Outcome), Meaning: checkMeaning(c),
		Spec: c.Spec, Check: &c}
	var err error
	if c.Must && c.Outcome == tokens.Failed {
		err = &tokens.CheckError{Check: c}
		s.Err = "expected " + cmp.Or(c.Expected, "nothing") + ", received " + cmp.Or(c.Received, "nothing")
	}
	r.Step(s)
	return err
}

// checkAll records all checks, so that the ledger shows everything that is wrong, and returns the first violation.
func (r *Run) checkAll(checks ...tokens.Check) error {
	var first error
	for _, c := range checks {
		if err := r.Check(c); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// checkMeaning returns the check as one sentence.
func checkMeaning(c tokens.Check) string {
	s := cmp.Or(c.Title, string(c.ID))
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	switch c.Outcome {
	case tokens.Skipped:
		s += ": not checked, because " + c.Because
	case tokens.Failed, tokens.Warned:
		s += ": no"
		if c.Because != "" {
			s += ", " + c.Because
		}
	}
	return s + "."
}

func (r *Run) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}

func (r *Run) skew() time.Duration {
	if r.Skew == 0 {
		return tokens.DefaultSkew
	}
	return r.Skew
}

func (r *Run) wait(ctx context.Context, d time.Duration) error {
	if r.Wait != nil {
		return r.Wait(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// value returns an input's trimmed value; "" when it is missing.
func (r *Run) value(name string) string { return strings.TrimSpace(r.Values[name]) }

// requestsScope reports whether the requested scope contains a value.
func (r *Run) requestsScope(word string) bool {
	for _, s := range tokens.SplitScope(r.value("scope")) {
		if s == word {
			return true
		}
	}
	return false
}

// setInputs copies inputs into parameters of the same name, except for empty ones.
func (r *Run) setInputs(form url.Values, names ...string) {
	for _, name := range names {
		if v := r.value(name); v != "" {
			form.Set(name, v)
		}
	}
}

// setList copies List inputs into repeated parameters (resource, audience).
func (r *Run) setList(form url.Values, names ...string) {
	for _, name := range names {
		for _, v := range strings.Fields(r.value(name)) {
			form.Add(name, v)
		}
	}
}

// requireEndpoint returns the URL of an endpoint, or an *EndpointError when it is missing or not an http or https URL.
func (r *Run) requireEndpoint(name string) (string, error) {
	if r.Provider == nil {
		return "", &EndpointError{Endpoint: name}
	}
	u := r.Provider.Endpoint(name)
	if r.Client.Certificate != nil {
		// With a client certificate, use the endpoint's mTLS alias (RFC 8705 5).
		u = cmp.Or(r.Provider.MTLSEndpoint(name), u)
	}
	if u == "" {
		invalid, suggestion := r.Provider.InvalidEndpoint(name)
		return "", &EndpointError{Endpoint: name, Issuer: r.Provider.Issuer, URL: invalid, Suggestion: suggestion}
	}
	if !tokens.IsWebURL(u) {
		return "", &EndpointError{Endpoint: name, Issuer: r.Provider.Issuer, URL: u}
	}
	return u, nil
}

// TokenEndpoint returns the URL for token requests; "" when it is missing or invalid.
func (r *Run) TokenEndpoint() string {
	u, _ := r.requireEndpoint("token") // a token request returns the error
	return u
}

// inputSeconds reads a Seconds input; ok is false when it is missing.
func (r *Run) inputSeconds(name string) (d time.Duration, ok bool, err error) {
	v := r.value(name)
	if v == "" {
		return 0, false, nil
	}
	d, err = parseSeconds(name, v)
	return d, err == nil, err
}

func parseSeconds(name, value string) (time.Duration, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > 1<<31 {
		return 0, &InputError{Input: name, Value: value, Expected: "a number of seconds, 0 or more"}
	}
	return time.Duration(n) * time.Second, nil
}
