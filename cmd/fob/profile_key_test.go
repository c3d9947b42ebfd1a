package main

import (
	"strings"
	"testing"
)

func TestOnlyThePublicKeyIsPrinted(t *testing.T) {
	w := newWorld(t)
	w.must("profile", "add", "acme", "--issuer", "https://login.example.com", "--client-id", "c")
	made := w.must("profile", "key", "new", "acme", "--alg", "EdDSA")
	jwks := parse[struct{ Keys []map[string]string }](t, made.out)
	if len(jwks.Keys) != 1 || jwks.Keys[0]["alg"] != "EdDSA" || jwks.Keys[0]["kid"] == "" || jwks.Keys[0]["d"] != "" {
		t.Errorf("got %v, want one public key with a kid", jwks.Keys)
	}
	if shown := w.must("profile", "key", "show", "acme"); shown.out != made.out {
		t.Errorf("shown: got %s, want %s", shown.out, made.out)
	}
	if text := w.must("profile", "show", "acme", "--json").out; !strings.Contains(text,
		`"client_key":"vault:acme/key"`) {
		t.Errorf("the profile: got %s, want it to say where the key is", text)
	}
}

func TestARawPrivateKeyIsRejectedAsAFlagsValue(t *testing.T) {
	const secret = "canary-private-key-0123456789abcdef"
	w := newWorld(t)
	r := w.run("login", "--issuer", "https://login.example.com", "--client-id", "c", "--client-key", secret)
	if r.code != exitUsage || !strings.Contains(r.stderr, "--client-key takes a reference") ||
		strings.Contains(r.out+r.stderr, secret) {
		t.Errorf("got exit %d and %s, want a refusal that does not repeat it", r.code, r.stderr)
	}
}

func TestSecretRefFlags(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	keys := s.Description().Client("demo-key").Keys.Reveal()
	w.env["KEYS"] = keys
	file := w.file("keys.json", keys+"\n")
	for name, args := range map[string][]string{
		"the variable":          {"--client-key-env", "KEYS"},
		"the file":              {"--client-key-file", file},
		"the place, in one":     {"--client-key", "env:KEYS"},
		"the file, in one flag": {"--client-key", "file:" + file},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"login", "--issuer", s.Issuer(), "--client-id", "demo-key",
				"--auth-method", "private_key_jwt", "--grant", "client_credentials", "--scope", "api:read",
				"--json"}, args...)
			id := parse[loginJSON](t, w.must(args...).out).Session
			w.must("refresh", id)
		})
	}
	r := w.feed(keys, "login", "--issuer", s.Issuer(), "--client-id", "demo-key", "--auth-method", "private_key_jwt",
		"--grant", "client_credentials", "--scope", "api:read", "--json", "--client-key-file", "-")
	if r.code != 0 {
		t.Fatalf("from standard input: exit %d\n%s", r.code, r.stderr)
	}
	w.must("refresh", parse[loginJSON](t, r.out).Session)
}
