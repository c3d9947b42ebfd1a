package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/export"
	"fob/flows/wire"
	"fob/tokens"
)

func edits(t *testing.T, texts ...string) []wire.Edit {
	t.Helper()
	var list []wire.Edit
	for _, text := range texts {
		e, err := wire.ParseEdit(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

func TestEditedRequestsShowWhatTheServerDoesWithThem(t *testing.T) {
	b := newBench(t)
	tests := map[string]struct {
		edits   []string
		code    string // of the error; "" if the run succeeds
		unmoved string // an edit that changes nothing
		want    string // checks that do not pass
	}{
		"no code_verifier":         {[]string{"token.code_verifier="}, "invalid_grant", "", "edited"},
		"something harmless":       {[]string{"authorization.ui_locales=fr"}, "", "", "edited"},
		"another scope by browser": {[]string{"authorization.scope=openid api:read"}, "", "", "scope edited"},
		"a header":                 {[]string{"token.header.X-Try=1"}, "", "", "edited"},
		"one that finds nothing":   {[]string{"token.header.X-Try=1", "-token.no_such"}, "", "no_such", "edited"},
		"nothing but such":         {[]string{"-token.no_such"}, "", "no_such", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var titles []string
			result, err := b.Login(b.ctx(), LoginRequest{Profile: "demo", Edits: edits(t, tt.edits...)},
				func(s flows.Step) {
					titles = append(titles, s.Title)
				})
			var refused *flows.OAuthError
			if errors.As(err, &refused) != (tt.code != "") || (refused != nil && refused.Code != tt.code) {
				t.Errorf("got %v, want %q", err, tt.code)
			}
			if got := failures(result.Meta.Ledger); got != tt.want {
				t.Errorf("checks that did not pass: got %q, want %q", got, tt.want)
			}
			said := slices.ContainsFunc(titles, func(s string) bool {
				return strings.HasPrefix(s, "An edit changed nothing") && strings.Contains(s, tt.unmoved)
			})
			if said != (tt.unmoved != "") {
				t.Errorf("steps: got %q, want an edit that changed nothing: %q", titles, tt.unmoved)
			}
		})
	}
}

func TestEveryRequestIsShownBeforeItIsSent(t *testing.T) {
	b := newBench(t)
	var seen []string
	before := func(_ context.Context, p wire.Pending) (*wire.Request, error) {
		seen = append(seen, p.Request.Endpoint)
		if p.Request.Endpoint == "authorization" {
			u, err := url.Parse(p.Request.URL)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			q.Set("login_hint", "alice")
			q.Del("ui_locales")
			u.RawQuery = q.Encode()
			p.Request.URL = u.String()
			return p.Request, nil
		}
		if p.Request.Endpoint == "token" {
			form, _ := url.ParseQuery(string(p.Request.Body))
			if code := form.Get("code"); code == "" || strings.Contains(mustJSON(t, p.Shown), code) {
				t.Errorf("the code %q is shown as it is, or not there: %s", code, mustJSON(t, p.Shown))
			}
		}
		return nil, nil
	}
	result, err := b.Login(b.ctx(), LoginRequest{Profile: "demo", Values: flows.Values{"ui_locales": "fr"},
		Before: before}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"metadata", "authorization", "token"} {
		if !slices.Contains(seen, want) {
			t.Errorf("shown: got %q, want %s among them", seen, want)
		}
	}
	i := slices.IndexFunc(result.Meta.Ledger, func(c tokens.Check) bool { return c.ID == tokens.CheckEdited })
	if i < 0 || result.Meta.Ledger[i].Received != "-authorization.ui_locales; authorization.login_hint=alice" {
		t.Errorf("ledger: got %+v, want both changes of the authorization request", result.Meta.Ledger)
	}
	plain := b.login(LoginRequest{Profile: "demo"})
	if got := failures(plain.Meta.Ledger); got != "" {
		t.Errorf("the next login: got %s, want nothing of it", got)
	}
}

func TestAPendingRequestCanBeAborted(t *testing.T) {
	b := newBench(t)
	for _, endpoint := range []string{"token", "authorization"} {
		before := func(_ context.Context, p wire.Pending) (*wire.Request, error) {
			if p.Request.Endpoint == endpoint {
				return nil, wire.ErrAborted
			}
			return nil, nil
		}
		if _, err := b.Login(b.ctx(), LoginRequest{Profile: "demo", Before: before}, nil); !errors.Is(err,
			wire.ErrAborted) {
			t.Errorf("%s: got %v, want %v", endpoint, err, wire.ErrAborted)
		}
	}
	if n := b.sessions(); n != 0 {
		t.Errorf("got %d sessions, want none", n)
	}
	first := b.login(LoginRequest{Profile: "demo"})
	_, err := b.RefreshWith(b.ctx(), first.Meta.ID, RefreshRequest{Edits: edits(t, "token.refresh_token=other")}, nil)
	var refused *flows.OAuthError
	if !errors.As(err, &refused) || refused.Code != "invalid_grant" {
		t.Errorf("a refresh with another token: got %v, want invalid_grant", err)
	}
}

func TestTheRunsOfThisProcessCanBeExported(t *testing.T) {
	b := newBench(t)
	var nothing bytes.Buffer
	if err := b.ExportRun(&nothing, "markdown"); !errors.Is(err, ErrNoRun) {
		t.Errorf("before any: got %v, want %v", err, ErrNoRun)
	}
	first := b.login(LoginRequest{Profile: "demo"})
	exports := map[string]*bytes.Buffer{}
	for _, f := range export.Formats() {
		exports[f.ID] = &bytes.Buffer{}
		if err := b.ExportRun(exports[f.ID], f.ID); err != nil {
			t.Fatal(err)
		}
	}
	b.login(LoginRequest{Profile: "service"})
	for _, f := range export.Formats() {
		own := exports[f.ID]
		var newest bytes.Buffer
		if err := b.ExportRun(&newest, f.ID); err != nil {
			t.Fatal(err)
		}
		mark := map[string]string{"har": "code_verifier"}[f.ID]
		if mark == "" {
			mark = "Exchange the code for tokens"
		}
		if strings.Contains(newest.String(), mark) || !strings.Contains(own.String(), mark) {
			t.Errorf("%s: the newest run and the one before are mixed up", f.ID)
		}
		for _, kind := range first.Set.Kinds() {
			if strings.Contains(own.String(), first.Set.Token(kind).Reveal()) {
				t.Errorf("%s holds the %s token", f.ID, kind)
			}
		}
	}
	var wrong *flows.InputError
	if err := b.ExportRun(&nothing, "pdf"); !errors.As(err, &wrong) {
		t.Errorf("an unknown format: got %v, want an *InputError", err)
	}
}

func TestRecordedRunsAreBounded(t *testing.T) {
	b := newBench(t)
	for range maxRuns + 3 {
		b.login(LoginRequest{Profile: "service"})
	}
	if n := len(b.pastRuns()); n != maxRuns {
		t.Errorf("got %d runs, want %d", n, maxRuns)
	}
	p, err := b.planLogin(LoginRequest{Profile: "service"})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	w := b.recordRun(p, func(flows.Step) { seen++ })
	for n := range maxSteps + 50 {
		w.step(flows.Step{N: n})
	}
	steps := w.record.Steps
	if len(steps) != maxSteps || w.record.Dropped != 50 || seen != maxSteps+50 || steps[0].N != 0 ||
		steps[maxSteps-1].N != maxSteps+49 {
		t.Errorf("got %d steps from %d to %d, %d dropped, %d seen", len(steps), steps[0].N, steps[len(steps)-1].N,
			w.record.Dropped, seen)
	}
}

func TestAFailureIsDiagnosedFromItsRun(t *testing.T) {
	b := newBench(t)
	_, err := b.Login(b.ctx(), LoginRequest{Profile: "demo", Edits: edits(t, "token.code_verifier=")}, nil)
	d, ok := b.Diagnose(err, ErrorContext{})
	if !ok || d.Code != "invalid_grant" || len(d.Causes) == 0 || len(d.Next) == 0 {
		t.Errorf("got %+v, %t, want a diagnosis of invalid_grant", d, ok)
	}
	c := b.diagnosisContext(err, ErrorContext{})
	if c.Grant != "authorization_code" || c.Provider == nil || c.ClientID != "demo-public" ||
		c.AuthMethod != "none" || c.PKCE != "S256" || len(c.Edited) != 1 || c.Command != "fob login demo" {
		t.Errorf("context: got %+v", c)
	}
	if c := b.diagnosisContext(errBroken, ErrorContext{}); c.Grant != "" {
		t.Errorf("another error: got %+v, want nothing known", c)
	}
}

// Without a recorded run, the diagnosis uses the session: its client, its ID in the commands, its server.
func TestAFailureIsDiagnosedFromItsSession(t *testing.T) {
	b := newBench(t)
	m := b.login(LoginRequest{Profile: "demo"}).Meta
	refused := &flows.OAuthError{Code: "invalid_token", Status: 401, Endpoint: "userinfo", ClockOffset: time.Hour,
		Sent: []wire.Field{{Name: "Authorization", Value: "Basic (client_secret_basic)"}}}
	c := b.diagnosisContext(fmt.Errorf("asking: %w", refused), ErrorContext{Session: m})
	if c.Session != m.ID || c.ClientID != "demo-public" || c.Provider == nil || c.Command != "fob login demo" ||
		c.ClockOffset != time.Hour {
		t.Errorf("context: got %+v", c)
	}
	d, ok := b.Diagnose(refused, ErrorContext{Session: m})
	if text := mustJSON(t, d.Next); !ok || !strings.Contains(text, "fob refresh "+m.ID) ||
		strings.Contains(text, "SESSION") {
		t.Errorf("next: got %s, want the session's id in it", text)
	}
	if c := b.diagnosisContext(refused,
		ErrorContext{Provider: "https://as.example"}); c.Issuer != "https://as.example" ||
		c.AuthMethod != "client_secret_basic" {
		t.Errorf("by an issuer: got %+v, want it and the method that was sent", c)
	}
	if d, ok := b.Diagnose(needsPerson(m, "it has no refresh token"), ErrorContext{Session: m}); !ok ||
		len(d.Next) != 1 || d.Next[0].CommandLine(d.Command) != "fob login demo" {
		t.Errorf("a session that is over: got %+v, want the login", d)
	}
}
