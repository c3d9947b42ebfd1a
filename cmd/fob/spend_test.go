package main

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// cutOff makes the response to the next refresh never arrive, although the provider has rotated.
func (w *world) cutOff(p *rotating, id string) {
	w.t.Helper()
	p.beforeAnswers(func() { panic(http.ErrAbortHandler) })
	defer p.beforeAnswers(nil)
	w.wants(exitNetwork, "was used is unknown", "refresh", id)
}

func TestARefreshInDoubtIsReportedByEveryVerb(t *testing.T) {
	w, p, id := newRotatingWorld(t)
	w.cutOff(p, id)
	const words = "never arrived: the provider may treat a second use as theft"
	w.execReplace = func(context.Context, child) error { return nil }
	for _, args := range [][]string{
		{"token", id}, {"token", id, "--min-ttl", "1h"}, {"exec", id, "--", os.Args[0]}, {"call", id, p.API() + "/me"},
		{"userinfo", id},
	} {
		if r := w.must(args...); strings.Count(r.stderr, words) != 1 ||
			!strings.Contains(r.stderr, "is still valid until ") {
			t.Errorf("%v said %q, want it once with %q", args, r.stderr, words)
		}
	}
	if r := w.must("show", id); !strings.Contains(r.out, words) {
		t.Errorf("show printed %q", r.out)
	}
	if r := w.must("list"); !strings.Contains(r.out, " in doubt ") {
		t.Errorf("list printed %q", r.out)
	}
	if r := w.must("list", "--json"); !strings.Contains(r.out, `"refresh_in_doubt":true`) {
		t.Errorf("list --json printed %q", r.out)
	}
	r := w.must("doctor")
	if !strings.Contains(r.out, words) || !strings.Contains(r.out, "fob refresh "+id+" --retry-refresh") {
		t.Errorf("doctor printed %q", r.out)
	}
	w.goOn(p, 10*time.Minute)
	for _, args := range [][]string{
		{"token", id}, {"refresh", id}, {"exec", id, "--", os.Args[0]}, {"call", id, p.API() + "/me"},
	} {
		r := w.wants(exitPerson, words, args...)
		if !strings.Contains(r.stderr, "--retry-refresh") || !strings.Contains(r.stderr, "fob login") {
			t.Errorf("%v said %q, want both ways out", args, r.stderr)
		}
	}
	if _, reused := p.refreshes(); reused != 0 {
		t.Fatalf("the provider's log has %d reuses", reused)
	}
	r = w.wants(exitPerson, words, "token", id, "--retry-refresh")
	if _, reused := p.refreshes(); reused != 1 || !strings.Contains(r.stderr, "invalid_grant") {
		t.Errorf("with a yes: %d reuses, want one\n%s", reused, r.stderr)
	}
	w.wants(exitPerson, "has been invalid since", "token", id, "--retry-refresh")
	if r := w.must("list"); !strings.Contains(r.out, " invalid ") {
		t.Errorf("list printed %q", r.out)
	}
	if r := w.must("show", id); !strings.Contains(r.out, "invalid since") || !strings.Contains(r.out, "invalid_grant") {
		t.Errorf("show printed %q", r.out)
	}
	if r := w.must("doctor"); strings.Contains(r.out, words+"\n") {
		t.Errorf("doctor printed %q", r.out)
	}
	if _, reused := p.refreshes(); reused != 1 {
		t.Errorf("the provider's log has %d reuses, want the one that was agreed to", reused)
	}
}

func TestDoctorReportsAnInterruptedSignInOnce(t *testing.T) {
	w, p, _ := newRotatingWorld(t)
	p.cutLogins.Store(true)
	t.Cleanup(func() { p.cutLogins.Store(false) })
	w.wants(exitNetwork, "token endpoint", aliceArgs(p.Server)...)
	p.cutLogins.Store(false)
	r := w.must("doctor")
	for _, want := range []string{
		"sign-in", "demo-public", p.Issuer(), "no valid response", "tokens that are stored nowhere", "reported once",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("doctor printed %q, want %q in it", r.out, want)
		}
	}
	if r := w.must("doctor"); strings.Contains(r.out, "stored nowhere") {
		t.Errorf("doctor says it again: %q", r.out)
	}
}
