package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fob/flows/wire"
	"fob/tokens/vault"
)

func TestASentRefreshIsAwaitedAndStoredAfterCancellation(t *testing.T) {
	for name, giveUp := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"cancelled": context.WithCancel,
		"out of time": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ended, cancel := context.WithCancel(ctx)
			return outOfTime{ended}, cancel
		},
	} {
		for _, verb := range []string{"token", "refresh"} {
			t.Run(name+" "+verb, func(t *testing.T) {
				b, provider := newWatchedBench(t)
				first := b.login(LoginRequest{Profile: "demo"})
				b.clock.Advance(tenMinutes)
				notified := newNotices()
				ctx, cancel := giveUp(WithNotify(b.ctx(), notified.notify))
				provider.beforeResponse(func() {
					cancel()
					select { // the response arrives after the caller was notified of the wait
					case <-notified.arrived:
					case <-time.After(tooLong):
						t.Error("the caller was not notified of the wait")
					}
				})
				var err error
				if verb == "token" {
					_, _, err = b.Token(ctx, first.Meta.ID, TokenRequest{})
				} else {
					_, err = b.Refresh(ctx, first.Meta.ID, nil)
				}
				var late *LateError
				if verb == "token" && (!errors.As(err, &late) || !errors.Is(err, ctx.Err())) || verb == "refresh" &&
					err != nil {
					t.Errorf("got %v, want that it came late", err)
				}
				if got := notified.all(); got != "storing the new token, up to 30 s" {
					t.Errorf("notified: got %q", got)
				}
				other, _ := b.another(os.Getenv)
				rec, err := other.Load(b.ctx(), first.Meta.ID)
				if err != nil || rec.Meta.Refreshes != 1 || rec.Secrets.Set.RefreshToken.Equal(first.Set.RefreshToken) {
					t.Fatalf("the rotated token is not stored: %v, %d refreshes", err, rec.Meta.Refreshes)
				}
				if _, err := other.Refresh(b.ctx(), first.Meta.ID, nil); err != nil || provider.reuses() != 0 ||
					b.marks() != "" {
					t.Errorf("afterwards: %v, %d reuses, marks %q", err, provider.reuses(), b.marks())
				}
			})
		}
	}
}

// outOfTime is a context whose deadline is exceeded.
type outOfTime struct{ context.Context }

