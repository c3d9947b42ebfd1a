package ui

import "fob/ui/keys"

// Rect is a part of the screen, in cells.
type Rect struct{ X, Y, W, H int }

// Has reports whether it contains the cell.
func (r Rect) Has(x, y int) bool { return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H }

// inside is the part within the border.
func (r Rect) inside() Rect { return Rect{r.X + 1, r.Y + 1, max(0, r.W-2), max(0, r.H-2)} }

// The minimum screen that shows panes, and the width from which two are side by side.
const (
	minWidth  = 40
	minHeight = 10
	wideFrom  = 80
	minPane   = 5 // lines of a pane, whatever is below it
)

// Layout is the position of each part of the screen. A part without width is not shown.
type Layout struct {
	W, H       int
	Small      bool // nothing fits: one line says so
	FullScreen bool // the full-width lines leave no room for a pane: they replace it
	Header     Rect
	List       Rect // the sessions, border included
	Main       Rect // the shown pane, border included
	FullWidth  Rect // lines without borders that a terminal can select whole
	Footer     Rect
}

// Arrange lays out a screen of w by h cells. focus decides which pane is shown where only one fits; fullWidth is the
// number of full-width lines below the panes.
func Arrange(w, h int, focus keys.Scope, fullWidth int) Layout {
	l := Layout{W: w, H: h}
	if w < minWidth || h < minHeight {
		l.Small = true
		return l
	}
	if fullWidth > h-2-minPane {
		l.FullScreen = true
		return l
	}
	fullWidth = max(0, fullWidth)
	l.Header = Rect{0, 0, w, 1}
	l.Footer = Rect{0, h - 1, w, 1}
	body := Rect{0, 1, w, h - 2 - fullWidth}
	if fullWidth > 0 {
		l.FullWidth = Rect{0, 1 + body.H, w, fullWidth}
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

// listWidth is a quarter of the screen, within what a label and a countdown can use.
func listWidth(w int) int { return max(26, min(46, w/4)) }
