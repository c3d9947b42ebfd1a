package widget

import (
	"fmt"
	"strings"

	"fob/ui/keys"
	"fob/ui/theme"
)

// Scroll shows some of many lines that are drawn already, and goes up and down in them. The zero value is at the top.
type Scroll struct {
	top, page, rows int
}

// Home goes to the top.
func (s *Scroll) Home() { s.top = 0 }

// Do scrolls; it reports whether the action was one of these.
func (s *Scroll) Do(a keys.Action) bool {
	switch a {
	case keys.Up:
		s.top--
	case keys.Down:
		s.top++
	case keys.PageUp:
		s.top -= max(1, s.page-1)
	case keys.PageDown:
		s.top += max(1, s.page-1)
	case keys.Home:
		s.top = 0
	case keys.End:
		s.top = s.rows
	default:
		return false
	}
	s.clamp()
	return true
}

func (s *Scroll) clamp() { s.top = max(0, min(s.top, s.rows-s.page)) }

// View draws h of the lines, w cells wide. Where there are more, the last line says which these are.
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
