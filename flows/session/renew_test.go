package session

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/demo"
	"fob/tokens"
)

const (
	refreshGrant = "refresh_token"
	clientGrant  = "client_credentials"

	// tenMinutes is longer than the lifetime of the demo's access tokens, and shorter than that of its refresh tokens.
	tenMinutes = 10 * time.Minute
)

func TestTokenIsRenewedBelowItsMinTTL(t *testing.T) {
	for name, request := range map[string]func(*bench) LoginRequest{
		"JWT":    func(*bench) LoginRequest { return LoginRequest{Profile: "demo"} },
		"opaque": (*bench).opaque,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			first := b.login(request(b))
			if want := map[string]string{"JWT": "jwt", "opaque": "opaque"}[name]; first.Meta.TokenFormat != want {
				t.Fatalf("format: got %q, want %q", first.Meta.TokenFormat, want)
			}
			token, _, err := b.Token(b.ctx(), first.Meta.ID, TokenRequest{MinTTL: time.Minute})
			if err != nil || !token.Equal(first.Set.AccessToken) || sent(refreshGrant, b.recorder) != 0 {
				t.Fatalf("a valid token was renewed: %v", err)
			}
			b.clock.Advance(90 * time.Second)
			token, m, err := b.Token(b.ctx(), first.Meta.ID, TokenRequest{MinTTL: time.Minute})
			if err != nil || token.Equal(first.Set.AccessToken) || sent(refreshGrant, b.recorder) != 1 {
				t.Fatalf("got %v and %d refreshes, want a new token and 1", err, sent(refreshGrant, b.recorder))
			}
			rec, err := b.Load(b.ctx(), first.Meta.ID)
			if err != nil || !rec.Secrets.Set.AccessToken.Equal(token) ||
				rec.Secrets.Set.RefreshToken.Equal(first.Set.RefreshToken) {
				t.Errorf("what was handed out is not what is stored: %v", err)
			}
			if rec.Meta.Refreshes != 1 || m.Refreshes != 1 || m.Label != first.Meta.Label ||
				!m.ExpiresAt.After(first.Meta.ExpiresAt) {
				t.Errorf("meta: got %+v", m)
			}
		})
	}
}

func TestTokenOfEachKind(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	for kind, want := range map[tokens.Kind]tokens.Secret{tokens.ID: first.Set.IDToken,
		tokens.Refresh: first.Set.RefreshToken, "": first.Set.AccessToken} {
		if got, _, err := b.Token(b.ctx(), "demo", TokenRequest{Kind: kind}); err != nil || !got.Equal(want) {
			t.Errorf("%q: got %s, %v, want %s", kind, got, err, want)
		}
	}
	b.clock.Advance(tenMinutes)
	if got, _, err := b.Token(b.ctx(), "demo", TokenRequest{Kind: tokens.ID}); err != nil ||
		got.Equal(first.Set.IDToken) {
		t.Errorf("an expired id_token: got %s, %v, want a new one", got, err)
	}
}

func TestTokenWithoutARefreshToken(t *testing.T) {
	t.Run("a grant without a person is run again", func(t *testing.T) {
		b := newBench(t)
		first := b.login(LoginRequest{Profile: "service"})
		b.clock.Advance(tenMinutes)
		token, m, err := b.Token(b.ctx(), first.Meta.ID, TokenRequest{})
		if err != nil || token.Equal(first.Set.AccessToken) || m.ID != first.Meta.ID ||
			sent(clientGrant, b.recorder) != 2 {
			t.Errorf("got %v, session %s and %d requests, want a new token of the same session", err, m.ID,
				sent(clientGrant, b.recorder))
		}
		if b.sessions() != 1 {
			t.Errorf("sessions: got %d, want 1", b.sessions())
		}
	})
	t.Run("a grant with a person needs one", func(t *testing.T) {
		b := newBench(t)
		first := b.login(LoginRequest{Profile: "demo"})
		if _, err := b.Revoke(b.ctx(), first.Meta.ID, tokens.Refresh); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(90 * time.Second)
		if token, _, err := b.Token(b.ctx(), "demo", TokenRequest{MinTTL: time.Minute}); err != nil ||
			!token.Equal(first.Set.AccessToken) {
			t.Errorf("less life than asked for and no way to get more: got %v, want the token", err)
		}
		b.clock.Advance(tenMinutes)
		if _, _, err := b.Token(b.ctx(), "demo", TokenRequest{}); !errors.Is(err, ErrNeedsPerson) {
			t.Errorf("got %v, want %v", err, ErrNeedsPerson)
		}
	})
	t.Run("a profile without a session", func(t *testing.T) {
		b := newBench(t)
		if token, m, err := b.Token(b.ctx(), "service", TokenRequest{}); err != nil || token.IsZero() ||
			m.Profile != "service" {
			t.Errorf("without a person: got %v, want a token", err)
		}
		if _, _, err := b.Token(b.ctx(), "demo", TokenRequest{}); !errors.Is(err, ErrNoSession) {
			t.Errorf("with a person: got %v, want %v", err, ErrNoSession)
		}
	})
}

