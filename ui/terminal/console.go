package terminal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"
)

// record is an INPUT_RECORD of the Windows console: a kind, and an event of that kind.
type record struct {
	kind  uint16
	_     [2]byte
	event [16]byte
}

const (
	keyEvent    = 1
	windowEvent = 4 // WINDOW_BUFFER_SIZE_EVENT

	vkBack, vkTab, vkMenu = 0x08, 0x09, 0x12

	rightAlt, leftAlt, rightCtrl, leftCtrl, shift = 1, 2, 4, 8, 16
)

// consoleKeys converts key events to the bytes that a Unix terminal sends. A console that itself translates keys into
// sequences (ENABLE_VIRTUAL_TERMINAL_INPUT) delivers them as events with one character each, without a virtual key.
type consoleKeys struct {
	high rune // the first half of a surrogate pair
}

// add appends the bytes of a key event to dst. Other events, and key releases, add none.
func (k *consoleKeys) add(dst []byte, r record) []byte {
	if r.kind != keyEvent {
		return dst
	}
	down := binary.LittleEndian.Uint32(r.event[0:]) != 0
	repeat := binary.LittleEndian.Uint16(r.event[4:])
	key := binary.LittleEndian.Uint16(r.event[6:])
	char := rune(binary.LittleEndian.Uint16(r.event[10:]))
	state := binary.LittleEndian.Uint32(r.event[12:])
	if !down && (key != vkMenu || char == 0) { // alt with digits: the character comes as alt goes up
		return dst
	}
	for range min(max(repeat, 1), 256) {
		dst = append(dst, k.sequence(key, char, state)...)
	}
	return dst
}

func (k *consoleKeys) sequence(key uint16, char rune, state uint32) []byte {
	switch {
	case key == vkTab && state&shift != 0:
		return []byte("\x1b[Z")
	case key == vkBack && char != 0:
		char = 0x7f
	case char == 0:
		return namedKey(key, state)
	case utf16.IsSurrogate(char):
		if k.high == 0 {
			k.high = char
			return nil
		}
		char, k.high = utf16.DecodeRune(k.high, char), 0
	}
	text := utf8.AppendRune(nil, char)
	// Alt Gr, which types characters, is right alt with left control.
	if key != 0 && key != vkMenu && state&(leftAlt|rightAlt) != 0 && state&(leftCtrl|rightCtrl) == 0 {
		return append([]byte{0x1b}, text...)
	}
	return text
}

// namedKeys are the keys without a character, by their virtual key: the text after CSI, before the modifier.
var namedKeys = map[uint16]string{
	0x21: "5~", 0x22: "6~", 0x23: "F", 0x24: "H", 0x25: "D", 0x26: "A", 0x27: "C", 0x28: "B", 0x2d: "2~", 0x2e: "3~",
	0x70: "P", 0x71: "Q", 0x72: "R", 0x73: "S", 0x74: "15~", 0x75: "17~",
	0x76: "18~", 0x77: "19~", 0x78: "20~", 0x79: "21~", 0x7a: "23~", 0x7b: "24~",
}

// namedKey returns the sequence that xterm sends for a key without a character; nil if there is no such sequence.
func namedKey(key uint16, state uint32) []byte {
	name, ok := namedKeys[key]
	if !ok {
		return nil
	}
	modifier := 1
	for i, mask := range []uint32{shift, leftAlt | rightAlt, leftCtrl | rightCtrl} {
		if state&mask != 0 {
			modifier += 1 << i
		}
	}
	final := name[len(name)-1:]
	number := name[:len(name)-1]
	switch {
	case modifier > 1 && number == "":
		return fmt.Appendf(nil, "\x1b[1;%d%s", modifier, final)
	case modifier > 1:
		return fmt.Appendf(nil, "\x1b[%s;%d%s", number, modifier, final)
	case key >= 0x70 && number == "": // F1 to F4
		return []byte("\x1bO" + final)
	}
	return []byte("\x1b[" + name)
}

// asciiReader returns ASCII and sends the rest as messages: on Windows, Bubble Tea decodes its input with the system's
// code page, which breaks UTF-8.
type asciiReader struct {
	read   func(p []byte) (int, error)
	send   func(tea.Msg)
	unread []byte
}

// Read fills p with ASCII. It may return 0, nil; a message comes after everything returned before it.
func (a *asciiReader) Read(p []byte) (int, error) {
	if len(a.unread) == 0 {
		buf := make([]byte, len(p))
		n, err := a.read(buf)
		if n == 0 {
			return 0, err
		}
		a.unread = buf[:n]
	}
	if body, ok := bytes.CutPrefix(a.unread, []byte(pasteStart)); ok {
		if text, after, ok := bytes.Cut(body, []byte(pasteEnd)); ok {
			a.unread = after
			a.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(string(bytes.ToValidUTF8(text, nil))), Paste: true})
			return 0, nil
		}
	}
	n := 0
	for n < len(a.unread) && a.unread[n] < utf8.RuneSelf &&
		(n == 0 || !bytes.HasPrefix(a.unread[n:], []byte(pasteStart))) {
		n++
	}
	alt := n < len(a.unread) && n > 0 && a.unread[n-1] == 0x1b && a.unread[n] >= utf8.RuneSelf
	if alt {
		n--
	}
	if n > 0 {
		n = copy(p, a.unread[:n])
		a.unread = a.unread[n:]
		return n, nil
	}
	if alt {
		a.unread = a.unread[1:]
	}
	for n < len(a.unread) && a.unread[n] >= utf8.RuneSelf {
		n++
	}
	typed := []rune(string(bytes.ToValidUTF8(a.unread[:n], nil)))
	a.unread = a.unread[n:]
	if len(typed) > 0 {
		a.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: typed, Alt: alt})
	}
	return 0, nil
}
