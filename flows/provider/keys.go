package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
)

const (
	maxKeySet = 1 << 20
	// refetchAfter is the minimum time between two fetches because of an unknown kid: a client can send any kid, and
	// the server must not be asked for each.
	refetchAfter = time.Minute
	// StaleAfter is the age at which a set is fetched again before it is used, so that a withdrawn key does not stay
	// valid while the program runs.
	StaleAfter = time.Hour
)

// Keys is a cache of an authorization server's key set (jwks_uri), fetched at the first use. It is safe for concurrent
// use; concurrent callers share a fetch.
type Keys struct {
	http    wire.Doer
	uri     string
	now     func() time.Time
	flight  singleflight.Group
	onFetch func(jose.KeySet, time.Time)

	mu        sync.Mutex
	set       jose.KeySet
	fetches   int       // successful ones
	fetched   time.Time // when the last one succeeded; zero: never
	lastRetry time.Time // the last fetch that replaces a set
}

// NewKeys returns a cache of the key set at jwksURI. now is the clock; nil is time.Now.
func NewKeys(http wire.Doer, jwksURI string, now func() time.Time) *Keys {
	if now == nil {
		now = time.Now
	}
	return &Keys{http: http, uri: jwksURI, now: now}
}

// OnFetch sets a function that is called with each fetched set and its time, before Keys returns it. Call it before the
// first use.
func (k *Keys) OnFetch(f func(set jose.KeySet, at time.Time)) { k.onFetch = f }

// Keys returns the key set (RFC 7517 5). An unknown kid fetches the set again, at most once a minute; when that fails,
// the old set is returned. An error means that there is no set at all.
func (k *Keys) Keys(ctx context.Context, kid string) (jose.KeySet, error) {
	k.mu.Lock()
	set, seen, now := k.set, k.fetches, k.now()
	have := !k.fetched.IsZero()
	unknown, stale := kid != "" && !set.Has(kid), now.Sub(k.fetched) >= StaleAfter
	if have {
		if !unknown && !stale || !k.lastRetry.IsZero() && now.Sub(k.lastRetry) < refetchAfter {
			k.mu.Unlock()
			return set, nil
		}
		k.lastRetry = now
	}
	k.mu.Unlock()

	fresh, err := k.sharedFetch(ctx, seen)
	if err != nil && have && ctx.Err() == nil {
		return set, nil
	}
	return fresh, err
}

// Cached returns the last fetched set without a request, and when it was fetched: the zero time when it never was.
func (k *Keys) Cached() (set jose.KeySet, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.set, k.fetched
}

// sharedFetch fetches the set once for all waiting callers. It goes on when one of them is cancelled: the others, and
// the next, still need the set.
func (k *Keys) sharedFetch(ctx context.Context, seen int) (jose.KeySet, error) {
	done := k.flight.DoChan("", func() (any, error) {
		k.mu.Lock()
		set, newer := k.set, k.fetches > seen
		k.mu.Unlock()
		if newer { // fetched since the caller read the set
			return set, nil
		}
		return k.fetch(context.WithoutCancel(ctx))
	})
	select {
	case <-ctx.Done():
		return jose.KeySet{}, fmt.Errorf("fetch the keys: %w", ctx.Err())
	case r := <-done:
		set, _ := r.Val.(jose.KeySet)
		return set, r.Err
	}
}

func (k *Keys) fetch(ctx context.Context) (jose.KeySet, error) {
	if k.uri == "" {
		return jose.KeySet{}, errors.New("fetch the keys: jwks_uri is missing in the metadata")
	}
	shown := tokens.VisibleLine(k.uri)
	resp, err := k.http.Do(ctx, &wire.Request{Endpoint: wire.EndpointJWKS, URL: k.uri, MaxBody: maxKeySet,
		Header: http.Header{"Accept": {"application/jwk-set+json, application/json"}}})
	switch {
	case err != nil:
		return jose.KeySet{}, err // which names the JWKS and its address
	case resp.Status >= 300 && resp.Status < 400:
		return jose.KeySet{},
			fmt.Errorf("fetch the keys: %s returned a redirect (%d) to %s instead of a key set, and it is not followed",
				shown, resp.Status, location(resp))
	case resp.Status != http.StatusOK:
		return jose.KeySet{}, fmt.Errorf("fetch the keys: %s returned %d %s instead of a key set%s", shown, resp.Status,
			http.StatusText(resp.Status), supportLine(resp))
	case resp.Truncated:
		return jose.KeySet{}, fmt.Errorf("fetch the keys: the key set at %s is larger than %d KiB", shown,
			maxKeySet>>10)
	}
	set, err := readKeySet(resp)
	if err != nil {
		return jose.KeySet{}, fmt.Errorf("fetch the keys: %s: %w", shown, err)
	}
	at := k.now()
	k.mu.Lock()
	k.set, k.fetched, k.fetches = set, at, k.fetches+1
	k.mu.Unlock()
	if k.onFetch != nil {
		k.onFetch(set, at)
	}
	return set, nil
}

// readKeySet parses the response of a jwks_uri (RFC 7517 5). The error says what the response is instead of a key set.
func readKeySet(resp *wire.Response) (jose.KeySet, error) {
	o, err := wire.ReadObject(resp.Body)
	body := strings.TrimSpace(string(resp.Body))
	switch {
	case err == nil && slices.Contains(o.Doubled, "keys"):
		return jose.KeySet{}, errors.New(`the key set is ambiguous: "keys" is in it twice ` +
			"with different values (RFC 8259 4)")
	case err == nil:
	case resp.IsPage():
		return jose.KeySet{}, errors.New("it is a web page (HTML) instead of a key set")
	case strings.HasPrefix(body, "-----BEGIN "):
		return jose.KeySet{}, errors.New("it is a key or certificate in PEM instead of a key set")
	case errors.Is(err, wire.ErrNotObject) && strings.HasPrefix(body, "["):
		return jose.KeySet{},
			errors.New(`it is a JSON array, a list, instead of an object with "keys" (RFC 7517 5)`)
	case errors.Is(err, wire.ErrNotObject):
		return jose.KeySet{}, errors.New("it is JSON that is not an object, instead of a key set (RFC 7517 5)")
	case body == "":
		return jose.KeySet{}, errors.New("the response is empty instead of a key set")
	default:
		return jose.KeySet{}, errors.New("it is not a key set: it is not JSON")
	}
	if _, ok := o.Members["keys"]; !ok {
		what := "it has the members " + tokens.VisibleLine(tokens.Clip(strings.Join(o.Names, ", "), 200))
		if strings.Contains(body, "-----BEGIN ") {
			what = "it has keys or certificates in PEM by kid"
		}
		return jose.KeySet{}, errors.New(`it is not a key set: "keys" is missing in it (RFC 7517 5); ` +
			what)
	}
	set, err := jose.ParsePublished(o.JSON)
	if err != nil {
		return jose.KeySet{}, err
	}
	return set.WithWarnings(o.Odd...), nil
}

// supportLine returns the IDs by which a server's operators find a failed request, as the end of a sentence.
func supportLine(resp *wire.Response) string {
	var parts []string
	for _, f := range resp.Support() {
		parts = append(parts, f.Name+" "+f.Value)
	}
	if len(parts) == 0 {
		return ""
	}
	return "; for support: " + strings.Join(parts, ", ")
}
