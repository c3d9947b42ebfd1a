package flows

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/flows/redirect"
	"fob/tokens"
)

func claimsOf(t *testing.T, payload string) *decodedJWT {
	t.Helper()
	c := &decodedJWT{alg: "ES256"}
	if err := json.Unmarshal([]byte(payload), &c.claims); err != nil {
		t.Fatal(err)
	}
	return c
}

// Each time is accepted up to one skew beyond its limit, and not a second more.
func TestTimesAreCheckedWithTheSkew(t *testing.T) {
	const skew = 10 * time.Second
	at := func(claim string, d time.Duration) string {
		return fmt.Sprintf(`{%q:%d}`, claim, start.Add(d).Unix())
	}
	maxAge := idExpectation{hasMaxAge: true, maxAge: time.Minute}
	r := &Run{Now: func() time.Time { return start }, Skew: skew}
	response := func(c *decodedJWT) tokens.Check { return r.jwtExpiryCheck(tokens.CheckJARMExpiry, c) }
	authTime := func(c *decodedJWT) tokens.Check { return r.checkAuthTime(c, maxAge) }
	for _, c := range []struct {
		name, claims string
		check        func(*decodedJWT) tokens.Check
		want         tokens.Outcome
	}{
		{"exp in a second", at("exp", time.Second), r.checkExpiry, tokens.Passed},
		{"exp now", at("exp", 0), r.checkExpiry, tokens.Warned},
		{"exp within the skew", at("exp", time.Second-skew), r.checkExpiry, tokens.Warned},
		{"exp at the skew", at("exp", -skew), r.checkExpiry, tokens.Failed},
		{"exp a second beyond the skew", at("exp", -skew-time.Second), r.checkExpiry, tokens.Failed},
		{"exp at twice the skew less a second", at("exp", time.Second-2*skew), r.checkExpiry, tokens.Failed},
		{"exp of a signed response within the skew", at("exp", time.Second-skew), response, tokens.Passed},
		{"exp of a signed response at the skew", at("exp", -skew), response, tokens.Failed},
		{"nbf at the skew", at("nbf", skew), r.checkNotBefore, tokens.Passed},
		{"nbf a second beyond the skew", at("nbf", skew+time.Second), r.checkNotBefore, tokens.Failed},
		{"iat at the skew", at("iat", skew), r.checkIssuedAt, tokens.Passed},
		{"iat a second beyond the skew", at("iat", skew+time.Second), r.checkIssuedAt, tokens.Failed},
		{"auth_time at max_age and the skew", at("auth_time", -time.Minute-skew), authTime, tokens.Passed},
		{"auth_time a second beyond", at("auth_time", -time.Minute-skew-time.Second), authTime, tokens.Failed},
	} {
		if got := c.check(claimsOf(t, c.claims)); got.Outcome != c.want {
			t.Errorf("%s: got %s (%s), want %s", c.name, got.Outcome, got.Because, c.want)
		}
	}
	if r := new(Run); r.skew() != tokens.DefaultSkew {
		t.Errorf("a run without a skew of its own: got %v, want %v", r.skew(), tokens.DefaultSkew)
	}
}

// A time that is not a number is reported with its JSON type (RFC 7519 2), and not as missing.
func TestATimeThatIsNotANumberIsNamed(t *testing.T) {
	r := &Run{Now: func() time.Time { return start }}
	for _, c := range []struct{ value, received, because string }{
		{`"1767225600"`, `a string, "1767225600"`, "not a string"},
		{`"soon"`, `a string, "soon"`, "not a string"},
		{`true`, "a boolean, true", "not a boolean"},
		{`null`, "null", "not null"},
		{`[1]`, "an array, [1]", "not an array"},
		{`{}`, "an object, {}", "not an object"},
		{`1e300`, "1e300", "out of range"},
	} {
		for claim, check := range map[string]func(*decodedJWT) tokens.Check{
			"exp": r.checkExpiry, "iat": r.checkIssuedAt, "nbf": r.checkNotBefore,
			"auth_time": func(t *decodedJWT) tokens.Check { return r.checkAuthTime(t, idExpectation{hasMaxAge: true}) },
		} {
			if claim == "nbf" && c.value == "null" {
				continue // null is the same as missing for an optional claim
			}
			got := check(claimsOf(t, fmt.Sprintf(`{%q:%s}`, claim, c.value)))
			why := got.Because
			if !strings.Contains(why, c.because) || strings.Contains(why, "is required") {
				t.Errorf("%s of %s: because %q, want %q in it", claim, c.value, why, c.because)
			}
			if got.Outcome != tokens.Failed || got.Received != c.received {
				t.Errorf("%s of %s: got %s, received %q, want %q", claim, c.value, got.Outcome, got.Received,
					c.received)
			}
		}
	}
	if got := r.checkExpiry(claimsOf(t, `{}`)); got.Because != "exp is required" {
		t.Errorf("no exp: got %q", got.Because)
	}
}

// The listener compares the state before it accepts a callback; the ledger compares it again.
func TestTheLedgerComparesTheStateItself(t *testing.T) {
	for _, c := range []struct {
		name string
		back url.Values
		want tokens.Outcome
	}{
		{"the one that was sent", url.Values{"state": {"sent"}, "code": {"c"}}, tokens.Passed},
		{"another", url.Values{"state": {"other"}, "code": {"c"}}, tokens.Failed},
		{"one that begins as it does", url.Values{"state": {"sen"}, "code": {"c"}}, tokens.Failed},
		{"none", url.Values{"code": {"c"}}, tokens.Failed},
		{"an empty one", url.Values{"state": {""}, "code": {"c"}}, tokens.Failed},
		{"it twice", url.Values{"state": {"sent", "sent"}, "code": {"c"}}, tokens.Failed},
		{"it and another", url.Values{"state": {"sent", "other"}, "code": {"c"}}, tokens.Failed},
	} {
		f := newFakeServer(t)
		r := &Run{Provider: f.metadata, Client: Client{ID: "client"}, Now: func() time.Time { return start }}
		a := &authorization{responseType: "code", params: url.Values{"state": {"sent"}, "client_id": {"client"}}}
		c.back.Set("iss", f.metadata.Issuer)
		front, err := r.validateCallback(t.Context(), &redirect.Callback{Params: c.back, Via: "query"}, a)
		if got := outcomeOf(r.Ledger, tokens.CheckState); got != c.want {
			t.Errorf("%s: got %q in the ledger, want %q", c.name, got, c.want)
		}
		if (err == nil) != (c.want == tokens.Passed) || err != nil && front != nil {
			t.Errorf("%s: got %v and error %v", c.name, front, err)
		}
	}
}
