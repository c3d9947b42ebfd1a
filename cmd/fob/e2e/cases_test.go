//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// FOB_CASES is a folder with a folder for each case, with a check.sh that exits with 0 if the program $FOB behaves as
// expected, and else prints what is wrong.
func TestCases(t *testing.T) {
	dir := os.Getenv("FOB_CASES")
	if dir == "" {
		t.Log("FOB_CASES is not set: the cases of others were not run")
		return
	}
	need(t, "dbus-daemon", "gnome-keyring-daemon", "tmux", "python3-cryptography", "curl", "openssl")
	checks, err := filepath.Glob(filepath.Join(dir, "*", "check.sh"))
	if err != nil || len(checks) == 0 {
		t.Fatalf("%s has no cases (%v)", dir, err)
	}
	said := make([]string, len(checks))
	errs := make([]error, len(checks))
	var group sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i, check := range checks {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			said[i], errs[i] = runCase(t.Context(), check)
		})
	}
	group.Wait()
	for i, check := range checks {
		t.Run(filepath.Base(filepath.Dir(check)), func(t *testing.T) {
			if errs[i] != nil {
				t.Errorf("%v: %s", errs[i], said[i])
			}
		})
	}
}

// runCase runs one check, for at most a minute.
func runCase(ctx context.Context, check string) (said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", check)
	cmd.Env = append(os.Environ(), "FOB="+fobBinary)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
