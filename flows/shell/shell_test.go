package shell

import "testing"

func TestWordsHoldTogether(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "": "''", "two words": "'two words'", "it's": `'it'\''s'`, "--scope=a b": "--scope='a b'", "$(x)": "'$(x)'",
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
