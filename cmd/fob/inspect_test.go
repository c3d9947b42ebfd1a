package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
)

// signer makes tokens and the key set that verifies them.
type signer struct {
	t   *testing.T
	key jose.Key
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	key, err := jose.Generate("ES256", "k1")
	if err != nil {
		t.Fatal(err)
	}
	return &signer{t, key}
}

func (s *signer) jwks() []byte {
	s.t.Helper()
	data, err := jose.NewKeySet(s.key).PublicJSON()
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

func (s *signer) token(claims map[string]any) string {
	s.t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := jose.Sign(payload, jose.Header{"typ": "JWT"}, s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

func goodClaims() map[string]any {
	now := time.Now().Unix()
	return map[string]any{"iss": "https://i.example", "sub": "s", "aud": "a", "iat": now, "exp": now + 300}
}

func TestInspectCheckExitCodes(t *testing.T) {
	w := newWorld(t)
	s := newSigner(t)
	keys := w.file("keys.json", string(s.jwks()))
	good := s.token(goodClaims())
	claims := goodClaims()
	claims["exp"] = time.Now().Unix() - 3600
	expired := s.token(claims)
	for _, c := range []struct {
		name string
		want int
		args []string
	}{
		{"good", 0, []string{good, "--jwks", keys}},
		{"good, and for the audience", 0, []string{good, "--jwks", keys, "--audience", "a"}},
		{"for another audience", exitChecks, []string{good, "--jwks", keys, "--audience", "b"}},
		{"expired", exitChecks, []string{expired, "--jwks", keys}},
		{"expired, without keys", exitChecks, []string{expired}},
		{"another signature", exitChecks, []string{good[:len(good)-6] + "AAAAAA", "--jwks", keys}},
		{"cut off", exitChecks, []string{good[:len(good)/2]}},
		{"without keys", exitPerson, []string{good}},
		{"opaque", exitPerson, []string{"9f8e7d6c5b4a39281706f5e4d3c2b1a0"}},
	} {
		for _, more := range [][]string{nil, {"--json"}} {
			r := w.run(append(append([]string{"inspect", "--check"}, c.args...), more...)...)
			if r.code != c.want || r.out == "" {
				t.Errorf("%s %v: exit %d, want %d\nstdout: %s\nstderr: %s", c.name, more, r.code, c.want, r.out,
					r.stderr)
			}
		}
	}
}

func TestInspectFindsTheTokenInItsInput(t *testing.T) {
	w := newWorld(t)
	token := newSigner(t).token(goodClaims())
	file := w.file("token.txt", "Authorization: Bearer "+token+"\n")
	for _, r := range []ran{
		w.run("inspect", token, "--json"), w.run("inspect", "@"+file, "--json"),
		w.feed(token+"\n", "inspect", "-", "--json"), w.feed(token, "inspect", "--json"),
	} {
		if got := parse[map[string]any](t, r.out); r.code != 0 || got["payload"] == nil {
			t.Errorf("fob %v: exit %d: %s", r.args, r.code, r.out)
		}
	}
	w.wants(exitUsage, "empty", "inspect", "-")
	w.wants(exitUsage, "no-such-file", "inspect", "@no-such-file")
	w.wants(exitUsage, "--jwks", "inspect", token, "--jwks", "no-such-file")
	w.wants(exitUsage, "--key-file", "inspect", token, "--key-file", "no-such-file")
}

// Keys are not fetched from a URL in the token.
func TestInspectIsOfflineUnlessAURLIsGiven(t *testing.T) {
	w := newWorld(t)
	asked := 0
	s := newSigner(t)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked++
		_, _ = rw.Write(s.jwks())
	}))
	t.Cleanup(server.Close)
	claims := goodClaims()
	claims["iss"] = server.URL
	token := s.token(claims)
	w.must("inspect", token)
	w.must("inspect", token, "--json")
	if asked != 0 {
		t.Fatalf("%d requests left the machine", asked)
	}
	w.must("inspect", token, "--jwks", server.URL+"/jwks", "--check")
	if asked == 0 {
		t.Error("--jwks URL fetched nothing")
	}
}

func TestInspectByDiscoveryAndOfASession(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginAlice(s)
	token := strings.TrimSpace(w.must("token", login.Session, "--kind", "id").out)
	w.must("inspect", token, "--issuer", s.Issuer(), "--audience", "demo-public", "--check")
	w.must("inspect", "--session", login.Session, "--kind", "id", "--check")
	w.wants(exitUsage, "--session selects the token", "inspect", "--session", login.Session, token)
}

