package widget

import (
	"fmt"
	"strings"

	"fob/ui/keys"
	"fob/ui/theme"
)

// Scroll shows a part of many drawn lines. The zero value is at the top.
type Scroll struct {
	top, page, rows int
}

// Home goes to the top.
func (s *Scroll) Home() { s.top = 0 }

// Do scrolls; it reports whether the action was one of these.
func (s *Scroll) Do(a keys.Action) bool {
	top, ok := scrolled(a, s.top, s.page, s.rows)
	if ok {
		s.top = top
		s.clamp()
	}
	return ok
}

// scrolled returns the first visible line after an action, before it is bounded; ok is false for an action that does
// not scroll.
func scrolled(a keys.Action, top, page, rows int) (to int, ok bool) {
	switch a {
	case keys.Up:
		return top - 1, true
	case keys.Down:
		return top + 1, true
	case keys.PageUp:
		return top - max(1, page-1), true
	case keys.PageDown:
		return top + max(1, page-1), true
	case keys.Home:
		return 0, true
	case keys.End:
		return rows, true
	}
	return top, false
}

func (s *Scroll) clamp() { s.top = max(0, min(s.top, s.rows-s.page)) }

// View draws h of the lines, w cells wide. If there are more, the last line shows the position.
func (s *Scroll) View(st *theme.Styles, lines []string, w, h int) string {
	if w <= 0 || h <= 0 {
		return ""
	}
	s.rows, s.page = len(lines), h
	if s.rows > h && h > 1 {
		s.page = h - 1
	}
	s.clamp()
	shown := lines[s.top:min(len(lines), s.top+s.page)]
	if s.page < h {
		where := fmt.Sprintf("%s-%s of %s", Thousands(s.top+1), Thousands(s.top+len(shown)), Thousands(s.rows))
		shown = append(append([]string{}, shown...), PadLeft(st.Key.Render("↑↓")+" "+st.Dim.Render(where), w))
	}
	return Fit(strings.Join(shown, "\n"), w, h)
}
