package widget

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"fob/tokens"
)

func form() *Form {
	return NewForm(plain, "Run",
		Field{Name: "scope", Label: "Scope", Help: "What it may be used for.", Spec: "RFC 6749 3.3", Required: true},
		Field{Name: "secret", Label: "Secret", Kind: PasswordField},
		Field{Name: "prompt", Label: "Prompt", Kind: ChoiceField, Choices: []string{"none", "login", "consent"},
			Default: "login"},
		Field{Name: "pkce", Label: "PKCE", Kind: BoolField, Default: "true"},
		Field{Name: "age", Label: "Max age", Advanced: true, Validate: func(v string) string {
			if strings.Trim(v, "0123456789") != "" {
				return "a number of seconds, such as 300"
			}
			return ""
		}},
	)
}

func TestForm(t *testing.T) {
	f := form()
	f.Update(typed("openid"))
	f.Update(press(tea.KeyTab))
	f.Update(typed("hunter2"))
	f.Update(press(tea.KeyShiftTab))
	picture(t, f.View(46, 10),
		"> Scope*   openid",
		"           What it may be used for. RFC 6749",
		"           3.3.",
		"  Secret   •••••••",
		"  Prompt    none   ‹login›   consent",
		"  PKCE     [x] yes",
		"",
		"  ▸ more settings   max age",
		"",
		"  [ Run ]  ctrl+x")
	exact(t, f.View(30, 4), 30, 4)
}

func TestNothingTypedIsLost(t *testing.T) {
	f := form()
	f.Update(typed("openid"))
	f.SetFields(Field{Name: "other", Label: "Other"}, Field{Name: "scope", Label: "Scope", Default: "x"})
	if got := f.Value("scope"); got != "openid" {
		t.Errorf("after other fields came, scope is %q, want what was typed", got)
	}
	if got := f.Value("other"); got != "" {
		t.Errorf("other is %q", got)
	}
}

func TestFormSubmitsOnlyWhatIsRight(t *testing.T) {
	f := form()
	if got := f.Update(press(tea.KeyCtrlX)); got != FormNone || f.Focused() != "scope" {
		t.Errorf("an empty required field: event %v, focus %q", got, f.Focused())
	}
	if got := f.View(60, 12); !strings.Contains(got, "! scope is required") {
		t.Errorf("no message under the field:\n%s", got)
	}
	f.Update(typed("openid"))
	f.SetValue("age", "soon")
	if got := f.Update(press(tea.KeyCtrlX)); got != FormNone || f.Focused() != "age" {
		t.Errorf("a wrong advanced field: event %v, focus %q, want the fold opened on it", got, f.Focused())
	}
	if got := f.View(60, 14); !strings.Contains(got, "! a number of seconds, such as 300") {
		t.Errorf("no message under the field:\n%s", got)
	}
	f.SetValue("age", "300")
	if got := f.Update(press(tea.KeyCtrlX)); got != FormSubmitted {
		t.Errorf("event %v, want FormSubmitted", got)
	}
}

func TestChoicesAndSwitches(t *testing.T) {
	f := form()
	f.Focus("prompt")
	f.Update(press(tea.KeyRight))
	if got := f.Value("prompt"); got != "consent" {
		t.Errorf("right: %q", got)
	}
	f.Update(typed("n"))
	if got := f.Value("prompt"); got != "none" {
		t.Errorf("n: %q", got)
	}
	f.Focus("pkce")
	f.Update(press(tea.KeySpace))
	if got := f.Value("pkce"); got != "false" {
		t.Errorf("space: %q", got)
	}
}

func TestEnterGoesThroughTheForm(t *testing.T) {
	f := form()
	f.Update(typed("x"))
	var last FormEvent
	for range 6 { // five stops, the fold skipped over with tab
		if f.at == onFold {
			f.Update(press(tea.KeyTab))
			continue
		}
		last = f.Update(press(tea.KeyEnter))
	}
	if last != FormSubmitted {
		t.Errorf("the last enter gave %v, want FormSubmitted", last)
	}
}

func TestLinesField(t *testing.T) {
	f := NewForm(plain, "Send", Field{Name: "body", Label: "Body", Kind: LinesField, Lines: 3},
		Field{Name: "b", Label: "B"})
	f.Update(pasted("{\r\n\t\"a\": 1\r\n}"))
	if got := f.Value("body"); got != "{\n  \"a\": 1\n}" {
		t.Errorf("pasted: %q", got)
	}
	f.Update(press(tea.KeyUp))
	if f.Focused() != "body" {
		t.Error("up left the field though there was a line above")
	}
	f.Update(press(tea.KeyDown))
	f.Update(press(tea.KeyDown))
	if f.Focused() != "b" {
		t.Error("down on the last line stayed")
	}
	picture(t, f.View(30, 4), "  Body   │ {", "         │   \"a\": 1", "         │ }", "> B")
}

