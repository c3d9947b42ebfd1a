package session

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/demo"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
)

// answers watches the token endpoint of a provider of its own: what it has done, and what it does before it answers.
type answers struct {
	mu     sync.Mutex
	events []demo.TokenEvent
	then   func()
}

func (a *answers) answering(_ context.Context, e demo.TokenEvent) {
	a.mu.Lock()
	a.events = append(a.events, e)
	then := a.then
	a.mu.Unlock()
	if then != nil {
		then()
	}
}

// beforeAnswer has then called when the next requests are carried out and not answered yet; nil: nothing.
func (a *answers) beforeAnswer(then func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.then = then
}

// cut is for beforeAnswer: the connection ends without an answer.
func cut() { panic(http.ErrAbortHandler) }

// requests are those of the token endpoint with the grant type; "" is all.
func (a *answers) requests(grant string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, e := range a.events {
		if grant == "" || e.Grant == grant {
			n++
		}
	}
	return n
}

// reuses are the refresh tokens that came again after they had been traded in.
func (a *answers) reuses() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	spent, n := map[string]bool{}, 0
	for _, e := range a.events {
		if e.Grant == refreshGrant && spent[e.Spent] {
			n++
		}
		spent[e.Spent] = spent[e.Spent] || e.Error == ""
	}
	return n
}

// watchedBench is a bench whose provider is watched.
var watchedProvider = sync.OnceValues(func() (*demo.Server, *clock) {
	c := &clock{now: time.Now().Truncate(time.Second)}
	server, err := demo.Start(demo.Config{AutoConsent: true, Now: c.Now, Answering: watchedAnswers.answering})
	if err != nil {
		panic(err)
	}
	return server, c
})

var watchedAnswers = &answers{}

func newWatchedBench(t *testing.T) (*bench, *answers) {
	t.Helper()
	server, c := watchedProvider()
	watchedAnswers.mu.Lock()
	watchedAnswers.events, watchedAnswers.then = nil, nil
	watchedAnswers.mu.Unlock()
	t.Cleanup(func() { watchedAnswers.beforeAnswer(nil) })
	return benchOf(t, server, c), watchedAnswers
}

// told collects what a use case tells beside its result.
type told struct {
	mu   sync.Mutex
	list []string
	came chan struct{} // closed at the first
}

func newTold() *told { return &told{came: make(chan struct{})} }

func (t *told) tell(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.list = append(t.list, text); len(t.list) == 1 {
		close(t.came)
	}
}

func (t *told) all() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.list, "\n")
}

// marks are the kinds of the marks that a later process finds.
func (b *bench) marks() string {
	b.t.Helper()
	other, _ := b.another(os.Getenv)
	list, err := other.o.Store.Marks()
	if err != nil {
		b.t.Fatal(err)
	}
	var kinds []string
	for _, m := range list {
		kinds = append(kinds, string(m.Kind))
	}
	return strings.Join(kinds, " ")
}

// cut makes the next refresh of the session one whose answer never arrives, although the provider has rotated.
func (b *bench) cut(a *answers, id string) {
	b.t.Helper()
	a.beforeAnswer(cut)
	defer a.beforeAnswer(nil)
	_, err := b.Refresh(b.ctx(), id, nil)
	var network *wire.Error
	if !errors.As(err, &network) || network.Unsent {
		b.t.Fatalf("a refresh whose answer is cut: got %v, want a network error after it was sent", err)
	}
}

func TestARefreshOnTheWireIsAwaitedAndStoredWhateverTheCallerDoes(t *testing.T) {
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
				said := newTold()
				ctx, cancel := giveUp(Telling(b.ctx(), said.tell))
				provider.beforeAnswer(func() {
					cancel()
					<-said.came // the answer comes after the caller has been told that it is awaited
				})
				var err error
				if verb == "token" {
					_, _, err = b.Token(ctx, first.Meta.ID, TokenRequest{})
				} else {
					_, err = b.Refresh(ctx, first.Meta.ID, nil)
				}
				var late *LateError
				if verb == "token" && (!errors.As(err, &late) || !errors.Is(err, ctx.Err())) || verb == "refresh" && err != nil {
					t.Errorf("got %v, want that it came late", err)
				}
				if got := said.all(); got != "storing the new token, up to 30 s" {
					t.Errorf("told: got %q", got)
				}
				other, _ := b.another(os.Getenv)
				rec, err := other.Load(b.ctx(), first.Meta.ID)
				if err != nil || rec.Meta.Refreshes != 1 || rec.Secrets.Set.RefreshToken.Equal(first.Set.RefreshToken) {
					t.Fatalf("the rotated token is not stored: %v, %d refreshes", err, rec.Meta.Refreshes)
				}
				if _, err := other.Refresh(b.ctx(), first.Meta.ID, nil); err != nil || provider.reuses() != 0 || b.marks() != "" {
					t.Errorf("afterwards: %v, %d reuses, marks %q", err, provider.reuses(), b.marks())
				}
			})
		}
	}
}

