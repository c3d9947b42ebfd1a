package main

import (
	"strings"
	"testing"

	"fob/tokens/inspect"
	"fob/tokens/jose"
)

func TestMintMakesATokenThatItsKeyVerifies(t *testing.T) {
	w := newWorld(t)
	keys := t.TempDir() + "/keys.json"
	made := w.must("mint", "--claim", "sub=alice", "--claim", `roles:=["admin"]`, "--audience", "api", "--public-out",
		keys)
	token := strings.TrimSpace(made.out)
	if !strings.Contains(made.stderr, "made by fob") {
		t.Errorf("stderr does not say that fob made it: %s", made.stderr)
	}
	r := w.run("inspect", token, "--jwks", keys, "--audience", "api", "--check", "--json")
	got := parse[struct{ Payload struct{ Iss, Sub string } }](t, r.out)
	if r.code != 0 || got.Payload.Sub != "alice" || got.Payload.Iss != inspect.MintedIssuer {
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

func TestMintRejectsWhatWouldMislead(t *testing.T) {
	w := newWorld(t)
	w.wants(exitUsage, "claim's name", "mint", "--claim", `a","admin":true,"b=1`)
	w.wants(exitUsage, "not JSON", "mint", "--claim", "a:={")
	w.wants(exitUsage, "secret", "mint", "--alg", "HS256")
	w.wants(exitUsage, "altered", "mint", "opaque-token-0123456789")
	w.wants(exitUsage, "--key-file", "mint", "--key-file", "no-such-file")
	w.wants(exitUsage, "--public-out", "mint", "--signature", "none", "--public-out", t.TempDir()+"/k")
}

// An encrypted token is decrypted, changed and encrypted again; one signature of a JSON serialisation is altered.
func TestMintAltersWhatIsNotAPlainJWT(t *testing.T) {
	w := newWorld(t)
	key, err := jose.Generate("A256KW", "enc")
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.PrivateJWK()
	if err != nil {
		t.Fatal(err)
	}
	enc := w.file("enc.jwk", text.Reveal())
	sealed := w.file("sealed.txt", w.must("mint", "--claim", "sub=alice", "--encrypt-to", enc).out)
	w.wants(exitUsage, "decrypted with its key first", "mint", "@"+sealed, "--claim", "sub=bob")
	again := w.file("again.txt", w.must("mint", "@"+sealed, "--open-with", enc, "--claim", "sub=bob", "--encrypt-to",
		enc).out)
	got := parse[struct {
		Payload    map[string]any
		Decryption struct{ Verdict string }
	}](t, w.must("inspect", "@"+again, "--key-file", enc, "--json").out)
	if got.Decryption.Verdict != "good" || got.Payload["sub"] != "bob" {
		t.Errorf("got %+v", got)
	}
	parts := strings.Split(strings.TrimSpace(w.must("mint", "--claim", "sub=alice").out), ".")
	entry := `{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`
	several := w.file("several.json", `{"payload":"`+parts[1]+`","signatures":[`+entry+`,`+entry+`]}`)
	if out := w.must("mint", "@"+several, "--signature", "stripped", "--only", "2").out; !strings.Contains(out,
		`"signatures":[`+entry+`,{`) || !strings.Contains(out, `"signature":""}`) {
		t.Errorf("got %s", out)
	}
	w.wants(exitUsage, "the token has 2", "mint", "@"+several, "--only", "3")
	w.wants(exitUsage, "not an SD-JWT", "mint", "@"+several, "--withhold", "a")
	disclosure := jose.Segment([]byte(`["s","name","x"]`))
	sd := w.file("sd.txt", strings.Join(parts, ".")+"~"+disclosure+"~")
	w.wants(exitUsage, "complete JWS", "mint", "@"+sd, "--binding", "stripped")
	w.wants(exitUsage, "claim's name", "mint", "--disclose", `a"b=1`)
	plain := strings.TrimSpace(w.must("mint", "--claim", `_sd:=[]`).out)
	if out := w.must("mint", "@"+w.file("plain.txt", plain+"~"), "--disclose", "role=admin").out; strings.Count(out,
		"~") != 2 {
		t.Errorf("a disclosure added: got %s", out)
	}
}

// Evidence besides the token decides which cause comes first.
func TestExplainResponseUsesFurtherEvidence(t *testing.T) {
	w := newWorld(t)
	s := newSigner(t)
	claims := goodClaims()
	claims["scope"], claims["client_id"] = "read", "web"
	token := w.file("token.txt", s.token(claims))
	answer := w.file("answer.txt",
		"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\n\r\n")
	w.must("profile", "add", "here", "--issuer", "https://other.example", "--client-id", "web")
	first := func(args ...string) string {
		t.Helper()
		all := append([]string{"inspect", "@" + token, "--explain-response", answer, "--json"}, args...)
		got := parse[struct{ Causes []inspect.Cause }](t, w.must(all...).out)
		if len(got.Causes) == 0 {
			return ""
		}
		return got.Causes[0].ID
	}
	for want, args := range map[string][]string{
		"refused":       nil,
		"missing-scope": {"--expect-scope", "admin"},
		"jwt":           {"--expect-format", "opaque"},
		"revoked":       {"--introspection", w.file("says.json", `{"active":false}`)},
		"wrong-issuer":  {"--profile", "here"},
	} {
		if got := first(args...); got != want {
			t.Errorf("%q: got %s first, want %s", args, got, want)
		}
	}
	w.wants(exitUsage, "unsupported token format", "inspect", "@"+token, "--explain-response", answer,
		"--expect-format", "xml")
	w.wants(exitUsage, "active is missing", "inspect", "@"+token, "--explain-response", answer, "--introspection",
		w.file("no.json", `{"a":1}`))
	w.wants(exitUsage, "needs --explain-response", "inspect", "@"+token, "--expect-scope", "a")
	if r := w.run("inspect", "@"+token, "--explain-response", answer, "--profile", "nobody"); r.code == 0 ||
		!strings.Contains(r.stderr, "nobody") {
		t.Errorf("an unknown profile: exit %d: %s", r.code, r.stderr)
	}
}

func TestExplainResponsePrintsTheCause(t *testing.T) {
	w := newWorld(t)
	s := newSigner(t)
	claims := goodClaims()
	claims["scope"] = "read"
	token := w.file("token.txt", s.token(claims))
	answer := w.file("answer.txt",
		"HTTP/1.1 403 Forbidden\r\nWWW-Authenticate: Bearer realm=\"x\", error=\"insufficient_scope\", "+
			"scope=\"read write\"\r\n\r\n")
	out := w.must("inspect", "@"+token, "--explain-response", answer).out
	if !strings.Contains(out, "1. because the token lacks a scope") || !strings.Contains(out, "write") {
		t.Errorf("got %s", out)
	}
	got := parse[struct{ Causes []inspect.Cause }](t, w.must("inspect", "@"+token, "--explain-response", answer,
		"--json").out)
	if len(got.Causes) == 0 || got.Causes[0].ID != "missing-scope" {
		t.Errorf("got %+v", got.Causes)
	}
	curl := "> GET / HTTP/1.1\n> Authorization: Bearer Bearer " + s.token(claims) +
		"\n< HTTP/1.1 401 Unauthorized\n< WWW-Authenticate: Bearer error=\"invalid_token\"\n<\n"
	if out := w.feed(curl, "inspect", "--explain-response", "-").out; !strings.Contains(out, "sent twice") {
		t.Errorf("what curl -v prints: got %s", out)
	}
	if r := w.feed("401", "inspect", "--explain-response", "-"); r.code != exitUsage ||
		!strings.Contains(r.stderr, "the token is missing") {
		t.Errorf("no token: exit %d: %s", r.code, r.stderr)
	}
	w.wants(exitUsage, "it is empty", "inspect", "--explain-response", "-")
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
