package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"fob/flows/redirect"
)

// Nobody is waited for where nobody is: each of these would wait until the time is over.
func TestALoginWithoutInputNeedsABrowser(t *testing.T) {
	for _, grant := range []string{"authorization_code", "device_code", "implicit", "hybrid"} {
		for _, browser := range []string{"none", "refused", "that a person has to use"} {
			w := newWorld(t)
			s := w.startDemo()
			w.browser = func(context.Context, string) error {
				if browser == "none" {
					return fmt.Errorf("%w: no display", redirect.ErrNoBrowser)
				}
				t.Errorf("%s, %s: a browser was opened", grant, browser)
				return nil
			}
			if browser == "none" {
				w.env["BROWSER"] = "a-program"
			}
			args := []string{"login", "--issuer", s.Issuer(), "--client-id", "demo-public", "--grant", grant, "--no-input"}
			if browser == "refused" {
				args = append(args, "--no-browser")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			r := w.runIn(ctx, strings.NewReader(""), args...)
			if ctx.Err() != nil {
				cancel()
				t.Fatalf("%s, %s: it waited", grant, browser)
			}
			cancel()
			said := strings.Join(strings.Fields(r.stderr), " ")
			if r.code != exitPerson || !strings.Contains(said, "BROWSER") || !strings.Contains(said, "--paste") || r.out != "" {
				t.Errorf("%s, %s: exit %d, want %d\n%s", grant, browser, r.code, exitPerson, r.stderr)
			}
		}
	}
}

// A backchannel authentication is approved by a person elsewhere: without one, nothing is asked.
func TestALoginWithoutInputAsksNobodyThroughTheBackchannel(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r := w.runIn(ctx, strings.NewReader(""), "login", "--issuer", s.Issuer(), "--client-id", "demo-ciba",
		"--grant", "ciba", "--login-hint", "alice", "--no-input")
	if ctx.Err() != nil || r.code != exitPerson || !strings.Contains(r.stderr, "approve") {
		t.Errorf("exit %d, waited %t, want %d\n%s", r.code, ctx.Err() != nil, exitPerson, r.stderr)
	}
}
