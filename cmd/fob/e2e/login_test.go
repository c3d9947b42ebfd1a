//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The main task, with a certified provider: a user signs in with Chromium, the tokens are stored in the Secret Service,
// another process prints the token, a refresh rotates.
func TestCodeFlowThroughChromiumIntoTheSecretService(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	lastPage := h.useChromium()
	p := h.useCertified()

	r := h.must("login", "--issuer", p.Issuer, "--client-id", "native", "--grant", "authorization_code",
		"--scope", "openid offline_access profile email", "--prompt", "consent", "--json")
	l := decode[login](t, r.stdout)
	if !l.HasRefreshToken || l.Session == "" {
		t.Fatalf("login printed %s", r.stdout)
	}
	outcome := map[string]string{}
	for _, c := range l.Ledger {
		outcome[c.ID] = c.Outcome
	}
	for _, id := range []string{"discovery.issuer", "state", "callback.iss", "id_token.signature", "id_token.iss",
		"id_token.aud", "id_token.nonce", "id_token.exp"} {
		if outcome[id] != "passed" {
			t.Errorf("check %s: %q, want passed", id, outcome[id])
		}
	}
	if page := lastPage(); !strings.Contains(page, "/callback") || strings.Contains(page, "console:") {
		t.Errorf("the browser's last page: %s", page)
	}

	first := strings.TrimSuffix(h.must("token", l.Session).stdout, "\n")
	if first == "" || strings.ContainsAny(first, " \n") {
		t.Fatalf("fob token printed %q", first)
	}
	refreshToken := h.must("token", l.Session, "--kind", "refresh").stdout
	h.must("refresh", l.Session)
	if again := h.must("token", l.Session, "--kind", "refresh").stdout; again == refreshToken {
		t.Error("the refresh token did not rotate")
	}
	if again := strings.TrimSuffix(h.must("token", l.Session).stdout, "\n"); again == first {
		t.Error("the access token is still the one from before the refresh")
	}
	if info := h.must("userinfo", l.Session).stdout; !strings.Contains(info, `"sub"`) {
		t.Errorf("userinfo printed %s", info)
	}
	h.must("logout", l.Session)
	if r := h.fob("token", l.Session); r.code == 0 {
		t.Errorf("after logout, token printed %q", r.stdout)
	}
	for _, secret := range []string{first, strings.TrimSpace(refreshToken)} {
		assertNotInFiles(t, h, secret)
	}
}

func TestClientCredentialsAgainstOidcProvider(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	p := h.useCertified()
	l := decode[login](t, h.must("login", "--issuer", p.Issuer, "--client-id", "service",
		"--grant", "client_credentials", "--scope", "api:read", "--client-secret-env", "FOB_E2E_SECRET",
		"--json").stdout)
	if l.Scope != "api:read" {
		t.Errorf("granted scope %q, want api:read", l.Scope)
	}
	assertNotInFiles(t, h, serviceSecret)
	assertNotInFiles(t, h, strings.TrimSpace(h.must("token", l.Session).stdout))
}

// Three commands from nothing to a response.
func TestThreeCommandsFromNothingToAnAnswer(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	d := h.serveDemo()
	h.set("S", d.secret("demo-service"))
	l := h.must("login", "--issuer", d.Issuer, "--client-id", "demo-service", "--grant", "client_credentials",
		"--client-secret-env", "S", "--json")
	id := decode[login](t, l.stdout).Session
	token := h.must("token", id).stdout
	if strings.Count(token, "\n") != 1 || !strings.HasSuffix(token, "\n") || strings.Count(token, ".") != 2 {
		t.Errorf("token printed %q, want a JWT and a newline", token)
	}
	body := h.must("call", id, "GET", d.API+"/me").stdout
	if me := decode[map[string]any](t, body); me["client_id"] != "demo-service" {
		t.Errorf("call printed %s", body)
	}
}

// For each response that fails a MUST: nothing is stored, exit code 6, and the check, the expected and the received
// value are printed.
func TestAFailedCheckStoresNothing(t *testing.T) {
	for fault, check := range map[string]string{
		"wrong-state":        "state",
		"wrong-callback-iss": "callback.iss",
		"stale-nonce":        "id_token.nonce",
		"missing-nonce":      "id_token.nonce",
		"bad-signature":      "id_token.signature",
		"wrong-at-hash":      "id_token.at_hash",
		"wrong-issuer":       "discovery.issuer",
		"expired-at-birth":   "id_token.exp",
	} {
		t.Run(fault, func(t *testing.T) {
			h := newHome(t)
			h.unlockKeyring()
			h.useVisitor()
			d := h.serveDemo("--auto-consent", "--fault", fault)
			r := h.fob("login", "--issuer", d.Issuer, "--client-id", "demo-public", "--grant", "authorization_code",
				"--scope", "openid api:read", "--timeout", "5s", "--json")
			if r.code != 6 || r.stdout != "" {
				t.Fatalf("exit %d, want 6\nstdout: %s\nstderr: %s", r.code, r.stdout, r.stderr)
			}
			for _, want := range []string{"[" + check + "]", "expected:", "received:"} {
				if !strings.Contains(r.stderr, want) {
					t.Errorf("stderr does not say %q:\n%s", want, r.stderr)
				}
			}
			if list := strings.TrimSpace(h.must("list", "--json").stdout); list != "[]" {
				t.Errorf("something was stored: %s", list)
			}
		})
	}
}

// assertNotInFiles checks that no file of the home contains the value, except those of the keyring.
func assertNotInFiles(t *testing.T, h *home, value string) {
	t.Helper()
	if len(value) < 16 {
		t.Fatalf("%q is too short to look for", value)
	}
	err := filepath.Walk(h.dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() || strings.Contains(path, "keyring") {
			return nil //nolint:nilerr // fob can read its files
		}
		data, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(data), value) {
			t.Errorf("%s contains a secret", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
