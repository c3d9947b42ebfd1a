//go:build e2e

package e2e

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A tester mints an expired copy of a valid token, sends it to the API once, and asks why it was rejected; the
// session's token is unchanged.
func TestAMintedTokenIsRejectedAndExplained(t *testing.T) {
	h := newHome(t)
	h.useChromium()
	s := h.openScreen(120, 40)
	s.typed(fobBinary + " demo")
	s.keys("Enter")
	s.waitFor("No sessions yet")
	s.keys("n")
	s.waitFor("Authorization code")
	s.keys("Enter")
	s.waitFor("[ Run ]")
	s.keys("C-x")
	s.waitFor("Tokens received, checked and stored")
	s.keys("Enter")
	s.waitFor("[1 Token]", "signature good")

	s.keys("a")
	s.waitFor("Alter the token", "never stored", `"client_id": "demo-public"`, "generated key")
	s.keys("Tab", "Tab", "Tab")
	s.waitFor("> Expired")
	s.keys("Space")
	s.waitFor("[x] yes")
	s.keys("C-x")
	s.waitFor("token made here", "not stored", "expired an hour ago", "by the key made here")
	s.noSecret()

	s.keys("c")
	s.waitFor("[Changes]", "from the original", "header.kid", "made-here", "same")
	s.keys("C")
	s.waitFor("[3 Calls]", "with the token made here, for one call")
	s.keys("s")
	s.waitFor("401 Unauthorized", "it was called with the token made here")
	s.noSecret()
	s.keys("w")
	s.waitFor("[1 Token]", "[Why rejected]", "response 401 Unauthorized", "the token has expired", "because")
	s.noSecret()

	s.keys("3")
	s.waitFor("as alice")
	s.keys("s")
	s.waitFor("200 OK", "1 session")
	s.keys("q")
	s.waitForPrompt()
}

// A support person has only a token and the API's response: both are pasted, and nothing is sent.
func TestAPastedResponseExplainsAPastedToken(t *testing.T) {
	h := newHome(t)
	s := h.openScreen(80, 24)
	s.typed(fobBinary + " demo")
	s.keys("Enter")
	s.waitFor("No sessions yet")
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"ES256","typ":"at+jwt","kid":"k1"}`)) + "." +
		encode(fmt.Appendf(nil, `{"iss":"https://login.example","aud":"https://other.example","sub":"alice",`+
			`"scope":"orders:read","exp":%d}`, time.Now().Add(time.Hour).Unix())) + "." + encode(make([]byte, 64))
	s.paste(token)
	s.waitFor("JWT access token", "pasted", "unverified")
	s.keys("w")
	s.waitFor("[Why rejected]", "from the token only")
	s.keys("e")
	s.waitFor("The API's response")
	s.paste("HTTP/1.1 403 Forbidden\nWWW-Authenticate: Bearer error=\"insufficient_scope\", " +
		"scope=\"orders:write\"\n\n{\"error\":\"insufficient_scope\"}")
	s.waitFor("insufficient_scope")
	s.keys("C-x")
	s.waitFor("[Why rejected]", "response 403 Forbidden", "the token lacks a scope", "orders:write")
	s.keys("6")
	s.waitFor("No request has been sent yet")
	s.keys("q")
	s.waitForPrompt()
}

// paste pastes a text as terminals do.
func (s *screen) paste(text string) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "paste")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.tmux("load-buffer", file)
	s.tmux("paste-buffer", "-p", "-t", "s")
}
