package session

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"fob/flows/profile"
	"fob/tokens"
)

// revocations returns a login with a profile whose revocation endpoint is the handler.
func (b *bench) revocations(revoke http.HandlerFunc) Result {
	b.t.Helper()
	endpoint := httptest.NewServer(revoke)
	b.t.Cleanup(endpoint.Close)
	err := b.file.Put(profile.Profile{Name: "revocations", Issuer: b.server.Issuer(), ClientID: "demo-public",
		Values: map[string]string{"scope": "openid offline_access api:read"}, Endpoints: map[string]string{
			"authorization": b.server.Issuer() + "/authorize", "token": b.server.Issuer() + "/token",
			"jwks": b.server.Issuer() + "/jwks", "revocation": endpoint.URL, "end_session": endpoint.URL + "/end",
		}})
	if err != nil {
		b.t.Fatal(err)
	}
	return b.login(LoginRequest{Profile: "revocations"})
}

// A session whose lock another process holds is being renewed: a token revoked meanwhile would be replaced.
func TestRevokeAndLogoutAcquireTheLock(t *testing.T) {
	for name, use := range map[string]func(ctx context.Context, s *Service, id string) error{
		"revoke": func(ctx context.Context, s *Service, id string) error {
			_, err := s.Revoke(ctx, id, "")
			return err
		},
		"logout": func(ctx context.Context, s *Service, id string) error {
			_, err := s.Logout(ctx, id, false)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			var id atomic.Value
			var asked, free atomic.Int64
			other, _ := b.another(os.Getenv)
			first := b.revocations(func(http.ResponseWriter, *http.Request) {
				asked.Add(1)
				if lock, err := other.o.Store.TryLock(id.Load().(string)); lock != nil || err != nil {
					free.Add(1)
					lock.Unlock()
				}
			})
			id.Store(first.Meta.ID)
			lock, err := other.o.Store.Lock(b.ctx(), first.Meta.ID)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(b.ctx(), 50*time.Millisecond)
			defer cancel()
			if err := use(ctx, b.Service, first.Meta.ID); !errors.Is(err, context.DeadlineExceeded) ||
				asked.Load() != 0 {
				t.Errorf("while another holds the lock: got %v and %d revocations, want to wait", err, asked.Load())
			}
			lock.Unlock()
			if err := use(b.ctx(), b.Service, first.Meta.ID); err != nil || asked.Load() == 0 || free.Load() != 0 {
				t.Errorf("then: got %v and %d revocations, %d of them without the lock", err, asked.Load(), free.Load())
			}
		})
	}
}

func TestLogoutRemovesNothingIfARevocationFails(t *testing.T) {
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	refuse := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	kind := func(kind string, fail http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.PostFormValue("token_type_hint") == kind {
				fail(w, r)
			}
		}
	}
	for name, revoke := range map[string]http.HandlerFunc{
		"refresh token, cut": kind("refresh_token", cut), "refresh token, 503": kind("refresh_token", refuse),
		"access token, cut": kind("access_token", cut), "access token, 503": kind("access_token", refuse),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			first := b.revocations(revoke)
			b.o.Browser = func(context.Context, string) error { t.Error("the sign-in was ended"); return nil }
			if _, err := b.Logout(b.ctx(), first.Meta.ID, true); err == nil {
				t.Error("the logout went well")
			}
			other, _ := b.another(os.Getenv)
			rec, err := other.Load(b.ctx(), first.Meta.ID)
			if err != nil || !rec.Meta.Has(tokens.Refresh) || !rec.Meta.Has(tokens.Access) {
				t.Errorf("what is left: got %v, %v, want the whole session", rec.Meta.Kinds, err)
			}
			if _, err := other.Revoke(b.ctx(), first.Meta.ID, tokens.Refresh); (err == nil) != (name[0] == 'a') {
				t.Errorf("revoking the refresh token alone: got %v", err)
			}
		})
	}
}
