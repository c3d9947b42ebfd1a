package demo

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// signIn is a user's sign-in in a browser.
type signIn struct {
	ID       string // sid; finds what ends with the sign-in
	User     string
	AuthTime time.Time
	ACR      string
	Consents map[string][]string // client to scopes; never changed in place
}

// browserSessions are the sign-ins of the browsers, which their cookies identify.
type browserSessions struct {
	env     *environment
	signIns *table[signIn] // by cookie
}

func newBrowserSessions(env *environment) *browserSessions {
	return &browserSessions{env, newTable[signIn](env.now, signInLifetime, maxSignIns)}
}

// cookieName distinguishes servers on different ports, which share their cookies.
func (bs *browserSessions) cookieName(what string) string {
	return "fob_demo_" + what + bs.env.issuer[strings.LastIndexByte(bs.env.issuer, ':')+1:]
}

func setCookie(w http.ResponseWriter, name, value string) {
	// No Secure: the server uses plain HTTP, on loopback alone.
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// current returns the sign-in of this browser; zero without one.
func (bs *browserSessions) current(r *http.Request) signIn {
	cookie, err := r.Cookie(bs.cookieName("signin_"))
	if err != nil {
		return signIn{}
	}
	have, _ := bs.signIns.Get(cookie.Value)
	return have
}

// signIn starts a sign-in with a new cookie, so that one planted before is worthless. The same user's consents in
// this browser remain.
func (bs *browserSessions) signIn(w http.ResponseWriter, r *http.Request, name, acr string) signIn {
	fresh := signIn{ID: randomToken(), User: name, AuthTime: bs.env.reportedTime(), ACR: acr}
	if old := bs.current(r); old.User == name {
		// The same user signing in again, or more strongly, keeps the session and its sid.
		fresh.ID, fresh.Consents = old.ID, old.Consents
	}
	if cookie, err := r.Cookie(bs.cookieName("signin_")); err == nil {
		bs.signIns.Delete(cookie.Value)
	}
	secret := randomToken()
	bs.signIns.Put(secret, fresh)
	setCookie(w, bs.cookieName("signin_"), secret)
	return fresh
}

// rememberConsent stores the user's consent for the client, in every browser session of this sign-in.
func (bs *browserSessions) rememberConsent(sid, clientID string, scopes []string) {
	bs.signIns.Each(func(have *signIn) {
		if have.ID == sid {
			consents := maps.Clone(have.Consents)
			if consents == nil {
				consents = map[string][]string{}
			}
			consents[clientID] = slices.Compact(slices.Sorted(slices.Values(slices.Concat(consents[clientID], scopes))))
			have.Consents = consents
		}
	})
}

// end ends the sign-in of this browser and returns it.
func (bs *browserSessions) end(w http.ResponseWriter, r *http.Request) signIn {
	have := bs.current(r)
	if cookie, err := r.Cookie(bs.cookieName("signin_")); err == nil {
		bs.signIns.Delete(cookie.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: bs.cookieName("signin_"), Path: "/", MaxAge: -1, HttpOnly: true,
		SameSite: http.SameSiteLaxMode})
	return have
}

// browserID identifies this browser: an interaction belongs to the browser that started it.
func (bs *browserSessions) browserID(w http.ResponseWriter, r *http.Request) string {
	if cookie, err := r.Cookie(bs.cookieName("browser_")); err == nil && len(cookie.Value) == len(randomToken()) {
		return cookie.Value
	}
	id := randomToken()
	setCookie(w, bs.cookieName("browser_"), id)
	return id
}
