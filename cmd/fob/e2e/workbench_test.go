//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The main task in a real terminal with a real browser: from an empty list to three sessions, a call, a refresh and the
// trace, and back to an unchanged shell.
func TestTheMainJobInARealTerminal(t *testing.T) {
	h := newHome(t)
	lastPage := h.useChromium()
	s := h.openScreen(120, 40)
	before := s.sttyAfter("before")

	s.typed(fobBinary + " demo")
	s.keys("Enter")
	s.waitFor("No sessions yet", "get a token", "1 Token", "6 Trace")

	s.keys("n")
	s.waitFor("Authorization code", "Device", "Client credentials")
	s.keys("Enter")
	s.waitFor("Scope", "[ Run ]")
	s.keys("C-x")
	s.waitFor("Tokens received, checked and stored", "1 session")
	if page := lastPage(); !strings.Contains(page, "Signed in") {
		t.Errorf("the browser's last page: %s", page)
	}
	s.noSecret()
	s.keys("Enter")
	s.waitFor("[1 Token]", "signature good", "who issued the token", "21 passed")
	s.noSecret()

	s.keys("3")
	s.waitFor("[3 Calls]", "/api")
	s.keys("s")
	s.waitFor("200 OK", `"sub"`, "alice")
	s.noSecret()

	s.keys("0")
	s.keys("r")
	s.waitFor("has new tokens")
	s.noSecret()

	s.keys("n")
	s.waitFor("what it is for")
	s.choose("device")
	s.waitFor("RFC 8628", "[ Run ]")
	s.keys("C-x")
	s.waitFor("the code expires in", "▀▀▀▀▀▀▀") // a QR code's finder pattern
	s.waitFor("Tokens received, checked and stored", "2 sessions")
	s.noSecret()

	s.keys("n")
	s.waitFor("what it is for")
	s.choose("client cred")
	s.waitFor("RFC 6749 4.4", "[ Run ]")
	s.keys("C-x")
	s.waitFor("Tokens received, checked and stored", "3 sessions")
	s.noSecret()

	s.keys("6")
	s.waitFor("[6 Trace]", "token endpoint", "JWKS", "API call")
	s.keys("End", "Enter")
	s.waitFor("access_token", "sha256:")
	s.noSecret()

	s.keys("e")
	s.waitFor(".har")
	s.keys("Escape")
	s.waitFor("secrets are shown as fingerprints")
	s.keys("q")
	s.waitForPrompt()
	exports, err := filepath.Glob(filepath.Join(h.dir, "*.har"))
	if err != nil || len(exports) != 1 {
		t.Fatalf("exports: %v, %v; want one", exports, err)
	}
	har, err := os.ReadFile(exports[0])
	if err != nil {
		t.Fatal(err)
	}
	if found := looksLikeAToken.Find(har); found != nil {
		t.Errorf("the trace export holds a token: %s", found)
	}
	if info, err := os.Stat(exports[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the trace export has mode %v, want 0600", info.Mode())
	}
	if flags := strings.TrimSpace(s.tmux("display", "-p", "-t", "s",
		"#{alternate_on} #{mouse_any_flag} #{cursor_flag}")); flags != "0 0 1" {
		t.Errorf("alternate screen, mouse and cursor are %q after quitting, want 0 0 1", flags)
	}
	if after := s.sttyAfter("after"); after != before {
		t.Errorf("the terminal's settings are %q, want %q as before", after, before)
	}
}

// choose filters the list on the screen and opens what is left.
func (s *screen) choose(filter string) {
	s.t.Helper()
	s.keys("/")
	s.typed(filter)
	s.waitFor(filter)
	s.keys("Enter", "Enter")
}

var sttyLine = regexp.MustCompile(`[0-9a-f]+(:[0-9a-f]+){10,}`)

// waitForPrompt waits until the shell has the terminal again and shows its prompt.
func (s *screen) waitForPrompt() {
	s.t.Helper()
	eventually(s.t, "the shell's prompt on the last line", func() (bool, string) {
		seen := s.text()
		return strings.HasSuffix(strings.TrimSpace(seen), "READY>"), seen
	})
}

// sttyAfter asks the shell for the terminal's settings.
func (s *screen) sttyAfter(mark string) string {
	s.t.Helper()
	s.typed("stty -g; echo done-" + mark)
	s.keys("Enter")
	var line string
	eventually(s.t, "the terminal's settings", func() (bool, string) {
		seen := s.text()
		if all := sttyLine.FindAllString(seen, -1); len(all) > 0 {
			line = all[len(all)-1]
		}
		return strings.Contains(seen, "\ndone-"+mark) && line != "", seen
	})
	s.waitForPrompt()
	return line
}

var looksLikeAToken = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{16,}`)

// noSecret checks that no token is on the screen, wrapped or not.
func (s *screen) noSecret() {
	s.t.Helper()
	seen := s.text()
	if found := looksLikeAToken.FindString(seen); found != "" {
		s.t.Errorf("a token is on the screen: %s\n%s", found, seen)
	}
}