func TestTheFocusIsNeverOnAFoldedField(t *testing.T) {
	list := []Field{{Name: "id", Label: "ID", Advanced: true}, {Name: "scope", Label: "Scope"},
		{Name: "step", Label: "Step"}}
	f := NewForm(plain, "Go", list...)
	if f.Focused() != "scope" {
		t.Errorf("got the focus on %q, want scope", f.Focused())
	}
	f.Update(press(tea.KeyTab))
	f.SetFields(append([]Field{{Name: "secret", Label: "Secret"}}, list...)...)
	if f.Focused() != "step" {
		t.Errorf("after new fields: got the focus on %q, want it still on step", f.Focused())
	}
}

func TestInput(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(in *Input)
		want string
	}{
		{"typing", func(in *Input) { in.Update(typed("abc")) }, "abc"},
		{"in the middle", func(in *Input) { in.SetValue("ac"); in.Update(press(tea.KeyLeft)); in.Update(typed("b")) },
			"abc"},
		{"backspace", func(in *Input) { in.SetValue("abc"); in.Update(press(tea.KeyBackspace)) }, "ab"},
		{"delete at the end", func(in *Input) { in.SetValue("abc"); in.Update(press(tea.KeyDelete)) }, "abc"},
		{"a word back", func(in *Input) { in.SetValue("one two-three"); in.Update(press(tea.KeyCtrlW)) }, "one two-"},
		{"to the start", func(in *Input) { in.SetValue("abc"); in.Update(press(tea.KeyCtrlU)) }, ""},
		{"to the " +
			"end",
			func(in *Input) { in.SetValue("abc"); in.Update(press(tea.KeyHome)); in.Update(press(tea.KeyCtrlK)) }, ""},
		{"control characters are dropped", func(in *Input) { in.Update(pasted("a\x1b[31mb\x00")) }, "a[31mb"},
		{"a burst that spells a key", func(in *Input) { in.Update(typed("left")); in.Update(typed("ctrl+u")) },
			"leftctrl+u"},
		{"a paste that spells a key", func(in *Input) { in.Update(pasted("ctrl+v")) }, "ctrl+v"},
		{"a word on, before the last rune", func(in *Input) {
			in.SetValue("ab")
			in.Update(press(tea.KeyLeft))
			in.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'d'}, Alt: true})
		}, "a"},
		{"a word back and on", func(in *Input) {
			in.SetValue("one two")
			in.Update(press(tea.KeyCtrlLeft))
			in.Update(typed("x"))
			in.Update(press(tea.KeyCtrlRight))
			in.Update(typed("y"))
		}, "one xtwoy"},
		{"a masked field is one word",
			func(in *Input) { in.Mask = true; in.SetValue("one two"); in.Update(press(tea.KeyCtrlW)) }, ""},
		{"the clipboard is not read", func(in *Input) { in.Update(press(tea.KeyCtrlV)) }, ""},
		{"a paste of lines into one line", func(in *Input) { in.Update(pasted("\na\nb\n")) }, "a b"},
	} {
		var in Input
		c.do(&in)
		if got := in.Value(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestInputShowsTheCursorsPart(t *testing.T) {
	var in Input
	in.SetValue(strings.Repeat("x", 50) + "end")
	if got := in.View(plain, 10, true); got != "…xxxxxend " {
		t.Errorf("got %q", got)
	}
	in.Update(press(tea.KeyHome))
	if got := in.View(plain, 10, true); got != "xxxxxxxxx…" {
		t.Errorf("got %q", got)
	}
}

func TestInputIsCutAtItsBound(t *testing.T) {
	var in Input
	in.Update(pasted(strings.Repeat("x", MaxInput+1)))
	if got := len(in.Value()); got != MaxInput || !in.Cut {
		t.Errorf("got %d runes, cut %v, want %d and true", got, in.Cut, MaxInput)
	}
}

func TestInputShowsNothingThatItShouldNot(t *testing.T) {
	in := Input{Mask: true}
	in.SetValue("hunter2")
	for _, focused := range []bool{true, false} {
		if got := strings.TrimSpace(in.View(plain, 10, focused)); got != "•••••••" {
			t.Errorf("a masked value with focus %v: got %q", focused, got)
		}
	}
	in = Input{}
	in.SetValue("a\u202eb")
	if got := in.View(shiny, 20, true); strings.Contains(got, "\u202e") || !strings.Contains(got, "\x1b[7m") {
		t.Errorf("got %q, want no override of the direction, and a cursor", got)
	}
}

// Only an empty field has a placeholder: an empty line after a pasted text would look like a part of it.
func TestOnlyAnEmptyFieldHasAPlaceholder(t *testing.T) {
	in := Input{Multi: true, Placeholder: "HTTP/1.1 401"}
	if got := ansi.Strip(in.View(plain, 20, true)); !strings.Contains(got, "HTTP/1.1 401") {
		t.Errorf("empty: got %q, want the placeholder", got)
	}
	in.SetValue("text\n")
	if got := ansi.Strip(in.View(plain, 20, true)); strings.TrimSpace(got) != "" {
		t.Errorf("an empty last line: got %q, want no text", got)
	}
}

func BenchmarkInputWith8KB(b *testing.B) {
	var in Input
	in.SetValue(strings.Repeat("eyJ0", 2048))
	for b.Loop() {
		in.Update(typed("x"))
		_ = in.View(shiny, 80, true)
		in.Update(press(tea.KeyBackspace))
	}
}

// The way down leads through the lines of a field, and ctrl+u empties the one that the cursor is on, wherever in it.
func TestDownGoesThroughTheLinesOfAField(t *testing.T) {
	f := NewForm(plain, "Send", Field{Name: "url", Label: "URL"}, Field{Name: "params", Label: "Parameters",
		Kind: LinesField, Lines: 4, Default: "a=1\ncode_verifier=x y\nc=3"})
	for _, k := range []tea.KeyType{tea.KeyDown, tea.KeyDown, tea.KeyCtrlU} {
		f.Update(tea.KeyMsg{Type: k})
	}
	if got, want := f.Value("params"), "a=1\n\nc=3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f.FocusTop("params")
	f.Update(tea.KeyMsg{Type: tea.KeyCtrlU})
	if got, want := f.Value("params"), "\n\nc=3"; got != want {
		t.Errorf("from the top: got %q, want %q", got, want)
	}
}

func TestATextFieldTakesNoToken(t *testing.T) {
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
	paste := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(token), Paste: true}
	f := form()
	f.Update(paste)
	if v := f.Value("scope"); v != "" {
		t.Errorf("the field took %q", v)
	}
	if view := f.View(60, 20); !strings.Contains(view, "looks like a token") || strings.Contains(view, "eyJ") {
		t.Errorf("the form does not say why, or shows the token:\n%s", view)
	}
	f.SetValue("scope", token)
	if f.Validate() {
		t.Error("a token as scope is valid")
	}
	f.SetValue("scope", "openid")
	f.Focus("secret")
	if f.Update(paste); f.Value("secret") != token || !f.Validate() {
		t.Errorf("a masked field holds %q", f.Value("secret"))
	}
}

// A field for a path, a name or a URL says itself what it does not show, also where the terminal marks no paste.
func TestAFieldRefusesWhatItWouldShow(t *testing.T) {
	const secret = "S3CRET of at least thirty-two b!"
	for _, k := range []tea.KeyMsg{
		{Type: tea.KeyRunes, Runes: []rune(secret), Paste: true},
		{Type: tea.KeyRunes, Runes: []rune(secret)},
	} {
		f := NewForm(plain, "Go", Field{Name: "file", Label: "File", Refuses: tokens.LooksUnlikePath})
		f.Update(k)
		if view := f.View(60, 20); f.Value("file") != "" || !strings.Contains(view, "looks like a token or a secret") {
			t.Errorf("paste %v: got %q and\n%s\nwant it refused", k.Paste, f.Value("file"), view)
		}
		if f.SetValue("file", secret); f.Validate() {
			t.Errorf("%q is a valid path", secret)
		}
		if f.SetValue("file", "~/keys/acme-production-signing.pem"); !f.Validate() {
			t.Error("a path is not valid")
		}
	}
}

func TestAProblemIsShownBelowItsFieldUntilItChanges(t *testing.T) {
	f := form()
	f.Problem("scope", "no such scope")
	if view := f.View(60, 20); f.Focused() != "scope" || !strings.Contains(view, "! no such scope") {
		t.Errorf("got the focus on %q and\n%s", f.Focused(), view)
	}
	f.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("x")})
	if view := f.View(60, 20); strings.Contains(view, "no such scope") {
		t.Errorf("got\n%s\nwant no problem after a change", view)
	}
}
