package main

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"fob/tokens/vault"
	"fob/ui/widget"
)

// The summary is at the top: what the token is, whether it is good, what to do. On a terminal no line is wider than the
// screen; to a pipe a row is one line.
func TestInspectPrintsTheVerdictFirst(t *testing.T) {
	s := newSigner(t)
	claims := goodClaims()
	claims["scope"] = strings.Repeat("api:read ", 40)
	good := s.token(claims)
	claims["exp"], claims["iat"] = time.Now().Unix()-7205, time.Now().Unix()-9000
	expired := s.token(claims)
	for _, c := range []struct {
		name  string
		token string
		want  []string // how the lines after the first begin
	}{
		{"good", good, []string{"verdict: good", "expires: in ", "signature: good: the signature matches"}},
		{"expired", expired, []string{"verdict: expired 2h ago", "do: get a new token"}},
		{"cut off", good[:len(good)-90], []string{"verdict: BAD: it ends in or after the payload", "",
			"do: get the token again"}},
		{"opaque", "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
			[]string{"verdict: cannot tell: there is no signature", "", "do: introspect it"}},
	} {
		for _, tty := range []bool{true, false} {
			w := newWorld(t)
			w.tty = ttys{out: tty}
			keys := w.file("keys.json", string(s.jwks()))
			r := w.run("inspect", c.token, "--jwks", keys)
			lines, widest, at := strings.Split(r.out, "\n"), 0, 1
			for _, l := range lines {
				widest = max(widest, len([]rune(l)))
			}
			for _, want := range c.want {
				if want == "" { // a line that goes on, or, in a pipe, does not
					continue
				}
				for at < len(lines) && !strings.HasPrefix(lines[at], want) && at < 6 {
					at++
				}
				if at >= len(lines) || !strings.HasPrefix(lines[at], want) {
					t.Errorf("%s: got\n%s\nwant a line near the top that begins %q", c.name, r.out, want)
				}
			}
			if tty && widest > 120 {
				t.Errorf("%s: got a line of %d cells on a screen of 120\n%s", c.name, widest, r.out)
			}
			if scope := strings.Repeat("api:read ", 39) + "api:read"; !tty && c.name == "good" &&
				!strings.Contains(r.out, scope) {
				t.Errorf("got\n%s\nwant the scope on one line in a pipe", r.out)
			}
			if n := strings.Count(r.out, "signature is invalid"); c.name == "cut off" && n > 0 {
				t.Errorf("got\n%s\nwant no word of a signature that is not there", r.out)
			}
		}
	}
}

// The disclosures of an SD-JWT are printed.
func TestInspectPrintsDisclosures(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	disclosure := encode([]byte(`["c2FsdA","given_name","Erika \u001b[31m"]`))
	digest := sha256.Sum256([]byte(disclosure))
	token := newSigner(t).token(map[string]any{"iss": "https://i.example", "_sd": []string{encode(digest[:])}})
	r := newWorld(t).run("inspect", token+"~"+disclosure+"~"+encode([]byte(`["c2FsdA","stray",1]`))+"~")
	for _, want := range []string{"DISCLOSED", "given_name  Erika ", "stray", "bad: the token has no digest of it"} {
		if !strings.Contains(r.out, want) || strings.Contains(r.out, "\x1b") {
			t.Errorf("got\n%s\nwant %q in it, and no escape sequence", r.out, want)
		}
	}
}

// Columns are aligned whatever their content is.
func TestTablesCountCells(t *testing.T) {
	w := newWorld(t)
	claims := map[string]any{"iss": "https://i.example", "name": "Àçcent 李", "exp": time.Now().Unix() + 300}
	at := -1
	for _, l := range strings.Split(w.run("inspect", newSigner(t).token(claims)).out, "\n") {
		for _, meaning := range []string{"who issued the token", "the person's name"} {
			if before, _, ok := strings.Cut(l, meaning); ok {
				if n := widget.Width(before); at >= 0 && n != at {
					t.Errorf("got the meaning at cell %d of %q, want %d", n, l, at)
				} else {
					at = n
				}
			}
		}
	}
	if at < 0 {
		t.Error("got no meanings")
	}
}

// On a terminal, lists fit its width; to a pipe a session or a profile is one line.
func TestListsKeepToTheScreen(t *testing.T) {
	w := newWorld(t)
	id, long := w.loginService(w.startDemo()).Session, "https://login.example.com/"+strings.Repeat("realm/", 30)
	w.restore(id, func(r *vault.Record) { r.Meta.Label = strings.Repeat("long ", 30) })
	w.must("profile", "add", "acme", "--issuer", long, "--client-id", "app")
	for _, tty := range []bool{true, false} {
		w.tty = ttys{out: tty}
		for name, args := range map[string][]string{"sessions": {"list"}, "profiles": {"profile", "list"}} {
			out, widest := w.must(args...).out, 0
			for _, l := range strings.Split(out, "\n") {
				widest = max(widest, widget.Width(l))
			}
			if tty != (widest <= 120) || !tty && strings.Count(out, "\n") != 2 {
				t.Errorf("%s, on a terminal %t: got a line of %d cells on a screen of 120\n%s", name, tty, widest, out)
			}
		}
	}
}
