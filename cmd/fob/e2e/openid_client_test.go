//go:build e2e

package e2e

import (
	"encoding/json"
	"testing"
)

// The demo provider must work with a certified client library, not only with fob.
func TestOpenIDClientDrivesTheDemoProvider(t *testing.T) {
	need(t, "node", "npm-packages")
	h := newHome(t)
	var line json.RawMessage
	h.serve(&line, fobBinary, "demo", "--serve", "--auto-consent")
	h.set("FOB_E2E_DEMO", string(line))
	out := h.node("openid-client.mjs")
	if got := decode[struct{ Passed int }](t, out).Passed; got < 78 {
		t.Errorf("openid-client made %d assertions, want at least 78", got)
	}
}
