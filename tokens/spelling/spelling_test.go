package spelling

import (
	"strings"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		limit, want int
	}{
		{"issuer", "issuer", 1, 0}, {"issuerr", "issuer", 1, 1}, {"isuer", "issuer", 1, 1}, {"issuar", "issuer", 1, 1},
		{"isuser", "issuer", 1, 1}, {"issuer", "isseur", 0, 1}, {"", "a", 1, 1}, {"", "", 0, 0},
		{"kitten", "sitting", 3, 3}, {"kitten", "sitting", 2, 3}, {"token", "scope", 1, 2}, {"a", "abcd", 2, 3},
		{strings.Repeat("a", 101), strings.Repeat("a", 101), 1, 2},
	} {
		if got := Distance(c.a, c.b, c.limit); got != c.want {
			t.Errorf("%s and %s within %d: got %d, want %d", c.a, c.b, c.limit, got, c.want)
		}
		if got := Distance(c.b, c.a, c.limit); got != c.want {
			t.Errorf("%s and %s within %d: got %d, want %d", c.b, c.a, c.limit, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	keys := []string{"issuer", "scope", "client_id", "client_secret", "insecure"}
	for word, want := range map[string]string{"Isuser": "issuer", "scopes": "scope", "clientid": "client_id",
		"client_sekret": "client_secret", "password": "", "x": ""} {
		if got := Nearest(word, keys); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}

// Stopping early changes no distance within the limit.
func FuzzDistance(f *testing.F) {
	f.Add("authorisation", "authorization", 2)
	f.Add("ab", "ba", 0)
	f.Fuzz(func(t *testing.T, a, b string, limit int) {
		if max(len(a), len(b)) > maxName || limit < 0 || limit > maxName {
			return
		}
		whole := Distance(a, b, maxName)
		if got := Distance(a, b, limit); got != min(whole, limit+1) || got != Distance(b, a, limit) {
			t.Errorf("%q and %q within %d: got %d, the distance is %d", a, b, limit, got, whole)
		}
	})
}
