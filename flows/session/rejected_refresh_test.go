package session

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/flows/profile"
	"fob/tokens"
	"fob/tokens/vault"
)

func TestAnInvalidRefreshTokenIsNeverSentAgainAndReportedOnEveryUse(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.fault("refresh-family-revoked")
	for range 3 {
		for _, s := range []*Service{b.Service, func() *Service { o, _ := b.another(os.Getenv); return o }()} {
			notified := newNotices()
			ctx := WithNotify(b.ctx(), notified.notify)
			token, _, err := s.Token(ctx, first.Meta.ID, TokenRequest{MinTTL: time.Hour})
			if err != nil || !token.Equal(first.Set.AccessToken) {
				t.Fatalf("got %v, want the access token that is still valid", err)
			}
			got := notified.all()
			if !strings.Contains(got, "has been invalid since") || !strings.Contains(got, "invalid_grant") {
				t.Errorf("notified: got %q", got)
			}
		}
	}
	notified := newNotices()
	_, _, err := b.Token(WithNotify(b.ctx(), notified.notify), first.Meta.ID, TokenRequest{})
	if err != nil || !strings.Contains(notified.all(), "has been invalid since") {
		t.Errorf("a token that needs no renewal: got %v, notified %q", err, notified.all())
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
	if err != nil || sent != 1 || !kept || rec.Meta.RefreshInvalid == nil {
		t.Errorf("it was sent %d times, want once; marked invalid: %+v, %v", sent, rec.Meta.RefreshInvalid, err)
	}
}

// A rejected response has used up the refresh token all the same. The new one is stored, so that the session survives,
// unless the response may belong to another user. Either way the old one is never sent again.
func TestARejectedResponseLosesNoRefreshToken(t *testing.T) {
	for fault, kept := range map[string]bool{
		"bad-signature": true, "wrong-at-hash": true, "expired-at-birth": true, "wrong-token-type": true,
		"alg-none":        true,
		"changed-subject": false, "wrong-id-token-iss": false, "wrong-audience": false, "changed-auth-time": true,
	} {
		t.Run(fault, func(t *testing.T) {
			b, provider := newWatchedBench(t)
			first := b.login(LoginRequest{Profile: "demo"})
			b.clock.Advance(time.Second)
			b.fault(fault)
			result, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
			b.noFault(fault)
			var failed *tokens.CheckError
			if !errors.As(err, &failed) {
				t.Fatalf("got %v, want a failed check", err)
			}
			other, _ := b.another(os.Getenv)
			rec, err := other.Load(b.ctx(), first.Meta.ID)
			set := rec.Secrets.Set
			if err != nil || !set.AccessToken.Equal(first.Set.AccessToken) || !set.IDToken.Equal(first.Set.IDToken) {
				t.Errorf("of what was refused something is stored: %v", err)
			}
			if got := !set.RefreshToken.Equal(first.Set.RefreshToken); got != kept ||
				kept == (rec.Meta.RefreshInvalid != nil) {
				t.Errorf("the new refresh token is stored: got %t, want %t; invalid: %+v",
					got, kept, rec.Meta.RefreshInvalid)
			}
			why := ""
			for _, c := range result.Meta.Ledger {
				if c.ID == tokens.CheckRotation {
					why = c.Because
				}
			}
			want := map[bool]string{true: "the new one is stored", false: "the new one is not stored"}[kept]
			if !strings.Contains(why, want) {
				t.Errorf("the ledger says %q, want %q", why, want)
			}
			_, err = other.Refresh(b.ctx(), first.Meta.ID, nil)
			if kept == (err != nil) || !kept && !errors.Is(err, ErrNeedsPerson) || provider.reuses() != 0 ||
				b.marks() != "" {
				t.Errorf("the next refresh: got %v, %d reuses, marks %q", err, provider.reuses(), b.marks())
			}
		})
	}
}

// A rejected response that replaces the refresh token by a value that is no token has ended the old one: it stays
// stored, marked as invalid, and is never sent again.
func TestAnUnreadableReplacementInARejectedResponseInvalidatesTheRefreshToken(t *testing.T) {
	for _, replacement := range []string{`["r2"]`, `{"v":"r2"}`, `17`} {
		t.Run(replacement, func(t *testing.T) {
			b := newBench(t)
			asked := 0
			first := b.loginThrough(func(body string) string {
				asked++
				return regexp.MustCompile(`"refresh_token":\s*"[^"]*"`).ReplaceAllString(body,
					`"refresh_token":`+replacement)
			})
			b.fault("wrong-token-type")
			_, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
			b.noFault("wrong-token-type")
			var failed *tokens.CheckError
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), "cannot be read as a token") {
				t.Fatalf("got %v, want the failed check and what became of the refresh token", err)
			}
			rec, err := b.Load(b.ctx(), first.Meta.ID)
			if err != nil || !rec.Secrets.Set.RefreshToken.Equal(first.Set.RefreshToken) ||
				rec.Meta.RefreshInvalid == nil {
				t.Errorf("got %v, marked %+v, want the old refresh token, marked", err, rec.Meta.RefreshInvalid)
			}
			other, _ := b.another(os.Getenv)
			for _, s := range []*Service{b.Service, other} {
				if _, err := s.Refresh(b.ctx(), first.Meta.ID, nil); !errors.Is(err, ErrNeedsPerson) {
					t.Errorf("the next refresh: got %v", err)
				}
			}
			if asked != 1 || b.marks() != "" {
				t.Errorf("%d refreshes were sent, want 1; marks %q", asked, b.marks())
			}
		})
	}
}

