package flows

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/flows/wire"
	"fob/tokens"
)

// deviceServer responds to polls with the given responses, and then with tokens.
func deviceServer(t *testing.T, edit func(map[string]any), polls ...answer) *fakeServer {
	f := newFakeServer(t)
	f.reply = func(form url.Values) (answer, bool) {
		if form.Get("grant_type") == "" {
			m := map[string]any{"device_code": canaryDevice, "user_code": "ABCD-EFGH",
				"verification_uri": "https://as.example/d", "expires_in": 600}
			if edit != nil {
				edit(m)
			}
			return ok(m), true
		}
		if len(polls) == 0 {
			return answer{}, false
		}
		a := polls[0]
		polls = polls[1:]
		return a, true
	}
	return f
}

func TestDevicePolling(t *testing.T) {
	pending, slow := refuse(400, "authorization_pending", ""), refuse(400, "slow_down", "")
	lost := answer{err: &wire.Error{Phase: wire.PhaseTimeout, Err: context.DeadlineExceeded}}
	gateway := answer{status: 502, body: "<html>bad gateway"}
	after := func(seconds ...int) (waits []time.Duration) {
		for _, n := range seconds {
			waits = append(waits, time.Duration(n)*time.Second)
		}
		return waits
	}
	set := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
	five := func(body string) []answer { return slices.Repeat([]answer{{status: 200, body: body}}, 5) }
	s, second := time.Second, set("interval", 1)
	tests := map[string]struct {
		edit  func(map[string]any)
		polls []answer
		waits []time.Duration
		code  string // of the OAuth error; "" when it works
	}{
		"interval missing means five seconds": {nil, []answer{pending}, []time.Duration{5 * s, 5 * s}, ""},
		"interval is kept": {set("interval", 2), []answer{pending}, []time.Duration{2 * s, 2 * s},
			""},
		"interval as a string": {set("interval", "3"), nil, []time.Duration{3 * s}, ""},
		"interval of nothing":  {set("interval", 0), nil, []time.Duration{5 * s}, ""},
		"invalid interval":     {set("interval", "soon"), nil, []time.Duration{5 * s}, ""},
		"slow_down adds five seconds for good": {set("interval", 1), []answer{pending, slow, pending, slow},
			[]time.Duration{s, s, 6 * s, 6 * s, 11 * s}, ""},
		"access_denied ends at once": {set("interval", 1),
			[]answer{pending, refuse(400, "access_denied", "no")}, []time.Duration{s, s}, "access_denied"},
		"expired_token ends at once": {set("interval", 1), []answer{refuse(400, "expired_token", "")},
			[]time.Duration{s}, "expired_token"},
		"other errors end at once": {set("interval", 1), []answer{refuse(401, "invalid_client", "")},
			[]time.Duration{s}, "invalid_client"},
		"time-outs back off": {set("interval", 1), []answer{lost, lost, pending},
			[]time.Duration{s, 2 * s, 4 * s, 4 * s}, ""},
		"a bad gateway backs off": {set("interval", 1), []answer{gateway}, []time.Duration{s, 2 * s}, ""},

		"server_error with 500":    {second, []answer{pending, refuse(500, "server_error", "")}, after(1, 1, 2), ""},
		"server_error with 400":    {second, []answer{refuse(400, "server_error", "")}, after(1, 2), ""},
		"unavailable":              {second, []answer{refuse(503, "temporarily_unavailable", "")}, after(1, 2), ""},
		"a vendor's code with 503": {second, []answer{refuse(503, "UNAVAILABLE", "")}, after(1, 2), ""},
		"too many requests":        {second, []answer{refuse(429, "rate_limited", "")}, after(1, 2), ""},
		"a status alone": {second, []answer{{status: 503}, {status: 408}, {status: 425}}, after(1, 2, 4, 8),
			""},
		"an empty 200":              {second, []answer{{status: 200}}, after(1, 2), ""},
		"an empty 204":              {second, []answer{{status: 204}}, after(1, 2), ""},
		"an object without members": {second, five(" { } "), after(1, 2, 4, 8, 16, 32), ""},
		"blanks":                    {second, five(" \r\n"), after(1, 2, 4, 8, 16, 32), ""},
		"empty five times":          {second, five(""), after(1, 2, 4, 8, 16, 32), ""},
		"a page with 200":           {second, []answer{{status: 200, body: "<html>"}}, after(1, 2), ""},
		"five failures": {second, []answer{gateway, gateway, lost, lost, gateway},
			after(1, 2, 4, 8, 16, 32), ""},
		"invalid_grant with 500": {second, []answer{refuse(500, "invalid_grant", "")}, after(1), "invalid_grant"},
		"access_denied with 503": {second, []answer{refuse(503, "access_denied", "")}, after(1), "access_denied"},

		"a negative expires_in": {set("expires_in", -5), []answer{pending}, after(5, 5), ""},
		"expires_in ends it here": {set("expires_in", 12), []answer{pending, pending, pending}, after(5, 5),
			"expired_token"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := deviceServer(t, tt.edit, tt.polls...)
			r, _ := f.run(Values{"scope": "openid"})
			got, err := DeviceAuthorization.Run(context.Background(), r)
			if !reflect.DeepEqual(f.waits, tt.waits) {
				t.Errorf("waits: got %v, want %v", f.waits, tt.waits)
			}
			if tt.code == "" {
				if err != nil || got.AccessToken.Reveal() != canaryAccess {
					t.Errorf("got %v, %v, want the token", got.AccessToken, err)
				}
				return
			}
			var refused *OAuthError
			if !errors.As(err, &refused) || refused.Code != tt.code {
				t.Errorf("got %v, want %s", err, tt.code)
			}
		})
	}
}

