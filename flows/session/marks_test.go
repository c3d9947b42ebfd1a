package session

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
)

func TestAnUnansweredRefreshIsReportedAndRetriedOnlyOnRequest(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.cutResponse(provider, first.Meta.ID)
	words := "the response to the refresh of " + b.clock.Now().Local().Format("15:04") +
		" never arrived: the provider may treat a second use as theft"
	for _, s := range []*Service{b.Service, func() *Service { o, _ := b.another(os.Getenv); return o }()} {
		for _, ttl := range []time.Duration{0, time.Hour} { // the first needs no renewal, the second does
			notified := newNotices()
			token, _, err := s.Token(WithNotify(b.ctx(), notified.notify), first.Meta.ID, TokenRequest{MinTTL: ttl})
			if err != nil || !token.Equal(first.Set.AccessToken) || !strings.Contains(notified.all(), words) ||
				len(notified.list) != 1 {
				t.Errorf("a valid token: got %v, notified %q, want it once with %q", err, notified.all(), words)
			}
		}
	}
	b.clock.Advance(3 * time.Minute)
	other, _ := b.another(os.Getenv)
	_, _, err := other.Token(b.ctx(), first.Meta.ID, TokenRequest{})
	var unanswered *UnansweredError
	if !errors.Is(err, ErrNeedsPerson) || !errors.As(err, &unanswered) || !strings.Contains(err.Error(), words) {
		t.Errorf("an expired token: got %v, want %q", err, words)
	}
	if _, err := other.Refresh(b.ctx(), first.Meta.ID, nil); !errors.As(err, &unanswered) || provider.reuses() != 0 {
		t.Errorf("a refresh: got %v and %d reuses, want none", err, provider.reuses())
	}
	// On the user's request it is retried once. The provider has rotated: it treats this as theft, and the error
	// explains it.
	_, _, err = other.Token(b.ctx(), first.Meta.ID, TokenRequest{Retry: true})
	var refused *flows.OAuthError
	explained := errors.Is(err, ErrNeedsPerson) && strings.Contains(err.Error(), words)
	if !errors.As(err, &refused) || !explained || provider.reuses() != 1 {
		t.Errorf("on request: got %v and %d reuses, want the provider's error with the explanation", err,
			provider.reuses())
	}
	_, err = other.RefreshWith(b.ctx(), first.Meta.ID, RefreshRequest{Retry: true}, nil)
	explained = errors.Is(err, ErrNeedsPerson) && strings.Contains(err.Error(), "never arrived")
	if !explained || provider.reuses() != 1 || b.marks() != "" {
		t.Errorf("once it is invalid: got %v, %d reuses, marks %q", err, provider.reuses(), b.marks())
	}
}

