package flows

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"fob/tokens"
)

const canaryRequest = "canary-auth-req-id-0123456789abcdef"

// backchannelServer responds to polls with the queued responses, and then with tokens.
func backchannelServer(t *testing.T, start func(url.Values) answer, polls ...answer) *fakeServer {
	f := newFakeServer(t)
	f.metadata.CIBAEndpoint = "https://as.example/bc-authorize"
	f.reply = func(form url.Values) (answer, bool) {
		switch {
		case form.Get("grant_type") == "":
			f.asked = form
			if start != nil {
				return start(form), true
			}
			return ok(map[string]any{"auth_req_id": canaryRequest, "expires_in": 120, "interval": 2}), true
		case len(polls) > 0:
			a := polls[0]
			polls = polls[1:]
			return a, true
		}
		return answer{}, false
	}
	return f
}

func cibaValues(more Values) Values {
	v := CIBA.Defaults()
	v["login_hint"] = "alice"
	for name, value := range more {
		v[name] = value
	}
	return v
}

func TestCIBAAsksTheUserAndPolls(t *testing.T) {
	pending := refuse(400, "authorization_pending", "")
	f := backchannelServer(t, nil, pending, refuse(400, "slow_down", ""), pending)
	r, steps := f.run(cibaValues(Values{
		"scope": "openid x", "binding_message": "K7", "user_code": "1234", "acr_values": "gold",
		"requested_expiry": "90", "audience": "a b",
	}))
	set, err := CIBA.Run(context.Background(), r)
	if err != nil || set.AccessToken.Reveal() != canaryAccess {
		t.Fatalf("got %v, %v", set.AccessToken, err)
	}
	want := url.Values{"client_id": {"client"}, "scope": {"openid x"}, "login_hint": {"alice"},
		"binding_message": {"K7"}, "user_code": {"1234"},
		"acr_values": {"gold"}, "requested_expiry": {"90"}, "audience": {"a", "b"}}
	if got := f.forms[0]; got.Encode() != want.Encode() {
		t.Errorf("sent\n got %s\nwant %s", got.Encode(), want.Encode())
	}
	if got := f.forms[1]; got.Get("grant_type") != CIBA.GrantType || got.Get("auth_req_id") != canaryRequest {
		t.Errorf("polled with %s", got.Encode())
	}
	s := time.Second
	if want := []time.Duration{2 * s, 2 * s, 7 * s, 7 * s}; !reflect.DeepEqual(f.waits, want) {
		t.Errorf("waits: got %v, want %v", f.waits, want)
	}
	var p *Prompt
	for _, s := range *steps {
		if s.Prompt != nil {
			p = s.Prompt
		}
	}
	if p == nil || p.URL != "" || !strings.Contains(p.Text, "K7") || !p.ExpiresAt.Equal(start.Add(120*s)) {
		t.Errorf("prompt: got %+v, want the binding message and the expiry", p)
	}
	if got := outcomeOf(r.Ledger, tokens.CheckACR); got != tokens.Passed {
		t.Errorf("acr: got %q, want %q", got, tokens.Passed)
	}
}

func TestCIBAEnds(t *testing.T) {
	tests := map[string]struct {
		start func(url.Values) answer
		polls []answer
		code  string
	}{
		"refused by the person": {nil, []answer{refuse(400, "access_denied", "")}, "access_denied"},
		"expired":               {nil, []answer{refuse(400, "expired_token", "")}, "expired_token"},
		"expired without a word": {func(url.Values) answer {
			return ok(map[string]any{"auth_req_id": canaryRequest,
				"expires_in": 1})
		}, nil, "expired_token"},
		"unknown user": {func(url.Values) answer { return refuse(400, "unknown_user_id", "") }, nil,
			"unknown_user_id"},
		"the user code is wanted": {func(url.Values) answer { return refuse(400, "missing_user_code", "") }, nil,
			"missing_user_code"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := backchannelServer(t, tt.start, tt.polls...)
			r, _ := f.run(cibaValues(nil))
			_, err := CIBA.Run(context.Background(), r)
			var refused *OAuthError
			if !errors.As(err, &refused) || refused.Code != tt.code {
				t.Errorf("got %v, want %s with a hint", err, tt.code)
			}
		})
	}
}

