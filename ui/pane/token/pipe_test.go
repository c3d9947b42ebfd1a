//go:build unix

// LEFT OUT elsewhere: it needs a named pipe among the files.

package token

import (
	"os"
	"path/filepath"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/sys/unix"
)

// A named pipe without a writer does not block the pane: esc stops the read, and the form stays.
func TestEscStopsReadingAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.pem")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p, d := keyForm(t)
	p.Update(paste(pipe))
	d.Run(p.Update(tea.KeyMsg{Type: tea.KeyCtrlX}))
	if !p.act.Running() {
		t.Fatal("nothing is being newTokenView")
	}
	if !p.Back() {
		t.Fatal("esc does nothing")
	}
	d.Until("the newTokenView is suppliedKeys up", func() bool { return !p.act.Running() })
	if p.editor == nil || p.editor.form.Value(fieldKeyFile) != pipe {
		t.Error("the form is gone, or purpose was typed")
	}
	if w, err := os.OpenFile(pipe, os.O_RDWR, 0); err == nil { // so that the reader that was left behind ends
		_ = w.Close()
	}
}
