package session

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/demo"
	"fob/flows/profile"
	"fob/flows/registration"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
)

// logs logs in as a client of the demo provider.
func logs(client string, r LoginRequest) func(b *bench) error {
	return func(b *bench) error {
		r := r
		r.Profile = b.profileOf(client, nil)
		_, err := b.Login(b.ctx(), r, nil)
		return err
	}
}

func values(pairs ...string) flows.Values {
	v := flows.Values{}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		v[name] = value
	}
	return v
}

func param(endpoint, name string, list ...string) flows.Params {
	return flows.Params{endpoint: {name: list}}
}

// before calls do once, before the first request to an endpoint is sent.
func before(endpoint string, do func(p wire.Pending) error) wire.Before {
	done := false
	return func(_ context.Context, p wire.Pending) (*wire.Request, error) {
		if p.Request.Endpoint != endpoint || done {
			return nil, nil
		}
		done = true
		return nil, do(p)
	}
}

// later advances the clock before the first request to an endpoint is sent.
func later(endpoint string, d time.Duration, client string, r LoginRequest) func(b *bench) error {
	return func(b *bench) error {
		r := r
		r.Before = before(endpoint, func(wire.Pending) error { b.clock.Advance(d); return nil })
		return logs(client, r)(b)
	}
}

// twice sends a request twice, as a repeating proxy does; change changes the first one.
func twice(client string, r LoginRequest, change func(*http.Request)) func(b *bench) error {
	return func(b *bench) error {
		r := r
		r.Before = before("token", func(p wire.Pending) error {
			first, err := http.NewRequest(p.Request.Method, p.Request.URL, strings.NewReader(string(p.Request.Body)))
			if err != nil {
				return err
			}
			first.Header = p.Request.Header.Clone()
			if change != nil {
				change(first)
			}
			resp, err := http.DefaultClient.Do(first)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, resp.Body)
			return errors.Join(err, resp.Body.Close())
		})
		return logs(client, r)(b)
	}
}

// withProfile changes the profile of a client before it logs in.
func withProfile(client string, r LoginRequest, change func(b *bench, p *profile.Profile)) func(b *bench) error {
	return func(b *bench) error {
		p, err := b.Profile(b.profileOf(client, nil))
		if err != nil {
			return err
		}
		change(b, &p)
		if err := b.file.Put(p); err != nil {
			return err
		}
		r := r
		r.Profile = p.Name
		_, err = b.Login(b.ctx(), r, nil)
		return err
	}
}

// anotherKey makes a client sign with an unregistered key.
func anotherKey(b *bench, p *profile.Profile) {
	key, err := jose.Generate("ES256", "nobody-knows-it")
	if err != nil {
		b.t.Fatal(err)
	}
	private, err := key.PrivateJWK()
	if err != nil {
		b.t.Fatal(err)
	}
	path := filepath.Join(b.t.TempDir(), "other.json")
	if err := os.WriteFile(path, []byte(private.Reveal()), 0o600); err != nil {
		b.t.Fatal(err)
	}
	p.Values["client_key"] = "file:" + path
}

// after logs in and then calls do with the session.
func after(r LoginRequest, do func(b *bench, id string) error) func(b *bench) error {
	return func(b *bench) error {
		if r.Profile == "" {
			r.Profile = "demo"
		}
		return do(b, b.login(r).Meta.ID)
	}
}

// callsAPI calls the API with the token of a session.
func callsAPI(method, path string) func(b *bench, id string) error {
	return func(b *bench, id string) error {
		resp, err := b.Call(b.ctx(), id, calls.Request{Method: method, URL: b.server.API() + path})
		if err != nil || resp.Status < 400 {
			return err
		}
		return &refusedCall{id, resp}
	}
}

func userinfo(b *bench, id string) error { _, err := b.Userinfo(b.ctx(), id); return err }
func refreshes(b *bench, id string) error {
	_, err := b.Refresh(b.ctx(), id, nil)
	return err
}

// registers registers a client.
func registers(pairs ...any) func(b *bench) error {
	return func(b *bench) error {
		m := registration.NativeClient("A tool", []string{"http://127.0.0.1/callback"}, "openid")
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1]
		}
		_, err := b.Register(b.ctx(), RegisterRequest{Server: "demo", Profile: "made", Metadata: m})
		return err
	}
}

// strict is a demo provider with a user at the browser and a clock that may differ.
func strict(ahead time.Duration, auto bool, client string, r LoginRequest) func(b *bench) error {
	return func(b *bench) error {
		server, err := demo.Start(demo.Config{AutoConsent: auto,
			Now: func() time.Time { return b.clock.Now().Add(ahead) }})
		if err != nil {
			return err
		}
		b.t.Cleanup(func() { _ = server.Close() })
		b.server = server
		return logs(client, r)(b)
	}
}

var machine = func(pairs ...string) LoginRequest {
	return LoginRequest{Grant: "client_credentials", Values: values(append([]string{"scope=api:read"}, pairs...)...)}
}

var wrongSecret = tokens.NewSecret("not the secret of anybody")

func ciba(pairs ...string) LoginRequest {
	return LoginRequest{Grant: "ciba", Values: values(append([]string{"scope=openid"}, pairs...)...)}
}

func with2(r LoginRequest, change func(*LoginRequest)) LoginRequest {
	change(&r)
	return r
}

func revokeAccess(b *bench, id string) error {
	_, err := b.Revoke(b.ctx(), id, tokens.Access)
	return err
}
