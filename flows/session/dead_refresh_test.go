package session

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestADeadRefreshTokenIsKeptNeverSentAgainAndSaidOnEveryUse(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.fault("refresh-family-revoked")
	for range 3 {
		for _, s := range []*Service{b.Service, func() *Service { o, _ := b.another(os.Getenv); return o }()} {
			said := newTold()
			ctx := Telling(b.ctx(), said.tell)
			token, _, err := s.Token(ctx, first.Meta.ID, TokenRequest{MinTTL: time.Hour})
			if err != nil || !token.Equal(first.Set.AccessToken) {
				t.Fatalf("got %v, want the access token that still lives", err)
			}
			got := said.all()
			if !strings.Contains(got, "its refresh token is dead") || !strings.Contains(got, "invalid_grant") {
				t.Errorf("told: got %q", got)
			}
		}
	}
	said := newTold()
	_, _, err := b.Token(Telling(b.ctx(), said.tell), first.Meta.ID, TokenRequest{})
	if err != nil || !strings.Contains(said.all(), "dead") {
		t.Errorf("a token that needs no renewal: got %v, told %q", err, said.all())
	}
	_, err = b.Refresh(b.ctx(), first.Meta.ID, nil)
	if !errors.Is(err, ErrNeedsPerson) || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("a refresh: got %v", err)
	}
	b.clock.Advance(tenMinutes)
	if _, _, err := b.Token(b.ctx(), first.Meta.ID, TokenRequest{}); !errors.Is(err, ErrNeedsPerson) {
		t.Errorf("an expired token: got %v", err)
	}
	sent := provider.requests(refreshGrant)
	rec, err := b.Load(b.ctx(), first.Meta.ID)
	kept := rec.Secrets.Set.RefreshToken.Equal(first.Set.RefreshToken)
	if err != nil || sent != 1 || !kept || rec.Meta.RefreshDead == nil {
		t.Errorf("it was sent %d times, want once; kept and marked dead: %+v, %v", sent, rec.Meta.RefreshDead, err)
	}
}
