// Package terminal makes Bubble Tea v1 safe on real terminals: it never asks the terminal anything, puts escape
// sequences together that arrive in pieces, splits keys that arrive in one piece, keeps frames from being taller
// than the screen, and sends frames, clipboard and links through one lock.
//
// It does not know panes or OAuth.
package terminal

import (
	"io"
	"os"
	"strings"
	"sync"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"

	_ "fob/ui/terminal/background" // initialised before Bubble Tea
)

// Output is the one writer to the terminal: Bubble Tea's frames and our own sequences never interleave.
type Output struct {
	*os.File
	mu     sync.Mutex
	alt    bool // the alternate screen is on
	closed bool // the terminal was restored: nothing more is written
}

// NewOutput wraps a terminal.
func NewOutput(f *os.File) *Output { return &Output{File: f} }

// Write implements io.Writer. Bubble Tea writes a frame in one call.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return len(p), nil
	}
	switch string(p) { // Bubble Tea sends each of them alone
	case ansi.SetModeAltScreenSaveCursor:
		o.alt = true
	case ansi.ResetModeAltScreenSaveCursor:
		o.alt = false
	}
	return o.File.Write(p)
}

// WriteString implements io.StringWriter through the same lock; without it io.WriteString would bypass it.
func (o *Output) WriteString(s string) (int, error) { return o.Write([]byte(s)) }

// ReadFrom hides os.File's, which would bypass the lock.
func (o *Output) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{o}, r)
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool { return f != nil && term.IsTerminal(f.Fd()) }

// SplitKeys splits keys that were typed so fast that they arrived as one message. Pastes stay whole.
func SplitKeys(k tea.KeyMsg) []tea.KeyMsg {
	if k.Paste || k.Type != tea.KeyRunes || len(k.Runes) < 2 {
		return []tea.KeyMsg{k}
	}
	list := make([]tea.KeyMsg, 0, len(k.Runes))
	for _, r := range k.Runes {
		one := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: k.Alt}
		if r == ' ' {
			one.Type = tea.KeySpace
		}
		list = append(list, one)
	}
	return list
}

// Clamp cuts a frame to h lines of at most w cells: Bubble Tea drops the top of a taller one, and a wider one wraps.
func Clamp(frame string, w, h int) string {
	if w <= 0 || h <= 0 {
		return ""
	}
	lines := strings.Split(frame, "\n")
	if len(lines) > h {
		lines = lines[:h]
	}
	for i, l := range lines {
		// A line of as many bytes as cells cannot be wider; most have sequences and are measured.
		if len(l) > w && Width(l) > w {
			lines[i] = ansi.Truncate(l, w, "") + "\x1b[0m"
		}
	}
	return strings.Join(lines, "\n")
}
