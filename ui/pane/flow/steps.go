package flow

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"fob/flows"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// entry is one line of the sequence: a step, or consecutive steps that are shown as one.
type entry struct {
	steps []flows.Step
	at    int  // the number of the first step, counted from the start of the run
	open  bool // a group whose steps are listed below it
	child bool // a step of the group above
}

// last is the step that represents the entry.
func (e entry) last() flows.Step { return e.steps[len(e.steps)-1] }

// group reports whether the entry has several steps.
func (e entry) group() bool { return len(e.steps) > 1 }

// checks reports whether the entry consists of checks.
func (e entry) checks() bool { return e.last().Check != nil }

// fold makes the entries of a run: consecutive passed checks are one entry, and so is a repeated poll. A failed step is
// always an entry of its own.
func fold(steps []flows.Step, dropped int, open map[int]bool) []entry {
	var list []entry
	for i := 0; i < len(steps); {
		n := 1
		for i+n < len(steps) && belongTogether(steps[i], steps[i+n]) {
			n++
		}
		e := entry{steps: steps[i : i+n], at: dropped + i}
		e.open = n > 1 && open[e.at]
		list = append(list, e)
		if e.open {
			for k := range n {
				list = append(list, entry{steps: steps[i+k : i+k+1], at: dropped + i + k, child: true})
			}
		}
		i += n
	}
	return list
}

func belongTogether(a, b flows.Step) bool {
	switch {
	case a.Check != nil || b.Check != nil:
		return isUnremarkable(a) && isUnremarkable(b)
	case a.Exchange == nil || b.Exchange == nil || a.Err != "" || b.Err != "":
		return false
	}
	return repetition.MatchString(b.Title) && withoutRepetition(a) == withoutRepetition(b)
}

// isUnremarkable reports whether the step is a check that passed or was skipped.
func isUnremarkable(s flows.Step) bool {
	return s.Check != nil && (s.Check.Outcome == tokens.Passed || s.Check.Outcome == tokens.Skipped)
}

// repetition marks the title of a step that repeats a request: "Ask whether the user has approved (3)".
var repetition = regexp.MustCompile(` \(\d+\)$`)

func withoutRepetition(s flows.Step) string { return repetition.ReplaceAllString(s.Title, "") }

func (e entry) title() string {
	s := e.last()
	switch {
	case !e.group() && e.checks():
		return tokens.VisibleLine(s.Check.Title)
	case !e.group():
		return tokens.VisibleLine(s.Title)
	case !e.checks():
		return tokens.VisibleLine(withoutRepetition(s))
	}
	var l tokens.Ledger
	for _, s := range e.steps {
		l = append(l, *s.Check)
	}
	text := widget.Plural(l.Count(tokens.Passed), "check") + " passed"
	switch skipped := l.Count(tokens.Skipped); {
	case skipped == len(l):
		return widget.Plural(skipped, "check") + " skipped"
	case skipped > 0:
		text += fmt.Sprintf(", %d skipped", skipped)
	}
	return text
}

// text is what the filter searches.
func (e entry) text() string {
	var b strings.Builder
	for _, s := range e.steps {
		for _, part := range []string{string(s.From), string(s.To), s.Title, s.Meaning, s.Spec} {
			b.WriteString(part + " ")
		}
	}
	return b.String()
}

// outcome is the result of an entry in one word: that of a check, or the status of a response.
func (e entry) outcome(st *theme.Styles) string {
	s := e.last()
	switch {
	case e.group() && e.checks():
		return ""
	case e.group():
		return st.Dim.Render(widget.Plural(len(e.steps), "time"))
	case s.Check != nil:
		return st.Level(string(s.Check.Outcome)).Render(string(s.Check.Outcome))
	case s.Exchange != nil && s.Exchange.Response != nil:
		status := s.Exchange.Response.Status
		style := pane.StatusStyle(st, status)
		if s.Err == "" && status >= 400 {
			style = st.Dim // an error response that the flow expects
		}
		if len(s.Edited) > 0 {
			return st.Warn.Render("edited ") + style.Render(fmt.Sprint(status))
		}
		return style.Render(fmt.Sprint(status))
	case s.Err != "":
		return st.Bad.Render("failed")
	case len(s.Edited) > 0:
		return st.Warn.Render("edited")
	}
	return ""
}

