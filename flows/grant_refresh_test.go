package flows

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"fob/tokens"
)

// refreshRun returns a refresh of the set of a correct sign-in.
func refreshRun(f *fakeServer, values Values) (*Run, *[]Step) {
	f.asked = url.Values{"scope": {"openid api:read"}, "nonce": {"n1"}}
	r, steps := f.run(values)
	r.Current = tokens.Set{
		AccessToken: tokens.NewSecret("old"), RefreshToken: tokens.NewSecret(canaryRefresh),
		IDToken:   tokens.NewSecret(f.idToken()),
		TokenType: "Bearer", Scope: "openid api:read", ReceivedAt: start,
	}
	f.asked = url.Values{"scope": {"openid api:read"}}
	return r, steps
}

func TestRefreshMergesTheResponse(t *testing.T) {
	f := newFakeServer(t)
	f.editTokens = func(m map[string]any) { delete(m, "refresh_token"); delete(m, "id_token"); delete(m, "scope") }
	r, _ := refreshRun(f, Values{})
	set, err := Refresh.Run(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if set.AccessToken.Reveal() != canaryAccess || set.RefreshToken.Reveal() != canaryRefresh || set.IDToken.IsZero() ||
		set.Scope != "openid api:read" {
		t.Errorf("got %v, want the new access token with the old rest", set.Kinds())
	}
	if got, want := f.forms[0].Get("refresh_token"), canaryRefresh; got != want {
		t.Errorf("refresh_token sent: got %q, want %q", got, want)
	}
	if got := outcomeOf(r.Ledger, tokens.CheckIDTokenPresent); got != tokens.Skipped {
		t.Errorf("a refresh without id_token: got %q, want %q", got, tokens.Skipped)
	}
}

func TestRefreshChecks(t *testing.T) {
	claim := func(name string, v any) func(*fakeServer) {
		return func(f *fakeServer) { f.editClaims = func(c map[string]any) { c[name] = v } }
	}
	tests := map[string]struct {
		tamper func(*fakeServer)
		values Values
		secret bool
		want   string
	}{
		"honest":                    {func(*fakeServer) {}, nil, false, ""},
		"another person":            {claim("sub", "bob"), nil, false, "id_token.sub failed"},
		"another issuer":            {claim("iss", "https://evil.example"), nil, false, "id_token.iss failed"},
		"an azp that was not there": {claim("azp", "client"), nil, false, "id_token.refreshed failed"},
		"issued before the one before": {claim("iat", start.Add(-time.Hour).Unix()), nil, false,
			"id_token.refreshed failed"},
		// the previous one had no nonce
		"an auth_time of its own": {claim("auth_time", start.Add(-time.Hour).Unix()), nil, false, ""},
		"aud as a list":           {claim("aud", []string{"client"}), nil, false, ""},
		"another nonce":           {claim("nonce", "n2"), nil, false, "id_token.nonce failed"},
		"the same nonce":          {claim("nonce", "n1"), nil, false, ""},
		"another token type": {func(f *fakeServer) {
			f.editTokens = func(
				m map[string]any) {
				m["token_type"] = "mac"
			}
		}, nil, false, "token_type failed"},
		"not rotated, public": {func(f *fakeServer) {
			f.editTokens = func(
				m map[string]any) {
				m["refresh_token"] = canaryRefresh
			}
		}, nil, false, "refresh.rotation warning"},
		"none came, public": {func(f *fakeServer) {
			f.editTokens = func(m map[string]any) {
				delete(m,
					"refresh_token")
			}
		}, nil, false, "refresh.rotation warning"},
		"not rotated, with a secret": {func(f *fakeServer) {
			f.editTokens = func(
				m map[string]any) {
				m["refresh_token"] = canaryRefresh
			}
		}, nil, true, ""},
		"less scope than was asked for": {func(f *fakeServer) {
			f.editTokens = func(
				m map[string]any) {
				m["scope"] = "openid"
			}
		}, Values{"scope": "openid api:read"}, false, "scope warning"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			r, _ := refreshRun(f, tt.values)
			tt.tamper(f)
			if tt.secret {
				r.Client.Secret = tokens.NewSecret(canarySecret)
			}
			set, err := Refresh.Run(context.Background(), r)
			if got := failures(r.Ledger); got != tt.want {
				t.Errorf("checks that did not pass: got %q, want %q", got, tt.want)
			}
			var failed *tokens.CheckError
			if isFailure := len(r.Ledger.Violations()) > 0; isFailure != errors.As(err, &failed) ||
				isFailure != (len(set.Kinds()) == 0) {
				t.Errorf("got %v and tokens %v", err, set.Kinds())
			}
		})
	}
}

