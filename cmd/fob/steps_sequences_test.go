package main

import (
	"bytes"
	"strings"
	"testing"

	"fob/flows"
)

func TestATerminalWithoutSequencesGetsNone(t *testing.T) {
	const address = "https://login.example.com/device?user_code=ABCD-EFGH"
	for name, c := range map[string]struct {
		tty  ttys
		term string
		want bool
	}{
		"a terminal":                    {ttys{err: true}, "xterm-256color", true},
		"Windows sets no TERM":          {ttys{err: true}, "", true},
		"an old console":                {ttys{err: true, plain: true}, "", false},
		"a terminal that says it is so": {ttys{err: true}, "dumb", false},
		"no terminal":                   {ttys{}, "xterm-256color", false},
	} {
		var out bytes.Buffer
		a := &app{tty: c.tty, stderr: &out, getenv: func(k string) string {
			return map[string]string{"TERM": c.term}[k]
		},
			screen: func() (int, int) { return 120, 60 }}
		p := &stepPrinter{a: a}
		p.qr(flows.Prompt{CompleteURL: address})
		if got := strings.Contains(p.link(address)+out.String(), "\x1b"); got != c.want {
			t.Errorf("%s: sequences %v, want %v", name, got, c.want)
		}
		if !strings.Contains(p.link(address), address) {
			t.Errorf("%s: the address is missing", name)
		}
	}
}
