package tokens

import "testing"

func TestATextIsCutBetweenRunes(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"aé", 2, "a…"}, {"éa", 2, "é…"}, {"\xff\xfe", 1, "\xff…"}, {"", 0, ""}} {
		if got := Clip(c.text, c.most); got != c.want {
			t.Errorf("%q at most %d: got %q, want %q", c.text, c.most, got, c.want)
		}
	}
}
