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

// cookieName distinguishes servers on different ports, which share their cookies.
func (s *Server) cookieName(what string) string {
	return "fob_demo_" + what + s.issuer[strings.LastIndexByte(s.issuer, ':')+1:]
}

func (s *Server) setCookie(w http.ResponseWriter, name, value string) {
	// No Secure: the server uses plain HTTP, on loopback alone.
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// currentSignIn returns the sign-in of this browser; zero without one.
func (s *Server) currentSignIn(r *http.Request) signIn {
	cookie, err := r.Cookie(s.cookieName("signin_"))
	if err != nil {
		return signIn{}
	}
	have, _ := s.store.signIns.Get(cookie.Value)
	return have
}

// signInUser starts a sign-in with a new cookie, so that one planted before is worthless. The same user's consents in
// this browser remain.
func (s *Server) signInUser(w http.ResponseWriter, r *http.Request, name, acr string) signIn {
	fresh := signIn{ID: randomToken(), User: name, AuthTime: s.reportedTime(), ACR: acr}
	if old := s.currentSignIn(r); old.User == name {
		// The same user signing in again, or more strongly, keeps the session and its sid.
		fresh.ID, fresh.Consents = old.ID, old.Consents
	}
	if cookie, err := r.Cookie(s.cookieName("signin_")); err == nil {
		s.store.signIns.Delete(cookie.Value)
	}
	secret := randomToken()
	s.store.signIns.Put(secret, fresh)
	s.setCookie(w, s.cookieName("signin_"), secret)
	return fresh
}

// rememberConsent stores the user's consent for the client, in every browser session of this sign-in.
func (s *Server) rememberConsent(sid, clientID string, scopes []string) {
	s.store.signIns.Each(func(have *signIn) {
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

// signOut ends the sign-in of this browser and what depends on it.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(s.cookieName("signin_")); err == nil {
		if have, ok := s.store.signIns.Get(cookie.Value); ok {
			s.endSignIn(have.ID)
		}
		s.store.signIns.Delete(cookie.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookieName("signin_"), Path: "/", MaxAge: -1, HttpOnly: true,
		SameSite: http.SameSiteLaxMode})
}

// browserID identifies this browser: an interaction belongs to the browser that started it.
func (s *Server) browserID(w http.ResponseWriter, r *http.Request) string {
	if cookie, err := r.Cookie(s.cookieName("browser_")); err == nil && len(cookie.Value) == len(randomToken()) {
		return cookie.Value
	}
	id := randomToken()
	s.setCookie(w, s.cookieName("browser_"), id)
	return id
}
