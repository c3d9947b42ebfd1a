package widget

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"fob/ui/keys"
	"fob/ui/theme"
)

// plain has no sequences, so that what is drawn can be compared as text; shiny has all of them.
var (
	plain = theme.NewFor("dark", true, false, termenv.Ascii)
	shiny = theme.NewFor("dark", true, false, termenv.TrueColor)
)

func typed(s string) tea.KeyMsg {
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s)}
}

func press(k tea.KeyType) tea.KeyMsg { return tea.KeyMsg{Type: k} }

func pasted(s string) tea.KeyMsg {
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s), Paste: true}
}

// picture compares a drawing with lines, trailing spaces left aside.
func picture(t *testing.T, got string, want ...string) {
	t.Helper()
	lines := strings.Split(got, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	if g, w := strings.Join(lines, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got:\n%s\nwant:\n%s", g, w)
	}
}

func exact(t *testing.T, block string, w, h int) {
	t.Helper()
	lines := strings.Split(block, "\n")
	if len(lines) != h {
		t.Errorf("%d lines, want %d", len(lines), h)
	}
	for i, l := range lines {
		if got := ansi.StringWidth(l); got != w {
			t.Errorf("line %d is %d cells wide, want %d: %q", i, got, w, l)
		}
	}
}

func TestFittingText(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"clip", Clip("abcdef", 4), "abc…"},
		{"clip nothing", Clip("abcd", 4), "abcd"},
		{"clip wide runes", Clip("日本語", 4), "日…"},
		{"clip to nothing", Clip("abc", 0), ""},
		{"pad", Pad("ab", 4), "ab  "},
		{"pad left", PadLeft("ab", 4), "  ab"},
		{"pad wide runes", Pad("日", 4), "日  "},
		{"center", Center("ab", 6), "  ab  "},
		{"wrap", strings.Join(Wrap("one two three", 7), "|"), "one two|three"},
		{"wrap a long word", strings.Join(Wrap("abcdefgh", 3), "|"), "abc|def|gh"},
		{"fit", Fit("ab\ncdef\ng", 3, 2), "ab \ncd…"},
		{"beside", Beside("a\nb", "c\nd"), "ac\nbd"},
		{"thousands", Thousands(1234567) + Thousands(12) + Thousands(-1000), "1,234,56712-1,000"},
		{"a link", Link("https://a.example", "a"), "\x1b]8;;https://a.example\x07a\x1b]8;;\x07"},
		{"no link with an escape", Link("https://a\x1b]0;x", "a"), "a"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestBar(t *testing.T) {
	for _, c := range []struct {
		left float64
		want string
	}{{1, "████"}, {0.5, "██░░"}, {0.01, "█░░░"}, {0, "░░░░"}, {-1, "░░░░"}, {7, "████"}} {
		if got := Bar(plain, 4, c.left, "valid"); got != c.want {
			t.Errorf("Bar(%v) = %s, want %s", c.left, got, c.want)
		}
	}
}

func TestSpinnerShowsOnlyWhatTakesLong(t *testing.T) {
	var s Spinner
	at := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	s.Start("fetching the keys", at)
	if got := s.View(plain, at.Add(SpinnerDelay-1)); got != "" {
		t.Errorf("too early: %q", got)
	}
	if got := s.View(plain, at.Add(1240*time.Millisecond)); !strings.HasSuffix(got,
		"fetching the keys  1.2 s   esc cancels") {
		t.Errorf("got %q", got)
	}
	s.Stop()
	if got := s.View(plain, at.Add(time.Hour)); got != "" {
		t.Errorf("after Stop: %q", got)
	}
}

func TestASpinnerDropsAnothersTick(t *testing.T) {
	var a, b Spinner
	a.Start("a", time.Time{})
	b.Start("b", time.Time{})
	old := SpinMsg{id: a.id}
	if a.Update(SpinMsg{id: b.id}) != nil {
		t.Error("a spinner went on with another's tick: each would double the other's pace")
	}
	if a.Update(old) == nil {
		t.Error("a spinner did not go on with its own tick")
	}
	a = Spinner{}
	a.Start("a again, in the same place", time.Time{})
	if a.Update(old) != nil {
		t.Error("a spinner went on with the tick of the one before it")
	}
}

func TestQR(t *testing.T) {
	lines, ok := QR("https://login.acme.example/device?user_code=ABCD-EFGH", 80, 40)
	if !ok {
		t.Fatal("it does not fit into 80x40")
	}
	for _, l := range lines {
		if !strings.HasPrefix(l, "\x1b[30;107m ") || ansi.StringWidth(l) != ansi.StringWidth(lines[0]) {
			t.Errorf("a line without quiet zone, colours or width: %q", l)
		}
	}
	if _, ok := QR("https://login.acme.example", 20, 40); ok {
		t.Error("it claims to fit into 20 columns")
	}
}

func table(st *theme.Styles, n int) *Table {
	t := NewTable(st, Column{Title: "name", Min: 6}, Column{Title: "what", Flex: 1},
		Column{Title: "n", Min: 4, Right: true, Drop: 1})
	t.SetRows(n, func(i int) []Cell {
		return []Cell{{Text: fmt.Sprintf("row%d", i)}, {Text: "text"}, {Text: fmt.Sprint(i)}}
	}, nil)
	return t
}

func TestTable(t *testing.T) {
	tb := table(plain, 5)
	tb.Do(keys.Down)
	picture(t, tb.View(28, 4, true),
		"  name    what             n",
		"  row0    text             0",
		"> row1    text             1",
		"  row2    text             2")
	wide := table(plain, 1200)
	wide.Columns = wide.Columns[:2]
	wide.Do(keys.Down)
	picture(t, wide.View(36, 3, true),
		"  name    what       ↑↓ 1-2 of 1,200",
		"  row0    text",
		"> row1    text")
	tb.Do(keys.End)
	picture(t, tb.View(16, 3, true),
		"  name    what",
		"  row3    text",
		"> row4    text")
	exact(t, table(shiny, 100).View(37, 9, true), 37, 9)
}

func TestTableOfTwoLines(t *testing.T) {
	tb := NewTable(plain)
	tb.Lines = 2
	tb.SetRows(3, func(i int) []Cell { return []Cell{{Text: fmt.Sprint("a", i)}, {Text: fmt.Sprint("b", i)}} }, nil)
	tb.Do(keys.Down)
	picture(t, tb.View(8, 4, true), "  a0", "  b0", "> a1", "  b1")
	if !tb.Click(0) || tb.Cursor() != 0 {
		t.Errorf("a click on the first row selected %d", tb.Cursor())
	}
}

func TestTableFilter(t *testing.T) {
	tb := table(plain, 30)
	tb.Do(keys.Filter)
	tb.Update(typed("row2"))
	tb.Update(press(tea.KeyDown))
	if tb.Len() != 11 || tb.Cursor() != 20 {
		t.Errorf("%d rows with %d selected, want 11 and 20", tb.Len(), tb.Cursor())
	}
	tb.Update(press(tea.KeyEnter))
	if tb.Editing() || tb.filter.Value() != "row2" {
		t.Errorf("enter: editing %v, filter %q", tb.Editing(), tb.filter.Value())
	}
	if !tb.Back() || tb.Len() != 30 || tb.Cursor() != 20 {
		t.Errorf("esc: %d rows, %d selected, want 30 and still 20", tb.Len(), tb.Cursor())
	}
	if tb.Back() {
		t.Error("a second esc found something to leave")
	}
}

func TestAnEmptyTableHasNoSelection(t *testing.T) {
	tb := table(plain, 0)
	for _, a := range []keys.Action{keys.Down, keys.End, keys.PageUp} {
		tb.Do(a)
	}
	tb.View(20, 5, true)
	if tb.Cursor() != -1 || tb.Click(1) {
		t.Errorf("row %d is selected", tb.Cursor())
	}
}

func TestOnlyVisibleRowsAreAskedFor(t *testing.T) {
	asked := 0
	tb := NewTable(plain, Column{Title: "name", Flex: 1})
	tb.SetRows(10_000, func(i int) []Cell { asked++; return []Cell{{Text: "x"}} }, func(int) string { return "x" })
	tb.Do(keys.End)
	tb.View(80, 40, true)
	if asked > 40 {
		t.Errorf("%d rows were made for 40 lines", asked)
	}
}

func TestASelectionShowsWithoutColour(t *testing.T) {
	for _, name := range theme.Names() {
		tb := table(theme.NewFor(name, true, true, termenv.TrueColor), 2)
		if got := ansi.Strip(tb.View(30, 3, true)); !strings.Contains(got, "> row0") ||
			strings.Contains(got, "> row1") {
			t.Errorf("%s: the selected row is not marked:\n%s", name, got)
		}
	}
}

func BenchmarkTable10000(b *testing.B) {
	tb := table(shiny, 10_000)
	for b.Loop() {
		tb.Do(keys.Down)
		_ = tb.View(120, 40, true)
	}
}

func TestAColumnThatMayNotGoIsSqueezed(t *testing.T) {
	table := NewTable(plain, Column{Title: "claim", Min: 6}, Column{Title: "value", Min: 29, Flex: 1})
	table.SetRows(1, func(int) []Cell { return []Cell{{Text: "iss"}, {Text: "short"}} }, nil)
	if got := table.View(20, 2, true); !strings.HasSuffix(got, "> iss     short     ") {
		t.Errorf("got %q, want no mark of a cut where nothing is cut", got)
	}
}

// What a field cannot show of its text is marked, at the side where it is.
func TestACutTextIsMarked(t *testing.T) {
	in := Input{}
	in.SetValue("https://login.example.com/tenants/acme")
	for _, c := range []struct {
		key  tea.KeyType
		want string
	}{{tea.KeyEnd, "…e.com/tenants/acme"}, {tea.KeyHome, "https://login.exam…"}} {
		in.Update(tea.KeyMsg{Type: c.key})
		got := strings.TrimRight(ansi.Strip(in.View(plain, 20, true)), " ")
		if Width(got) > 20 || !strings.HasPrefix(got, c.want[:3]) || !strings.Contains(got, "…") {
			t.Errorf("got %q, want it marked like %q", got, c.want)
		}
		if mark := strings.HasPrefix(got, "…"); mark != (c.key == tea.KeyEnd) {
			t.Errorf("got %q, want the mark where the text is cut", got)
		}
	}
	in.SetValue("short")
	if got := ansi.Strip(in.View(plain, 20, true)); strings.Contains(got, "…") {
		t.Errorf("got %q, want no mark", got)
	}
}