// If the request never reached the provider, the retry renews the session.
func TestARetryAfterALostRequestIsLikeAnyRefresh(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	m := vault.Mark{ID: first.Meta.ID, Kind: vault.MarkRefresh, BegunAt: b.clock.Now()}
	if err := b.o.Store.PutMark(m); err != nil {
		t.Fatal(err)
	}
	if _, err := b.RefreshWith(b.ctx(), first.Meta.ID, RefreshRequest{Retry: true}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Refresh(b.ctx(), first.Meta.ID, nil); err != nil || provider.reuses() != 0 || b.marks() != "" {
		t.Errorf("afterwards: %v, %d reuses, marks %q", err, provider.reuses(), b.marks())
	}
}

func TestObsoleteMarksAreIgnored(t *testing.T) {
	t.Run("nothing listens there", func(t *testing.T) {
		b, _ := newWatchedBench(t)
		first := b.login(LoginRequest{Profile: "demo"})
		gone, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = gone.Close()
		edit, err := wire.ParseEdit("token.scope=api:read", wire.Endpoints())
		if err != nil {
			t.Fatal(err)
		}
		toNobody := func(_ context.Context, p wire.Pending) (*wire.Request, error) {
			p.Request.URL = "http://" + gone.Addr().String() + "/token"
			return p.Request, nil
		}
		_, err = b.RefreshWith(b.ctx(), first.Meta.ID, RefreshRequest{Before: toNobody, Edits: []wire.Edit{edit}}, nil)
		var network *wire.Error
		if !errors.As(err, &network) || !network.Unsent || b.marks() != "" {
			t.Errorf("got %v and marks %q, want no connection and no mark", err, b.marks())
		}
	})
	t.Run("killed after the store", func(t *testing.T) {
		b, _ := newWatchedBench(t)
		first := b.login(LoginRequest{Profile: "demo"})
		if _, err := b.Refresh(b.ctx(), first.Meta.ID, nil); err != nil {
			t.Fatal(err)
		}
		m := vault.Mark{ID: first.Meta.ID, Kind: vault.MarkRefresh, BegunAt: b.clock.Now()}
		if err := b.o.Store.PutMark(m); err != nil {
			t.Fatal(err)
		}
		notified := newNotices()
		_, _, err := b.Token(WithNotify(b.ctx(), notified.notify), first.Meta.ID, TokenRequest{MinTTL: time.Hour})
		if err != nil || notified.list != nil {
			t.Errorf("got %v, notified %q, want nothing but a token", err, notified.all())
		}
	})
	t.Run("another has the refresh under way", func(t *testing.T) {
		b, _ := newWatchedBench(t)
		first := b.login(LoginRequest{Profile: "demo"})
		other, _ := b.another(os.Getenv)
		lock, err := other.o.Store.Lock(b.ctx(), first.Meta.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Unlock()
		m := vault.Mark{ID: first.Meta.ID, Kind: vault.MarkRefresh, BegunAt: b.clock.Now()}
		if err := other.o.Store.PutMark(m); err != nil {
			t.Fatal(err)
		}
		notified := newNotices()
		if _, _, err := b.Token(WithNotify(b.ctx(), notified.notify), first.Meta.ID, TokenRequest{}); err != nil ||
			notified.list != nil {
			t.Errorf("got %v, notified %q, want nothing but a token", err, notified.all())
		}
	})
	t.Run("removed with its session", func(t *testing.T) {
		b, provider := newWatchedBench(t)
		first := b.login(LoginRequest{Profile: "demo"})
		b.cutResponse(provider, first.Meta.ID)
		if b.marks() != string(vault.MarkRefresh) {
			t.Fatalf("marks: got %q", b.marks())
		}
		if err := b.Remove(b.ctx(), first.Meta.ID); err != nil || b.marks() != "" {
			t.Errorf("got %v and marks %q", err, b.marks())
		}
	})
}

func TestWhatAResponseMeansForTheRefreshToken(t *testing.T) {
	for fault, mark := range map[string]bool{ // whether the outcome of the refresh token stays unknown
		"error-200": false, "html-502": true, "empty-body": true,
	} {
		t.Run(fault, func(t *testing.T) {
			b, provider := newWatchedBench(t)
			first := b.login(LoginRequest{Profile: "demo"})
			b.fault(fault)
			if _, err := b.Refresh(b.ctx(), first.Meta.ID, nil); err == nil {
				t.Fatal("the refresh went well")
			}
			b.noFault(fault)
			if got := b.marks() != ""; got != mark {
				t.Errorf("a mark: got %t, want %t", got, mark)
			}
			_, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
			if mark != errors.Is(err, ErrNeedsPerson) || !mark && err != nil || provider.reuses() != 0 {
				t.Errorf("the next refresh: got %v and %d reuses", err, provider.reuses())
			}
		})
	}
}

func TestACodeExchangeIsMarkedUntilItsTokensAreStored(t *testing.T) {
	b, provider := newWatchedBench(t)
	during := ""
	_, err := b.Login(b.ctx(), LoginRequest{Profile: "demo"}, func(s flows.Step) {
		if s.Exchange != nil && s.Exchange.Endpoint == "token" {
			during = b.marks()
		}
	})
	if err != nil || during != string(vault.MarkCode) || b.marks() != "" {
		t.Errorf("got %v, marks %q during the exchange and %q afterwards", err, during, b.marks())
	}
	provider.beforeResponse(cut)
	if _, err := b.Login(b.ctx(), LoginRequest{Profile: "demo"}, nil); err == nil ||
		b.marks() != string(vault.MarkCode) {
		t.Errorf("an answer that was cut: got %v, marks %q", err, b.marks())
	}
	provider.beforeResponse(nil)
	list, err := b.InterruptedMarks(b.ctx())
	if err != nil || len(list) != 1 || list[0].Issuer != b.server.Issuer() || list[0].ClientID != "demo-public" {
		t.Fatalf("interrupted marks: got %+v, %v", list, err)
	}
	b.backend.breakAfter(1, errBroken)
	lost, err := b.Login(b.ctx(), LoginRequest{Profile: "demo"}, nil)
	if err != nil || lost.StoreErr == nil || len(strings.Fields(b.marks())) != 2 {
		t.Errorf("tokens that could not be stored: got %v, marks %q", err, b.marks())
	}
	b.backend.breakWith(nil)
	if err := b.RetryStore(b.ctx(), lost); err != nil || len(strings.Fields(b.marks())) != 1 {
		t.Errorf("after they were kept: %v, marks %q", err, b.marks())
	}
}

// A response with a duplicate member may have replaced the refresh token.
func TestARefreshTokenIsNotSentAgainAfterADuplicateMember(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.fault("doubled-member")
	_, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
	var failed *tokens.CheckError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "was used is unknown") {
		t.Errorf("got %v, want the check, and that the refresh token may be spent", err)
	}
	b.noFault("doubled-member")
	var unanswered *UnansweredError
	_, err = b.Refresh(b.ctx(), first.Meta.ID, nil)
	if !errors.As(err, &unanswered) || provider.requests(refreshGrant) != 1 {
		t.Errorf("again: got %v and %d refreshes, want a refusal and 1", err, provider.requests(refreshGrant))
	}
}
