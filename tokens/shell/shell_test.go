package shell

import (
	"slices"
	"strings"
	"testing"
)

func TestWordsHoldTogether(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "": "''", "two words": "'two words'", "it's": `'it'\''s'`,
		"--scope=a b": "--scope='a b'", "$(x)": "'$(x)'",
		"--x=": "--x=", "https://a.example/?a&b": "'https://a.example/?a&b'", "a\x1b[m": "'a␛[m'",
	} {
		if got := Word(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestAQuotedTextStaysAsItIs(t *testing.T) {
	for in, want := range map[string]string{"": "''", "plain": "'plain'", "a'b\nc": "'a'\\''b\nc'", "a\x00b": "'ab'"} {
		if got := Quote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestALineIsPartedAsItWasWritten(t *testing.T) {
	for line, want := range map[string][]string{
		"": nil, " a  b\t": {"a", "b"}, "'a b' \"c d\"e": {"a b", "c de"}, `a\ b "q\"q" 'x\y'`: {"a b", `q"q`,
			`x\y`}, "''": {""},
		"curl \\\r\n -H x": {"curl", "-H", "x"}, "'open": {"open"},
	} {
		if got := Words(line); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
	words := []string{"fob", "", "it's", "a b", "$(x)", `back\slash`, "two\nlines"}
	var line []string
	for _, w := range words {
		line = append(line, Quote(w))
	}
	if got := Words(strings.Join(line, " ")); !slices.Equal(got, words) {
		t.Errorf("got %q, want the words that were quoted, %q", got, words)
	}
}
