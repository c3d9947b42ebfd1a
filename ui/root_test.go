package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/terminal"
	"fob/ui/theme"
)

func TestTheScreenIsFilledExactly(t *testing.T) {
	for _, size := range sizes {
		for _, s := range []keys.Scope{keys.Sessions, keys.Flow} {
			b := newBench(t, Config{Profile: "acme", Banner: "demo"})
			b.fake(keys.Flow).plain = []string{"", " https://login.acme.example/authorize?x=" +
				strings.Repeat("y", 300)}
			b.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]}, pane.FocusMsg{Scope: s})
			lines := strings.Split(b.View(), "\n")
			if size[0] >= minWidth && len(lines) != size[1] {
				t.Errorf("%v, %s: %d lines, want %d", size, s, len(lines), size[1])
			}
			for y, l := range lines {
				if w := ansi.StringWidth(l); w > size[0] {
					t.Errorf("%v, %s: line %d is %d cells wide", size, s, y, w)
				}
			}
		}
	}
}

func TestScreens(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			b := newBench(t, Config{Banner: "demo"})
			b.svc.list = b.sessionsOf(3)
			b.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			b.run(b.Init())
			golden(t, fmt.Sprintf("screen/%dx%d", size[0], size[1]), b.View()+"\n")
		})
	}
}

func TestKeysReachTheirTarget(t *testing.T) {
	b := newBench(t, Config{})
	b.press("j", "r")
	if got := fmt.Sprint(b.fake(keys.Sessions).done); got != "[nav.down session.refresh]" {
		t.Errorf("the list got %s", got)
	}
	b.press("1", "v")
	if got := fmt.Sprint(b.fake(keys.Token).done); got != "[token.view]" || b.panes.focus != keys.Token {
		t.Errorf("the Token pane got %s, focus %s", got, b.panes.focus)
	}
	b.press("tab")
	if b.panes.focus != keys.Expiry {
		t.Errorf("tab went to %s, want expiry", b.panes.focus)
	}
	b.press("shift+tab", "shift+tab")
	if b.panes.focus != keys.Sessions {
		t.Errorf("shift+tab went to %s, want sessions", b.panes.focus)
	}
}

func TestBurstIsHandledKeyByKey(t *testing.T) {
	b := newBench(t, Config{})
	b.press("jj1v")
	if got := fmt.Sprint(b.fake(keys.Sessions).done,
		b.fake(keys.Token).done); got != "[nav.down nav.down] [token.view]" {
		t.Errorf("got %s", got)
	}
}

// Some terminals do not mark pastes: the letters of a token must not run what they are bound to.
func TestUnmarkedPasteRunsNoActions(t *testing.T) {
	const token = "eyJhbGciOiJub25lIn0.eyJkIjoicXZkeXJuIn0.qdyv"
	b := newBench(t, Config{})
	b.press(token, "qd", "enter", "y")
	var got string
	for _, m := range b.fake(keys.Token).got {
		if i, ok := m.(pane.InspectMsg); ok {
			got = i.Raw.Reveal()
		}
	}
	if want := token + "qd\ny"; got != want || fmt.Sprint(b.fake(keys.Sessions).done) != "[]" {
		t.Errorf("inspected %q, want %q, and the list got %v", got, want, b.fake(keys.Sessions).done)
	}
	b.at = b.at.Add(time.Second)
	b.press("0", "j", "jjjjjjjjjjjjjjjjjjjjjjjjjjjjjj")
	if n := len(b.fake(keys.Sessions).done); n != 31 {
		t.Errorf("after it, and with a key that is held down: %d keys reached the list, want 31", n)
	}
}

func TestRestOfABurstGoesToTheFieldThatItOpened(t *testing.T) {
	b := newBench(t, Config{})
	b.press("/qx")
	if p := b.fake(keys.Sessions); p.typed != "qx" {
		t.Errorf("the filter got %q, want qx", p.typed)
	}
}

// A command's message may come after the next key: what enter opens must not take the focus back.
func TestAKeyAfterEnterIsNotUndone(t *testing.T) {
	b := newBench(t, Config{})
	b.send(pane.SessionsMsg{Sessions: []vault.Meta{{ID: "a"}}})
	_, first := b.Update(tea.KeyMsg{Type: tea.KeyEnter})
	_, second := b.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'3'}})
	b.run(second)
	b.run(first)
	if b.panes.focus != keys.Calls {
		t.Errorf("got the focus on %s after enter and 3, want calls", b.panes.focus)
	}
}