func (d outOfTime) Err() error {
	if d.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

func TestACancelledCallerSendsNoRefreshToken(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	ctx, cancel := context.WithCancel(b.ctx())
	hold := func(context.Context, wire.Pending) (*wire.Request, error) { cancel(); return nil, nil }
	if _, err := b.RefreshWith(ctx, first.Meta.ID, RefreshRequest{Before: hold}, nil); !errors.Is(err,
		context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if n := provider.requests(""); n != 1 || b.marks() != "" {
		t.Errorf("got %d token requests and marks %q, want the login's alone", n, b.marks())
	}
}

// The mark is written last: if it cannot be written, the request is not sent, even if the probe succeeded.
func TestNothingIsSentWithoutItsMark(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	marks := filepath.Join(b.dir, "state", "marks")
	damage := func(context.Context, wire.Pending) (*wire.Request, error) {
		return nil, errors.Join(os.RemoveAll(marks), os.WriteFile(marks, nil, 0o600))
	}
	_, err := b.RefreshWith(b.ctx(), first.Meta.ID, RefreshRequest{Before: damage}, nil)
	var notSpent *NotSentError
	if n := provider.requests(""); !errors.As(err, &notSpent) || n != 1 {
		t.Errorf("got %v and %d token requests, want that nothing was spent and the login's alone", err, n)
	}
}

func TestTheWaitForAResponseIsBounded(t *testing.T) {
	parent, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	ctx, commit, release := detachOnCommit(parent, time.Millisecond, func() { close(left) })
	defer release()
	if err := commit(); err != nil {
		t.Fatal(err)
	}
	leave()
	select {
	case <-left:
	case <-time.After(tooLong):
		t.Error("no notification that the caller has left")
	}
	awaitEnd(t, ctx)
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", ctx.Err(), context.DeadlineExceeded)
	}
	ended, _, releaseEnded := detachOnCommit(parent, time.Hour, nil)
	defer releaseEnded()
	awaitEnd(t, ended)
	if !errors.Is(ended.Err(), context.Canceled) {
		t.Errorf("not committed: got %v, want %v", ended.Err(), context.Canceled)
	}
}

// tooLong bounds a wait for what is immediate unless the code is broken.
const tooLong = 10 * time.Second

// awaitEnd waits until a context ends.
func awaitEnd(t *testing.T, ctx context.Context) {
	t.Helper()
	select {
	case <-ctx.Done():
	case <-time.After(tooLong):
		t.Fatal("the context goes on after its time is over")
	}
}

func TestNoRefreshTokenIsSentIfTheVaultCannotStore(t *testing.T) {
	for name, damage := range map[string]func(b *bench){
		"the keyring is locked": func(b *bench) { b.backend.breakWith(vault.ErrLocked) },
		"no mark can be written": func(b *bench) {
			if err := os.WriteFile(filepath.Join(b.dir, "state", "marks"), nil, 0o600); err != nil {
				b.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, provider := newWatchedBench(t)
			first := b.login(LoginRequest{Profile: "demo"})
			if err := os.RemoveAll(filepath.Join(b.dir, "state", "marks")); err != nil {
				t.Fatal(err)
			}
			damage(b)
			b.clock.Advance(90 * time.Second)
			notified := newNotices()
			token, _, err := b.Token(WithNotify(b.ctx(), notified.notify), first.Meta.ID,
				TokenRequest{MinTTL: time.Minute})
			if err != nil || !token.Equal(first.Set.AccessToken) ||
				!strings.Contains(notified.all(), "no token was used") {
				t.Errorf("a token with life left: got %v, notified %q", err, notified.all())
			}
			b.clock.Advance(tenMinutes)
			_, _, err = b.Token(b.ctx(), first.Meta.ID, TokenRequest{})
			var notSpent *NotSentError
			if !errors.As(err, &notSpent) || !errors.Is(err, vault.ErrLocked) && !errors.Is(err, vault.ErrUnavailable) {
				t.Errorf("got %v, want a *NotSpentError of the vault", err)
			}
			if n := provider.requests(""); n != 1 {
				t.Errorf("token requests: got %d, want the login's alone", n)
			}
			b.backend.breakWith(nil)
			_ = os.Remove(filepath.Join(b.dir, "state", "marks"))
			if _, err := b.Refresh(b.ctx(), first.Meta.ID, nil); err != nil {
				t.Errorf("when it can be stored again: %v", err)
			}
		})
	}
}

func TestNoRefreshTokenIsSentIfTheIDTokenCouldNotBeVerified(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.fault("jwks-unreachable")
	other, _ := b.another(os.Getenv) // this service has no cached keys
	var network *wire.Error
	if _, err := other.Refresh(b.ctx(), first.Meta.ID, nil); !errors.As(err, &network) {
		t.Errorf("got %v, want a network error", err)
	}
	b.noFault("jwks-unreachable")
	other, _ = b.another(os.Getenv)
	if _, err := other.Refresh(b.ctx(), first.Meta.ID, nil); err != nil || provider.requests(refreshGrant) != 1 {
		t.Errorf("when it can be: %v, %d refreshes, want 1", err, provider.requests(refreshGrant))
	}
}

// A rotated token whose replacement could not be stored is never sent again, not even on the user's request.
func TestAUsedRefreshTokenIsNeverReplayed(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.backend.breakAfter(1, vault.ErrLocked) // after the probe
	result, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
	if err != nil || !errors.Is(result.StoreErr, vault.ErrLocked) {
		t.Fatalf("got %v and %v, want that storing failed", err, result.StoreErr)
	}
	b.backend.breakWith(nil)
	other, _ := b.another(os.Getenv)
	notified := newNotices()
	token, _, err := other.Token(WithNotify(b.ctx(), notified.notify), first.Meta.ID, TokenRequest{MinTTL: time.Hour})
	if err != nil || !token.Equal(first.Set.AccessToken) || !strings.Contains(notified.all(), "could not be stored") {
		t.Errorf("another process, a valid token: got %v, notified %q", err, notified.all())
	}
	_, err = other.RefreshWith(b.ctx(), first.Meta.ID, RefreshRequest{Retry: true}, nil)
	var unanswered *UnansweredError
	if !errors.As(err, &unanswered) || unanswered.CanRetry() || !errors.Is(err, ErrNeedsPerson) {
		t.Errorf("another process, with a yes: got %v, want a refusal", err)
	}
	// The process that has the new tokens uses them, and stores them when it can.
	if err := b.RetryStore(b.ctx(), result); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Refresh(b.ctx(), first.Meta.ID, nil); err != nil || provider.reuses() != 0 || b.marks() != "" {
		t.Errorf("after it was kept: %v, %d reuses, marks %q", err, provider.reuses(), b.marks())
	}
}
