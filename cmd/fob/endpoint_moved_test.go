package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fob/tokens/vault"
)

// movedAway returns a session whose server names a token endpoint on another site; asked counts the requests to it.
func movedAway(t *testing.T, w *world) (id, endpoint string, asked *atomic.Int64) {
	t.Helper()
	s := w.startDemo()
	id = w.loginAlice(s).Session
	issuer, err := url.Parse(s.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	asked = &atomic.Int64{}
	proxy := httputil.NewSingleHostReverseProxy(issuer)
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		r.Host = issuer.Host
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(away.Close)
	endpoint = away.URL + "/token"
	endpoints, err := json.Marshal(map[string]string{"token": endpoint, "jwks": s.Issuer() + "/jwks"})
	if err != nil {
		t.Fatal(err)
	}
	w.restore(id, func(r *vault.Record) { r.Meta.Settings["endpoints"] = string(endpoints) })
	return id, endpoint, asked
}

func TestAMovedTokenEndpointMustBeAccepted(t *testing.T) {
	t.Run("without a terminal", func(t *testing.T) {
		w := newWorld(t)
		id, endpoint, asked := movedAway(t, w)
		advice := "fob refresh " + id + " --accept-endpoint " + endpoint
		w.wants(exitPerson, advice, "refresh", id)
		if r := w.must("token", id, "--min-ttl", "10h"); !strings.Contains(r.stderr, endpoint) {
			t.Errorf("beside a token that is still alive, said %q, want the new address", r.stderr)
		}
		w.ahead = time.Hour // its access token has expired and must be renewed
		w.wants(exitPerson, advice, "token", id)
		w.ahead = 0
		w.tty = ttys{in: true}
		w.wants(exitPerson, advice, "refresh", id, "--no-input")
		w.tty = ttys{}
		if asked.Load() != 0 {
			t.Fatalf("%d requests were sent", asked.Load())
		}
		w.wants(exitUsage, "expected an http or https address", "refresh", id, "--accept-endpoint", "nonsense")
		w.must("refresh", id, "--accept-endpoint", endpoint)
		w.must("refresh", id)
		if asked.Load() != 2 {
			t.Errorf("after the yes: %d requests, want 2", asked.Load())
		}
	})
	t.Run("asked", func(t *testing.T) {
		w := newWorld(t)
		id, endpoint, asked := movedAway(t, w)
		w.tty = ttys{in: true}
		for _, no := range []string{"n\n", "\n", ""} {
			r := w.feed(no, "refresh", id)
			if r.code != exitPerson || !strings.Contains(r.stderr, endpoint+" from now on? [y/N]") {
				t.Errorf("answered %q: exit %d: %s", no, r.code, r.stderr)
			}
		}
		if asked.Load() != 0 {
			t.Fatalf("%d requests were sent", asked.Load())
		}
		if r := w.feed("y\n", "refresh", id); r.code != 0 || asked.Load() != 1 {
			t.Errorf("answered y: exit %d, %d requests: %s", r.code, asked.Load(), r.stderr)
		}
	})
}
