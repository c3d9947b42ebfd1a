package terminal

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	tea "github.com/charmbracelet/bubbletea"
)

// press is the event of a key that goes down.
func press(key uint16, char uint16, state uint32) record {
	r := record{kind: keyEvent}
	r.event[0] = 1
	binary.LittleEndian.PutUint16(r.event[4:], 1)
	binary.LittleEndian.PutUint16(r.event[6:], key)
	binary.LittleEndian.PutUint16(r.event[10:], char)
	binary.LittleEndian.PutUint32(r.event[12:], state)
	return r
}

// release is the event of the key that goes up again.
func release(r record) record {
	r.event[0] = 0
	return r
}

func TestConsoleEventsBecomeWhatATerminalSends(t *testing.T) {
	text := func(s string) (list []record) {
		for _, u := range utf16.Encode([]rune(s)) {
			list = append(list, press(0, u, 0))
		}
		return list
	}
	three := press('J', 'j', 0)
	three.event[4] = 3
	for _, c := range []struct {
		name   string
		events []record
		want   string
	}{
		{"a letter, down and up", []record{press('J', 'j', 0), release(press('J', 'j', 0))}, "j"},
		{"a letter held down", []record{three}, "jjj"},
		{"shift alone", []record{press(0x10, 0, shift)}, ""},
		{"enter, escape, tab", []record{press(0x0d, '\r', 0), press(0x1b, 0x1b, 0), press(vkTab, '\t', 0)}, "\r\x1b\t"},
		{"shift and tab", []record{press(vkTab, '\t', shift)}, "\x1b[Z"},
		{"backspace", []record{press(vkBack, 8, 0)}, "\x7f"},
		{"control and c", []record{press('C', 3, leftCtrl)}, "\x03"},
		{"arrows", []record{press(0x26, 0, 0), press(0x28, 0, shift), press(0x27, 0, leftCtrl)},
			"\x1b[A\x1b[1;2B\x1b[1;5C"},
		{"page down and delete", []record{press(0x22, 0, 0), press(0x2e, 0, leftAlt)}, "\x1b[6~\x1b[3;3~"},
		{"function keys", []record{press(0x70, 0, 0), press(0x74, 0, 0), press(0x71, 0, shift)},
			"\x1bOP\x1b[15~\x1b[1;2Q"},
		{"alt and a letter", []record{press('X', 'x', leftAlt)}, "\x1bx"},
		{"alt gr types a character", []record{press('Q', '@', rightAlt|leftCtrl)}, "@"},
		{"alt with digits", []record{press(vkMenu, 0, leftAlt), release(press(vkMenu, 0xe9, 0))}, "é"},
		{"a pair of surrogates", text("a😀b"), "a😀b"},
		{"sequences that the console made", text("\x1b[A\x1b[200~é\x1b[201~"), "\x1b[A\x1b[200~é\x1b[201~"},
		{"an event that is no key", []record{{kind: windowEvent}}, ""},
	} {
		var k consoleKeys
		var got []byte
		for _, r := range c.events {
			got = k.add(got, r)
		}
		if string(got) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWhatIsNoASCIIGoesRoundTheCodePage(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"abc", "abc"},
		{"aé日b", "a|<é日>|b"},
		{"é", "<é>"},
		{"\x1bé", "<alt é>"},
		{"\x1b[A\x1bé", "\x1b[A|<alt é>"},
		{"j\x1b[200~é b\x1b[201~k", "j|[é b]|k"},
		{"\x1b[200~ab\x1b[201~", "[ab]"},
		{"\x1b[200~open", "\x1b[200~open"},
		{"a\xffb", "a|b"},
	} {
		var got []string
		r := strings.NewReader(c.in)
		a := asciiReader{read: r.Read, send: func(m tea.Msg) {
			k := m.(tea.KeyMsg)
			switch {
			case k.Paste:
				got = append(got, "["+string(k.Runes)+"]")
			case k.Alt:
				got = append(got, "<alt "+string(k.Runes)+">")
			default:
				got = append(got, "<"+string(k.Runes)+">")
			}
		}}
		for range 100 {
			p := make([]byte, 256)
			n, err := a.Read(p)
			if n > 0 {
				got = append(got, string(p[:n]))
			}
			if errors.Is(err, io.EOF) {
				break
			}
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q: got %q, want %q", c.in, strings.Join(got, "|"), c.want)
		}
	}
}

// A console is asked again and again, and mostly has nothing to say.
func TestAPasteWithoutEndEndsWhereReadsDoNotWait(t *testing.T) {
	s := &script{pieces: []string{"\x1b[200~ab"}}
	var pasted string
	read := func(p []byte) (int, error) {
		if len(s.pieces) == 0 {
			return 0, nil
		}
		return s.read(p)
	}
	now := func() time.Time { return s.clock }
	a := assembler{read: read, ready: s.ready, now: now, paste: func(text string) { pasted = text }}
	p := make([]byte, 256)
	for range 5 {
		if n, err := a.Read(p); n > 0 || err != nil {
			t.Fatalf("read %q, %v", p[:n], err)
		}
		s.clock = s.clock.Add(pasteStall / 2)
	}
	if pasted != "ab" {
		t.Errorf("got paste %q, want ab", pasted)
	}
}
