//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
)

// row is a login, and what is then done with its session. docs/protocol.md says which rows drive what: it reads that
// off client, args and then, so that nothing is claimed that does not run.
type row struct {
	name   string
	client string
	at     string   // which address of the server; "" is the usual one
	args   []string // flags of fob login; words in capitals stand for what the server of the row has: KEYS, ISSUER
	passed string   // the checks that must have passed
	warned string   // the checks that must not have passed, and did not end the run
	then   []do

	chromium   bool // a real browser is needed: the answer comes by a script
	oneBrowser bool // the row's runs are in one browser, which keeps its cookies
}

// do is a run of fob after a login. SESSION in command stands for the login's session.
type do struct {
	command string
	prints  string // what its standard output must hold, as words with "…" between them
	code    int    // its exit code
}

// side is a server that rows run against.
type side struct {
	issuer func(r row) string
	args   func(r row) []string // what the row's client needs beside its own flags
	words  map[string]string    // what the words in capitals stand for
}

// run drives a row.
func (r row) run(h *home, s side) {
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
	l.judged(h.t, r.passed, r.warned)
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

// sortedByLength are the words, the longest first: one may begin with another.
func sortedByLength(words map[string]string) []string {
	var list []string
	for w := range words {
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	return list
}

// judged compares a login's ledger with what it must say. A check that was made of two tokens passed when either did.
func (l login) judged(t *testing.T, passed, warned string) {
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

// runRows runs rows against a server, each as a test of its own, side by side.
func runRows(t *testing.T, h *home, s side, rows []row) {
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
