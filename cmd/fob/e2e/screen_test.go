//go:build e2e

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// screen is a real terminal (tmux).
type screen struct {
	t      *testing.T
	socket string
}

// openScreen starts a shell in a terminal of the given size, in the home's environment.
func (h *home) openScreen(width, height int) *screen {
	h.t.Helper()
	need(h.t, "tmux")
	s := &screen{h.t, filepath.Join(h.t.TempDir(), "tmux")}
	cmd := exec.Command("tmux", "-S", s.socket, "-f", "/dev/null", "new-session", "-d", "-s", "s",
		"-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "env PS1='READY> ' ENV= sh")
	cmd.Env, cmd.Dir = h.env, h.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("tmux: %v\n%s", err, out)
	}
	h.t.Cleanup(func() { _ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() })
	s.tmux("set", "-g", "status", "off")
	s.tmux("set", "-sg", "escape-time", "0")
	s.tmux("set", "-g", "window-size", "manual")
	s.tmux("resize-window", "-t", "s", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height))
	s.waitFor("READY>")
	return s
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// text returns the text on the screen.
func (s *screen) text() string { return s.tmux("capture-pane", "-p", "-t", "s") }

// keys presses keys, as tmux names them.
func (s *screen) keys(keys ...string) { s.tmux(append([]string{"send-keys", "-t", "s"}, keys...)...) }

// typed types text as it is.
func (s *screen) typed(text string) { s.tmux("send-keys", "-t", "s", "-l", text) }

// waitFor waits until all texts are on the screen.
func (s *screen) waitFor(texts ...string) {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("%q on the screen", texts), func() (bool, string) {
		seen := s.text()
		for _, want := range texts {
			if !strings.Contains(seen, want) {
				return false, seen
			}
		}
		return true, seen
	})
}
