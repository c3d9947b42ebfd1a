package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fob/tokens/vault"
)

// A session is used from any folder: the files of its flags are found from there.
func TestFilesGivenByFlagsAreFoundFromEveryFolder(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.file("ca.pem", s.Description().TLS.CA)
	t.Chdir(w.dir)
	login := w.loginAlice(s, "--ca", "ca.pem")
	w.must("profile", "add", "acme", "--issuer", s.Issuer(), "--client-id", "demo-public", "--ca", "ca.pem")
	t.Chdir(t.TempDir())
	w.must("refresh", login.Session)
	w.must("login", "acme")
	if got, want := parse[profileJSON](t, w.must("profile", "show", "acme", "--json").out).TLS.CA,
		filepath.Join(w.dir, "ca.pem"); got != want {
		t.Errorf("the profile names %q, want %q", got, want)
	}
}

// A session made with --insecure is warned of at every use.
func TestAnInsecureSessionIsWarnedOfAtEveryUse(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	id := w.loginAlice(s, "--insecure").Session
	for _, args := range [][]string{{"show", id, "--json"}, {"token", id}, {"refresh", id},
		{"call", id, s.API() + "/me"}} {
		if r := w.must(args...); !strings.Contains(r.stderr, "--insecure") {
			t.Errorf("fob %s says %q, want a word of --insecure", args[0], r.stderr)
		}
	}
	if !parse[sessionJSON](t, w.must("show", id, "--json").out).Insecure {
		t.Error("show --json does not say insecure")
	}
	if r := w.must("show", w.loginAlice(s).Session); r.stderr != "" {
		t.Errorf("of a session without it: %q", r.stderr)
	}
}

func TestASessionWithoutAnAccessTokenHasNoExpiry(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	id := w.loginAlice(s).Session
	w.must("revoke", id, "--kind", "access")
	if out := w.must("list").out; !strings.Contains(out, "  no token  ") {
		t.Errorf("listed after revoking the access token:\n%s", out)
	}
}

// A session can be removed if the provider is unreachable or the record damaged.
func TestASessionCanAlwaysBeRemoved(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	away := w.loginAlice(s).Session
	w.restore(away, func(r *vault.Record) { r.Meta.Issuer = "http://127.0.0.1:1" })
	r := w.wants(exitNetwork, "fob logout --local "+away, "logout", away)
	if !strings.Contains(r.stderr, "was not removed") {
		t.Errorf("said %q", r.stderr)
	}
	if got := parse[logoutJSON](t, w.must("logout", away, "--local", "--json").out); got.Session != away ||
		len(got.Revoked) != 0 || len(got.Notes) != 1 {
		t.Errorf("printed %+v", got)
	}

	damaged := w.loginAlice(s).Session
	w.file(filepath.Join("state", "sessions", damaged+".json"), "{")
	w.wants(exitVault, "damaged", "token", damaged)
	if r := w.must("logout", damaged); !strings.Contains(r.stderr, "Nothing was revoked") {
		t.Errorf("said %q", r.stderr)
	}
	if out := w.must("list", "--json").out; strings.TrimSpace(out) != "[]" {
		t.Errorf("left: %s", out)
	}
}

// A session without a profile is found by its client ID.
func TestTheClientIDOfALoginNamesItsSession(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	first := w.loginAlice(s).Session
	if got := parse[sessionJSON](t, w.must("show", "demo-public", "--json").out).Session; got != first {
		t.Errorf("demo-public is %q, want %q", got, first)
	}
}

// The suggested command works for a session without a profile too.
func TestTheAdviceNamesIssuerAndClientWhereThereIsNoProfile(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	id := w.loginAlice(s).Session
	w.fault(s, "refresh-family-revoked")
	for _, verb := range []string{"refresh", "token"} {
		w.ahead = time.Hour // the access token has expired
		w.wants(exitPerson, "    fob login --issuer "+s.Issuer()+" --client-id demo-public --grant "+
			"authorization_code --scope='openid profile email offline_access api:read api:write'\n", verb, id)
	}
}

// The suggested login requests what the first one did: scope, parameters and API.
func TestASuggestedLoginHasTheOptionsOfTheFirst(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	login := []string{"login", "--issuer", s.Issuer(), "--client-id", "demo-public",
		"--scope", "openid profile offline_access", "--label", "al", "--api", s.API(),
		"--param", "authorization.ui_locales=de"}
	w.must(login...)
	w.fault(s, "refresh-family-revoked")
	w.ahead = time.Hour // the access token has expired
	r := w.wants(exitPerson, "--scope='openid profile offline_access'", "token", "al")
	for _, want := range []string{"--param authorization.ui_locales=de", "--api " + s.API()} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("the suggested login does not have %s:\n%s", want, r.stderr)
		}
	}
	r = w.wants(exitRejected, "--label=al", append(login, "--scope", "bogus")...)
	for _, want := range []string{"--param=authorization.ui_locales=de", "--api=" + s.API()} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("the suggested login does not have %s:\n%s", want, r.stderr)
		}
	}
}
