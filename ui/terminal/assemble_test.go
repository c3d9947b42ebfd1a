package terminal

import (
	"io"
	"strings"
	"testing"
	"time"
)

// script is a terminal that sends its pieces one read at a time. A piece that begins with "+" comes within the wait
// for the rest; any other is there only for the next read.
type script struct {
	pieces []string
	clock  time.Time
}

func (s *script) read(p []byte) (int, error) {
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	piece := strings.TrimPrefix(s.pieces[0], "+")
	n := copy(p, piece)
	if n == len(piece) {
		s.pieces = s.pieces[1:]
	} else {
		s.pieces[0] = "+" + piece[n:]
	}
	return n, nil
}

func (s *script) ready(time.Duration) bool { return len(s.pieces) > 0 && s.pieces[0][0] == '+' }

// deliver reads a script to its end: what came by each read that brought anything, with pastes among them in brackets.
func deliver(t *testing.T, room int, pieces ...string) []string {
	t.Helper()
	s := &script{pieces: pieces}
	var got []string
	a := assembler{read: s.read, ready: s.ready, now: func() time.Time { return s.clock }, paste: func(text string) {
		got = append(got, "["+text+"]")
	}}
	for range 10_000 {
		p := make([]byte, room)
		n, err := a.Read(p)
		if n > 0 {
			got = append(got, string(p[:n]))
		}
		if err != nil {
			return got
		}
	}
	t.Fatal("the reader never came to an end")
	return nil
}

func TestReadsEndAtTheEndOfASequence(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []string
		want   []string
	}{
		{"keys as they come", []string{"a", "bc"}, []string{"a", "bc"}},
		{"an arrow in two", []string{"\x1b", "+[A"}, []string{"\x1b[A"}},
		{"an arrow in three", []string{"\x1b", "+[", "+A"}, []string{"\x1b[A"}},
		{"a function key in two", []string{"x\x1b[15", "+~y"}, []string{"x\x1b[15~y"}},
		{"SS3 in two", []string{"\x1bO", "+P"}, []string{"\x1bOP"}},
		{"a mouse report in two", []string{"\x1b[<0;12", "+;5M"}, []string{"\x1b[<0;12;5M"}},
		{"an old mouse report in two", []string{"\x1b[M !", "+!"}, []string{"\x1b[M !!"}},
		{"alt and an arrow", []string{"\x1b\x1b", "+[A"}, []string{"\x1b\x1b[A"}},
		{"esc alone is esc", []string{"\x1b", "x"}, []string{"\x1b", "x"}},
		{"a rune in two", []string{"\xc3", "+\xa9"}, []string{"é"}},
		{"junk is not waited for", []string{"\xff", "a"}, []string{"\xff", "a"}},
		{"a whole sequence is not waited for", []string{"\x1b[A", "+b"}, []string{"\x1b[A", "b"}},
		{"a short paste stays in the stream", []string{"\x1b[200~ab\x1b[201~c"}, []string{"\x1b[200~ab\x1b[201~c"}},
		{"a paste in two", []string{"\x1b[200~ab", "cd\x1b[201~"}, []string{"[abcd]"}},
		{"keys around a paste keep their order", []string{"j\x1b[200~ab", "+cd\x1b[201~k"},
			[]string{"j", "\x1b[200~abcd\x1b[201~k"}},
		{"the end of a paste in two", []string{"\x1b[200~ab\x1b[20", "1~c"}, []string{"[ab]", "c"}},
		{"a paste without brackets", []string{"Authorization: Bearer eyJq", "+.abc"},
			[]string{"[Authorization: Bearer eyJq.abc]"}},
		{"a paste without brackets and enter", []string{"Authorization: Bearer eyJq\r"},
			[]string{"[Authorization: Bearer eyJq]", "\r"}},
		{"a paste without brackets and an arrow", []string{"Authorization: Bearer eyJq", "+\x1b[A"},
			[]string{"[Authorization: Bearer eyJq]", "\x1b[A"}},
		{"a key held down", []string{strings.Repeat("j", 60)}, []string{strings.Repeat("j", 60)}},
		{"many arrows", []string{strings.Repeat("\x1b[A\x1b[B", 10)}, []string{strings.Repeat("\x1b[A\x1b[B", 10)}},
		{"escapes within a paste are text", []string{"\x1b[200~a\x1b", "b\x1b[A", "\x1b[201~"},
			[]string{"[a\x1bb\x1b[A]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := deliver(t, 256, c.pieces...)
			if strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestASequenceAtTheEndOfTheBufferIsNotCut(t *testing.T) {
	got := deliver(t, 16, strings.Repeat("x", 14)+"\x1b[1;5A", "+b")
	if want := []string{strings.Repeat("x", 14), "\x1b[1;5A", "b"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALongPasteArrivesWhole(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 64<<10) // 1 MiB
	got := deliver(t, 256, "j\x1b[200~"+text+"\x1b[201~k")
	if len(got) != 3 || got[0] != "j" || got[1] != "["+text+"]" || got[2] != "k" {
		t.Errorf("got %d deliveries, want j, the paste, k", len(got))
	}
}

func TestAPasteWithoutEndDoesNotSwallowTheKeyboard(t *testing.T) {
	s := &script{pieces: []string{"\x1b[200~ab", "cd"}}
	var pasted string
	a := assembler{read: s.read, ready: s.ready, now: func() time.Time { return s.clock },
		paste: func(text string) { pasted = text }}
	p := make([]byte, 256)
	for range 2 {
		if _, err := a.Read(p); err != nil {
			t.Fatal(err)
		}
	}
	s.clock = s.clock.Add(pasteStall + time.Second)
	s.pieces = []string{"q"}
	n, err := a.Read(p)
	if pasted != "abcd" || string(p[:n]) != "q" || err != nil {
		t.Errorf("got paste %q and keys %q (%v), want abcd and q", pasted, p[:n], err)
	}
}

func BenchmarkPaste1MB(b *testing.B) {
	text := "\x1b[200~" + strings.Repeat("0123456789abcdef", 64<<10) + "\x1b[201~"
	p := make([]byte, 256)
	for b.Loop() {
		s := &script{pieces: []string{text}}
		r := strings.NewReader(text)
		a := assembler{read: r.Read, ready: s.ready, now: func() time.Time { return s.clock }, paste: func(string) {}}
		for {
			if _, err := a.Read(p); err != nil {
				break
			}
		}
	}
}