func TestAnInvalidRefreshTokenNeedsAPerson(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.fault("refresh-family-revoked")
	b.clock.Advance(tenMinutes)
	_, _, err := b.Token(b.ctx(), first.Meta.ID, TokenRequest{})
	var refused *flows.OAuthError
	if !errors.Is(err, ErrNeedsPerson) || !errors.As(err, &refused) || refused.Code != "invalid_grant" {
		t.Errorf("got %v, want %v with the server's own words", err, ErrNeedsPerson)
	}
	if n := sent(refreshGrant, b.recorder); n != 1 {
		t.Errorf("refreshes: got %d, want 1", n)
	}
}

func TestRefreshAuthenticatesTheClientAgain(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "post"})
	if _, err := b.Refresh(b.ctx(), first.Meta.ID, nil); err != nil {
		t.Fatal(err)
	}
	if got := first.Meta.AuthMethod; got != "client_secret_post" {
		t.Errorf("method: got %q, want client_secret_post", got)
	}
}

func TestRefreshFaults(t *testing.T) {
	tests := map[string]struct {
		check string
		fails bool
	}{
		"changed-subject":               {"id_token.sub", true},
		"refresh-not-rotated":           {"refresh.rotation", false},
		"refresh-without-refresh-token": {"refresh.rotation", false},
	}
	for fault, tt := range tests {
		t.Run(fault, func(t *testing.T) {
			b := newBench(t)
			first := b.login(LoginRequest{Profile: "demo"})
			b.fault(fault)
			result, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
			if got := failures(result.Meta.Ledger); got != tt.check {
				t.Errorf("checks that did not pass: got %q, want %q", got, tt.check)
			}
			rec, loadErr := b.Load(b.ctx(), first.Meta.ID)
			if loadErr != nil {
				t.Fatal(loadErr)
			}
			kept := rec.Secrets.Set.AccessToken.Equal(first.Set.AccessToken)
			var failed *tokens.CheckError
			if errors.As(err, &failed) != tt.fails || kept != tt.fails {
				t.Errorf("got %v, old token kept %t", err, kept)
			}
			if !tt.fails && rec.Secrets.Set.RefreshToken.IsZero() {
				t.Error("the old refresh token was not kept")
			}
		})
	}
}

// Two services share a vault, as two processes do, and two goroutines each request a token at once. The refresh token
// rotates, and the server would revoke all tokens if it were used twice.
func TestARotatingRefreshTokenIsNeverSentTwice(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	other, recorder := b.another(os.Getenv)
	b.clock.Advance(tenMinutes)
	var wg sync.WaitGroup
	got := make(chan tokens.Secret, 4)
	for _, s := range []*Service{b.Service, b.Service, other, other} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			token, _, err := s.Token(b.ctx(), first.Meta.ID, TokenRequest{MinTTL: time.Minute})
			if err != nil {
				t.Errorf("got %v", err)
			}
			got <- token
		}()
	}
	wg.Wait()
	close(got)
	if n := sent(refreshGrant, b.recorder, recorder); n != 1 {
		t.Errorf("refreshes at the server: got %d, want 1", n)
	}
	var one tokens.Secret
	for token := range got {
		if !one.IsZero() && !token.Equal(one) {
			t.Error("two different tokens were handed out")
		}
		one = token
	}
	if _, err := b.Refresh(b.ctx(), first.Meta.ID, nil); err != nil {
		t.Errorf("the family was revoked: %v", err)
	}
}

