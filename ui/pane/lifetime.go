package pane

import (
	"time"

	"fob/tokens"
	"fob/ui/theme"
	"fob/ui/widget"
)

// RemainingShare is the share of a lifetime that remains at now, from 0 to 1; 1 when the expiry is unknown.
func RemainingShare(expires, issued, now time.Time) float64 {
	if expires.IsZero() {
		return 1
	}
	whole := expires.Sub(issued)
	if whole <= 0 {
		return 0
	}
	return min(1, max(0, float64(expires.Sub(now))/float64(whole)))
}

// LifetimeBar draws the remaining lifetime of a token: a bar of width cells and the time, or only "expired 2m ago".
func LifetimeBar(st *theme.Styles, expires, issued, now time.Time, width int) string {
	state := tokens.Expiry(expires, now)
	text := tokens.Countdown(expires, now)
	switch state {
	case tokens.Expired:
		return st.Bad.Render(text)
	case tokens.Unknown:
		return st.Dim.Render(text)
	}
	bar := widget.Bar(st, width, RemainingShare(expires, issued, now), string(state))
	return bar + "  " + st.Level(string(state)).Render(text)
}
