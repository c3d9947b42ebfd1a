//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// From an API's 401 to a call, knowing only its URL, as with an MCP server: a client is registered, or exists already.
func TestFromTheRejectionOfAPrivateAPIToACall(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	d := h.serveDemo("--auto-consent")
	const ping = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`

	t.Run("no client yet", func(t *testing.T) {
		h := h.in(t)
		r := h.fob("login", "--api", d.MCP)
		if r.code != 2 || !strings.Contains(r.stderr, "fob provider register "+d.Issuer) {
			t.Errorf("exit %d, want 2 and how to register:\n%s", r.code, r.stderr)
		}
	})
	for name, client := range map[string][]string{"an existing client": {"--client-id", "demo-public"},
		"a registered client": nil} {
		t.Run(name, func(t *testing.T) {
			h := h.in(t)
			profile := ""
			if client == nil {
				profile = "mcp"
				h.must("provider", "register", d.Issuer, profile, "--api", d.MCP)
			}
			args := []string{"login", "--api", d.MCP, "--json"}
			if profile != "" {
				args = append(args, profile)
			}
			r := h.must(append(args, client...)...)
			l := decode[login](t, r.stdout)
			l.checkLedger(t, "state callback.iss", "")
			if !strings.Contains(r.stderr, "for the resource "+d.MCP) {
				t.Errorf("stderr does not name the resource: %s", r.stderr)
			}
			if out := h.must("call", l.Session, "POST", d.MCP, "-d", ping).stdout; !strings.Contains(out, "alice by ") {
				t.Errorf("the call printed %s", out)
			}
			// The token is valid only for this resource.
			if r := h.fob("call", l.Session, "GET", d.API+"/me", "--fail"); r.code == 0 {
				t.Errorf("another API took the token: %s", r.stdout)
			}
		})
	}
}