// A caller that waits for the lock while another process renews uses its result, even for a requested renewal.
func TestRefreshUsesTheResultOfAnotherProcess(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	other, recorder := b.another(os.Getenv)
	lock, err := other.o.Store.Lock(b.ctx(), first.Meta.ID)
	if err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		result Result
		err    error
	}
	done := make(chan outcome, 1)
	loaded := make(chan struct{})
	b.backend.notifyGet(loaded)
	go func() {
		result, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
		done <- outcome{result, err}
	}()
	<-loaded
	// The other process holds the lock and stores its result before it unlocks.
	rec, err := other.Load(b.ctx(), first.Meta.ID)
	if err != nil {
		t.Fatal(err)
	}
	rec.Secrets.Set.AccessToken = tokens.NewSecret("what-the-other-process-got")
	rec.Meta.Refreshes++
	if err := other.o.Store.Put(b.ctx(), rec); err != nil {
		t.Fatal(err)
	}
	lock.Unlock()
	o := <-done
	if o.err != nil || o.result.Set.AccessToken.Reveal() != "what-the-other-process-got" {
		t.Errorf("got %v, want the other's token", o.err)
	}
	if n := sent(refreshGrant, b.recorder, recorder); n != 0 {
		t.Errorf("refreshes: got %d, want 0", n)
	}
}

func TestARenewedTokenThatCannotBeStoredIsReturnedWithAnError(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.clock.Advance(tenMinutes)
	b.backend.breakAfter(1, errBroken) // the probe succeeds
	token, _, err := b.Token(b.ctx(), first.Meta.ID, TokenRequest{})
	var loud *NotStoredError
	if token.IsZero() || !errors.As(err, &loud) || !errors.Is(err, errBroken) ||
		!loud.Result.Set.AccessToken.Equal(token) {
		t.Fatalf("got %s, %v, want the token with a *NotStoredError", token, err)
	}
	again, _, err := b.Token(b.ctx(), first.Meta.ID, TokenRequest{})
	if err != nil || !again.Equal(token) || sent(refreshGrant, b.recorder) != 1 {
		t.Errorf("got %v and %d refreshes, want the token that is in memory", err, sent(refreshGrant, b.recorder))
	}
	b.backend.breakWith(nil)
	if err := b.RetryStore(b.ctx(), loud.Result); err != nil {
		t.Fatal(err)
	}
	other, _ := b.another(os.Getenv)
	if rec, err := other.Load(b.ctx(), first.Meta.ID); err != nil || !rec.Secrets.Set.AccessToken.Equal(token) {
		t.Errorf("not stored: %v", err)
	}
}

// If the caller gives up after the response was verified, the rotated refresh token must not be lost.
func TestTheResponseIsStoredAfterTheCallerGaveUp(t *testing.T) {
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	ctx, cancel := context.WithCancel(b.ctx())
	result, err := b.Refresh(ctx, first.Meta.ID, func(s flows.Step) {
		if s.Check != nil && s.Check.ID == tokens.CheckRotation { // the last check
			cancel()
		}
	})
	if err != nil || ctx.Err() == nil {
		t.Fatalf("got %v", err)
	}
	other, _ := b.another(os.Getenv)
	if rec, err := other.Load(b.ctx(), first.Meta.ID); err != nil ||
		!rec.Secrets.Set.AccessToken.Equal(result.Set.AccessToken) {
		t.Errorf("not stored: %v, %v", err, result.StoreErr)
	}
}

func TestRefreshWithoutARefreshToken(t *testing.T) {
	b := newBench(t)
	if _, err := b.Refresh(b.ctx(), "0123456789ab", nil); !errors.Is(err, ErrNoSession) {
		t.Errorf("got %v, want %v", err, ErrNoSession)
	}
}

func TestAResponseWithExpiredTokensIsAnError(t *testing.T) {
	b := newBench(t)
	server, err := demo.Start(demo.Config{AutoConsent: true, Now: b.clock.Now, AccessLifetime: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	first := b.login(LoginRequest{Issuer: server.Issuer(), ClientID: "demo-service",
		ClientSecret: server.Description().Client("demo-service").ClientSecret,
		Grant:        clientGrant, Values: flows.Values{"scope": "api:read"}})
	if _, _, err := b.Token(b.ctx(), first.Meta.ID, TokenRequest{}); !errors.Is(err, ErrNeedsPerson) {
		t.Errorf("got %v, want %v", err, ErrNeedsPerson)
	}
}
