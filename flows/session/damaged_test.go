package session

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fob/tokens/vault"
)

// A session that cannot be read can be removed by its ID, which the error names.
func TestLogoutRemovesADamagedSession(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, b *bench, id string){
		"the file": func(t *testing.T, b *bench, id string) {
			if err := os.WriteFile(filepath.Join(b.dir, "state", "sessions", id+".json"), []byte(`{"vers`),
				0o600); err != nil {
				t.Fatal(err)
			}
		},
		"what the keyring holds": func(_ *testing.T, b *bench, _ string) { b.backend.Backend = vault.NewMemory() },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			id := b.login(LoginRequest{Profile: "demo"}).Meta.ID
			damage(t, b, id)
			if m, err := b.Find(b.ctx(), id); m.ID != id || errors.Is(err, ErrNoSession) ||
				(err != nil && !errors.Is(err, vault.ErrDamaged)) {
				t.Errorf("finding it: got %q, %v, want %q", m.ID, err, id)
			}
			result, err := b.Logout(b.ctx(), id, false)
			if err != nil || len(result.Revoked) != 0 || !strings.Contains(strings.Join(result.Notes, " "),
				"Nothing was revoked") {
				t.Errorf("got %+v, %v, want a note that nothing was revoked", result, err)
			}
			if list, err := b.Sessions(b.ctx()); len(list) != 0 || err != nil {
				t.Errorf("afterwards: %d sessions, %v, want none", len(list), err)
			}
		})
	}
}
