package widget

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"fob/ui/keys"
)

func window(text string, s Syntax) *TextWindow {
	w := NewTextWindow(plain)
	w.SetText(text, s)
	return w
}

func TestLongLinesGoOnBelow(t *testing.T) {
	w := window("abcdefgh\r\nij\n\n日本語", Plain)
	picture(t, w.View(5, 7), "abcde", "fgh", "ij", "", "日本", "語", "")
	exact(t, w.View(5, 3), 5, 3)
}

func TestHostileTextIsShownNotSent(t *testing.T) {
	got := window("a\x1b[31mb\x00\u202e\xff", Plain).View(40, 1)
	picture(t, got, `a␛[31mb␀<U+202E>\xff`)
}

func TestScrolling(t *testing.T) {
	w := window(strings.TrimSuffix(strings.Repeat("x\n", 50), "\n"), Plain)
	w.View(10, 10)
	w.Do(keys.PageDown)
	w.View(10, 10)
	if got, want := w.Position(), "10-19 of 50"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	w.Do(keys.End)
	w.Do(keys.Down)
	w.View(10, 10)
	if got, want := w.Position(), "41-50 of 50"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnotherWidthKeepsThePlace(t *testing.T) {
	w := window(strings.Repeat("abcdefghij", 100), Plain)
	w.View(10, 5)
	for range 50 {
		w.Do(keys.Down)
	}
	w.View(10, 5)
	w.View(20, 5)
	if got := w.rows[w.top].start; got != 500 {
		t.Errorf("the top is byte %d, want 500", got)
	}
}

func TestSearch(t *testing.T) {
	w := window("Alpha\nbeta\nALPHA beta\nalph", Plain)
	w.View(20, 5)
	w.Do(keys.Filter)
	w.Update(typed("alpha"))
	if len(w.hits) != 2 {
		t.Fatalf("%d matches, want 2 (either case)", len(w.hits))
	}
	w.Update(press(tea.KeyEnter))
	picture(t, w.View(20, 5), "/alpha        1 of 2", "Alpha", "beta", "ALPHA beta", "alph")
	w.NextMatch(1)
	picture(t, strings.Split(w.View(20, 5), "\n")[0], "/alpha        2 of 2")
	w.NextMatch(1)
	picture(t, strings.Split(w.View(20, 5), "\n")[0], "/alpha        1 of 2")
	if !w.Back() || w.Searching() {
		t.Error("esc did not leave the search")
	}
	w.Do(keys.Filter)
	w.Update(typed("ALPHA"))
	if len(w.hits) != 1 {
		t.Errorf("%d matches, want 1 (capitals mean capitals)", len(w.hits))
	}
}

func TestSearchFindsWhatTheStandardLibraryFinds(t *testing.T) {
	text := strings.Repeat("aAbBAaab", 50) + "Éab" + strings.Repeat("A", 300) + "ab"
	for _, want := range []string{"a", "ab", "aab", "abb", "éab", "zz", "baaa"} {
		got := indexFold(text, want, true)
		if expect := strings.Index(asciiLower(text), want); got != expect {
			t.Errorf("%q: at %d, want %d", want, got, expect)
		}
	}
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c - 'A' + 'a'
		}
	}
	return string(b)
}

func TestSearchIsNotSlowWhereOneLetterNeverComes(t *testing.T) {
	steps := strings.Repeat("A", 1<<20)
	// With a scan to the end at every step this would take minutes.
	if got := indexFold(steps, "ab", true); got != -1 {
		t.Errorf("found at %d", got)
	}
}

func TestHighlightingChangesNothingButColour(t *testing.T) {
	for _, text := range []string{
		`{"a": [1, -2.5e3, true, null, "x\"y", {"b": "c"}], "d": tru`,
		`not json at all, 100% "open`, `"é": "日本"`, "",
	} {
		if got := ansi.Strip(HighlightJSON(shiny, text, "", false)); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
}

func TestHighlightingTellsNamesFromStrings(t *testing.T) {
	got := HighlightJSON(shiny, `{"iss": "x"`, "", false)
	want := shiny.JSONPunct.Render("{") + shiny.JSONKey.Render(`"iss"`) + shiny.JSONPunct.Render(":") + " " +
		shiny.JSONString.Render(`"x"`)
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAStringThatGoesOnKeepsItsColour(t *testing.T) {
	w := NewTextWindow(shiny)
	w.SetText(`{"a": "`+strings.Repeat("x", 20)+`", "b": 1}`, JSON)
	second := strings.Split(w.View(10, 5), "\n")[1]
	if want := shiny.JSONString.Render(strings.Repeat("x", 10)); second != want {
		t.Errorf("got %q, want %q", second, want)
	}
}

func BenchmarkTextWindowOneLine20MB(b *testing.B) {
	w := NewTextWindow(shiny)
	w.SetText(`{"a":"`+strings.Repeat("0123456789", 2<<20)+`"}`, JSON)
	w.View(100, 40)
	for b.Loop() {
		w.Do(keys.Down)
		_ = w.View(100, 40)
	}
}

func BenchmarkTextWindowIndex20MB(b *testing.B) {
	text := strings.Repeat(`  "name": "value of some length",`+"\n", 600_000)
	w := NewTextWindow(shiny)
	for b.Loop() {
		w.SetText(text, JSON)
		_ = w.View(100, 40)
	}
}

func TestTheBodyOfAnHTTPMessageIsJSON(t *testing.T) {
	w := NewTextWindow(shiny)
	w.SetText("HTTP/1.1 200 OK\nContent-Type: application/json\n\n{\n  \"a\": 1\n}", HTTP)
	lines := strings.Split(w.View(40, 6), "\n")
	if want := shiny.Label.Render("Content-Type:") + " application/json"; strings.TrimRight(lines[1], " ") != want {
		t.Errorf("header: got %q, want %q", lines[1], want)
	}
	if want := "  " + shiny.JSONKey.Render(`"a"`); !strings.HasPrefix(lines[4], want) {
		t.Errorf("body: got %q, want it to begin with %q", lines[4], want)
	}
}

func TestPlainTextIsRecognized(t *testing.T) {
	for at := range 20 {
		for c := range 256 {
			b := []byte(strings.Repeat("a~ ", 7))
			b[at] = byte(c)
			if got, want := isPlain(string(b)), c >= 0x20 && c < 0x7f; got != want {
				t.Fatalf("byte %#x at %d: got %v, want %v", c, at, got, want)
			}
		}
	}
}
