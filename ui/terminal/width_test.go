package terminal

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestWidthIsWhatTheLibrarySays(t *testing.T) {
	for r := rune(0x20); r < 0x3000; r++ {
		for _, s := range []string{string(r), "a" + string(r) + "b", "\x1b[1;31m" + string(r) + "\x1b[0m─"} {
			if got, want := Width(s), ansi.StringWidth(s); got != want {
				t.Fatalf("Width(%q) = %d, want %d", s, got, want)
			}
		}
	}
	for _, s := range []string{
		"", "日本語", "é", "e\u0301", "✓\ufe0f", "←\ufe0f", "👩‍👩‍👧", "\x1b]8;;https://a\x07link\x1b]8;;\x07", "\x1b[",
		"\x1b[3", "\x1b", "a\tb",
		"\x1b[38;2;1;2;3mx\x1b[0m", "\xff", "…日", "│\u0301",
	} {
		if got, want := Width(s), ansi.StringWidth(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
}

func BenchmarkWidth(b *testing.B) {
	s := "\x1b[38;2;135;175;255m│\x1b[0m > alice · acme-dev          ████████░░░░  04:12  RT " +
		"\x1b[38;2;135;175;255m│\x1b[0m"
	for b.Loop() {
		_ = Width(s)
	}
}
