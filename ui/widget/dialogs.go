package widget

import (
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/theme"
)

// Confirm asks before something that cannot be undone. Its letter confirms; enter, esc and other usual keys cancel,
// since cancel has the focus.
type Confirm struct {
	Title  string
	Text   string
	Letter string // the key that confirms
	Do     tea.Cmd
}

// Update implements Modal.
func (c *Confirm) Update(k tea.KeyMsg) (tea.Cmd, bool) {
	if k.Paste {
		return nil, false
	}
	switch k.String() {
	case c.Letter:
		return c.Do, true
	case "esc", "enter", "q", "n", "ctrl+c":
		return nil, true
	}
	return nil, false
}

// View implements Modal.
func (c *Confirm) View(st *theme.Styles, maxW, maxH int) (string, []string) {
	w := min(maxW, 60)
	lines, gap := Wrap(c.Text, w), []string{""}
	if len(lines)+3 > maxH {
		gap = nil
	}
	lines = append(gap[:len(gap):len(gap)], lines...)
	buttons := st.Selected.Render("> Cancel ") + "   " + st.Key.Render(c.Letter) + " " + st.Bad.Render("yes, go on")
	// Never cut the buttons on a small screen.
	if over := len(lines) + len(gap) + 1 - maxH; over > 0 {
		lines = lines[:max(0, len(lines)-over)]
	}
	return strings.TrimSuffix(c.Title, "?") + "?", append(append(lines, gap...), buttons)
}

// Notice shows an error until it is dismissed: what was being done, and the error.
type Notice struct {
	What string
	Text string
	// Copy returns the command that copies the text; nil for no copy key.
	Copy func(text string) tea.Cmd
	// Keys are further actions by key; each closes the notice. The text describes them.
	Keys map[string]tea.Cmd

	top, rows, page int
}

// Update implements Modal.
func (n *Notice) Update(k tea.KeyMsg) (tea.Cmd, bool) {
	switch k.String() {
	case "esc", "enter", "q", " ", "ctrl+c":
		return nil, !k.Paste
	case "up", "k":
		n.top = max(0, n.top-1)
	case "down", "j":
		n.top = max(0, min(n.top+1, n.rows-n.page))
	case "y":
		if n.Copy != nil {
			return n.Copy(n.What + "\n" + n.Text), false
		}
	}
	if do, ok := n.Keys[k.String()]; ok && !k.Paste {
		return do, true
	}
	return nil, false
}

// View implements Modal.
func (n *Notice) View(st *theme.Styles, maxW, maxH int) (string, []string) {
	w := min(maxW, 88)
	var body []string
	for _, l := range strings.Split(n.Text, "\n") {
		body = append(body, Wrap(l, w)...)
	}
	n.page = max(1, maxH-3)
	n.rows = len(body)
	n.top = max(0, min(n.top, n.rows-n.page))
	foot := st.Key.Render("esc") + st.Dim.Render(" dismiss")
	if n.Copy != nil {
		foot += "   " + st.Key.Render("y") + st.Dim.Render(" copy")
	}
	switch n := len(n.Keys); {
	case n == 1:
		foot += "   " + st.Key.Render("1") + st.Dim.Render(" runs the action beside it")
	case n > 1:
		foot += "   " + st.Key.Render("1-"+strconv.Itoa(n)) + st.Dim.Render(" run the actions beside them")
	}
	if n.rows > n.page {
		foot += "   " + st.Key.Render("↑↓") + st.Dim.Render(" more")
	}
	body = body[n.top:min(n.rows, n.top+n.page)]
	lines := append([]string{""}, body...)
	return st.Bad.Render("Error: " + n.What), append(lines, "", foot)
}

// Prompt asks for one value.
type Prompt struct {
	Title string
	Help  string
	Input Input
	// PasteEnters accepts a paste as the value unchanged, line breaks included.
	PasteEnters bool
	// Enter returns the command for the value. It is not called for an empty one.
	Enter func(value string) tea.Cmd
}

// Update implements Modal.
func (p *Prompt) Update(k tea.KeyMsg) (tea.Cmd, bool) {
	switch {
	case k.Paste && p.PasteEnters:
		return p.Enter(string(k.Runes)), true
	case k.Type == tea.KeyEsc, k.Type == tea.KeyCtrlC:
		return nil, true
	case k.Type == tea.KeyEnter && !k.Paste:
		if strings.TrimSpace(p.Input.Value()) == "" {
			return nil, false
		}
		return p.Enter(p.Input.Value()), true
	}
	p.Input.Update(k)
	return nil, false
}

// View implements Modal.
func (p *Prompt) View(st *theme.Styles, maxW, maxH int) (string, []string) {
	w := min(maxW, 72)
	lines := []string{""}
	for _, l := range Wrap(p.Help, w) {
		lines = append(lines, st.Dim.Render(l))
	}
	lines = append(lines, "", Pad(st.Accent.Render("> ")+p.Input.View(st, w-2, true), w), "",
		st.Key.Render("enter")+st.Dim.Render(" go on   ")+st.Key.Render("esc")+st.Dim.Render(" cancel"))
	if len(lines) > maxH {
		lines = lines[len(lines)-maxH:]
	}
	return p.Title, lines
}

// Toast is a short notice that disappears by itself. The zero value shows nothing.
type Toast struct {
	text string
	n    int
}

// Show shows a text and returns its number; Hide with that number hides it unless a newer one is shown.
func (t *Toast) Show(text string) int {
	t.text = text
	t.n++
	return t.n
}

// Hide hides the toast with the number.
func (t *Toast) Hide(n int) {
	if n == t.n {
		t.text = ""
	}
}

// Text returns the shown text; "" if there is no toast.
func (t *Toast) Text() string { return t.text }

// Countdown waits before it does something. Its owner draws it each second, and runs Do when it is Over.
type Countdown struct {
	What string
	Over time.Time
	Do   tea.Cmd
	Now  func() time.Time
}

// Update implements Modal.
func (c *Countdown) Update(k tea.KeyMsg) (tea.Cmd, bool) {
	switch k.String() {
	case "enter":
		return c.Do, !k.Paste
	case "esc", "q", "ctrl+c":
		return nil, !k.Paste
	}
	return nil, false
}

// View implements Modal.
func (c *Countdown) View(st *theme.Styles, maxW, _ int) (string, []string) {
	left := max(0, c.Over.Sub(c.Now())).Round(time.Second)
	lines := append([]string{""}, Wrap(c.What+" is retried in "+left.String()+".", min(maxW, 60))...)
	return "Waiting",
		append(lines, "", st.Key.Render("enter")+st.Dim.Render(" now   ")+st.Key.Render("esc")+st.Dim.Render(
			" not at all"))
}
