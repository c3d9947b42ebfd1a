//go:build e2e

package e2e

import (
	"strings"
	"sync"
	"testing"
)

// A renewal deletes the items of the old record while others read them: each read finds the old record or the new one.
func TestReadsBesideRenewalsFindAToken(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	d := h.serveDemo()
	h.set("FOB_E2E_SECRET", d.secret("demo-service"))
	id := decode[login](t, h.must("login", "--issuer", d.Issuer, "--client-id", "demo-service",
		"--grant", "client_credentials", "--client-secret-env", "FOB_E2E_SECRET", "--json").stdout).Session
	renewed := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(renewed)
		for range 12 {
			if r := h.fob("refresh", id); r.code != 0 {
				t.Errorf("refresh: exit %d: %s", r.code, r.stderr)
			}
		}
	})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-renewed:
					return
				default:
				}
				if r := h.fob("token", id); r.code != 0 || strings.Count(r.stdout, ".") != 2 {
					t.Errorf("token: exit %d: %s%s", r.code, r.stdout, r.stderr)
				}
			}
		})
	}
	wg.Wait()
}