// stepList is the list of a run's steps.
type stepList struct {
	ctx      *pane.Context
	run      *run
	table    *widget.Table
	entries  []entry
	unfolded map[int]bool // groups that are open, by the number of their first step
	follow   bool         // the cursor stays on the newest
	width    int
}

func newStepList(ctx *pane.Context, r *run) *stepList {
	l := &stepList{ctx: ctx, run: r, unfolded: map[int]bool{}, follow: true,
		table: widget.NewTable(ctx.Styles, widget.Column{Min: 20, Flex: 1})}
	l.table.NoHeader = true
	l.refresh()
	return l
}

// refresh makes the entries again. The cursor stays, follows the newest, or moves to the failure at the end of the run.
func (l *stepList) refresh() {
	l.entries = fold(l.run.steps, l.run.dropped, l.unfolded)
	l.table.SetRows(len(l.entries), l.row, func(i int) string { return l.entries[i].text() })
	switch {
	case !l.follow:
	case l.run.done && l.run.err != nil:
		l.follow = false
		l.table.Select(l.failure())
	default:
		l.table.Select(len(l.entries) - 1)
	}
}

// failure is the entry that ended the run.
func (l *stepList) failure() int {
	for i := len(l.entries) - 1; i >= 0; i-- {
		s := l.entries[i].last()
		if s.Err != "" || s.Check != nil && s.Check.Outcome == tokens.Failed {
			return i
		}
	}
	return len(l.entries) - 1
}

// selected is the entry under the cursor.
func (l *stepList) selected() (entry, bool) {
	i := l.table.Cursor()
	if i < 0 || i >= len(l.entries) {
		return entry{}, false
	}
	return l.entries[i], true
}

// atEnd reports whether the cursor is on the last entry.
func (l *stepList) atEnd() bool { return l.table.Cursor() == len(l.entries)-1 }

func (l *stepList) do(a keys.Action) {
	if l.table.Do(a) {
		l.follow = l.atEnd()
	}
}

// unfold opens or closes the group of the entry under the cursor.
func (l *stepList) unfold(open bool) {
	e, ok := l.selected()
	if !ok || !e.group() && (!e.child || open) {
		return
	}
	i := l.table.Cursor()
	for !l.entries[i].group() {
		i--
	}
	l.unfolded[l.entries[i].at] = open
	l.refresh()
	if e.child {
		l.table.Select(i)
	}
}

// timeWidth is the width of a step's time since the start, with the gap after it.
const timeWidth = 8

// timeFrom is the pane width from which the time is shown.
const timeFrom = 56

// row draws an entry: time, actors, title, and the outcome at the end.
func (l *stepList) row(i int) []widget.Cell {
	e, st := l.entries[i], l.ctx.Styles
	s := e.last()
	when := ""
	if l.width >= timeFrom {
		when = st.Dim.Render(widget.PadLeft(sinceStart(s.At.Sub(l.run.started)), timeWidth-2) + "  ")
	}
	between := lanes(st, s.From, s.To)
	if l.width < lanesFrom {
		who := shortName(s.From)
		if s.To != s.From {
			who += " → " + shortName(s.To)
		}
		between = st.Accent.Render(widget.Pad(who, 14))
	}
	style, outcome := st.Text, e.outcome(st)
	if isUnremarkable(s) {
		style = st.Dim
	}
	title := e.title()
	switch {
	case e.open:
		title = "▾ " + title
	case e.group():
		title = "▸ " + title
	case e.child:
		title = "  " + title
	}
	room := l.width - 2 - widget.Width(when+between) - 2
	title = widget.Clip(title, room-widget.Width(outcome)-1)
	return []widget.Cell{{Text: when + between + "  " + widget.Spread(style.Render(title), outcome, room)}}
}

// sinceStart formats a time since the start of the run: "0.12 s", "42.0 s", "2m 05s".
func sinceStart(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", max(0, d.Seconds()))
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return widget.Elapsed(d)
}

func (l *stepList) view(width, height int) string {
	l.width, l.table.Styles = width, l.ctx.Styles
	return l.table.View(width, height, l.ctx.Focused(keys.Flow))
}
