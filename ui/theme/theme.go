// Package theme holds the one Styles struct, built once from a small palette. Four themes: dark, light,
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

// Style puts text into one look. Unlike a lipgloss.Style it is two strings found once, so that rendering a cell costs
// a concatenation; a reset inside the text does not end it.
type Style struct{ on, off string }

// Render puts the text into the style, line by line.
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

// Styles are the looks of everything on the screen.
type Styles struct {
	Name string // "dark", "light", "safe", "mono"
	// Heavy asks for thick lines around what has the focus, since no colour tells it.
	Heavy bool

	Text   Style // plain
	Strong Style // what the eye should find first
	Dim    Style // secondary: units, hints, times
	Faint  Style // what may be overlooked: placeholders, sections of specs
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
	MatchNow     Style // the search hit that the eye is on
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

// Field holds the looks that Bubbles' text fields take. They belong to a renderer of the theme's own, which keeps reverse
// text where NO_COLOR is set.
type Field struct{ Cursor, Placeholder lipgloss.Style }

// Level is the look of a state named by a word: "good", "warning", "bad", "info", "dim"; anything else is plain.
func (s *Styles) Level(level string) Style {
	switch level {
	case "good", "passed", "valid":
		return s.Good
	case "warning", "warn", "expiring":
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

// Names lists the themes in the order in which NextTheme goes through them.
func Names() []string { return []string{"dark", "light", "safe", "mono"} }

// New builds the styles. A name that is not one of Names (also "" and "auto") is dark or light after the background.
// noColor wins over the name: attributes only. The colours are reduced to what the terminal is known to show.
func New(name string, dark, noColor bool) *Styles {
	profile := lipgloss.ColorProfile()
	if noColor && os.Getenv("TERM") != "dumb" {
		// NO_COLOR is about colour: bold, underlined and reverse text stays, which termenv would drop as well.
		profile = termenv.ANSI
	}
	return NewFor(name, dark, noColor, profile)
}

// NewFor is New for a terminal with the given colour profile. With termenv.Ascii nothing is styled at all.
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
