//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// A user who knows only the URL of an MCP server: the workbench reads its metadata, registers a client at its
// authorization server after showing the request, signs in for that resource, and offers the URL for a call. The
// registration is then changed and deleted in the Provider pane.
func TestFromAnAPIsAddressInARealTerminal(t *testing.T) {
	h := newHome(t)
	h.useVisitor()
	d := h.serveDemo("--auto-consent")
	h.set("FOB_VAULT", "memory")
	s := h.openScreen(120, 40)
	s.typed(fobBinary)
	s.keys("Enter")
	s.waitFor("No sessions yet")

	// A URL without metadata is reported, and kept in the field for correction.
	s.keys("N")
	s.waitFor("Start from an API", "RFC 9728")
	s.typed(d.Issuer + "/demo/faults")
	s.keys("Enter")
	s.waitFor("Error: Starting from the API", "publishes no metadata")
	s.dismiss("publishes no metadata")
	s.waitFor(d.Issuer + "/demo/faults")
	s.keys("C-u")
	s.typed(d.MCP)
	s.keys("Enter")
	s.waitFor("Ask the API without a token", "401 Unauthorized, naming the metadata", "scope", "as which client",
		"register a new client")

	s.keys("Enter")
	s.waitFor("Register a client", "Initial access token", "[ Show the request ]")
	s.keys("C-x")
	s.waitFor("has not been sent yet", "POST "+d.Issuer+"/register", `"authorization_code"`)
	s.keys("s")
	s.waitFor("The client is registered", "is the profile local", "managed")
	s.keys("Enter")
	s.waitFor("[4 Flow]", "Resource", d.MCP)
	s.keys("C-x")
	s.waitFor("Tokens received, checked and stored")
	s.noSecret()

	s.keys("3")
	s.waitFor("[3 Calls]", "GET "+d.MCP)
	s.keys("s")
	s.waitFor("405", "it supports POST") // the token is accepted; the URL supports another method
	s.noSecret()

	s.keys("5")
	s.waitFor("[Supports]")
	s.keys("h", "h") // the last but one of the views
	s.waitFor("[Clients]", "by fob")
	s.keys("c")
	s.waitFor("Change the registration of local", "[ Show the request ]")
	s.keys("C-x")
	s.waitFor("PUT "+d.Issuer+"/register/", "sha256:")
	s.keys("s")
	s.waitFor("The registration was changed")
	s.keys("Escape")
	s.waitFor("[Clients]", "by fob")
	s.keys("x")
	s.waitFor("End the registration of local?", "invalid")
	s.keys("y")
	s.waitFor("No profile is a client here")
	s.keys("q")
	s.waitForPrompt()
}

// dismiss closes a notice with the text. The notice ignores keys at first, since it opened by itself; an extra space
// goes to the field behind it.
func (s *screen) dismiss(text string) {
	s.t.Helper()
	eventually(s.t, "the notice to close", func() (bool, string) {
		s.keys("Space")
		seen := s.text()
		return !strings.Contains(seen, text), seen
	})
}
