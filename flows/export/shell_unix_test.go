//go:build unix

// LEFT OUT elsewhere: it needs a Unix shell.

package export

import (
	"os/exec"
	"strings"
	"testing"

	"fob/tokens/shell"
)

// A real shell reads what was quoted as it was.
func TestTheShellReadsAWordAsItWasQuoted(t *testing.T) {
	for _, s := range []string{"", "plain", "it's", "$(exit 3) `id` $HOME",
		"a\nb\\", "!!", "-n", `"'"'`, "*?[a]", "ünï"} {
		out, err := exec.Command("sh", "-c", "printf %s "+shell.Quote(s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q: got %q, %v", s, out, err)
		}
	}
	out, err := exec.Command("sh", "-c", "CODE='a b*'; printf '[%s]' "+shellWord([]piece{{literal: "codeSpan='"},
		{variable: "CODE"}})).Output()
	if want := "[codeSpan='a b*]"; err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}
