//go:build unix

// LEFT OUT elsewhere: it needs a Unix shell.

package export

import (
	"os/exec"
	"strings"
	"testing"

	"fob/flows/wire"
)

// A real shell passes to curl what was recorded, with the values of the variables.
func TestTheShellReadsACurlCommandAsItWasMeant(t *testing.T) {
	body := `{"it's": "$(exit 3) ` + "`id`" + ` $HOME \\ *?[a] ünï !!", "code": "sha256:0badcafe 40 B"}` + "\n"
	command := Curl(&wire.Exchange{Request: wire.Message{Method: "POST", URL: "https://as.example/a?b&c='",
		Body: body, BodySize: len(body)}}, map[string]string{"CODE": "$(printf 'a b*')"})
	out, err := exec.Command("sh", "-c", `curl() { printf '[%s]' "$@"; }; `+command).Output()
	want := "[--globoff][--include][--request][POST][--url][https://as.example/a?b&c=']" +
		"[--header][Content-Type:][--data-raw][" + strings.Replace(body, "sha256:0badcafe 40 B", "a b*", 1) + "]"
	if err != nil || string(out) != want {
		t.Errorf("got  %q, %v\nwant %q", out, err, want)
	}
}
