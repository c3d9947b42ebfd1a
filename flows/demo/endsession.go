package demo

import (
	"net/http"
	"net/url"
	"strings"
)

// signOutRequest is where to go after signing out (OpenID Connect RP-Initiated Logout 2).
type signOutRequest struct {
	redirect string // "" for the server's own page
	state    string
}

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
	page(w, http.StatusOK, "message", pageData{Title: "Still signed in", Text: "Nothing was changed."})
}

func (es *endSession) signedOut(w http.ResponseWriter, r *http.Request, req signOutRequest) {
	if have := es.sessions.end(w, r); have.User != "" {
		es.logouts.endSignIn(have.ID)
	}
	if req.redirect == "" {
		page(w, http.StatusOK, "message", pageData{Title: "Signed out",
			Text: "You are no longer signed in here. You can close this page."})
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
