package inspect

import (
	"fmt"
	"strings"
	"testing"

	"fob/tokens/jose"
)

func TestADiffGoesClaimByClaim(t *testing.T) {
	before, keys := signed(t, `{"iss":"https://i","sub":"alice","aud":"a","scope":"read write","iat":1700000000,`+
		`"exp":1700000300,"jti":"1","roles":["x","y"],"old":{"a":1},"same":[1,2]}`, jose.Header{"typ": "JWT"})
	after, _ := signed(t, `{"same":[1, 2],"iss":"https://i","sub":"bob","aud":["a","b"],"scope":"write  read",`+
		`"iat":1700003600,"exp":1700003900,"roles":["y","z"],"new":null,"jti":"\u001b2"}`, jose.Header{"typ": "at+jwt"})
	changes := map[string]Change{}
	var order []string
	for _, c := range Diff(Inspect(before, Options{Now: now, Keys: keys}), Inspect(after, Options{Now: now})) {
		changes[c.Name] = c
		order = append(order, c.Name)
	}
	for name, want := range map[string]string{
		"header.typ": "changed|JWT|at+jwt||", "header.alg": "same|ES256|ES256||", "iss": "same|https://i|https://i||",
		"sub": "changed|alice|bob||another person or service", "jti": "changed|1|␛2||", "old": `removed|{"a":1}|||`,
		"new": "added||null||", "same": "same|1, 2|1, 2||",
		"iat": "changed|2023-11-14T22:13:20Z|2023-11-14T23:13:20Z|+1h|", "scope": "same|read write|write  read||",
		"verdict": "changed|good|cannot-tell||", "kind": "changed|JWT access token|JWT access token||",
	} {
		c, ok := changes[name]
		if name == "kind" {
			if ok {
				t.Errorf("kind: got %+v, want nothing: both are access tokens", c)
			}
			continue
		}
		if got := strings.Join([]string{c.Kind, c.Old, c.New, c.Shift, c.Note}, "|"); !strings.HasPrefix(got,
			strings.TrimSuffix(want, "|")) {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if c := changes["roles"]; fmt.Sprint(c.Added, c.Removed) != "[z] [x]" {
		t.Errorf("roles: got %+v", c)
	}
	if c := changes["aud"]; fmt.Sprint(c.Added, c.Removed) != "[b] []" {
		t.Errorf("aud: got %+v", c)
	}
	if got := strings.Join(order, " "); !strings.HasPrefix(got, "header.") ||
		strings.Index(got, " iss") > strings.Index(got, " sub") ||
		strings.Index(got, " old") > strings.Index(got, " new") {
		t.Errorf("order: got %s", got)
	}
}

func TestADiffOfOpaqueTokens(t *testing.T) {
	a, b := Inspect("9f8e7d6c5b4a39281706f5e4d3c2b1a0", Options{}),
		Inspect("0f8e7d6c5b4a39281706f5e4d3c2b1a0", Options{})
	if got := Diff(a, b); len(got) != 1 || got[0].Kind != "changed" {
		t.Errorf("two opaque tokens: got %+v", got)
	}
	if got := Diff(a, a); len(got) != 1 || got[0].Kind != "same" {
		t.Errorf("the same twice: got %+v", got)
	}
	jws := Inspect(jwt(`{"alg":"ES256"}`, `{"sub":"a"}`), Options{})
	kinds := map[string]string{}
	for _, c := range Diff(a, jws) {
		kinds[c.Name] = c.Kind
	}
	if kinds["sub"] != "added" || kinds["kind"] != "changed" {
		t.Errorf("an opaque one and a JWS: got %v", kinds)
	}
}
