package ui

import (
	"context"
	"errors"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/terminal"
)

// copier puts text on the clipboard.
type copier interface {
	Copy(ctx context.Context, text string) (how string, err error)
}

// clipboard copies, and writes the last copy to a file on request.
type clipboard struct {
	copier    copier
	files     *terminal.Copies
	last      tokens.Secret
	tmuxNoted bool // the user knows that tmux keeps copies
}

type (
	copiedMsg struct {
		what, how string
		err       error
	}
	savedMsg struct {
		path string
		err  error
	}
)

// copy copies a text without showing it.
func (c *clipboard) copy(what string, text tokens.Secret) tea.Cmd {
	c.last = text
	copier := c.copier
	return func() tea.Msg {
		how, err := copier.Copy(context.Background(), text.Reveal())
		return copiedMsg{what: what, how: how, err: err}
	}
}

// report describes the result of a copy, or returns its error when fob cannot suggest another way.
func (c *clipboard) report(m copiedMsg) (string, error) {
	key := ""
	if b, ok := keys.ByAction(keys.CopyFile); ok {
		key = b.Key()
	}
	switch {
	case errors.Is(m.err, terminal.ErrNoClipboard):
		return "the " + m.what + " could not be copied; " + key + " writes it to a file that only you can read", nil
	case m.err != nil:
		return "", m.err
	case m.how == "through the terminal":
		return m.what + " sent to the clipboard; if it did not arrive, " + key + " writes it to a file", nil
	case strings.HasSuffix(m.how, "tmux") && !c.tmuxNoted:
		c.tmuxNoted = true
		return m.what + " copied; it is in tmux's buffer: tmux delete-buffer removes it", nil
	}
	return m.what + " copied " + m.how, nil
}

// save writes the last copy to a file.
func (c *clipboard) save() tea.Cmd {
	last, files := c.last, c.files
	return func() tea.Msg {
		path, err := files.Save(last.Reveal())
		return savedMsg{path, err}
	}
}
