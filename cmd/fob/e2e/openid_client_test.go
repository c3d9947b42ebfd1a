//go:build e2e

package e2e

import "testing"

// The demo provider must satisfy a certified client library, so that fob is not its own only witness.
func TestOpenIDClientDrivesTheDemoProvider(t *testing.T) {
	need(t, "node", "npm-packages")
	h := newHome(t)
	d := h.serveDemo("--auto-consent")
	h.set("FOB_E2E_SECRET", d.secret("demo-service"))
	out := h.node("openid-client.mjs", d.Issuer, "demo-public", "demo-service")
	if got := decode[struct{ Passed int }](t, out).Passed; got < 14 {
		t.Errorf("openid-client made %d assertions, want at least 14", got)
	}
}
