//go:build e2e

package e2e

import (
	"strings"
	"sync"
	"testing"
)

// Tests the demo's pages in a real browser, with every response mode.
func TestEveryResponseModeThroughChromium(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	lastPage := h.useChromium()
	d := h.serveDemo()
	for _, mode := range []string{"query", "fragment", "form_post"} {
		t.Run(mode, func(t *testing.T) {
			l := decode[login](t, h.must("login", "--issuer", d.Issuer, "--client-id", "demo-public",
				"--grant", "authorization_code", "--scope", "openid api:read", "--response-mode", mode,
				"--json").stdout)
			if l.Session == "" || l.Scope != "openid api:read" {
				t.Errorf("login printed %+v", l)
			}
			if page := lastPage(); !strings.Contains(page, "Signed in") ||
				strings.Contains(page, "Content Security Policy") {
				t.Errorf("the browser's last page: %s", page)
			}
		})
	}
}

func TestDeviceFlowThroughChromium(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	lastPage := h.useChromium()
	d := h.serveDemo()
	r := h.must("login", "--issuer", d.Issuer, "--client-id", "demo-public", "--grant", "device_code", "--scope",
		"openid offline_access api:read", "--json")
	if l := decode[login](t, r.stdout); !l.HasRefreshToken {
		t.Errorf("login printed %s", r.stdout)
	}
	if !strings.Contains(r.stderr, d.Issuer+"/device") {
		t.Errorf("the verification page is not named on stderr:\n%s", r.stderr)
	}
	if page := lastPage(); strings.Contains(page, "Content Security Policy") {
		t.Errorf("the browser's last page: %s", page)
	}
}

// Many processes that need a fresh token at once use a rotating refresh token only once, so that the grant stays valid.
func TestProcessesRefreshOneAtATime(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	d := h.serveDemo("--auto-consent")
	id := decode[login](t, h.must("login", "--issuer", d.Issuer, "--client-id", "demo-public",
		"--grant", "authorization_code", "--scope", "openid offline_access api:read", "--json").stdout).Session
	old := h.must("token", id).stdout
	// Access tokens are valid for two minutes: --min-ttl 10m makes every process refresh, each with the refresh token
	// of the one before. Reusing one would revoke the grant.
	var wg sync.WaitGroup
	printed := make([]ran, 6)
	for i := range printed {
		wg.Go(func() { printed[i] = h.fob("token", id, "--min-ttl", "10m") })
	}
	wg.Wait()
	for _, r := range printed {
		if r.code != 0 {
			t.Fatalf("exit %d: %s", r.code, r.stderr)
		}
	}
	h.must("refresh", id)
	if again := h.must("token", id).stdout; again == old {
		t.Error("the token is still the first one")
	}
	h.must("call", id, "GET", d.API+"/orders")
}