func TestQuitting(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*bench)
		keys []string
		quit bool
	}{
		{"q quits", nil, []string{"q"}, true},
		{"q is text in a field", func(b *bench) { b.fake(keys.Sessions).editing = true }, []string{"q"}, false},
		{"esc never quits", nil, []string{"esc", "esc", "esc"}, false},
		{"ctrl+c cancels what runs", func(b *bench) { b.fake(keys.Flow).running = true }, []string{"ctrl+c"}, false},
		{"ctrl+c again quits", func(b *bench) { b.fake(keys.Flow).running = true }, []string{"ctrl+c", "ctrl+c"}, true},
		{"ctrl+c leaves a field", func(b *bench) { b.fake(keys.Sessions).editing = true }, []string{"ctrl+c"}, false},
		{"q closes the help only by being typed", nil, []string{"?", "q"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, Config{})
			if c.set != nil {
				c.set(b)
			}
			if got := b.press(c.keys...); got != c.quit {
				t.Errorf("quit %v, want %v", got, c.quit)
			}
		})
	}
}

// A run that goes on is marked in its tab, and in the header while another pane has the focus, on small screens too.
func TestRunningFlowIsMarked(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 15}} {
		b := newBench(t, Config{})
		b.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		b.showsNot(t, "●")
		b.fake(keys.Flow).running = true
		b.press("4")
		b.shows(t, "4 Flow ●")
		b.press("esc")
		b.shows(t, "●")
		b.shows(t, "4 Sign-in waits for you")
		b.press("ctrl+c")
		b.showsNot(t, "●")
		b.showsNot(t, "waits for you")
	}
}

func TestEscGoesBackOneLevel(t *testing.T) {
	b := newBench(t, Config{})
	b.press("4")
	b.fake(keys.Flow).deep = true
	b.press("esc")
	if b.panes.focus != keys.Flow {
		t.Errorf("the first esc left the pane for %s", b.panes.focus)
	}
	b.press("esc")
	if b.panes.focus != keys.Sessions {
		t.Errorf("the second esc went to %s, want sessions", b.panes.focus)
	}
}

func TestPaste(t *testing.T) {
	inspected := func(b *bench) string {
		for _, m := range b.fake(keys.Token).got {
			if i, ok := m.(pane.InspectMsg); ok {
				return i.Raw.Reveal()
			}
		}
		return ""
	}
	t.Run("with no field it is inspected", func(t *testing.T) {
		b := newBench(t, Config{})
		b.send(paste("eyJq?"))
		if inspected(b) != "eyJq?" || b.panes.focus != keys.Token {
			t.Errorf("inspected %q with the focus on %s", inspected(b), b.panes.focus)
		}
	})
	t.Run("a field has it", func(t *testing.T) {
		b := newBench(t, Config{})
		b.fake(keys.Sessions).editing = true
		b.send(paste("eyJ"))
		if b.fake(keys.Sessions).typed != "eyJ" || inspected(b) != "" {
			t.Errorf("the field got %q, inspected %q", b.fake(keys.Sessions).typed, inspected(b))
		}
	})
	t.Run("a pane that waits for one has it", func(t *testing.T) {
		b := newBench(t, Config{})
		b.fake(keys.Flow).wants = true
		b.send(paste("http://127.0.0.1/cb?code=1"))
		if got := b.fake(keys.Flow).typed; got != "[http://127.0.0.1/cb?code=1]" || inspected(b) != "" {
			t.Errorf("Flow got %q, inspected %q", got, inspected(b))
		}
	})
	t.Run("the prompt takes it with its line breaks", func(t *testing.T) {
		b := newBench(t, Config{})
		b.press("p")
		b.shows(t, "Inspect a token")
		b.send(paste("GET / HTTP/1.1\r\nAuthorization: Bearer eyJ"))
		if got := inspected(b); got != "GET / HTTP/1.1\nAuthorization: Bearer eyJ" {
			t.Errorf("inspected %q", got)
		}
	})
}