func TestDevicePollingEndsWithTheLastFailure(t *testing.T) {
	lost := answer{err: &wire.Error{Phase: wire.PhaseConnect, Err: errors.New("refused")}}
	f := deviceServer(t, nil, slices.Repeat([]answer{lost}, 100)...)
	r, _ := f.run(Values{"scope": "openid"})
	_, err := DeviceAuthorization.Run(context.Background(), r)
	var network *wire.Error
	if !errors.As(err, &network) || len(f.waits) <= maxFailures || len(f.waits) > 20 {
		t.Errorf("got %v after %d polls, want a *wire.Error when the code has expired", err, len(f.waits))
	}
}

// A token endpoint may return an empty response while the user has not decided: fob polls until the code has expired.
func TestDevicePollingOfEmptyResponsesEndsWithTheCode(t *testing.T) {
	for _, body := range []string{"", " \n", "{}", "\xef\xbb\xbf{\n}"} {
		f := deviceServer(t, nil, slices.Repeat([]answer{{status: 200, body: body}}, 100)...)
		r, _ := f.run(Values{"scope": "openid"})
		_, err := DeviceAuthorization.Run(context.Background(), r)
		var bad *ResponseError
		if !errors.As(err, &bad) || len(f.waits) <= maxFailures || len(f.waits) > 20 ||
			!strings.Contains(err.Error(), "expired") {
			t.Errorf("%q: got %v after %d polls, want a *ResponseError when the code has expired", body, err,
				len(f.waits))
		}
	}
}

// A wrong endpoint returns a page each time.
func TestDevicePollingStopsWhenItIsNotATokenEndpoint(t *testing.T) {
	f := deviceServer(t, nil, slices.Repeat([]answer{{status: 200, body: "<html>welcome"}}, 100)...)
	r, _ := f.run(Values{"scope": "openid"})
	_, err := DeviceAuthorization.Run(context.Background(), r)
	var bad *ResponseError
	if !errors.As(err, &bad) || len(f.waits) != maxFailures {
		t.Errorf("got %v after %d polls, want a *ResponseError after %d", err, len(f.waits), maxFailures)
	}
}