func TestInvalidCIBAInputs(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	tests := map[string]struct {
		values Values
		want   string
	}{
		"no hint":   {Values{"login_hint": ""}, "a hint of whom to ask"},
		"two hints": {Values{"login_hint_token": "x"}, "exactly one hint"},
		"a public address": {Values{"delivery_mode": "ping", "notification_uri": "https://app.example/cb"},
			"loopback"},
		"the network": {Values{"delivery_mode": "ping", "notification_uri": "http://0.0.0.0:8765/cb"},
			"loopback"},
		"no port": {Values{"delivery_mode": "ping", "notification_uri": "http://127.0.0.1/cb"},
			"loopback"},
		"a port that is taken": {Values{"delivery_mode": "ping", "notification_uri": "http://" + busy.Addr().String() +
			"/cb"}, "delivery mode poll"},
		"an answer without one": {nil, "no auth_req_id"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := backchannelServer(t, func(url.Values) answer { return ok(map[string]any{"expires_in": 1}) })
			r, _ := f.run(cibaValues(tt.values))
			_, err := CIBA.Run(context.Background(), r)
			if err == nil || !strings.Contains(err.Error(), tt.want) ||
				(len(f.requests) != 0) != (name == "an answer without one") {
				t.Errorf("got %v after %d requests, want %q", err, len(f.requests), tt.want)
			}
		})
	}
}

// freePort returns an unused address.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestCIBAPingWaitsForItsNotification(t *testing.T) {
	address := "http://" + freePort(t) + "/ciba"
	var statuses []string
	notify := func(method, path, token, body string) {
		req, err := http.NewRequest(method, strings.TrimSuffix(address, "/ciba")+path, bytes.NewReader([]byte(body)))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		_ = resp.Body.Close()
		statuses = append(statuses, fmt.Sprint(resp.StatusCode))
	}
	f := backchannelServer(t, func(form url.Values) answer {
		token := form.Get("client_notification_token")
		if token == "" {
			t.Error("no client_notification_token was sent")
		}
		notify("GET", "/ciba", token, "")
		notify("POST", "/other", token, `{"auth_req_id":"`+canaryRequest+`"}`)
		notify("POST", "/ciba", "guessed", `{"auth_req_id":"`+canaryRequest+`"}`)
		notify("POST", "/ciba", token, `{}`)
		notify("POST", "/ciba", token, `{"auth_req_id":"another"}`)
		notify("POST", "/ciba", token, `{"auth_req_id":"`+canaryRequest+`"}`)
		return ok(map[string]any{"auth_req_id": canaryRequest, "expires_in": 120, "interval": 2})
	})
	r, steps := f.run(cibaValues(Values{"delivery_mode": "ping", "notification_uri": address}))
	waited := make(chan time.Duration, 10)
	r.Wait = func(ctx context.Context, d time.Duration) error {
		waited <- d
		<-ctx.Done() // only the notification ends it
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := CIBA.Run(ctx, r); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(statuses, " "), "404 404 401 400 204 204"; got != want {
		t.Errorf("answers to notifications: got %s, want %s", got, want)
	}
	ignored, taken := 0, 0
	for _, s := range *steps {
		if strings.HasPrefix(s.Title, "Ignored a notification") {
			ignored++
		}
		if s.Title == "The server reports that the user has decided" {
			taken++
		}
	}
	if ignored != 5 || taken != 1 || len(waited) != 1 || <-waited != pingFallback {
		t.Errorf("got %d ignored and %d taken after %d waits, want 5, 1 and one of %s", ignored, taken, len(waited),
			pingFallback)
	}
	if _, err := http.Get(address); err == nil {
		t.Error("the listener outlives its run")
	}
}