func TestHelpIsContextualFilterableAndRuns(t *testing.T) {
	b := newBench(t, Config{})
	b.press("?")
	b.shows(t, "Help: Sessions")
	b.shows(t, "rename")
	b.press("?")
	b.showsNot(t, "Help: Sessions")
	b.press("?", "rename", "enter")
	if got := fmt.Sprint(b.fake(keys.Sessions).done); got != "[session.rename]" {
		t.Errorf("help ran %s, want session.rename", got)
	}
}

func TestHelpSaysWhyNot(t *testing.T) {
	b := newBench(t, Config{})
	b.fake(keys.Sessions).disabled = map[keys.Action]string{keys.SessionRename: "no session is selected"}
	b.press("?", "rename")
	b.shows(t, "not now: no session is selected")
	b.press("enter")
	if got := b.fake(keys.Sessions).done; len(got) > 0 {
		t.Errorf("a disabled action ran: %v", got)
	}
}

func TestThePaletteReachesEveryPane(t *testing.T) {
	b := newBench(t, Config{})
	b.press(":", "trace export", "enter")
	if got := fmt.Sprint(b.fake(keys.Trace).done); got != "[trace.export]" || b.panes.focus != keys.Trace {
		t.Errorf("Trace did %s, focus %s", got, b.panes.focus)
	}
}

// Each binding that stores something says why it is disabled, and is neither in the footer nor in the palette.
func TestReadOnlyDisablesWhatStores(t *testing.T) {
	gone := 0
	var all []keys.Binding
	for _, scope := range append([]keys.Scope{keys.Global, keys.Sessions}, keys.Panes()...) {
		all = append(all, keys.In(scope)...)
	}
	for _, row := range all {
		if row.ReadOnly() {
			continue
		}
		gone++
		b := newBench(t, Config{ReadOnly: true})
		scope := row.Scope
		if scope == keys.Global {
			scope = keys.Sessions
		}
		b.send(pane.FocusMsg{Scope: scope})
		if footer := b.footer(400); strings.Contains(footer, " "+row.Key()+" "+row.Label+" ") {
			t.Errorf("%s stands on the footer: %s", row.Action, footer)
		}
		b.press(row.Keys[0])
		if got := b.fake(scope).done; len(got) > 0 || b.panes.focus != scope {
			t.Errorf("%s: %s did %v, and the focus is on %s", row.Action, row.Key(), got, b.panes.focus)
		}
		b.shows(t, row.Label+": "+pane.ReadOnlyReason)
		for _, item := range b.palette().Items {
			if item.Text == row.Tooltip {
				t.Errorf("the palette lists %s", row.Action)
			}
		}
	}
	if gone == 0 {
		t.Error("the table has nothing that stores")
	}
}

func TestConfirmation(t *testing.T) {
	for _, c := range []struct {
		key string
		run bool
	}{{"y", true}, {"enter", false}, {"esc", false}, {"d", false}} {
		b := newBench(t, Config{})
		ran := false
		b.send(pane.ConfirmMsg{Title: "Remove", Text: "It is gone then.", Letter: "y",
			Do: func() tea.Msg { ran = true; return nil }})
		b.shows(t, "> Cancel")
		b.press(c.key)
		if ran != c.run {
			t.Errorf("%s: ran %v, want %v", c.key, ran, c.run)
		}
	}
}

func TestTooSmallTerminalSaysSo(t *testing.T) {
	b := newBench(t, Config{})
	b.send(pane.ConfirmMsg{Title: "Remove alice?", Text: "It is gone then.", Letter: "y"},
		tea.WindowSizeMsg{Width: 38, Height: 9})
	b.shows(t, "fob needs 40x10")
	b.showsNot(t, "Remove")
	b.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	b.shows(t, "Remove alice?")
}

func TestErrorStaysAndIgnoresWhatWasBeingTyped(t *testing.T) {
	b := newBench(t, Config{})
	b.send(pane.ErrorMsg{What: "refreshing alice", Err: errors.New("invalid_grant: \x1b[31mreused")})
	b.press("esc")
	b.shows(t, "refreshing alice")
	b.shows(t, "␛[31mreused")
	b.at = b.at.Add(time.Second)
	b.press("esc")
	b.showsNot(t, "refreshing alice")
}

