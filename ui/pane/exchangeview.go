package pane

import (
	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/wire"
	"fob/ui/keys"
	"fob/ui/theme"
	"fob/ui/widget"
)

// The sides of an exchange, in the order of their tabs.
const (
	requestSide = iota
	responseSide
	explainedSide
	timingSide
)

var sides = []string{"Request", "Response", "Explained", "Timing"}

// ExchangeView shows one exchange: its request, its answer, what each parameter is, and where the time went. The zero value shows none.
type ExchangeView struct {
	x    *wire.Exchange
	side int
	text *widget.TextWindow
	said *explained // nil until it is looked at
}

// Show opens an exchange at its answer.
func (v *ExchangeView) Show(st *theme.Styles, x wire.Exchange) {
	v.x, v.side, v.said = &x, responseSide, nil
	if v.text == nil {
		v.text = widget.NewTextWindow(st)
	}
	v.Turn(0)
}

// Open reports whether an exchange is shown; Exchange is that one.
func (v *ExchangeView) Open() bool { return v.x != nil }

// Exchange is the exchange that is shown; nil when none is.
func (v *ExchangeView) Exchange() *wire.Exchange { return v.x }

// Turn goes d sides on.
func (v *ExchangeView) Turn(d int) {
	v.side = (v.side + d + len(sides)) % len(sides)
	switch v.side {
	case requestSide:
		v.text.SetText(RequestText(v.x), widget.HTTP)
	case responseSide:
		v.text.SetText(ResponseText(v.x), widget.HTTP)
	case explainedSide:
		if v.said == nil {
			v.said = newExplained(v.text.Styles, *v.x)
		}
	}
}

// Do scrolls, searches and goes from side to side.
func (v *ExchangeView) Do(a keys.Action) {
	switch a {
	case keys.Right:
		v.Turn(1)
	case keys.Left:
		v.Turn(-1)
	default:
		if v.side == explainedSide {
			v.said.table.Do(a)
			return
		}
		v.text.Do(a)
	}
}

// NextMatch goes d matches on.
func (v *ExchangeView) NextMatch(d int) { v.text.NextMatch(d) }

// Searching reports that there is a search to go on with.
func (v *ExchangeView) Searching() bool { return v.Open() && v.text.Searching() }

// Editing reports that the search is being typed.
func (v *ExchangeView) Editing() bool {
	if v.Open() && v.side == explainedSide {
		return v.said.table.Editing()
	}
	return v.Open() && v.text.Editing()
}

// Key takes a key while Editing.
func (v *ExchangeView) Key(k tea.KeyMsg) {
	if v.side == explainedSide {
		v.said.table.Update(k)
		return
	}
	v.text.Update(k)
}

// Back leaves the search, or closes the exchange, and reports whether there was one.
func (v *ExchangeView) Back() bool {
	if !v.Open() {
		return false
	}
	switch {
	case v.side == explainedSide && v.said.table.Back():
	case v.side != explainedSide && v.text.Back():
	default:
		v.x = nil
	}
	return true
}

// View draws the exchange.
func (v *ExchangeView) View(st *theme.Styles, width, height int) string {
	head := st.Strong.Render(v.x.Purpose) + st.Dim.Render(" · ") + Outcome(st, v.x) + st.Dim.Render(" · "+Millis(v.x.Timing.Total))
	if v.x.Insecure {
		head += "  " + st.Banner.Render(" insecure ")
	}
	lines := []string{head, Tabs(st, sides, v.side), ""}
	switch {
	case v.side == explainedSide && height > len(lines):
		lines = append(lines, v.said.view(st, width, height-len(lines)))
	case v.side == timingSide:
		lines = append(lines, TimingLines(st, v.x, width)...)
	case height > len(lines):
		v.text.Styles = st
		lines = append(lines, v.text.View(width, height-len(lines)))
	}
	return Fit(lines, width, height)
}

// Outcome is the status of an exchange in its look, in one word when there is no answer.
func Outcome(st *theme.Styles, x *wire.Exchange) string {
	if x.Response == nil {
		return st.Bad.Render("failed")
	}
	return StatusLook(st, x.Response.Status).Render(Status(x.Response.Status))
}
