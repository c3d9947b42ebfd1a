package theme

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// palette is the colours of a theme. An empty colour is the terminal's own.
type palette struct {
	name                     string
	text, dim, faint, line   lipgloss.Color
	accent                   lipgloss.Color
	good, warn, bad, info    lipgloss.Color
	selected, dull           lipgloss.Color // backgrounds
	match, matchText, onFill lipgloss.Color
	mono                     bool
}

var darkPalette = palette{
	name: "dark",
	dim:  "#8f94a1", faint: "#686d7a", line: "#474c58",
	accent: "#87afff",
	good:   "#87d787", warn: "#ffc66d", bad: "#ff8787", info: "#87d7d7",
	selected: "#303a52", dull: "#2a2d35",
	match: "#ffd75f", matchText: "#1c1c1c", onFill: "#16181d",
}

var lightPalette = palette{
	name: "light",
	dim:  "#5d616b", faint: "#7b808b", line: "#b8bcc6",
	accent: "#005faf",
	good:   "#117733", warn: "#965900", bad: "#c0202a", info: "#00737f",
	selected: "#d7e5ff", dull: "#e9ebef",
	match: "#ffdf5f", matchText: "#1c1c1c", onFill: "#ffffff",
}

// The safe palettes use blue, yellow and vermilion of Okabe and Ito, which differ for every common colour vision.
var safeDark = palette{
	name: "safe",
	dim:  "#9a9fa8", faint: "#6d727d", line: "#4a4f59",
	accent: "#56b4e9",
	good:   "#56b4e9", warn: "#f0e442", bad: "#ff8f4d", info: "#cc99c0",
	selected: "#27405a", dull: "#2a2d35",
	match: "#f0e442", matchText: "#1c1c1c", onFill: "#16181d",
}

var safeLight = palette{
	name: "safe",
	dim:  "#5f646d", faint: "#7b808b", line: "#b8bcc6",
	accent: "#005b94",
	good:   "#005b94", warn: "#7a6200", bad: "#b34700", info: "#8a3f74",
	selected: "#d3e6f7", dull: "#e9ebef",
	match: "#f0e442", matchText: "#1c1c1c", onFill: "#ffffff",
}

var monoPalette = palette{name: "mono", mono: true}

func paletteOf(name string, dark bool) palette {
	switch strings.ToLower(name) {
	case "dark":
		return darkPalette
	case "light":
		return lightPalette
	case "safe":
		if dark {
			return safeDark
		}
		return safeLight
	case "mono":
		return monoPalette
	}
	if dark {
		return darkPalette
	}
	return lightPalette
}

// compile returns the sequences around a rendered text.
func compile(s lipgloss.Style) Style {
	const mark = "x"
	on, off, ok := strings.Cut(s.Render(mark), mark)
	if !ok {
		return Style{}
	}
	return Style{on: on, off: off}
}

func build(p palette, r *lipgloss.Renderer) *Styles {
	fg := func(c lipgloss.Color) lipgloss.Style {
		s := r.NewStyle()
		if c != "" {
			s = s.Foreground(c)
		}
		return s
	}
	bold := func(c lipgloss.Color) Style { return compile(fg(c).Bold(true)) }
	plain := func(c lipgloss.Color) Style { return compile(fg(c)) }

	s := &Styles{
		Name: p.name,
		Text: plain(p.text), Strong: bold(p.text), Dim: plain(p.dim), Faint: plain(p.faint), Line: plain(p.line),
		Accent: plain(p.accent), Title: bold(p.accent), Header: plain(p.dim), Label: plain(p.dim),
		Good: plain(p.good), Warn: plain(p.warn), Bad: plain(p.bad), Info: plain(p.info),
		Border: plain(p.line), BorderFocus: plain(p.accent), BorderError: plain(p.bad),
		Key: bold(p.accent), Toast: plain(p.accent),
		JSONKey: plain(p.accent), JSONString: plain(p.good), JSONNumber: plain(p.warn), JSONWord: plain(p.info),
		JSONPunct: plain(p.dim),
	}
	s.Field = Field{Cursor: r.NewStyle(), Placeholder: fg(p.faint)}
	if p.mono {
		s.Field.Placeholder = r.NewStyle().Faint(true)
		buildMono(s, r)
		return s
	}
	s.Selected = compile(r.NewStyle().Background(p.selected))
	s.SelectedDull = compile(r.NewStyle().Background(p.dull))
	s.Match = compile(r.NewStyle().Background(p.match).Foreground(p.matchText))
	s.MatchNow = compile(r.NewStyle().Background(p.accent).Foreground(p.onFill).Bold(true))
	s.Cursor = compile(r.NewStyle().Reverse(true))
	s.Banner = compile(r.NewStyle().Background(p.accent).Foreground(p.onFill).Bold(true))
	return s
}

// buildMono uses attributes instead of colours.
func buildMono(s *Styles, r *lipgloss.Renderer) {
	s.Heavy = true
	strong := compile(r.NewStyle().Bold(true))
	faint := compile(r.NewStyle().Faint(true))
	reverse := compile(r.NewStyle().Reverse(true))
	s.Dim, s.Faint, s.Line, s.Header, s.Label = faint, faint, faint, faint, faint
	s.Title, s.Key, s.Accent = strong, strong, strong
	s.Bad = compile(r.NewStyle().Bold(true).Underline(true))
	s.Warn = strong
	s.Selected = compile(r.NewStyle().Reverse(true).Bold(true))
	s.SelectedDull = strong
	s.Match, s.Cursor, s.Banner = reverse, reverse, reverse
	s.MatchNow = compile(r.NewStyle().Reverse(true).Bold(true).Underline(true))
	s.Border = faint
	s.BorderFocus, s.BorderError = strong, strong
	s.JSONPunct = faint
	s.JSONKey = strong
}