// What the user has to copy from the screen comes before everything else on it.
func TestFullWidthLinesReplaceThePane(t *testing.T) {
	b := newBench(t, Config{})
	b.send(pane.FocusMsg{Scope: keys.Flow})
	for n, header := range map[int]bool{3: true, 8: true, 10: false} {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = fmt.Sprintf("line-%d-of-the-url", i)
		}
		b.fake(keys.Flow).plain = lines
		b.resize(40, 10)
		view := b.View()
		for _, l := range lines {
			if !strings.Contains(view, l) {
				t.Errorf("%d lines: %q is not on the screen:\n%s", n, l, view)
			}
		}
		if got := strings.Contains(view, "fob"); got != header || strings.Count(view, "\n") != 9 {
			t.Errorf("%d lines: the header is shown: %v, want %v, on 10 lines:\n%s", n, got, header, view)
		}
	}
}

func TestCopy(t *testing.T) {
	b := newBench(t, Config{})
	b.send(pane.CopyMsg{What: "access token", Secret: tokens.NewSecret("canary-canary-canary-canary")})
	if b.clip.text != "canary-canary-canary-canary" {
		t.Errorf("copied %q", b.clip.text)
	}
	b.shows(t, "access token copied through the terminal and wl-copy")
	b.showsNot(t, "canary-")

	// The copy that tmux keeps is reported once.
	for _, want := range []string{"tmux delete-buffer removes it", "access token copied through tmux"} {
		b.clip.how = "through tmux"
		b.send(pane.CopyMsg{What: "access token", Secret: tokens.NewSecret("canary-canary-canary-canary")})
		b.shows(t, want)
	}

	b.clip.err = terminal.ErrNoClipboard
	b.send(pane.CopyMsg{What: "error", Text: "x"})
	b.shows(t, "F writes it to a file")
}

func TestSelection(t *testing.T) {
	selected := func(b *bench) string {
		id := "-"
		for _, m := range b.fake(keys.Token).got {
			if s, ok := m.(pane.SelectedMsg); ok {
				id = s.Meta.ID
			}
		}
		return id
	}
	b := newBench(t, Config{})
	b.svc.list = b.sessionsOf(3)
	b.run(b.Init())
	if got := selected(b); got != "s00000" {
		t.Errorf("at first %s is selected, want the first", got)
	}
	b.send(pane.SelectMsg{ID: "s00002", Open: true})
	if got := selected(b); got != "s00002" || b.panes.focus != keys.Token {
		t.Errorf("selected %s, focus %s", got, b.panes.focus)
	}
	// A session that has just been made is selected once the list has it.
	b.send(pane.SelectMsg{ID: "s00003"})
	b.svc.list = b.sessionsOf(4)
	b.send(pane.ReloadMsg{})
	if got := selected(b); got != "s00003" {
		t.Errorf("selected %s, want the new one", got)
	}
	b.svc.list = b.sessionsOf(2)
	b.send(pane.ReloadMsg{})
	if got := selected(b); got != "s00000" {
		t.Errorf("selected %s after it was removed, want the first", got)
	}
}

func TestVaultIsProbedAtStart(t *testing.T) {
	b := newBench(t, Config{})
	b.shows(t, "keyring …")
	b.svc.vault = errVault
	b.run(b.Init())
	b.shows(t, "keyring not working")
	b.shows(t, "tokens cannot be stored: no Secret Service answers")
}

func TestIdleScreenHasNoTick(t *testing.T) {
	b := newBench(t, Config{})
	if got := b.tickInterval(); got != 0 {
		t.Errorf("with nothing to count down the pace is %v, want none", got)
	}
	b.at = b.at.Add(300 * time.Millisecond)
	b.list.all = b.sessionsOf(100)
	if got := b.tickInterval(); got != 700*time.Millisecond {
		t.Errorf("the pace is %v, want up to the next full second", got)
	}
	b.at = b.at.Add(1000 * time.Hour)
	if got := b.tickInterval(); got != time.Minute {
		t.Errorf("with everything long expired the pace is %v, want a minute", got)
	}
}

