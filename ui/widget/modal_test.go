package widget

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"fob/ui/theme"
)

func TestAModalLiesOverTheScreen(t *testing.T) {
	now := time.Time{}
	s := NewStack(func() time.Time { return now })
	s.Push(&Confirm{Title: "Remove", Text: "Gone.", Letter: "y"})
	screen := strings.TrimSuffix(strings.Repeat(strings.Repeat(".", 40)+"\n", 9), "\n")
	got := s.View(plain, screen, 40, 9)
	picture(t, ansi.Strip(got),
		strings.Repeat(".", 40),
		"......╭ Remove? ─────────────────╮......",
		"......│                          │......",
		"......│ Gone.                    │......",
		"......│                          │......",
		"......│ > Cancel    y yes, go on │......",
		"......╰──────────────────────────╯......",
		strings.Repeat(".", 40), strings.Repeat(".", 40))
}

func TestAConfirmationDropsItsGapsBeforeItsText(t *testing.T) {
	c := &Confirm{Title: "Send", Text: "one two three four", Letter: "y"}
	for height, want := range map[int]int{7: 2, 6: 0, 5: 0} { // four lines of text and the buttons
		_, lines := c.View(plain, 5, height)
		text := ansi.Strip(strings.Join(lines, "\n"))
		if blank := len(lines) - 5; blank != want || !strings.Contains(text, "four") {
			t.Errorf("at %d lines: got %q, want all of the text", height, text)
		}
	}
	if _, lines := c.View(plain, 5, 3); len(lines) != 3 || !strings.Contains(ansi.Strip(lines[2]), "Cancel") {
		t.Errorf("got %q, want the buttons in the last of three lines", lines)
	}
}

func TestAHintIsWrapped(t *testing.T) {
	got := ansi.Strip(Hint(plain, "Nothing.", "n", "get a token, or paste one", 20, 8))
	for _, want := range []string{"n get a token,", "or paste one"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q in it", got, want)
		}
	}
}

func TestAnOverlayKeepsTheColoursAround(t *testing.T) {
	screen := shiny.Bad.Render("aaaaaaaaaa")
	got := Overlay(screen, []string{"XX"}, 4, 0, 10)
	if ansi.Strip(got) != "aaaaXXaaaa" || !strings.HasSuffix(got, "aaaa"+"\x1b[0m") {
		t.Errorf("got %q", got)
	}
}

func TestWhatOpensByItselfIsDeafForAMoment(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := NewStack(func() time.Time { return now })
	s.PushUnasked(&Notice{What: "x", Text: "y"})
	s.Update(press(tea.KeyEnter))
	if s.Len() != 1 {
		t.Fatal("a key that was on its way closed it")
	}
	now = now.Add(SwallowFor)
	s.Update(press(tea.KeyEnter))
	if s.Len() != 0 {
		t.Error("it did not close after the moment")
	}
}

func TestAModalThatOpensAnotherClosesItself(t *testing.T) {
	s := NewStack(time.Now)
	next := &Notice{What: "next"}
	s.Push(opener{s, next})
	s.Update(press(tea.KeyEnter))
	if s.Len() != 1 || s.Top() != Modal(next) {
		t.Errorf("%d modals, the top is %v", s.Len(), s.Top())
	}
}

type opener struct {
	s    *Stack
	next Modal
}

func (o opener) Update(tea.KeyMsg) (tea.Cmd, bool) { o.s.Push(o.next); return nil, true }

func (o opener) View(*theme.Styles, int, int) (string, []string) { return "", nil }

func TestALongNoticeScrolls(t *testing.T) {
	n := &Notice{What: "reading", Text: strings.TrimSuffix(strings.Repeat("line\n", 30)+"last", "\n")}
	_, lines := n.View(plain, 40, 10)
	if len(lines) > 10 || strings.Contains(strings.Join(lines, "\n"), "last") {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
	for range 40 {
		n.Update(press(tea.KeyDown))
	}
	_, lines = n.View(plain, 40, 10)
	if !strings.Contains(strings.Join(lines, "\n"), "last") {
		t.Errorf("the end cannot be reached: %q", lines)
	}
}

func TestPicker(t *testing.T) {
	chosen := -1
	p := &Picker{Title: "Commands", Items: []Item{
		{Group: "A", Key: "a", Label: "alpha", Text: "First."},
		{Group: "A", Key: "b", Label: "beta", Text: "Not alpha.", Disabled: "busy"},
		{Group: "B", Key: "c", Label: "gamma", Text: "Third."},
	}, Choose: func(i int) tea.Cmd { chosen = i; return nil }}
	p.Update(press(tea.KeyDown))
	if _, done := p.Update(press(tea.KeyEnter)); done || chosen >= 0 {
		t.Error("a disabled item was chosen")
	}
	p.Update(typed("gam"))
	if _, done := p.Update(press(tea.KeyEnter)); !done || chosen != 2 {
		t.Errorf("chose %d, want 2", chosen)
	}
	p.Update(press(tea.KeyEsc))
	if _, done := p.Update(press(tea.KeyEsc)); !done {
		t.Error("esc with no filter did not close")
	}
}

func TestWhatBeginsWithTheWordComesFirst(t *testing.T) {
	p := &Picker{Items: []Item{{Label: "beta", Text: "re alpha"}, {Label: "alpha"}}}
	p.Update(typed("alp"))
	if p.shown[0] != 1 {
		t.Errorf("order %v, want the label that begins with it first", p.shown)
	}
}

func TestPromptMasksAndTakesAPaste(t *testing.T) {
	got := ""
	p := &Prompt{Title: "Token", PasteEnters: true, Enter: func(v string) tea.Cmd { got = v; return nil }}
	p.Input.Mask = true
	p.Update(typed("abc"))
	if _, lines := p.View(plain, 60, 20); strings.Contains(strings.Join(lines, ""), "abc") {
		t.Errorf("the value shows: %q", lines)
	}
	if _, done := p.Update(pasted("a\nb")); !done || got != "a\nb" {
		t.Errorf("pasted %q, done %v", got, done)
	}
}

func TestAToastIsTakenAwayByItsOwnNumberOnly(t *testing.T) {
	var toast Toast
	first := toast.Show("one")
	second := toast.Show("two")
	toast.Hide(first)
	if toast.Text() != "two" {
		t.Errorf("shows %q, want two", toast.Text())
	}
	toast.Hide(second)
	if toast.Text() != "" {
		t.Errorf("shows %q", toast.Text())
	}
}
