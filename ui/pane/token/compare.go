package token

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/pane"
	"fob/ui/widget"
)

// reference is a token that the shown one is compared with.
type reference struct {
	report *inspect.Report
	name   string // "before the refresh", "alice · access token"
}

// changesMsg brings how two tokens differ.
type changesMsg struct {
	n       int64
	changes []inspect.Change
}

// comparison is how the shown token differs from another one.
type comparison struct {
	ctx           *pane.Context
	table         *widget.Table
	beforeRefresh reference // this session's token before its last refresh
	marked        reference // a token that the user marked to compare with
	awaitsRefresh bool      // the changes are shown when the refresh is done
	changes       []inspect.Change
	differing     int // how many of them are not "same"
	work          pane.Work
}

// reference returns the token to compare with: the marked one, else the one from which the shown one was made, else the
// one from before the last refresh.
func (c *comparison) reference(shown *tokenView) (reference, bool) {
	if shown.report == nil {
		return reference{}, false
	}
	list := []reference{c.marked}
	if shown.minted != nil {
		list = append(list, shown.minted.from)
	}
	for _, r := range append(list, c.beforeRefresh) {
		if r.report != nil && r.report != shown.report {
			return r, true
		}
	}
	return reference{}, false
}

// mark keeps the shown token to compare others with.
func (c *comparison) mark(s *shownToken) tea.Cmd {
	name := "the " + s.name() + " that was marked"
	if s.stored() {
		name = pane.SessionName(s.session) + " · " + s.name()
	}
	c.marked = reference{s.report, name}
	return pane.Send(pane.ToastMsg{Text: "marked: show another token and compare again"})
}

// start compares the token with its reference in a command.
func (c *comparison) start(shown *tokenView) tea.Cmd {
	c.set(nil)
	c.work.Drop()
	from, ok := c.reference(shown)
	if !ok {
		return nil
	}
	return c.work.Start(c.ctx, "comparing", func(_ context.Context, n int64) tea.Msg {
		changes := inspect.Diff(from.report, shown.report)
		// What differs comes first, then what is the same.
		slices.SortStableFunc(changes, func(a, b inspect.Change) int { return rank(a) - rank(b) })
		return changesMsg{n, changes}
	})
}

func rank(c inspect.Change) int {
	if c.Kind == "same" {
		return 1
	}
	return 0
}

func (c *comparison) set(changes []inspect.Change) {
	c.changes, c.differing = changes, 0
	for _, change := range changes {
		c.differing += 1 - rank(change)
	}
	c.table.SetRows(len(changes), func(i int) []widget.Cell { return c.cells(changes[i]) }, nil)
}

func (c *comparison) cells(change inspect.Change) []widget.Cell {
	st := c.ctx.Styles
	if change.Shift != "" {
		change.Old, change.New = shortTime(change.Old, c.ctx.Now()), shortTime(change.New, c.ctx.Now())
	}
	kind, name, text := st.Warn, st.Accent, st.Text
	switch change.Kind {
	case "added":
		kind = st.Good
	case "removed":
		kind = st.Bad
	case "same":
		kind, name, text = st.Dim, st.Dim, st.Dim
	}
	return []widget.Cell{{Text: change.Kind, Style: kind}, {Text: change.Name, Style: name},
		{Text: change.Old, Style: st.Dim}, {Text: change.New, Style: text}, {Text: shiftText(change), Style: st.Info}}
}

// shortTime is a time of a comparison (RFC 3339) in this machine's zone, without the year if it is the present one, so
// that two fit side by side on a small screen.
func shortTime(text string, now time.Time) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	layout := "2 Jan 2006 15:04:05"
	if at = at.Local(); at.Year() == now.Local().Year() {
		layout = "2 Jan 15:04:05"
	}
	return at.Format(layout)
}

// shiftText is by how much a time has changed, or what a set gained and lost: "+5m", "+api:write -api:read".
func shiftText(c inspect.Change) string {
	parts := []string{}
	if c.Shift != "" {
		parts = append(parts, c.Shift)
	}
	for _, word := range c.Added {
		parts = append(parts, "+"+tokens.VisibleLine(word))
	}
	for _, word := range c.Removed {
		parts = append(parts, "-"+tokens.VisibleLine(word))
	}
	return strings.Join(parts, " ")
}

func changeDetail(c inspect.Change) detail {
	return newDetail(c.Name+" · "+c.Kind, "", "before", c.Old, "after", c.New, "shift", c.Shift,
		"gained", strings.Join(c.Added, " "), "lost", strings.Join(c.Removed, " "), "note", c.Note)
}

// head says in one line what is compared with what.
func (c *comparison) head(shown *tokenView) string {
	st := c.ctx.Styles
	from, ok := c.reference(shown)
	if !ok {
		return st.Dim.Render("There is no token to compare with any more.")
	}
	head := st.Dim.Render(widget.Plural(c.differing, "difference") + " from " + from.name)
	if c.differing == 0 {
		head = st.Good.Render("No difference from " + from.name)
	}
	if same := len(c.changes) - c.differing; same > 0 {
		head += st.Dim.Render(" · " + widget.Thousands(same) + " the same")
	}
	return head
}