// loginThrough logs in at a token endpoint that changes the body of the refresh responses, and their status if one is
// given.
func (b *bench) loginThrough(change func(body string) string, status ...*int) Result {
	b.t.Helper()
	target, err := url.Parse(b.server.Issuer())
	if err != nil {
		b.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("grant_type=refresh_token")) {
			proxy.ServeHTTP(w, r)
			return
		}
		recorded := httptest.NewRecorder()
		proxy.ServeHTTP(recorded, r)
		w.Header().Set("Content-Type", "application/json")
		for _, s := range status {
			recorded.Code = *s
		}
		w.WriteHeader(recorded.Code)
		_, _ = io.WriteString(w, change(recorded.Body.String()))
	}))
	b.t.Cleanup(endpoint.Close)
	issuer := b.server.Issuer()
	if err := b.file.Put(profile.Profile{Name: "changed", Issuer: issuer, ClientID: "demo-public",
		Values: map[string]string{"scope": "openid offline_access"}, Endpoints: map[string]string{
			"authorization": issuer + "/authorize", "token": endpoint.URL + "/token", "jwks": issuer + "/jwks",
		}}); err != nil {
		b.t.Fatal(err)
	}
	return b.login(LoginRequest{Profile: "changed"})
}

func TestAReplacementThatCannotBeStoredStaysInMemory(t *testing.T) {
	b, provider := newWatchedBench(t)
	first := b.login(LoginRequest{Profile: "demo"})
	b.fault("bad-signature")
	b.backend.breakAfter(1, vault.ErrLocked) // after the probe
	_, err := b.Refresh(b.ctx(), first.Meta.ID, nil)
	b.noFault("bad-signature")
	var failed *tokens.CheckError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "only in this process") {
		t.Errorf("got %v, want the check and that storing failed", err)
	}
	other, _ := b.another(os.Getenv)
	if _, err := other.Refresh(b.ctx(), first.Meta.ID, nil); !errors.Is(err, ErrNeedsPerson) {
		t.Errorf("another process: got %v, want a refusal", err)
	}
	b.backend.breakWith(nil)
	if _, err := b.Refresh(b.ctx(), first.Meta.ID, nil); err != nil || provider.reuses() != 0 {
		t.Errorf("this process: got %v and %d reuses", err, provider.reuses())
	}
}

// A refresh token known to be invalid or used is not sent to the revocation endpoint either; the access token is.
func TestAnInvalidRefreshTokenIsNotSentForRevocation(t *testing.T) {
	kill := map[string]func(b *bench, m *vault.Meta){
		"dead": func(b *bench, m *vault.Meta) {
			m.RefreshInvalid = &vault.InvalidRefresh{At: b.clock.Now(), Reason: "it was refused"}
		},
		"spent": func(b *bench, m *vault.Meta) {
			mark := vault.Mark{ID: m.ID, Kind: vault.MarkRefresh, BegunAt: b.clock.Now(), Answered: true}
			if err := b.o.Store.PutMark(mark); err != nil {
				b.t.Fatal(err)
			}
		},
	}
	for name, kill := range kill {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			var asked []string
			first := b.revocations(func(_ http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.PostFormValue("token_type_hint"))
			})
			m := first.Meta
			kill(b, &m)
			if err := b.o.Store.PutMeta(b.ctx(), m); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Revoke(b.ctx(), m.ID, tokens.Refresh); err == nil || len(asked) != 0 {
				t.Errorf("the refresh token by name: got %v after %q, want an error and no request", err, asked)
			}
			notified := newNotices()
			kind, err := b.Revoke(WithNotify(b.ctx(), notified.notify), m.ID, "")
			if err != nil || kind != tokens.Access || !slices.Equal(asked, []string{"access_token"}) ||
				notified.list == nil {
				t.Errorf("revoke: got %s, %v after %q, notified %q", kind, err, asked, notified.all())
			}
			asked = nil
			result, err := b.Logout(b.ctx(), m.ID, false)
			if err != nil || len(asked) != 0 || len(result.Notes) != 1 ||
				!strings.Contains(result.Notes[0], "was not sent") {
				t.Errorf("logout: got %q, %v after %q", result.Notes, err, asked)
			}
		})
	}
}