func TestTheTickReachesThePanes(t *testing.T) {
	b := newBench(t, Config{})
	b.svc.list = b.sessionsOf(1)
	b.run(b.Init())
	n := b.ticks.pending
	if n == 0 {
		t.Fatal("no tick is under way though a session counts down")
	}
	b.send(tickMsg{n - 1})
	b.send(tickMsg{n})
	got := 0
	for _, m := range b.fake(keys.Expiry).got {
		if _, ok := m.(pane.TickMsg); ok {
			got++
		}
	}
	if got != 1 || b.ticks.pending == n || b.ticks.pending == 0 {
		t.Errorf("%d ticks reached the panes, the next is %d; want 1, and another one", got, b.ticks.pending)
	}
}

func TestMouse(t *testing.T) {
	press := func(x, y int) tea.MouseMsg {
		return tea.MouseMsg{X: x, Y: y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft}
	}
	b := newBench(t, Config{})
	b.View()
	b.send(press(60, 10))
	if b.panes.focus != keys.Token {
		t.Errorf("a click gave the focus to %s, want token", b.panes.focus)
	}
	want := pane.ClickMsg{X: 60 - content(b.layout().Main, keys.Token).X, Y: 8}
	found := false
	for _, m := range b.fake(keys.Token).got {
		found = found || m == want
	}
	if !found {
		t.Errorf("the pane got %v, want %v", b.fake(keys.Token).got, want)
	}
	for _, tb := range b.root.tabs.drawn {
		if tb.scope == keys.Trace {
			b.send(press(tb.from+1, 1))
		}
	}
	if b.panes.focus != keys.Trace {
		t.Errorf("a click on a tab went to %s, want trace", b.panes.focus)
	}
	b.send(tea.MouseMsg{X: 2, Y: 5, Button: tea.MouseButtonWheelDown, Action: tea.MouseActionPress})
	if got := fmt.Sprint(b.fake(keys.Sessions).done); got != "[nav.down nav.down nav.down]" {
		t.Errorf("the wheel did %s", got)
	}
	b.press("m")
	b.send(press(60, 10))
	if b.panes.focus != keys.Trace {
		t.Errorf("a click counted with the mouse off: %s", b.panes.focus)
	}
}

func TestBurstMayCloseTheHelp(t *testing.T) {
	b := newBench(t, Config{})
	b.press("?")
	b.press("?:exp")
	b.showsNot(t, "Help: Sessions")
	b.shows(t, "Commands")
	b.shows(t, "/ exp")
}

func TestTheFocusShowsWithoutColour(t *testing.T) {
	b := newBench(t, Config{})
	*b.ctx.Styles = *theme.NewFor("mono", true, true, termenv.ANSI)
	for _, c := range []struct {
		focus keys.Scope
		want  string
	}{{keys.Sessions, "┏ Sessions ━"}, {keys.Token, "╭ Sessions ─"}} {
		b.send(pane.FocusMsg{Scope: c.focus})
		if got := ansi.Strip(b.View()); !strings.Contains(got, c.want) {
			t.Errorf("focus on %s: no %q on the screen:\n%s", c.focus, c.want, got)
		}
	}
}

// Usable actions come first in the help, disabled ones follow with their reasons; each entry runs its own action.
func TestHelpListsUsableActionsFirst(t *testing.T) {
	b := newBench(t, Config{})
	b.press("4")
	b.fake(keys.Flow).disabled = map[keys.Action]string{keys.FlowSend: "no request waits", keys.FlowAgain: ""}
	p := b.helpFor(keys.Flow)
	off := false
	for i, item := range p.Items {
		if off && item.Disabled == "" {
			t.Fatalf("%s comes after what cannot be done", item.Label)
		}
		off = item.Disabled != ""
		if off != (item.Group == "Not now") {
			t.Errorf("%s (%d) is in group %s, disabled %q", item.Label, i, item.Group, item.Disabled)
		}
	}
	if !off {
		t.Error("nothing is disabled")
	}
	p.Choose(1)
	if got, ok := b.ctx.NextRequest().(actionMsg); !ok || p.Items[1].Label != labelOf(t, got.action) {
		t.Errorf("got %+v, want what item 1 says, %s", got, p.Items[1].Label)
	}
}

func labelOf(t *testing.T, a keys.Action) string {
	t.Helper()
	b, ok := keys.ByAction(a)
	if !ok {
		t.Fatalf("there is no action %s", a)
	}
	return b.Label
}
