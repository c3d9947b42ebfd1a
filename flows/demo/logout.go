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
	env     *environment
	clients *clients
	keys    *keyring
	store   *tokenStore
	out     *sender

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

func (l *logouts) serve(w http.ResponseWriter, r *http.Request) {
	if !fromPage(w, r) {
		writeJSON(w, http.StatusOK, map[string]any{"logouts": l.list()})
	}
}

// endSignIn revokes the tokens of a sign-in, except those with offline_access (OpenID Connect Core 11), and notifies
// the clients that registered for it (OpenID Connect Back-Channel Logout 2.5).
func (l *logouts) endSignIn(sid string) {
	ended := map[string]*logout{}
	l.store.families.Each(func(f *family) {
		if f.SignIn != sid || f.Revoked {
			return
		}
		one := ended[f.Client]
		if one == nil {
			one = &logout{At: l.env.reportedTime(), Client: f.Client, Subject: f.User, SID: sidOf(sid)}
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
		l.notify(one)
	}
}

// notify sends a logout token, if the client has registered an address.
func (l *logouts) notify(one *logout) {
	c, _ := l.clients.find(one.Client)
	one.URI, one.Delivery = c.BackchannelLogout, "the client has registered no backchannel_logout_uri"
	if one.URI == "" {
		l.add(one)
		return
	}
	token, err := l.token(c, one)
	if err != nil {
		one.Delivery = "signing the logout token failed: " + err.Error()
		l.add(one)
		return
	}
	one.Token, one.Delivery = token, "in progress"
	l.add(one)
	l.out.run(func(ctx context.Context) { l.set(one, l.deliver(ctx, one.URI, token)) })
}

// token is OpenID Connect Back-Channel Logout 2.4.
func (l *logouts) token(c client, one *logout) (string, error) {
	now := l.env.reportedTime()
	claims := map[string]any{"iss": l.env.issuer, "aud": c.ID, "iat": unix(now), "exp": unix(now.Add(2 * time.Minute)),
		"jti": randomToken()[:22],
		"sub": one.Subject, "sid": one.SID, "events": map[string]any{logoutEvent: map[string]any{}}}
	return l.keys.signFor(c, c.IDTokenEncryption, c.IDTokenAlg, "logout+jwt", claims, "")
}

func (l *logouts) deliver(ctx context.Context, uri, token string) string {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, uri,
		strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	if err != nil {
		return "not sent: " + err.Error()
	}
	r.Header.Set("Content-Type", formType)
	status, _, err := l.out.send(r)
	switch {
	case err != nil:
		return "not delivered: " + err.Error()
	case slices.Contains([]int{http.StatusOK, http.StatusNoContent}, status):
		return "delivered"
	}
	return fmt.Sprintf("rejected by the client: %d", status)
}
