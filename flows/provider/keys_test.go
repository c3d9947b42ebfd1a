package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fob/flows/wire"
	"fob/tokens/jose"
)

// keyServer returns a set of keys by kid, or a fault.
type keyServer struct {
	mu    sync.Mutex
	kids  []string
	fault func() (*wire.Response, error)
	asked atomic.Int32
}

func (s *keyServer) set(fault func() (*wire.Response, error), kids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kids, s.fault = kids, fault
}

func (s *keyServer) Do(context.Context, *wire.Request) (*wire.Response, error) {
	s.asked.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil {
		return s.fault()
	}
	var list []string
	for _, kid := range s.kids {
		// The key of RFC 8037, appendix A.2.
		list = append(list,
			fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
				kid))
	}
	return &wire.Response{Status: 200, Body: []byte(`{"keys":[` + strings.Join(list, ",") + `]}`)}, nil
}

func TestKeysAreFetchedAgainForAnUnknownKidOnceAMinute(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := &keyServer{kids: []string{"a"}}
	k := NewKeys(s, "https://a.example/jwks", func() time.Time { return now })
	ask := func(kid string, has bool, fetches int32) {
		t.Helper()
		set, err := k.Keys(context.Background(), kid)
		if err != nil {
			t.Fatal(err)
		}
		if set.Has(kid) != has && kid != "" || s.asked.Load() != fetches {
			t.Errorf("%s: has %v after %d fetches; want %v after %d", kid, set.Has(kid), s.asked.Load(), has, fetches)
		}
	}
	ask("a", true, 1)
	ask("a", true, 1)
	ask("", true, 1)
	s.set(nil, "a", "b")
	ask("b", true, 2) // rotated right after the first fetch
	s.set(nil, "a", "b", "c")
	ask("c", false, 2) // within the minute
	now = now.Add(refetchAfter)
	ask("c", true, 3)
	now = now.Add(StaleAfter)
	s.set(nil, "d")
	ask("c", false, 4) // withdrawn
}

func TestAFailedRefetchKeepsTheOldKeys(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := &keyServer{kids: []string{"a"}}
	k := NewKeys(s, "https://a.example/jwks", func() time.Time { return now })
	if _, err := k.Keys(context.Background(), "a"); err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]func() (*wire.Response, error){
		"down":      func() (*wire.Response, error) { return nil, errors.New("down") },
		"502":       func() (*wire.Response, error) { return &wire.Response{Status: 502}, nil },
		"not JSON":  func() (*wire.Response, error) { return &wire.Response{Status: 200, Body: []byte("<html>")}, nil },
		"too large": func() (*wire.Response, error) { return &wire.Response{Status: 200, Truncated: true}, nil },
	} {
		now = now.Add(2 * time.Minute)
		before := s.asked.Load()
		s.set(fault)
		set, err := k.Keys(context.Background(), "zzz")
		if err != nil || !set.Has("a") || s.asked.Load() != before+1 {
			t.Errorf("%s: got %v, %v after %d fetches; want the old set after one", name, set.Keys(), err,
				s.asked.Load()-before)
		}
	}
}

func TestAFailedFirstFetchIsReportedAndRetried(t *testing.T) {
	s := &keyServer{}
	k := NewKeys(s, "https://a.example/jwks", nil)
	s.set(func() (*wire.Response, error) { return &wire.Response{Status: 404}, nil })
	if _, err := k.Keys(context.Background(), ""); err == nil || !strings.Contains(err.Error(), "404") ||
		!strings.Contains(err.Error(), "https://a.example/jwks") {
		t.Errorf("got %v, want the status and the URL", err)
	}
	s.set(nil, "a")
	if set, err := k.Keys(context.Background(), "a"); err != nil || !set.Has("a") {
		t.Errorf("got %v, want the set", err)
	}
	if _, err := NewKeys(s, "", nil).Keys(context.Background(), ""); err == nil || !strings.Contains(err.Error(),
		"jwks_uri") {
		t.Errorf("got %v, want that there is no jwks_uri", err)
	}
}

func TestCallersShareAFetchAndACancelledOneDoesNotEndIt(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s := &keyServer{}
	var once sync.Once
	slow := doFunc(func(ctx context.Context, r *wire.Request) (*wire.Response, error) {
		once.Do(func() { close(arrived) })
		<-release
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return s.Do(ctx, r)
	})
	s.set(nil, "a")
	k := NewKeys(slow, "https://a.example/jwks", nil)
	ctx, cancel := context.WithCancel(context.Background())
	first := make(chan error, 1)
	go func() { _, err := k.Keys(ctx, "a"); first <- err }()
	<-arrived
	others := make(chan error, 5)
	for range cap(others) {
		go func() { _, err := k.Keys(context.Background(), "a"); others <- err }()
	}
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
	close(release)
	for range cap(others) {
		if err := <-others; err != nil {
			t.Errorf("got %v, want the set", err)
		}
	}
	if n := s.asked.Load(); n != 1 {
		t.Errorf("got %d fetches, want one", n)
	}
}

func TestOnFetchIsCalledForEachFetchedSet(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := &keyServer{kids: []string{"a"}}
	k := NewKeys(s, "https://a.example/jwks", func() time.Time { return now })
	var fetched []string
	k.OnFetch(func(set jose.KeySet, at time.Time) {
		fetched = append(fetched, fmt.Sprintf("%d at %s", len(set.Keys()), at.Format(time.TimeOnly)))
	})
	if _, at := k.Cached(); !at.IsZero() {
		t.Errorf("before the first fetch: known as of %s", at)
	}
	read := func() {
		t.Helper()
		if _, err := k.Keys(context.Background(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	read()
	read()
	now = now.Add(StaleAfter)
	s.set(func() (*wire.Response, error) { return nil, errors.New("down") })
	read()
	if _, at := k.Cached(); at != now.Add(-StaleAfter) {
		t.Errorf("after a fetch that failed: known as of %s, want the time of the one before", at)
	}
	now = now.Add(refetchAfter)
	s.set(nil, "a", "b")
	read()
	if got, want := strings.Join(fetched, ", "), "1 at 12:00:00, 2 at 13:01:00"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
