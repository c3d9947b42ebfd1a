package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// logoutsPath shows what ended with each sign-out.
const logoutsPath = "/demo/logouts"

// logoutEvent is OpenID Connect Back-Channel Logout 2.4's event.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

func logoutEndpoints() []endpoint {
	return []endpoint{{Method: "GET", Path: logoutsPath, Handle: (*Server).listLogouts}}
}

// logout is one client's part in a sign-out, as the page shows it.
type logout struct {
	At       time.Time `json:"at"`
	Client   string    `json:"client_id"`
	Subject  string    `json:"sub"`
	SID      string    `json:"sid"`
	Revoked  int       `json:"revoked"` // sign-ins of the client that ended
	Kept     int       `json:"kept"`    // those kept by offline_access
	URI      string    `json:"backchannel_logout_uri,omitempty"`
	Token    string    `json:"logout_token,omitempty"`
	Delivery string    `json:"delivery"` // the client's response, or why nothing was sent
}

const maxLogouts = 100

type logouts struct {
	mu  sync.Mutex
	all []*logout
}

func (l *logouts) add(one *logout) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, one)
	l.all = l.all[max(0, len(l.all)-maxLogouts):]
}

func (l *logouts) set(one *logout, delivery string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one.Delivery = delivery
}

func (l *logouts) list() []logout {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]logout, len(l.all))
	for i, one := range l.all {
		all[i] = *one
	}
	return all
}

func (s *Server) listLogouts(w http.ResponseWriter, r *http.Request) {
	if !fromPage(w, r) {
		writeJSON(w, http.StatusOK, map[string]any{"logouts": s.store.logouts.list()})
	}
}

// endSignIn revokes the tokens of a sign-in, except those with offline_access (OpenID Connect Core 11), and notifies
// the clients that registered for it (OpenID Connect Back-Channel Logout 2.5).
func (s *Server) endSignIn(sid string) {
	ended := map[string]*logout{}
	s.store.families.Each(func(f *family) {
		if f.SignIn != sid || f.Revoked {
			return
		}
		one := ended[f.Client]
		if one == nil {
			one = &logout{At: s.reportedTime(), Client: f.Client, Subject: f.User, SID: sidOf(sid)}
			ended[f.Client] = one
		}
		if f.offline() {
			one.Kept++
			return
		}
		f.Revoked = true
		one.Revoked++
	})
	for _, one := range ended {
		s.notifyLogout(one)
	}
}

// notifyLogout sends a logout token, if the client has registered an address.
func (s *Server) notifyLogout(one *logout) {
	c, _ := s.findClient(one.Client)
	one.URI, one.Delivery = c.BackchannelLogout, "the client has registered no backchannel_logout_uri"
	if one.URI == "" {
		s.store.logouts.add(one)
		return
	}
	token, err := s.logoutToken(c, one)
	if err != nil {
		one.Delivery = "signing the logout token failed: " + err.Error()
		s.store.logouts.add(one)
		return
	}
	one.Token, one.Delivery = token, "in progress"
	s.store.logouts.add(one)
	s.runTask(func(ctx context.Context) { s.store.logouts.set(one, s.deliverLogout(ctx, one.URI, token)) })
}

// logoutToken is OpenID Connect Back-Channel Logout 2.4.
func (s *Server) logoutToken(c client, one *logout) (string, error) {
	now := s.reportedTime()
	claims := map[string]any{"iss": s.issuer, "aud": c.ID, "iat": unix(now), "exp": unix(now.Add(2 * time.Minute)),
		"jti": randomToken()[:22],
		"sub": one.Subject, "sid": one.SID, "events": map[string]any{logoutEvent: map[string]any{}}}
	token, err := s.keys.signJWT(c.IDTokenAlg, "logout+jwt", claims)
	if err != nil {
		return "", err
	}
	return encryptFor(c, c.IDTokenEncryption, token)
}

func (s *Server) deliverLogout(ctx context.Context, uri, token string) string {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, uri,
		strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	if err != nil {
		return "not sent: " + err.Error()
	}
	r.Header.Set("Content-Type", formType)
	status, _, err := s.send(r)
	switch {
	case err != nil:
		return "not delivered: " + err.Error()
	case slices.Contains([]int{http.StatusOK, http.StatusNoContent}, status):
		return "delivered"
	}
	return fmt.Sprintf("rejected by the client: %d", status)
}

func (s *Server) logoutMetadata(m map[string]any) {
	m["backchannel_logout_supported"] = true
	m["backchannel_logout_session_supported"] = true
}
