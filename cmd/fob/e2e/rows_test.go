//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
)

// row is a login and what is then done with its session. docs/protocol.md lists what each row tests: that is derived
// from client, args and then, so that it lists only what runs.
type row struct {
	name   string
	client string
	at     string   // name of the issuer URL, if the server has several; "" is the default
	args   []string // flags of fob login; words in capitals, such as KEYS, are replaced by the server
	passed string   // checks that must pass
	warned string   // checks that must warn
	then   []use

	chromium   bool // use a real browser, since the response comes from a script
	oneBrowser bool // use one browser for all commands, so that cookies are kept
}

// use is a command that is run after a login. SESSION in it is the ID of the session.
type use struct {
	command string
	prints  string // parts of its standard output, separated by "…"
	code    int    // exit code
}

// rowServer is a server that rows run against.
type rowServer struct {
	issuer func(r row) string
	args   func(r row) []string // further flags that the row's client needs
	words  map[string]string    // replacements of the words in capitals
}

// run runs a row.
func (r row) run(h *home, s rowServer) {
	h.t.Helper()
	fill := func(text string) string {
		for _, word := range sortedByLength(s.words) {
			text = strings.ReplaceAll(text, word, s.words[word])
		}
		return text
	}
	if r.chromium {
		h.useChromium()
	}
	if r.oneBrowser {
		h.keepCookies()
	}
	args := append([]string{"login", "--issuer", s.issuer(r), "--client-id", fill(r.client), "--json", "--timeout",
		"40s"}, s.args(r)...)
	for _, a := range r.args {
		args = append(args, fill(a))
	}
	l := decode[login](h.t, h.must(args...).stdout)
	l.checkLedger(h.t, r.passed, r.warned)
	for _, d := range r.then {
		command := strings.Fields(strings.ReplaceAll(fill(d.command), "SESSION", l.Session))
		got := h.fob(command...)
		if got.code != d.code {
			h.t.Errorf("fob %s: exit %d, want %d\n%s%s", d.command, got.code, d.code, got.stdout, got.stderr)
			continue
		}
		rest := got.stdout
		for _, want := range strings.Split(fill(d.prints), "…") {
			_, after, found := strings.Cut(rest, want)
			if !found {
				h.t.Errorf("fob %s: printed\n%s\nwant %s in it", d.command, got.stdout, fill(d.prints))
				break
			}
			rest = after
		}
	}
}

// sortedByLength returns the keys of words, the longest first, since one may be the beginning of another.
func sortedByLength(words map[string]string) []string {
	var list []string
	for w := range words {
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	return list
}

// checkLedger compares a login's ledger with the expected checks. A check that was made of two tokens counts as passed
// if it passed for one.
func (l login) checkLedger(t *testing.T, passed, warned string) {
	t.Helper()
	outcome := map[string]string{}
	for _, c := range l.Ledger {
		if outcome[c.ID] != "passed" {
			outcome[c.ID] = c.Outcome
		}
	}
	for _, id := range strings.Fields(passed) {
		if outcome[id] != "passed" {
			t.Errorf("check %s: %q, want passed; the ledger is %v", id, outcome[id], outcome)
		}
	}
	for _, id := range strings.Fields(warned) {
		if got := outcome[id]; got != "warning" {
			t.Errorf("check %s: %q, want a warning; the ledger is %v", id, got, outcome)
		}
	}
}

// runRows runs rows against a server, each as a parallel subtest.
func runRows(t *testing.T, h *home, s rowServer, rows []row) {
	t.Helper()
	names := map[string]bool{}
	for _, r := range rows {
		if names[r.name] {
			t.Errorf("two rows are called %q", r.name)
		}
		names[r.name] = true
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.run(h.in(t), s)
		})
	}
}
