package session

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"fob/tokens"
	"fob/tokens/vault"
)

// change changes the stored record of a session, as the process that stored it could.
func (b *bench) change(id string, f func(r *vault.Record)) {
	b.t.Helper()
	rec, err := b.o.Store.Get(b.ctx(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	f(&rec)
	if err := b.o.Store.Put(b.ctx(), rec); err != nil {
		b.t.Fatal(err)
	}
}

func TestATokenEndpointThatMovedOnTheSiteIsReportedAndBound(t *testing.T) {
	b := newBench(t)
	id := b.login(LoginRequest{Profile: "demo"}).Meta.ID
	now := b.server.Issuer() + "/token"
	if m, err := b.o.Store.Meta(b.ctx(), id); err != nil || m.TokenEndpoint != now {
		t.Fatalf("after the login: got %q, %v, want %q", m.TokenEndpoint, err, now)
	}
	for was, says := range map[string]bool{b.server.Issuer() + "/old": true, "": false} { // "": of an earlier fob
		b.change(id, func(r *vault.Record) { r.Meta.TokenEndpoint = was })
		var said []string
		ctx := WithNotify(b.ctx(), func(text string) { said = append(said, text) })
		if _, err := b.Refresh(ctx, id, nil); err != nil {
			t.Fatalf("from %q: %v", was, err)
		}
		text := strings.Join(said, " ")
		if got := strings.Contains(text, was) && strings.Contains(text, now); got != says {
			t.Errorf("from %q: said %q, want both addresses: %v", was, text, says)
		}
		if m, err := b.o.Store.Meta(b.ctx(), id); err != nil || m.TokenEndpoint != now {
			t.Errorf("from %q: bound to %q, %v, want %q", was, m.TokenEndpoint, err, now)
		}
	}
}

func TestATokenEndpointThatLeftTheSiteMustBeAccepted(t *testing.T) {
	var asked atomic.Int64
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(away.Close)
	b := newBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	id := first.Meta.ID
	b.change(id, func(r *vault.Record) {
		r.Meta.Settings["endpoints"] = mustJSON(t, map[string]string{"token": away.URL + "/token"})
	})
	use := map[string]func(s *Service) error{
		"refresh": func(s *Service) error { _, err := s.Refresh(b.ctx(), id, nil); return err },
		"token": func(s *Service) error {
			_, _, err := s.Token(b.ctx(), id, TokenRequest{Kind: tokens.ID, MinTTL: tenMinutes * 100})
			return err
		},
	}
	b.clock.Advance(tenMinutes)
	for name, f := range use {
		err := f(b.Service)
		var moved *EndpointMovedError
		if !errors.As(err, &moved) || !errors.Is(err, ErrNeedsPerson) || asked.Load() != 0 {
			t.Fatalf("%s: got %v and %d requests, want a *MovedError and none", name, err, asked.Load())
		}
		if moved.Old != b.server.Issuer()+"/token" || moved.New != away.URL+"/token" {
			t.Errorf("%s: got from %s to %s", name, moved.Old, moved.New)
		}
		if !strings.Contains(err.Error(), moved.Old) || !strings.Contains(err.Error(), moved.New) {
			t.Errorf("%s: %v does not name both addresses", name, err)
		}
	}
	if err := b.AcceptEndpoint(b.ctx(), id, "no address"); err == nil {
		t.Error("what is no address was accepted")
	}
	if err := b.AcceptEndpoint(b.ctx(), id, away.URL+"/token"); err != nil {
		t.Fatal(err)
	}
	other, _ := b.another(os.Getenv)
	if err := use["refresh"](other); err == nil || errors.As(err, new(*EndpointMovedError)) || asked.Load() != 1 {
		t.Errorf("after a yes: got %v and %d requests, want what the endpoint said", err, asked.Load())
	}
}

func TestOnSite(t *testing.T) {
	for _, c := range []struct {
		address, issuer string
		want            bool
	}{
		{"https://login.example.com/token", "https://login.example.com", true},
		{"https://LOGIN.example.com/token", "https://login.example.com/realm", true},
		{"https://eu.login.example.com/token", "https://login.example.com", true},
		{"https://login.example.com:8443/token", "https://login.example.com", false}, // another server on that host
		{"https://token.example.com/token", "https://login.example.com", false},      // example.com may be co.uk
		{"https://evil-login.example.com/token", "https://login.example.com", false},
		{"https://login.example.com.evil.example/token", "https://login.example.com", false},
		{"https://login.example.com@evil.example/token", "https://login.example.com", false},
		{"http://login.example.com/token", "https://login.example.com", false}, // in clear
		{"https://127.0.0.1:9000/token", "http://127.0.0.1:9000", true},
		{"http://127.0.0.1:9001/token", "http://127.0.0.1:9000", false},
		{"://", "https://login.example.com", false}, {"https://login.example.com", "", false},
	} {
		if got := onSite(c.address, c.issuer); got != c.want {
			t.Errorf("%s on the site of %s: got %v, want %v", c.address, c.issuer, got, c.want)
		}
	}
}

// A removed lock file lets a second process in: a token used twice is lost.
func TestNoRefreshTokenIsSentUnderALostLock(t *testing.T) {
	b := newBench(t)
	id := b.login(LoginRequest{Profile: "demo"}).Meta.ID
	before := sent("refresh_token", b.recorder)
	_, err := b.renew(b.ctx(), id, RefreshRequest{}, func(vault.Record) bool { // called under the lock
		if err := os.Remove(filepath.Join(b.dir, "state", "locks", id+".lock")); err != nil {
			t.Skip("LEFT OUT: this system does not let go of an open file")
		}
		return false
	}, nil)
	if !errors.Is(err, vault.ErrUnavailable) || !strings.Contains(err.Error(), id+".lock") {
		t.Errorf("got %v, want ErrUnavailable that names the lock file", err)
	}
	if got := sent("refresh_token", b.recorder); got != before {
		t.Errorf("got %d requests, want none", got-before)
	}
	if _, err := b.Refresh(b.ctx(), id, nil); err != nil {
		t.Errorf("the next time: %v", err)
	}
}
