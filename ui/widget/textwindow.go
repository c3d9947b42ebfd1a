package widget

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/keys"
	"fob/ui/theme"
)

// Syntax is how a text window colours its text.
type Syntax int

// The syntaxes.
const (
	Plain Syntax = iota
	JSON
	HTTP // a start line, "Name: value" lines, an empty line, and a body that may be JSON
)

// TextWindow shows a big text: it keeps an index of its rows and draws only the visible ones, so that a body of tens of
// megabytes scrolls like a short one. Lines longer than the window continue on the next row. Untrusted text may be
// passed unchanged: each row is made visible when it is drawn.
type TextWindow struct {
	Styles *theme.Styles

	text   string
	syntax Syntax
	json   int // byte offset from which the text is JSON; its length when none of it is
	rows   []textRow
	width  int // the width of the rows; 0 before they are computed
	top    int
	page   int

	search  Input
	typing  bool
	hits    []int // byte offsets of the matches, at most maxHits
	hit     int
	hitLen  int
	pending int // byte offset to scroll to at the next View; -1 for none
}

// NewTextWindow returns an empty window.
func NewTextWindow(st *theme.Styles) *TextWindow {
	return &TextWindow{Styles: st, pending: -1, search: Input{Placeholder: "search"}}
}

// SetText replaces the text and goes to its top.
func (t *TextWindow) SetText(text string, syntax Syntax) {
	t.text, t.syntax = text, syntax
	t.json = jsonFrom(text, syntax)
	t.width, t.rows, t.top, t.pending = 0, t.rows[:0], 0, -1
	t.find()
	t.pending = -1
}

// Text returns the text of SetText.
func (t *TextWindow) Text() string { return t.text }

// Do performs scrolling and opens the search; it reports whether the action was one of these.
func (t *TextWindow) Do(a keys.Action) bool {
	top, ok := scrolled(a, t.top, t.page, len(t.rows))
	if !ok && a != keys.Filter {
		return false
	}
	t.top, t.typing = top, t.typing || a == keys.Filter
	t.clamp()
	return true
}

func (t *TextWindow) clamp() { t.top = max(0, min(t.top, len(t.rows)-max(1, t.page))) }

// Editing reports whether the user is typing a search: keys go to Update.
func (t *TextWindow) Editing() bool { return t.typing }

// Update handles keys while Editing. Enter goes to the first match.
func (t *TextWindow) Update(msg tea.Msg) {
	key, ok := msg.(tea.KeyMsg)
	if !ok || !t.typing {
		return
	}
	if key.Type == tea.KeyEnter {
		t.typing = false
		t.find()
		t.NextMatch(0)
		return
	}
	// Search at each key only in texts that are searched faster than the user types.
	if t.search.Update(key) && len(t.text) < 1<<20 {
		t.find()
		t.NextMatch(0)
	}
}

// Back clears the search and reports whether there was one.
func (t *TextWindow) Back() bool {
	if !t.typing && t.search.Value() == "" {
		return false
	}
	t.typing = false
	t.search.SetValue("")
	t.hits = nil
	return true
}

// NextMatch moves by d matches (back if negative) and reports whether there is any. With 0 it goes to the first one at
// or below the top.
func (t *TextWindow) NextMatch(d int) bool {
	if len(t.hits) == 0 {
		return false
	}
	if d == 0 {
		from := 0
		if t.top < len(t.rows) {
			from = t.rows[t.top].start
		}
		t.hit = 0
		for i, off := range t.hits {
			if off >= from {
				t.hit = i
				break
			}
		}
	} else {
		t.hit = ((t.hit+d)%len(t.hits) + len(t.hits)) % len(t.hits)
	}
	t.pending = t.hits[t.hit]
	return true
}

// Searching reports whether there is a search, typed or kept.
func (t *TextWindow) Searching() bool { return t.typing || t.search.Value() != "" }

// Position returns the visible rows: "12-40 of 1,203"; "" if everything fits.
func (t *TextWindow) Position() string {
	if len(t.rows) <= t.page {
		return ""
	}
	return fmt.Sprintf("%s-%s of %s", Thousands(t.top+1), Thousands(min(len(t.rows), t.top+t.page)),
		Thousands(len(t.rows)))
}

// View draws the window into h lines of w cells.
func (t *TextWindow) View(w, h int) string {
	if w <= 0 || h <= 0 {
		return ""
	}
	t.index(w)
	lines := make([]string, 0, h)
	t.page = h
	if t.Searching() {
		lines = append(lines, t.searchLine(w))
		t.page = max(1, h-1)
	}
	if t.pending >= 0 {
		t.reveal(t.pending)
		t.pending = -1
	}
	t.clamp()
	for i := t.top; i < len(t.rows) && len(lines) < h; i++ {
		lines = append(lines, t.drawRow(i))
	}
	return Fit(strings.Join(lines, "\n"), w, h)
}

// reveal scrolls so that the byte offset is on the screen, a third from the top.
func (t *TextWindow) reveal(off int) {
	row := t.rowAt(off)
	if row >= t.top && row < t.top+t.page {
		return
	}
	t.top = row - t.page/3
	t.clamp()
}

func (t *TextWindow) searchLine(w int) string {
	state := "no match"
	switch {
	case t.typing && len(t.text) >= 1<<20:
		state = "enter searches"
	case len(t.hits) >= maxHits:
		state = fmt.Sprintf("%d of more than %s", t.hit+1, Thousands(maxHits))
	case len(t.hits) > 0:
		state = fmt.Sprintf("%d of %d", t.hit+1, len(t.hits))
	}
	left := t.Styles.Key.Render("/") + t.search.View(t.Styles, max(1, w-Width(state)-3), t.typing)
	return Pad(left, w-Width(state)-1) + " " + t.Styles.Dim.Render(state)
}

// Thousands formats a number with separators: "12,034".
func Thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
