package main

import (
	"strings"
	"testing"

	"fob/tokens/inspect"
)

func TestMintMakesATokenThatItsKeyVerifies(t *testing.T) {
	w := newWorld(t)
	keys := t.TempDir() + "/keys.json"
	made := w.must("mint", "--claim", "sub=alice", "--claim", `roles:=["admin"]`, "--audience", "api", "--public-out", keys)
	token := strings.TrimSpace(made.out)
	if !strings.Contains(made.stderr, "made here") {
		t.Errorf("nothing says that it was made here: %s", made.stderr)
	}
	r := w.run("inspect", token, "--jwks", keys, "--audience", "api", "--check", "--json")
	got := parse[struct{ Payload struct{ Iss, Sub string } }](t, r.out)
	if r.code != 0 || got.Payload.Sub != "alice" || got.Payload.Iss != inspect.MadeHere {
		t.Errorf("exit %d: %s", r.code, r.out)
	}
	for name, c := range map[string]struct {
		args []string
		want int
	}{
		"expired":   {[]string{"--expire"}, exitChecks},
		"none":      {[]string{"--signature", "none"}, exitChecks},
		"stripped":  {[]string{"--signature", "stripped"}, exitChecks},
		"broken":    {[]string{"--signature", "broken"}, exitChecks},
		"kept":      {[]string{"--signature", "kept", "--claim", "sub=bob"}, exitChecks},
		"audience":  {[]string{"--audience", "other"}, exitChecks},
		"unchanged": {[]string{"--signature", "kept"}, 0},
	} {
		altered := strings.TrimSpace(w.must(append([]string{"mint", token}, c.args...)...).out)
		if r := w.run("inspect", altered, "--jwks", keys, "--audience", "api", "--check"); r.code != c.want {
			t.Errorf("%s: exit %d, want %d: %s", name, r.code, c.want, r.out)
		}
	}
	if out := w.must("mint", "--json").out; !strings.Contains(out, `"made_here":true`) {
		t.Errorf("got %s", out)
	}
	if out := w.must("list").out; strings.Contains(out, "alice") {
		t.Errorf("a made token was stored: %s", out)
	}
}

func TestMintRefusesWhatWouldDeceive(t *testing.T) {
	w := newWorld(t)
	w.wants(exitUsage, "claim's name", "mint", "--claim", `a","admin":true,"b=1`)
	w.wants(exitUsage, "not JSON", "mint", "--claim", "a:={")
	w.wants(exitUsage, "secret", "mint", "--alg", "HS256")
	w.wants(exitUsage, "altered", "mint", "opaque-token-0123456789")
	w.wants(exitUsage, "--key-file", "mint", "--key-file", "no-such-file")
	w.wants(exitUsage, "--public-out", "mint", "--signature", "none", "--public-out", t.TempDir()+"/k")
}

func TestInspectSaysWhyTheAPIRefuses(t *testing.T) {
	w := newWorld(t)
	s := newSigner(t)
	claims := goodClaims()
	claims["scope"] = "read"
	token := w.file("token.txt", s.token(claims))
	answer := w.file("answer.txt", "HTTP/1.1 403 Forbidden\r\nWWW-Authenticate: Bearer realm=\"x\", error=\"insufficient_scope\", scope=\"read write\"\r\n\r\n")
	out := w.must("inspect", "@"+token, "--explain-response", answer).out
	if !strings.Contains(out, "1. because the token lacks a scope") || !strings.Contains(out, "write") {
		t.Errorf("got %s", out)
	}
	got := parse[struct{ Causes []inspect.Cause }](t, w.must("inspect", "@"+token, "--explain-response", answer, "--json").out)
	if len(got.Causes) == 0 || got.Causes[0].ID != "missing-scope" {
		t.Errorf("got %+v", got.Causes)
	}
	curl := "> GET / HTTP/1.1\n> Authorization: Bearer Bearer " + s.token(claims) + "\n< HTTP/1.1 401 Unauthorized\n< WWW-Authenticate: Bearer error=\"invalid_token\"\n<\n"
	if out := w.feed(curl, "inspect", "--explain-response", "-").out; !strings.Contains(out, "sent twice") {
		t.Errorf("what curl -v prints: got %s", out)
	}
	if r := w.feed("401", "inspect", "--explain-response", "-"); r.code != exitUsage || !strings.Contains(r.stderr, "which token") {
		t.Errorf("no token: exit %d: %s", r.code, r.stderr)
	}
	w.wants(exitUsage, "nothing", "inspect", "--explain-response", "-")
	w.wants(exitUsage, "no-such-file", "inspect", "@"+token, "--explain-response", "no-such-file")
}

func TestInspectComparesTwoTokens(t *testing.T) {
	w := newWorld(t)
	s := newSigner(t)
	before, after := goodClaims(), goodClaims()
	before["scope"], after["scope"], after["sub"] = "read write", "read", "other"
	a, b := w.file("a.txt", s.token(before)), w.file("b.txt", s.token(after))
	out := w.must("inspect", "@"+a, "--diff", "@"+b).out
	for _, want := range []string{"~", "-write", "another person"} {
		if !strings.Contains(out, want) {
			t.Errorf("missing %q in\n%s", want, out)
		}
	}
	got := parse[[]inspect.Change](t, w.must("inspect", "@"+a, "--diff", "@"+b, "--json").out)
	if len(got) < 5 {
		t.Errorf("got %+v", got)
	}
}
