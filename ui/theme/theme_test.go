package theme

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/muesli/termenv"
)

func TestStyleSurvivesResetsAndLineBreaks(t *testing.T) {
	outer, inner := Style{"<o>", "</o>"}, Style{"\x1b[31m", reset}
	for _, c := range []struct{ name, in, want string }{
		{"plain", "a", "<o>a</o>"},
		{"empty", "", ""},
		{"lines", "a\nb", "<o>a</o>\n<o>b</o>"},
		{"nested", "a" + inner.Render("b") + "c", "<o>a\x1b[31mb" + reset + "<o>c</o>"},
	} {
		if got := outer.Render(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEveryStyleIsBuilt(t *testing.T) {
	for _, name := range Names() {
		for _, dark := range []bool{true, false} {
			s := NewFor(name, dark, false, termenv.TrueColor)
			if s.Name != name {
				t.Errorf("theme %q calls itself %q", name, s.Name)
			}
			for _, field := range []Style{s.Selected, s.Match, s.MatchNow, s.Cursor, s.Banner, s.Title, s.Key, s.Bad,
				s.BorderFocus} {
				if field.on == "" {
					t.Errorf("%s (dark %v): a style that must differ from plain text does not: %+v", name, dark, field)
				}
			}
		}
	}
}

var colour = regexp.MustCompile(`\x1b\[[0-9;]*\b([34][0-9]|9[0-7]|10[0-7])[0-9;]*m`)

func TestNoColourMeansNone(t *testing.T) {
	s := NewFor("dark", true, true, termenv.TrueColor)
	v := reflect.ValueOf(*s)
	for i := range v.NumField() {
		if style, ok := v.Field(i).Interface().(Style); ok {
			if text := style.Render("x"); colour.MatchString(text) {
				t.Errorf("%s has a colour under NO_COLOR: %q", v.Type().Field(i).Name, text)
			}
		}
	}
	if !strings.Contains(s.Selected.Render("x"), "\x1b[") {
		t.Error("the selection looks like any other row under NO_COLOR")
	}
}

func TestADumbTerminalGetsNoSequences(t *testing.T) {
	s := NewFor("dark", true, false, termenv.Ascii)
	if got := s.Selected.Render("x") + s.Bad.Render("y") + s.Match.Render("z"); got != "xyz" {
		t.Errorf("got %q, want plain text", got)
	}
}

// Text must be readable: WCAG asks for a contrast of 4.5 for text, 3 for what is large or secondary.
func TestContrast(t *testing.T) {
	for _, c := range []struct {
		p    palette
		back string
	}{{darkPalette, "#16181d"}, {lightPalette, "#ffffff"}, {safeDark, "#16181d"}, {safeLight, "#ffffff"}} {
		for name, fg := range map[string]string{
			"dim": string(c.p.dim), "accent": string(c.p.accent), "good": string(c.p.good),
			"warn": string(c.p.warn), "bad": string(c.p.bad), "info": string(c.p.info), "faint": string(c.p.faint),
		} {
			want := 4.5
			if name == "faint" {
				want = 3
			}
			if got := contrast(fg, c.back); got < want {
				t.Errorf("%s on %s (%s): contrast %.1f, want %.1f", name, c.back, c.p.name, got, want)
			}
		}
	}
}
