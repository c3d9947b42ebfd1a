package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// plainServer is an authorization server and an API on plain http on another host: a proxy responds for it, and
// forwards other requests. hits are the paths that were requested with a secret.
func plainServer(t *testing.T) (proxy string, hits *[]string) {
	t.Helper()
	hits = &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const base = "http://plain.invalid"
		if r.URL.Host != "plain.invalid" {
			r.RequestURI = ""
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			defer func() { _ = resp.Body.Close() }()
			w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
			w.WriteHeader(resp.StatusCode)
			_, _ = io.Copy(w, resp.Body)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			_, _ = fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":%q}`, base, base+"/token")
			return
		case "/token":
			_, _ = fmt.Fprint(w,
				`{"access_token":"canary-access-0123456789-abcdef","token_type":"Bearer","expires_in":300}`)
		default:
			_, _ = fmt.Fprint(w, `{}`)
		}
		*hits = append(*hits, r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return s.URL, hits
}

func TestNothingSecretGoesOverPlainHTTP(t *testing.T) {
	proxy, hits := plainServer(t)
	w := newWorld(t)
	w.env["S"] = "canary-client-secret-0123456789"
	login := func(more ...string) []string {
		return append([]string{"login", "--client-id", "c", "--grant", "client_credentials", "--client-secret-env", "S",
			"--proxy", proxy, "--json"}, more...)
	}
	w.must("profile", "add", "by-hand", "--client-id", "c", "--endpoint", "token=http://plain.invalid/token")
	for name, args := range map[string][]string{
		"a plain issuer":         login("--issuer", "http://plain.invalid"),
		"a plain token endpoint": login("by-hand"),
		"a plain redirect": {"login", "--issuer", w.startDemo().Issuer(), "--client-id", "demo-public",
			"--redirect-uri", "http://plain.invalid/cb"},
	} {
		r := w.run(args...)
		if r.code != exitChecks || !strings.Contains(r.stderr, "--insecure-http") || len(*hits) != 0 {
			t.Errorf("%s: exit %d, sent to %v; want exit %d and nothing sent\n%s", name, r.code, *hits, exitChecks,
				r.stderr)
		}
	}
	s := parse[loginJSON](t, w.must(login("--issuer", "http://plain.invalid", "--insecure-http")...).out)
	if len(*hits) != 1 || s.Ledger.Count("warning") == 0 {
		t.Errorf("allowed: sent to %v, ledger %s; want the token request, and a warning", *hits, s.Ledger.Summary())
	}
	// A renewal uses the settings of the login; a call to another host needs the flag again.
	w.must("token", s.Session)
	w.must("call", s.Session, "GET", "http://plain.invalid/me")

	demo := w.startDemo()
	id := w.loginService(demo, "--proxy", proxy).Session
	*hits = nil
	r := w.run("call", id, "GET", "http://plain.invalid/orders")
	if r.code != exitChecks || len(*hits) != 0 || !strings.Contains(r.stderr, "--insecure-http") {
		t.Errorf("a call: exit %d, sent to %v; want exit %d and nothing sent\n%s", r.code, *hits, exitChecks, r.stderr)
	}
	w.must("call", id, "GET", "http://plain.invalid/orders", "--insecure-http")
	if fmt.Sprint(*hits) != "[/orders]" {
		t.Errorf("an allowed call: sent to %v", *hits)
	}
}

// A possible mix-up is printed on standard error too, once.
func TestEndpointsOnOtherHostsAreWarnedOfOnce(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo("foreign-endpoint")
	w.env["S"] = secretOf(s, "demo-service")
	r := w.must("login", "--issuer", s.Issuer(), "--client-id", "demo-service", "--grant", "client_credentials",
		"--client-secret-env", "S", "--json")
	const want = "https://elsewhere.invalid (revocation_endpoint)"
	warning := "warning: endpoints are on other hosts than the issuer " + s.Issuer()
	if strings.Count(r.stderr, want) != 1 || !strings.Contains(r.stderr, warning) {
		t.Errorf("said %q, want one warning with %s", r.stderr, want)
	}
	found := 0
	for _, c := range parse[loginJSON](t, r.out).Ledger {
		if c.ID == "discovery.origin" && c.Outcome == "warning" && c.Received == want {
			found++
		}
	}
	if found != 1 {
		t.Errorf("the ledger has %d such warnings, want 1: %s", found, r.out)
	}
}
