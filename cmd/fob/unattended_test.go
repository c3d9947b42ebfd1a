package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"fob/flows/redirect"
)

// With --no-input no login waits for a user: each of these would wait for the timeout.
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
			args := []string{"login", "--issuer", s.Issuer(), "--client-id", "demo-public", "--grant", grant,
				"--no-input"}
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
			if r.code != exitPerson || !strings.Contains(said, "BROWSER") || !strings.Contains(said, "--paste") ||
				r.out != "" {
				t.Errorf("%s, %s: exit %d, want %d\n%s", grant, browser, r.code, exitPerson, r.stderr)
			}
		}
	}
}

// A user approves a backchannel authentication on another device. With --no-input no user is asked, though the login
// would succeed here: the demo provider approves it by itself.
func TestALoginWithoutInputAsksNoUserThroughTheBackchannel(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.env["S"] = secretOf(s, "demo-service")
	args := []string{"login", "--issuer", s.Issuer(), "--client-id", "demo-service", "--client-secret-env", "S",
		"--grant", "ciba", "--login-hint", "alice"}
	w.wants(exitPerson, "to approve on their own device", append(args, "--no-input")...)
	w.must(args...)
}
