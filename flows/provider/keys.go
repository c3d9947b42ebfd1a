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
	// refetchAfter is the least time between two fetches for the sake of a kid that is not in the set: anybody can
	// make up a kid, and the server must not be asked for each.
	refetchAfter = time.Minute
	// StaleAfter is the age from which a set is fetched again before it is used, so that a key which was withdrawn
	// does not stay good for as long as the program runs.
	StaleAfter = time.Hour
)

// Keys is an authorization server's key set (jwks_uri), fetched when first needed and kept. It is safe for concurrent
// use; callers that come while it is being fetched share that fetch.
type Keys struct {
	http   wire.Doer
	uri    string
	now    func() time.Time
	flight singleflight.Group
	read   func(jose.KeySet, time.Time)

	mu      sync.Mutex
	set     jose.KeySet
	fetches int       // that succeeded
	fetched time.Time // when the last of them did; zero: never
	again   time.Time // when it was last tried although there was one
}

// NewKeys makes a cache over the key set at jwksURI. now is the clock; nil is time.Now.
func NewKeys(http wire.Doer, jwksURI string, now func() time.Time) *Keys {
	if now == nil {
		now = time.Now
	}
	return &Keys{http: http, uri: jwksURI, now: now}
}

// OnFetch has f told of each set that is fetched, with the time of it, before anybody who asked for it goes on. It is
// to be called before the first use.
func (k *Keys) OnFetch(f func(set jose.KeySet, at time.Time)) { k.read = f }

// Keys returns the set that may hold kid (RFC 7517 5). A kid that is not in it has the set fetched again, at most once
// a minute; when that fails, the old set is returned. An error means that there is no set at all.
func (k *Keys) Keys(ctx context.Context, kid string) (jose.KeySet, error) {
	k.mu.Lock()
	set, seen, now := k.set, k.fetches, k.now()
	have := !k.fetched.IsZero()
	unknown, stale := kid != "" && !set.Has(kid), now.Sub(k.fetched) >= StaleAfter
	if have {
		if !unknown && !stale || !k.again.IsZero() && now.Sub(k.again) < refetchAfter {
			k.mu.Unlock()
			return set, nil
		}
		k.again = now
	}
	k.mu.Unlock()

	fresh, err := k.shared(ctx, seen)
	if err != nil && have && ctx.Err() == nil {
		return set, nil
	}
	return fresh, err
}

// Known is the set as it was last fetched, without asking anybody, and when that was: the zero time when it never was.
func (k *Keys) Cached() (set jose.KeySet, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.set, k.fetched
}

// shared fetches for all who wait. It goes on when one of them gives up: the others, and the next, still want the set.
func (k *Keys) shared(ctx context.Context, seen int) (jose.KeySet, error) {
	done := k.flight.DoChan("", func() (any, error) {
		k.mu.Lock()
		set, newer := k.set, k.fetches > seen
		k.mu.Unlock()
		if newer { // it ended between the look at the set and now
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
		return jose.KeySet{}, errors.New("fetch the keys: the metadata has no jwks_uri")
	}
	shown := tokens.VisibleLine(k.uri)
	resp, err := k.http.Do(ctx, &wire.Request{Endpoint: wire.EndpointJWKS, URL: k.uri, MaxBody: maxKeySet,
		Header: http.Header{"Accept": {"application/jwk-set+json, application/json"}}})
	switch {
	case err != nil:
		return jose.KeySet{}, err // which names the JWKS and its address
	case resp.Status >= 300 && resp.Status < 400:
		return jose.KeySet{},
			fmt.Errorf("fetch the keys: %s answered with a redirect (%d) to %s instead of a key set, "+
				"and it is not followed",
				shown, resp.Status, location(resp))
	case resp.Status != http.StatusOK:
		return jose.KeySet{}, fmt.Errorf("fetch the keys: %s answered %d %s instead of a key set%s", shown, resp.Status,
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
	if k.read != nil {
		k.read(set, at)
	}
	return set, nil
}

// readKeySet reads what a jwks_uri answered (RFC 7517 5), or says what came in place of a key set.
func readKeySet(resp *wire.Response) (jose.KeySet, error) {
	o, err := wire.ReadObject(resp.Body)
	body := strings.TrimSpace(string(resp.Body))
	switch {
	case err == nil && slices.Contains(o.Doubled, "keys"):
		return jose.KeySet{}, errors.New(`the key set cannot be read in one way: "keys" stands there twice ` +
			"with different values (RFC 8259 4)")
	case err == nil:
	case resp.IsPage():
		return jose.KeySet{}, errors.New("a web page (HTML) stands there instead of a key set")
	case strings.HasPrefix(body, "-----BEGIN "):
		return jose.KeySet{}, errors.New("a key or certificate in PEM stands there instead of a key set")
	case errors.Is(err, wire.ErrNotObject) && strings.HasPrefix(body, "["):
		return jose.KeySet{},
			errors.New(`a JSON array, a list, stands there instead of an object with "keys" (RFC 7517 5)`)
	case errors.Is(err, wire.ErrNotObject):
		return jose.KeySet{}, errors.New("JSON stands there that is no object, instead of a key set (RFC 7517 5)")
	case body == "":
		return jose.KeySet{}, errors.New("nothing stands there instead of a key set")
	default:
		return jose.KeySet{}, errors.New("what stands there is no key set: it is not JSON")
	}
	if _, ok := o.Members["keys"]; !ok {
		what := "it has the members " + tokens.VisibleLine(tokens.Clip(strings.Join(o.Names, ", "), 200))
		if strings.Contains(body, "-----BEGIN ") {
			what = "it has keys or certificates in PEM by kid"
		}
		return jose.KeySet{}, errors.New(`what stands there is no key set: there is no "keys" in it (RFC 7517 5); ` +
			what)
	}
	set, err := jose.ParsePublished(o.JSON)
	if err != nil {
		return jose.KeySet{}, err
	}
	return set.WithWarnings(o.Odd...), nil
}

// supportLine are the IDs by which a server's operators find a request that failed, as the end of a sentence.
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
