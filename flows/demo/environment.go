package demo

import (
	"context"
	"slices"
	"strings"
	"time"
)

// environment is what every part of the server depends on: its configuration, addresses, clock and faults.
type environment struct {
	config  Config
	issuer  string
	tlsBase string // the URL of the TLS listener
	faults  faultSwitches
}

// newEnvironment completes the configuration and switches its faults on.
func newEnvironment(c Config) (*environment, error) {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.AccessLifetime <= 0 {
		c.AccessLifetime = defaultAccessLifetime
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	e := &environment{config: c}
	for _, name := range c.Faults {
		if err := e.faults.set(name, true); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// on reports whether a fault is on. All faults go through it.
func (e *environment) on(fault string) bool { return e.faults.isOn(fault) }

// now returns the time at which codes, sessions and polls expire.
func (e *environment) now() time.Time { return e.config.Now() }

// reportedTime is the time in tokens and Date headers: a fault can make it wrong.
func (e *environment) reportedTime() time.Time {
	switch {
	case e.on(faultClockAhead):
		return e.now().Add(10 * time.Minute)
	case e.on(faultClockBehind):
		return e.now().Add(-time.Hour)
	}
	return e.now()
}

// expired reports whether something that expires at t is no longer valid.
func (e *environment) expired(t time.Time) bool { return !e.now().Before(t) }

func (e *environment) api() string { return e.issuer + "/api" }

func (e *environment) opaqueResource() string { return e.api() + "/opaque" }

func (e *environment) mcp() string { return e.issuer + mcpPath }

// resources are the APIs that access tokens can be for, by their identifier (RFC 8707 2).
func (e *environment) resources() []string { return []string{e.api(), e.opaqueResource(), e.mcp()} }

// checkResources rejects unknown resources (RFC 8707 2: invalid_target).
func (e *environment) checkResources(asked []string) *oauthError {
	for _, r := range asked {
		if !slices.Contains(e.resources(), r) {
			return oauthErrorf("invalid_target", "the resource %q is not known here; known are %s", r,
				strings.Join(e.resources(), " "))
		}
	}
	return nil
}

// chooseResource returns the one resource of an access token: the requested one, within what was granted before; the
// first that was granted; the API.
func (e *environment) chooseResource(granted, asked []string) (string, *oauthError) {
	if err := e.checkResources(asked); err != nil {
		return "", err
	}
	switch {
	case len(asked) > 1:
		return "", oauthErrorf("invalid_target",
			"an access token is for one resource: ask for one at a time (RFC 8707 2.2)")
	case len(asked) == 1 && len(granted) > 0 && !slices.Contains(granted, asked[0]):
		return "", oauthErrorf("invalid_target", "the resource %q was not granted in the first place", asked[0])
	case len(asked) == 1:
		return asked[0], nil
	case len(granted) > 0:
		return granted[0], nil
	}
	return e.api(), nil
}