// outOfTime is a context whose end is that of its time.
type outOfTime struct{ context.Context }

func (d outOfTime) Err() error {
	if d.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

func TestACallerWhoLeftBeforeTheRequestSpendsNothing(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	ctx, cancel := context.WithCancel(b.ctx())
	hold := func(context.Context, wire.Pending) (*wire.Request, error) { cancel(); return nil, nil }
	if _, err := b.RefreshWith(ctx, first.Meta.ID, RefreshRequest{Before: hold}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if n := provider.requests(""); n != 1 || b.marks() != "" {
		t.Errorf("got %d token requests and marks %q, want the login's alone", n, b.marks())
	}
}

func TestTheWaitForAnAnswerIsBounded(t *testing.T) {
	parent, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	ctx, commit, release := uncut(parent, time.Millisecond, func() { close(left) })
	defer release()
	if err := commit(); err != nil {
		t.Fatal(err)
	}
	leave()
	<-left
	<-ctx.Done()
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", ctx.Err(), context.DeadlineExceeded)
	}
	ended, _, releaseEnded := uncut(parent, time.Hour, nil)
	defer releaseEnded()
	<-ended.Done()
	if !errors.Is(ended.Err(), context.Canceled) {
		t.Errorf("not committed: got %v, want %v", ended.Err(), context.Canceled)
	}
}

func TestNothingIsSpentThatCouldNotBeStored(t *testing.T) {
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
			said := newTold()
			token, _, err := b.Token(Telling(b.ctx(), said.tell), first.Meta.ID, TokenRequest{MinTTL: time.Minute})
			if err != nil || !token.Equal(first.Set.AccessToken) || !strings.Contains(said.all(), "nothing is spent") {
				t.Errorf("a token with life left: got %v, told %q", err, said.all())
			}
			b.clock.Advance(tenMinutes)
			_, _, err = b.Token(b.ctx(), first.Meta.ID, TokenRequest{})
			var notSpent *NotSpentError
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

func TestNothingIsSpentForAnIDTokenThatCouldNotBeVerified(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.fault("jwks-unreachable")
	other, _ := b.another(os.Getenv) // this one knows no keys
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

// What was traded in and could not be stored is not sent again by anybody, with a yes or without.
func TestARefreshTokenThatIsKnownToBeSpentIsNeverReplayed(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.backend.breakAfter(1, vault.ErrLocked) // after the probe
	result, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
	if err != nil || !errors.Is(result.StoreErr, vault.ErrLocked) {
		t.Fatalf("got %v and %v, want that storing failed", err, result.StoreErr)
	}
	b.backend.breakWith(nil)
	other, _ := b.another(os.Getenv)
	said := newTold()
	token, _, err := other.Token(Telling(b.ctx(), said.tell), first.Meta.ID, TokenRequest{MinTTL: time.Hour})
	if err != nil || !token.Equal(first.Set.AccessToken) || !strings.Contains(said.all(), "could not be kept") {
		t.Errorf("another process, a token that lives: got %v, told %q", err, said.all())
	}
	_, err = other.RefreshWith(b.ctx(), first.Meta.ID, RefreshRequest{Retry: true}, nil)
	var unanswered *UnansweredError
	if !errors.As(err, &unanswered) || unanswered.CanRetry() || !errors.Is(err, ErrNeedsPerson) {
		t.Errorf("another process, with a yes: got %v, want a refusal", err)
	}
	// The process that has the new tokens goes on with them, and keeps them when it can.
	if err := b.Keep(b.ctx(), result); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Refresh(b.ctx(), first.Meta.ID, nil); err != nil || provider.reuses() != 0 || b.marks() != "" {
		t.Errorf("after it was kept: %v, %d reuses, marks %q", err, provider.reuses(), b.marks())
	}
}

// An answer with a member twice may have replaced the refresh token.
func TestARefreshTokenIsNotSentAgainAfterAnAnswerWithAMemberTwice(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.fault("doubled-member")
	_, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
	var failed *tokens.CheckError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "is not known now") {
		t.Errorf("got %v, want the check, and that the refresh token may be spent", err)
	}
	b.noFault("doubled-member")
	var unanswered *UnansweredError
	_, err = b.Refresh(b.ctx(), first.Meta.ID, nil)
	if !errors.As(err, &unanswered) || provider.requests(refreshGrant) != 1 {
		t.Errorf("again: got %v and %d refreshes, want a refusal and 1", err, provider.requests(refreshGrant))
	}
}

func TestAnAnswerThatNeverArrivedIsSaidAndNotRetriedWithoutAYes(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.cut(provider, first.Meta.ID)
	words := "the answer to the refresh of " + b.clock.Now().Local().Format("15:04") +
		" never arrived: the provider may treat a second use as theft"
	for _, s := range []*Service{b.Service, func() *Service { o, _ := b.another(os.Getenv); return o }()} {
		for _, ttl := range []time.Duration{0, time.Hour} { // one that would not be renewed, and one that would
			said := newTold()
			token, _, err := s.Token(Telling(b.ctx(), said.tell), first.Meta.ID, TokenRequest{MinTTL: ttl})
			if err != nil || !token.Equal(first.Set.AccessToken) || !strings.Contains(said.all(), words) || len(said.list) != 1 {
				t.Errorf("a token that lives: got %v, told %q, want it once with %q", err, said.all(), words)
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
	// With a person's yes it is tried once. The provider has rotated: it takes this for theft, and that is explained.
	_, _, err = other.Token(b.ctx(), first.Meta.ID, TokenRequest{Retry: true})
	var refused *flows.OAuthError
	explained := errors.Is(err, ErrNeedsPerson) && strings.Contains(err.Error(), words)
	if !errors.As(err, &refused) || !explained || provider.reuses() != 1 {
		t.Errorf("with a yes: got %v and %d reuses, want the provider's words beside ours", err, provider.reuses())
	}
	_, err = other.RefreshWith(b.ctx(), first.Meta.ID, RefreshRequest{Retry: true}, nil)
	explained = errors.Is(err, ErrNeedsPerson) && strings.Contains(err.Error(), "never arrived")
	if !explained || provider.reuses() != 1 || b.marks() != "" {
		t.Errorf("once it is dead: got %v, %d reuses, marks %q", err, provider.reuses(), b.marks())
	}
}

// Where the request never reached the provider, the one try that a person allows makes the session whole.
func TestARetryAfterARequestThatWasLostIsLikeAnyRefresh(t *testing.T) {
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

func TestMarksOfWhatIsNotInDoubtAreNoTrouble(t *testing.T) {
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
		said := newTold()
		_, _, err := b.Token(Telling(b.ctx(), said.tell), first.Meta.ID, TokenRequest{MinTTL: time.Hour})
		if err != nil || said.list != nil {
			t.Errorf("got %v, told %q, want nothing but a token", err, said.all())
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
		said := newTold()
		if _, _, err := b.Token(Telling(b.ctx(), said.tell), first.Meta.ID, TokenRequest{}); err != nil || said.list != nil {
			t.Errorf("got %v, told %q, want nothing but a token", err, said.all())
		}
	})
	t.Run("removed with its session", func(t *testing.T) {
		b, provider := newWatchedBench(t)
		first := b.login(LoginRequest{Profile: "demo"})
		b.cut(provider, first.Meta.ID)
		if b.marks() != string(vault.MarkRefresh) {
			t.Fatalf("marks: got %q", b.marks())
		}
		if err := b.Remove(b.ctx(), first.Meta.ID); err != nil || b.marks() != "" {
			t.Errorf("got %v and marks %q", err, b.marks())
		}
	})
}

func TestWhatAnAnswerTellsOfTheRefreshToken(t *testing.T) {
	for fault, mark := range map[string]bool{ // whether it is left open what became of the refresh token
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
	provider.beforeAnswer(cut)
	if _, err := b.Login(b.ctx(), LoginRequest{Profile: "demo"}, nil); err == nil || b.marks() != string(vault.MarkCode) {
		t.Errorf("an answer that was cut: got %v, marks %q", err, b.marks())
	}
	provider.beforeAnswer(nil)
	list, err := b.Interrupted(b.ctx())
	if err != nil || len(list) != 1 || list[0].Issuer != b.server.Issuer() || list[0].ClientID != "demo-public" {
		t.Fatalf("what a doctor is told: got %+v, %v", list, err)
	}
	b.backend.breakAfter(1, errBroken)
	lost, err := b.Login(b.ctx(), LoginRequest{Profile: "demo"}, nil)
	if err != nil || lost.StoreErr == nil || len(strings.Fields(b.marks())) != 2 {
		t.Errorf("tokens that could not be stored: got %v, marks %q", err, b.marks())
	}
	b.backend.breakWith(nil)
	if err := b.Keep(b.ctx(), lost); err != nil || len(strings.Fields(b.marks())) != 1 {
		t.Errorf("after they were kept: %v, marks %q", err, b.marks())
	}
}
