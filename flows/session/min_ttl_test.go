package session

import (
	"testing"
	"time"

	"fob/flows/calls"
	"fob/tokens"
)

// The same rule says when a token is about to expire, for every use of it.
func TestATokenThatIsAboutToExpireIsRenewedForEveryUse(t *testing.T) {
	for name, use := range map[string]func(b *bench, id string) error{
		"token": func(b *bench, id string) error { _, _, err := b.Token(b.ctx(), id, TokenRequest{}); return err },
		"call": func(b *bench, id string) error {
			_, err := b.Call(b.ctx(), id, calls.Request{URL: b.server.API() + "/me"})
			return err
		},
		"userinfo": func(b *bench, id string) error { _, err := b.Userinfo(b.ctx(), id); return err },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			first := b.login(LoginRequest{Profile: "demo"})
			b.clock.Advance(2*time.Minute - DefaultMinTTL - time.Second)
			if err := use(b, first.Meta.ID); err != nil || sent(refreshGrant, b.recorder) != 0 {
				t.Fatalf("with more life than is needed: %v, %d refreshes", err, sent(refreshGrant, b.recorder))
			}
			b.clock.Advance(2 * time.Second)
			if err := use(b, first.Meta.ID); err != nil || sent(refreshGrant, b.recorder) != 1 {
				t.Errorf("about to expire: %v, %d refreshes, want 1", err, sent(refreshGrant, b.recorder))
			}
		})
	}
}

func TestAShortLivedTokenIsNotRenewedAtEveryUse(t *testing.T) {
	now := time.Now()
	set := tokens.Set{AccessToken: tokens.NewSecret("a"), ReceivedAt: now, ExpiresAt: now.Add(30 * time.Second)}
	for seconds, want := range map[int]bool{0: true, 14: true, 15: false, 29: false} {
		at := now.Add(time.Duration(seconds) * time.Second)
		if got := hasMinTTL(set, TokenRequest{Kind: tokens.Access}, at); got != want {
			t.Errorf("after %d of 30 s: got %t, want %t", seconds, got, want)
		}
	}
	if hasMinTTL(set, TokenRequest{Kind: tokens.Access, MinTTL: time.Minute}, now) {
		t.Error("what was asked for by name is not what counts")
	}
	any := unexpiredToken(tokens.Access)
	if !hasMinTTL(set, any, now.Add(29*time.Second)) || hasMinTTL(set, any, now.Add(30*time.Second)) {
		t.Error("any life: want until the end")
	}
}
