package pane

import (
	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/wire"
	"fob/ui/keys"
	"fob/ui/theme"
	"fob/ui/widget"
)

// The tabs of an exchange.
const (
	requestTab = iota
	responseTab
	explainedTab
	timingTab
)

var exchangeTabs = []string{"Request", "Response", "Explained", "Timing"}

// ExchangeView shows one exchange: request, response, the meaning of each parameter, and timing. The zero value shows
// none.
type ExchangeView struct {
	x         *wire.Exchange
	tab       int
	text      *widget.TextWindow
	explained *explainedTable // nil until its tab is shown
}

// Show opens an exchange at its response.
func (v *ExchangeView) Show(st *theme.Styles, x wire.Exchange) {
	v.x, v.tab, v.explained = &x, responseTab, nil
	if v.text == nil {
		v.text = widget.NewTextWindow(st)
	}
	v.NextTab(0)
}

// IsOpen reports whether an exchange is shown.
func (v *ExchangeView) IsOpen() bool { return v.x != nil }

// Exchange returns the exchange that is shown; nil when no exchange is shown.
func (v *ExchangeView) Exchange() *wire.Exchange { return v.x }

// NextTab shows the tab d places further on.
func (v *ExchangeView) NextTab(d int) {
	v.tab = (v.tab + d + len(exchangeTabs)) % len(exchangeTabs)
	switch v.tab {
	case requestTab:
		v.text.SetText(RequestText(v.x), widget.HTTP)
	case responseTab:
		v.text.SetText(ResponseText(v.x), widget.HTTP)
	case explainedTab:
		if v.explained == nil {
			v.explained = newExplainedTable(v.text.Styles, *v.x)
		}
	}
}

// Do scrolls, searches and changes the tab.
func (v *ExchangeView) Do(a keys.Action) {
	switch a {
	case keys.Right:
		v.NextTab(1)
	case keys.Left:
		v.NextTab(-1)
	default:
		if v.tab == explainedTab {
			v.explained.table.Do(a)
			return
		}
		v.text.Do(a)
	}
}

// NextMatch goes to the search match d places further on.
func (v *ExchangeView) NextMatch(d int) { v.text.NextMatch(d) }

// Searching reports whether there is a search to continue.
func (v *ExchangeView) Searching() bool { return v.IsOpen() && v.text.Searching() }

// Editing reports whether the search is being typed.
func (v *ExchangeView) Editing() bool {
	if v.IsOpen() && v.tab == explainedTab {
		return v.explained.table.Editing()
	}
	return v.IsOpen() && v.text.Editing()
}

// Key handles a key while Editing.
func (v *ExchangeView) Key(k tea.KeyMsg) {
	if v.tab == explainedTab {
		v.explained.table.Update(k)
		return
	}
	v.text.Update(k)
}

// Back leaves the search, or closes the exchange. It reports whether one was shown.
func (v *ExchangeView) Back() bool {
	if !v.IsOpen() {
		return false
	}
	switch {
	case v.tab == explainedTab && v.explained.table.Back():
	case v.tab != explainedTab && v.text.Back():
	default:
		v.x = nil
	}
	return true
}

// View draws the exchange.
func (v *ExchangeView) View(st *theme.Styles, width, height int) string {
	head := st.Strong.Render(v.x.Purpose) + st.Dim.Render(" · ") + ExchangeStatus(st, v.x) +
		st.Dim.Render(" · "+Millis(v.x.Timing.Total))
	if v.x.Insecure {
		head += "  " + st.Banner.Render(" insecure ")
	}
	lines := []string{head, Tabs(st, exchangeTabs, v.tab, width), ""}
	switch {
	case v.tab == explainedTab && height > len(lines):
		lines = append(lines, v.explained.view(st, width, height-len(lines)))
	case v.tab == timingTab:
		lines = append(lines, TimingLines(st, v.x, width)...)
	case height > len(lines):
		v.text.Styles = st
		lines = append(lines, v.text.View(width, height-len(lines)))
	}
	return Fit(lines, width, height)
}

// ExchangeStatus draws the status of an exchange; "failed" when there was no response.
func ExchangeStatus(st *theme.Styles, x *wire.Exchange) string {
	if x.Response == nil {
		return st.Bad.Render("failed")
	}
	return StatusStyle(st, x.Response.Status).Render(Status(x.Response.Status))
}
