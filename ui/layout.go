package ui

import "fob/ui/keys"

// Rect is a part of the screen, in cells.
type Rect struct{ X, Y, W, H int }

// Has reports whether the cell is in it.
func (r Rect) Has(x, y int) bool { return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H }

// inside is what the border leaves.
func (r Rect) inside() Rect { return Rect{r.X + 1, r.Y + 1, max(0, r.W-2), max(0, r.H-2)} }

// The least screen that shows panes, and the width from which two stand side by side.
const (
	leastWidth  = 40
	leastHeight = 10
	wideFrom    = 80
	leastPane   = 5 // lines of a pane, whatever stands below it
)

// Layout is where everything goes. A part of no width is not shown.
type Layout struct {
	W, H   int
	Small  bool // nothing fits: a plain line says so
	Alone  bool // the plain lines leave no room for a pane: they take its place
	Header Rect
	List   Rect // the sessions, border included
	Main   Rect // the pane that is shown, border included
	Plain  Rect // lines over the whole width that a terminal can select whole
	Footer Rect
}

// Arrange lays out a screen of w by h cells. focus decides what is shown where only one pane fits; plain is how many
// lines must stand below the panes on their own.
func Arrange(w, h int, focus keys.Scope, plain int) Layout {
	l := Layout{W: w, H: h}
	if w < leastWidth || h < leastHeight {
		l.Small = true
		return l
	}
	if plain > h-2-leastPane {
		l.Alone = true
		return l
	}
	plain = max(0, plain)
	l.Header = Rect{0, 0, w, 1}
	l.Footer = Rect{0, h - 1, w, 1}
	body := Rect{0, 1, w, h - 2 - plain}
	if plain > 0 {
		l.Plain = Rect{0, 1 + body.H, w, plain}
	}
	switch {
	case w >= wideFrom:
		list := listWidth(w)
		l.List = Rect{0, body.Y, list, body.H}
		l.Main = Rect{list, body.Y, w - list, body.H}
	case focus == keys.Sessions:
		l.List = body
	default:
		l.Main = body
	}
	return l
}

// listWidth gives the sessions a quarter of the screen, within what a label and a countdown can use.
func listWidth(w int) int { return max(26, min(46, w/4)) }
