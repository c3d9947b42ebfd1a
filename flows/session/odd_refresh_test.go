package session

import (
	"errors"
	"strings"
	"testing"
)

// What a response of the token endpoint means for the refresh token that was sent: whether it is sent again by itself,
// and whether a new one is stored.
func TestAnOddRefreshResponseNeitherLosesNorRepeatsARefreshToken(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		body    func(body string) string
		resent  bool // the next refresh sends a token without being asked to
		rotated bool // that is the new one
	}{
		"tokens with 400":       {400, func(body string) string { return body }, false, false},
		"server_error with 500": {500, func(string) string { return `{"error":"server_error"}` }, false, false},
		"no access token": {200, func(body string) string {
			return strings.Replace(body, `"access_token"`, `"access_tokn"`, 1)
		}, true, true},
		"INVALID_GRANT":     {400, func(string) string { return `{"error":" INVALID_GRANT "}` }, false, false},
		"bad_refresh_token": {200, func(string) string { return `{"error":"bad_refresh_token"}` }, false, false},
		"invalid_request":   {400, func(string) string { return `{"error":"invalid_request"}` }, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			odd, sent := true, 0
			first := b.loginThrough(func(body string) string {
				sent++
				if odd {
					return c.body(body)
				}
				return body
			}, &c.status)
			before := b.refreshToken(first.Meta.ID)
			if _, err := b.Refresh(b.ctx(), first.Meta.ID, nil); err == nil {
				t.Fatal("got no error")
			}
			if got := b.refreshToken(first.Meta.ID); (got != before) != c.rotated {
				t.Errorf("a new refresh token is stored: got %t, want %t", got != before, c.rotated)
			}
			odd, c.status = false, 200
			_, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
			if resent := sent == 2; resent != c.resent || !resent && !errors.Is(err, ErrNeedsPerson) {
				t.Errorf("sent again: got %t and %v, want %t", resent, err, c.resent)
			}
		})
	}
}

// refreshToken returns the stored refresh token of a session.
func (b *bench) refreshToken(id string) string {
	b.t.Helper()
	rec, err := b.Load(b.ctx(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return rec.Secrets.Set.RefreshToken.Reveal()
}
