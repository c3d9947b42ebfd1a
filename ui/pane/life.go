package pane

import (
	"time"

	"fob/tokens"
	"fob/ui/theme"
	"fob/ui/widget"
)

// Left is how much of a life is left at now, from 0 to 1. A life whose end nobody named is whole.
func Left(ends, began, now time.Time) float64 {
	if ends.IsZero() {
		return 1
	}
	whole := ends.Sub(began)
	if whole <= 0 {
		return 0
	}
	return min(1, max(0, float64(ends.Sub(now))/float64(whole)))
}

// Life draws how long a token lives: a bar of w cells and the time, or "expired 2m ago" in words alone.
func Life(st *theme.Styles, ends, began, now time.Time, w int) string {
	state := tokens.Expiry(ends, now)
	text := tokens.Countdown(ends, now)
	switch state {
	case tokens.Expired:
		return st.Bad.Render(text)
	case tokens.Unknown:
		return st.Dim.Render(text)
	}
	return widget.Bar(st, w, Left(ends, began, now), string(state)) + "  " + st.Level(string(state)).Render(text)
}