// The keys read at a sign-in verify tokens of the same issuer, except where their age cannot be shown.
func TestInspectVerifiesWithTheKeysOfTheSignIn(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := w.loginAlice(s)
	token := strings.TrimSpace(w.must("token", login.Session).out)
	type report struct{ Signature inspect.Signature }
	r := w.must("inspect", token, "--json")
	if got := parse[report](t, r.out).Signature; got.Verdict != tokens.Good || got.KeysRead.IsZero() ||
		!strings.Contains(got.Reason, "keys of") || !strings.Contains(r.stderr, "--issuer") {
		t.Errorf("got %+v and %q; want good by the kept keys, and both saying so", got, r.stderr)
	}
	if r := w.must("inspect", token); !strings.Contains(r.out, "signature: good: ") ||
		!strings.Contains(r.out, "keys of") {
		t.Errorf("got %s; want how old the keys are", r.out)
	}
	if r := w.run("inspect", token, "--check"); r.code != exitPerson ||
		!strings.Contains(r.stderr, "use --issuer") {
		t.Errorf("--check: exit %d, %s; want %d: an exit code says no age", r.code, r.stderr, exitPerson)
	}
	other := newSigner(t)
	keys := w.file("keys.json", string(other.jwks()))
	if r := w.run("inspect", token, "--jwks", keys, "--json"); parse[report](t,
		r.out).Signature.Verdict == tokens.Good {
		t.Errorf("got %s; want the keys that were named to count alone", r.out)
	}
	w.must("logout", login.Session, "--local")
	if r := w.must("inspect", token, "--json"); parse[report](t, r.out).Signature.Verdict != tokens.CannotTell ||
		r.stderr != "" {
		t.Errorf("signed out: got %s, %q; want cannot tell", r.out, r.stderr)
	}
	w.env["FOB_VAULT"] = "nonsense"
	w.must("inspect", token)
}

func TestInspectBatchKeepsTheOrder(t *testing.T) {
	w := newWorld(t)
	s := newSigner(t)
	var in strings.Builder
	const n = 1500
	for i := range n {
		claims := goodClaims()
		claims["jti"] = fmt.Sprint(i)
		switch token := s.token(claims); i % 3 {
		case 0:
			in.WriteString(token + "\n")
		case 1:
			line, err := json.Marshal(map[string]any{"token": token, "key": json.RawMessage(s.jwks())})
			if err != nil {
				t.Fatal(err)
			}
			in.WriteString(string(line) + "\r\n\n")
		case 2:
			in.WriteString("  \"" + token + "\",\n")
		}
	}
	r := w.feed(strings.TrimSuffix(in.String(), "\n"), "inspect", "--batch")
	lines := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	if r.code != 0 || len(lines) != n {
		t.Fatalf("exit %d and %d lines, want %d: %s", r.code, len(lines), n, r.stderr)
	}
	for i, line := range lines {
		var got struct {
			Payload   struct{ JTI string }
			Signature struct{ Verdict string }
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		verdict := "cannot-tell"
		if i%3 == 1 {
			verdict = "good"
		}
		if got.Payload.JTI != fmt.Sprint(i) || got.Signature.Verdict != verdict {
			t.Fatalf("line %d: jti %q, verdict %q, want %q", i, got.Payload.JTI, got.Signature.Verdict, verdict)
		}
	}
}

// Every line results in one object, whatever it contains.
func TestInspectBatchPrintsAnObjectForEveryLine(t *testing.T) {
	w := newWorld(t)
	lines := []string{
		`{"token":"a.b.c","key":"not a key, so a secret"}`, `{"token":"a.b.c","key":{"kty":"no"}}`, `{"token":null}`,
		`{"token":""}`, `{`, `[]`, `"`, `.`, "\x00\xff",
		strings.Repeat("A", inspect.MaxLine+10),
	}
	r := w.feed(strings.Join(lines, "\n"), "inspect", "--batch")
	got := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	if r.code != 0 || len(got) != len(lines) {
		t.Fatalf("exit %d and %d lines, want %d: %s", r.code, len(got), len(lines), r.stderr)
	}
	for i, line := range got {
		if !json.Valid([]byte(line)) {
			t.Errorf("line %d is no JSON: %.200s", i, line)
		}
	}
	if !strings.Contains(got[len(got)-1], "longer than") {
		t.Errorf("the line that is too long: %.200s", got[len(got)-1])
	}
}

func TestInspectBatchEndsWithTheContext(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := w.runIn(ctx, strings.NewReader("a.b.c\n"), "inspect", "--batch")
	if r.code != exitInterrupted {
		t.Errorf("exit %d, want %d: %s", r.code, exitInterrupted, r.stderr)
	}
}