func TestAPollHonorsRetryAfter(t *testing.T) {
	busy := refuse(503, "temporarily_unavailable", "")
	busy.header = http.Header{"Retry-After": {"40"}}
	f := deviceServer(t, func(m map[string]any) { m["interval"] = 1 }, busy)
	r, _ := f.run(Values{"scope": "openid"})
	if _, err := DeviceAuthorization.Run(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{time.Second, 40 * time.Second}; !reflect.DeepEqual(f.waits, want) {
		t.Errorf("waits: got %v, want %v", f.waits, want)
	}
}

func TestDeviceEndsWithItsContext(t *testing.T) {
	f := deviceServer(t, nil)
	r, _ := f.run(Values{"scope": "openid"})
	ctx, cancel := context.WithCancel(context.Background())
	r.Wait = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	if _, err := DeviceAuthorization.Run(ctx, r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestTheDevicePromptShowsCodeAndURL(t *testing.T) {
	f := deviceServer(t, func(m map[string]any) {
		m["verification_uri_complete"] = "https://as.example/d?user_code=ABCD-EFGH"
		m["user_code"] = "AB\x1b[31mCD"
		m["expires_in"] = 999999
	})
	r, steps := f.run(Values{"scope": "openid"})
	var opened string
	r.Browser = func(_ context.Context, u string) error { opened = u; return nil }
	if _, err := DeviceAuthorization.Run(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	var p *Prompt
	for _, s := range *steps {
		if s.Prompt != nil {
			p = s.Prompt
		}
	}
	if p == nil {
		t.Fatal("got no prompt")
	}
	if p.URL != "https://as.example/d" || p.CompleteURL != "https://as.example/d?user_code=ABCD-EFGH" ||
		opened != p.CompleteURL || !p.Opened {
		t.Errorf("addresses: got %+v, opened %q", p, opened)
	}
	if p.ShownCode != "AB␛[31mCD" || p.UserCode.Fingerprint() != tokens.Hidden {
		t.Errorf("code: got %q and %s", p.ShownCode, p.UserCode)
	}
	if want := start.Add(maxCodeLifetime); !p.ExpiresAt.Equal(want) {
		t.Errorf("expiry: got %s, want it bounded to %s", p.ExpiresAt, want)
	}
}

func TestInvalidDeviceAuthorizationResponses(t *testing.T) {
	tests := map[string]func(map[string]any){
		"no device_code":              func(m map[string]any) { delete(m, "device_code") },
		"no user_code":                func(m map[string]any) { delete(m, "user_code") },
		"no verification_uri":         func(m map[string]any) { delete(m, "verification_uri") },
		"verification_uri of a shell": func(m map[string]any) { m["verification_uri"] = "file:///etc/passwd" },
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			f := deviceServer(t, edit)
			r, _ := f.run(Values{"scope": "openid"})
			_, err := DeviceAuthorization.Run(context.Background(), r)
			var bad *ResponseError
			if !errors.As(err, &bad) || bad.Endpoint != "device" {
				t.Errorf("got %v, want a *ResponseError of the device endpoint", err)
			}
		})
	}
	t.Run("Google's verification_url will do", func(t *testing.T) {
		f := deviceServer(t, func(m map[string]any) {
			m["verification_url"] = m["verification_uri"]
			delete(m,
				"verification_uri")
		})
		r, _ := f.run(Values{"scope": "openid"})
		if _, err := DeviceAuthorization.Run(context.Background(), r); err != nil {
			t.Error(err)
		}
	})
}

func TestEachPollIsAStep(t *testing.T) {
	f := deviceServer(t, nil, refuse(400, "authorization_pending", ""), refuse(400, "slow_down", ""))
	r, steps := f.run(Values{"scope": "openid"})
	if _, err := DeviceAuthorization.Run(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range *steps {
		if s.Spec == "RFC 8628 3.4" {
			got = append(got, strings.SplitN(s.Meaning, ".", 2)[0])
			if !strings.HasSuffix(s.Meaning, " The client does not authenticate.") {
				t.Errorf("got %q, want it to say that a public client does not authenticate", s.Meaning)
			}
			if s.Err != "" {
				t.Errorf("a poll that is part of the protocol is shown as failed: %s", s.Err)
			}
		}
	}
	want := []string{"Not yet", "Not yet, and fob polls too often: from now on it waits 10s",
		"The user has approved, and the server returns the tokens"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