// An id_token of a refresh has the auth_time of the sign-in, or no auth_time.
func TestARefreshKeepsAuthTime(t *testing.T) {
	for name, c := range map[string]struct {
		now  any
		want string
	}{
		"the same":  {start.Add(-time.Minute).Unix(), ""},
		"left out":  {nil, ""},
		"another":   {start.Unix(), "id_token.refreshed failed"},
		"no number": {"soon", "id_token.refreshed failed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.editClaims = func(m map[string]any) { m["auth_time"] = start.Add(-time.Minute).Unix() }
			r, _ := refreshRun(f, nil)
			f.editClaims = func(m map[string]any) {
				if m["auth_time"] = c.now; c.now == nil {
					delete(m, "auth_time")
				}
			}
			_, err := Refresh.Run(context.Background(), r)
			if got := failures(r.Ledger); got != c.want || (err != nil) != (c.want != "") {
				t.Errorf("checks that did not pass: got %q and %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestRefreshWithNarrowerScope(t *testing.T) {
	f := newFakeServer(t)
	f.editTokens = func(m map[string]any) { delete(m, "scope") }
	r, _ := refreshRun(f, Values{"scope": "api:read"})
	set, err := Refresh.Run(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if set.Scope != "api:read" || f.forms[0].Get("scope") != "api:read" {
		t.Errorf("scope: got %q, sent %q, want api:read", set.Scope, f.forms[0].Get("scope"))
	}
}

func TestRefreshWithoutARefreshTokenSendsNothing(t *testing.T) {
	f := newFakeServer(t)
	r, _ := f.run(Values{})
	_, err := Refresh.Run(context.Background(), r)
	var missing *InputError
	if !errors.As(err, &missing) || len(f.requests) != 0 {
		t.Errorf("got %v and %d requests, want an *InputError and none", err, len(f.requests))
	}
}

func TestAnIDTokenWithoutKeysCannotBeVerified(t *testing.T) {
	f := newFakeServer(t)
	_, r, _, _, err := f.signIn(nil, func(r *Run) { r.Keys = nil })
	var failed *tokens.CheckError
	if !errors.As(err, &failed) || failed.Check.ID != tokens.CheckSignature || failed.Check.Because == "" {
		t.Errorf("got %v, want the signature check with a reason", err)
	}
	if got, want := failures(r.Ledger), "id_token.signature failed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInputsAreValidatedFromTheirDeclaration(t *testing.T) {
	tests := map[string]struct {
		values Values
		input  string
	}{
		"good":               {Values{"pkce": "plain", "max_age": "0"}, ""},
		"unknown choice":     {Values{"pkce": "S512"}, "pkce"},
		"seconds as a word":  {Values{"max_age": "soon"}, "max_age"},
		"seconds below zero": {Values{"max_age": "-1"}, "max_age"},
		"another grant's":    {Values{"assertion": "x"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := AuthorizationCode.Validate(tt.values)
			var wrong *InputError
			if errors.As(err, &wrong) != (tt.input != "") || (wrong != nil && wrong.Input != tt.input) {
				t.Errorf("got %v, want an error about %q", err, tt.input)
			}
		})
	}
}

func TestEveryGrantDeclaresItsInputs(t *testing.T) {
	ids := map[string]bool{}
	for _, g := range Grants() {
		if g.ID == "" || g.Name == "" || g.Summary == "" || g.Spec == "" || g.Run == nil || ids[g.ID] {
			t.Errorf("grant %q lacks something, or is there twice", g.ID)
		}
		ids[g.ID] = true
		values := g.Defaults()
		for _, in := range g.Inputs {
			if in.Required && values[in.Name] == "" {
				values[in.Name] = "something"
			}
		}
		if err := g.Validate(values); err != nil {
			t.Errorf("grant %s does not take its own defaults: %v", g.ID, err)
		}
		names := map[string]bool{}
		for _, in := range g.Inputs {
			if in.Name == "" || in.Label == "" || in.Help == "" || in.Kind == "" || names[in.Name] {
				t.Errorf("input %q of %s lacks something, or is there twice", in.Name, g.ID)
			}
			names[in.Name] = true
		}
		for _, id := range []string{g.ID, g.GrantType} {
			if id == "" {
				continue // it has no grant type
			}
			if found, ok := GrantByID(id); !ok || found.ID != g.ID {
				t.Errorf("GrantByID(%q): got %q, %t, want %q", id, found.ID, ok, g.ID)
			}
		}
	}
}

func TestTheDefaultWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := (&Run{}).wait(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
