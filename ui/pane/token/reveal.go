package token

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// revealFor is how long a revealed token stays readable.
const revealFor = 10 * time.Second

// maskMsg ends a reveal, unless another has begun since.
type maskMsg struct{ until time.Time }

// reveal shows a token as it is for a while. It is masked again then, and by any key that goes to another view.
type reveal struct {
	until  time.Time // zero: the token is masked
	window *widget.TextWindow
}

// start reveals the token.
func (r *reveal) start(raw tokens.Secret, now time.Time) tea.Cmd {
	until := now.Add(revealFor)
	r.until = until
	r.window.SetText(raw.Reveal(), widget.Plain)
	return tea.Tick(revealFor, func(time.Time) tea.Msg { return maskMsg{until} })
}

// mask removes the token from the screen and from the window.
func (r *reveal) mask() {
	if !r.until.IsZero() {
		r.window.SetText("", widget.Plain)
	}
	r.until = time.Time{}
}

// active reports that the token is readable.
func (r *reveal) active(now time.Time) bool { return now.Before(r.until) && r.window.Text() != "" }

// body draws the token, and for how long.
func (r *reveal) body(st *theme.Styles, now time.Time, width, height int) string {
	left := st.Dim.Render(", masked again in " + widget.Elapsed(r.until.Sub(now)))
	hint := pane.KeyHint(st, keys.TokenReveal, "masks it now")
	lines := []string{widget.Clip(st.Warn.Render("readable")+left+"   "+hint, width)}
	if height > 2 {
		lines = append(lines, "", textView(st, r.window, width, height-2))
	}
	return pane.Fit(lines, width, height)
}
