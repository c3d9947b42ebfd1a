// Package theme has the Styles struct, built once from a small palette. Four themes: dark, light,
// safe (colour-blind-safe, on either background) and mono (attributes only, no colour).
//
// A style never carries meaning alone: a selection is also marked by ">", a state also by a word.
package theme

import (
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Style styles text. Unlike a lipgloss.Style it is two strings computed once, so that rendering a cell costs
// a concatenation; a reset inside the text does not end it.
type Style struct{ on, off string }

// Render styles the text, line by line.
func (s Style) Render(text string) string {
	if s.on == "" || text == "" {
		return text
	}
	if strings.Contains(text, reset) {
		text = strings.ReplaceAll(text, reset, reset+s.on)
	}
	if strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\n", s.off+"\n"+s.on)
	}
	return s.on + text + s.off
}

const reset = "\x1b[0m"

// Styles are the styles of everything on the screen.
type Styles struct {
	Name string // "dark", "light", "safe", "mono"
	// Heavy asks for thick lines around what has the focus, since there is no colour for it.
	Heavy bool

	Text   Style // plain
	Strong Style // what should be seen first
	Dim    Style // secondary: units, hints, times
	Faint  Style // unimportant: placeholders, sections of specs
	Line   Style // rules and the empty part of a bar; too pale for text
	Accent Style // the focus, keys, links
	Title  Style // a pane's title while it has the focus
	Header Style // a table's column titles
	Label  Style // a name beside a value

	Good Style // valid, passed, 2xx
	Warn Style // expiring, warning, 3xx
	Bad  Style // expired, failed, 4xx and 5xx
	Info Style // neutral facts that deserve a colour

	Selected     Style // the selected row of the focused pane
	SelectedDull Style // the selected row elsewhere
	Match        Style // a search hit
	MatchNow     Style // the current search hit
	Cursor       Style // the cursor in a field
	Field        Field // the same for Bubbles' fields

	Border      Style
	BorderFocus Style
	BorderError Style

	Banner Style // "demo", "read-only", "insecure" in the header line
	Key    Style // a key's name in the footer and help
	Toast  Style

	JSONKey, JSONString, JSONNumber, JSONWord, JSONPunct Style
}

// Field has the styles of Bubbles' text fields. They use the theme's own renderer, which keeps reverse
// text where NO_COLOR is set.
type Field struct{ Cursor, Placeholder lipgloss.Style }

// Level returns the style of a state: "good", "warning", "bad", "info", "dim"; anything else is plain.
func (s *Styles) Level(level string) Style {
	switch level {
	case "good", "passed", "valid":
		return s.Good
	case "warning", "warn", "expiring", "cannot-tell":
		return s.Warn
	case "bad", "failed", "error", "expired":
		return s.Bad
	case "info":
		return s.Info
	case "dim", "skipped", "unknown":
		return s.Dim
	}
	return s.Text
}

// Names returns the themes in the order of NextTheme.
func Names() []string { return []string{"dark", "light", "safe", "mono"} }

// New builds the styles. A name that is not one of Names (also "" and "auto") is dark or light after the background.
// noColor wins over the name: attributes only. The colours are reduced to those the terminal supports.
func New(name string, dark, noColor bool) *Styles {
	profile := lipgloss.ColorProfile()
	if noColor && os.Getenv("TERM") != "dumb" {
		// NO_COLOR is about colour: bold, underlined and reverse text stays, which termenv would drop as well.
		profile = termenv.ANSI
	}
	return NewFor(name, dark, noColor, profile)
}

// NewFor is New for a terminal with the given colour profile. With termenv.Ascii nothing is styled.
func NewFor(name string, dark, noColor bool, profile termenv.Profile) *Styles {
	p := paletteOf(name, dark)
	if noColor {
		p = monoPalette
	}
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(dark)
	return build(p, r)
}
