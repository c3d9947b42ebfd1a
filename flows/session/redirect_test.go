package session

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"fob/flows/profile"
	"fob/flows/registration"
)

// sentRedirect logs in and returns the redirect URI of the authorization request.
func (b *bench) sentRedirect(r LoginRequest) string {
	b.t.Helper()
	browse := b.o.Browser
	defer func() { b.o.Browser = browse }()
	sent := ""
	b.o.Browser = func(ctx context.Context, target string) error {
		if u, err := url.Parse(target); err == nil {
			sent = u.Query().Get("redirect_uri")
		}
		return browse(ctx, target)
	}
	b.login(r)
	return sent
}

// freeURI returns a redirect URI with a free port.
func freeURI(t *testing.T, path string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://127.0.0.1:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port) + path
}

// A provider that compares ports accepts only the registered redirect URI.
func TestTheRegisteredRedirectURIIsUsed(t *testing.T) {
	b := newBench(t)
	uri := freeURI(t, "/registered")
	register := func(name string, uris ...string) profile.Profile {
		t.Helper()
		m := registration.NativeClient("A tool", uris, "openid")
		if _, err := b.Register(b.ctx(), RegisterRequest{Server: "demo", Profile: name, Metadata: m}); err != nil {
			t.Fatal(err)
		}
		p, err := b.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := register("pinned", "https://app.example/cb", "http://localhost/any", uri); p.RedirectURI != uri {
		t.Errorf("the profile has %q, want %q", p.RedirectURI, uri)
	}
	if got := b.sentRedirect(LoginRequest{Profile: "pinned"}); got != uri {
		t.Errorf("registered: sent %q, want %q", got, uri)
	}
	next := freeURI(t, "/changed")
	change := func(m registration.Metadata) { m["redirect_uris"] = []string{next} }
	if _, err := b.UpdateRegistration(b.ctx(), "pinned", change); err != nil {
		t.Fatal(err)
	}
	if got := b.sentRedirect(LoginRequest{Profile: "pinned"}); got != next {
		t.Errorf("registered anew: sent %q, want %q", got, next)
	}
	if p := register("loopback", registration.LoopbackRedirect); p.RedirectURI != "" {
		t.Errorf("any port of loopback: the profile has %q, want none", p.RedirectURI)
	}
	if p := register("path", "http://127.0.0.1/other"); p.RedirectURI != "http://127.0.0.1/other" {
		t.Errorf("another path: the profile has %q", p.RedirectURI)
	} else if got := b.sentRedirect(LoginRequest{Profile: "path"}); !strings.HasSuffix(got, "/other") {
		t.Errorf("another path: sent %q", got)
	}
	own, _ := b.Profile("demo")
	own.Name, own.RedirectURI = "named", freeURI(t, "/callback")
	if err := b.file.Put(own); err != nil {
		t.Fatal(err)
	}
	if got := b.sentRedirect(LoginRequest{Profile: "named"}); got != own.RedirectURI {
		t.Errorf("of a profile: sent %q, want %q", got, own.RedirectURI)
	}
}

func TestBestRedirectURI(t *testing.T) {
	for list, want := range map[string]string{
		`["http://127.0.0.1/callback"]`:                                  "",
		`["https://app.example/cb"]`:                                     "https://app.example/cb",
		`["https://app.example/cb","http://127.0.0.1/callback"]`:         "",
		`["http://[::1]/x","http://localhost:81/y","http://[::1]:80/z"]`: "http://localhost:81/y",
		`["com.example.app:/cb"]`:                                        "com.example.app:/cb",
		`[]`:                                                             "",
		`null`:                                                           "",
		`"http://127.0.0.1:1/"`:                                          "",
		`[1]`:                                                            "",
	} {
		c := &registration.Client{Metadata: map[string]json.RawMessage{"redirect_uris": json.RawMessage(list)}}
		if got := bestRedirectURI(c); got != want {
			t.Errorf("%s: got %q, want %q", list, got, want)
		}
	}
}
