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

// signOutRequest is where to go after signing out (OpenID Connect RP-Initiated Logout 2).
type signOutRequest struct {
	redirect string // "" for the server's own page
	state    string
}

// endSession signs users out of their browsers.
type endSession struct {
	env          *environment
	clients      *clients
	keys         *keyring
	sessions     *browserSessions
	interactions *interactions
	logouts      *logouts
}

// serve signs out: at once with an id_token of the signed-in user, else after asking.
func (es *endSession) serve(w http.ResponseWriter, r *http.Request) {
	p := params(r.URL.Query())
	err := p.rejectRepeated()
	if r.Method == http.MethodPost {
		p, err = bodyParams(r)
	}
	var req signOutRequest
	var sub string
	if err == nil {
		req, sub, err = es.parse(p)
	}
	if err != nil {
		errorPage(w, http.StatusBadRequest, err)
		return
	}
	have := es.sessions.current(r)
	if have.User == "" || es.env.config.AutoConsent || have.User == sub {
		es.signedOut(w, r, req)
		return
	}
	// Any site could have sent the browser here: ask, on a page that only this browser can submit.
	es.interactions.start(w, r, &interaction{SignIn: have, purpose: &signOutPurpose{es, req}})
}

// parse reads the request; sub is the subject of a valid id_token_hint.
func (es *endSession) parse(p params) (req signOutRequest, sub string, e *oauthError) {
	clientID := p.Get("client_id")
	if hint := p.Get("id_token_hint"); hint != "" {
		claims, why := es.keys.ownJWT(hint)
		if why != "" {
			return req, "", oauthErrorf("invalid_request", "id_token_hint: %s", why)
		}
		sub, _ = claims["sub"].(string)
		aud, _ := claims["aud"].(string)
		if clientID != "" && clientID != aud {
			return req, "", oauthErrorf("invalid_request",
				"client_id is not the client that id_token_hint was issued to")
		}
		clientID = aud
	}
	c, known := es.clients.find(clientID)
	if clientID != "" && !known {
		return req, "", es.clients.unknown(clientID)
	}
	switch redirect := p.Get("post_logout_redirect_uri"); {
	case redirect == "":
	case !known:
		return req, "", oauthErrorf("invalid_request",
			"post_logout_redirect_uri needs client_id or id_token_hint beside it")
	case len(redirect) > maxParamLength || !registeredURI(c.PostLogout, redirect):
		return req, "", oauthErrorf("invalid_request",
			"post_logout_redirect_uri %q is not registered for %s; registered are %s (any port on loopback)",
			redirect, c.ID, strings.Join(c.PostLogout, " "))
	default:
		req.redirect = redirect
	}
	req.state = p.Get("state")
	return req, sub, nil
}

type signOutPurpose struct {
	endpoint *endSession
	req      signOutRequest
}

func (p *signOutPurpose) RedirectTarget() string { return p.req.redirect }

func (p *signOutPurpose) Question(i *interaction) (string, pageData) {
	return "signout", pageData{Title: "Sign out?", Text: "You are signed in as " + i.SignIn.User + "."}
}

func (p *signOutPurpose) Approve(w http.ResponseWriter, r *http.Request, _ signIn) {
	p.endpoint.signedOut(w, r, p.req)
}

func (p *signOutPurpose) Deny(w http.ResponseWriter) {
	message(w, http.StatusOK, "Still signed in", "Nothing was changed.")
}

func (es *endSession) signedOut(w http.ResponseWriter, r *http.Request, req signOutRequest) {
	if have := es.sessions.end(w, r); have.User != "" {
		es.logouts.endSignIn(have.ID)
	}
	if req.redirect == "" {
		message(w, http.StatusOK, "Signed out", "You are no longer signed in here. You can close this page.")
		return
	}
	target := req.redirect
	if req.state != "" {
		separator := "?"
		if strings.Contains(target, "?") {
			separator = "&"
		}
		target += separator + "state=" + url.QueryEscape(req.state)
	}
	seeOther(w, target)
}

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
	return l.keys.signFor(c, c.idTokenEncryption(), c.IDTokenAlg, "logout+jwt", claims, "")
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
