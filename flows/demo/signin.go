package demo

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// signIn is a user signed in at a browser.
type signIn struct {
	ID       string // sid; what ends with the sign-in is found by it
	User     string
	AuthTime time.Time
	ACR      string
	Consents map[string][]string // client to scopes; never changed in place
}

// cookieName tells apart servers on different ports, which share their cookies.
func (s *Server) cookieName(what string) string {
	return "fob_demo_" + what + s.issuer[strings.LastIndexByte(s.issuer, ':')+1:]
}

func (s *Server) setCookie(w http.ResponseWriter, name, value string) {
	// No Secure: the server speaks plain HTTP, on loopback alone.
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// currentSignIn is who is signed in at this browser; zero for nobody.
func (s *Server) currentSignIn(r *http.Request) signIn {
	cookie, err := r.Cookie(s.cookieName("signin_"))
	if err != nil {
		return signIn{}
	}
	have, _ := s.store.signIns.Get(cookie.Value)
	return have
}

// signInUser starts a sign-in under a fresh cookie, so that one planted before is worth nothing. Consents that the
// same user gave at this browser stay.
func (s *Server) signInUser(w http.ResponseWriter, r *http.Request, name, acr string) signIn {
	fresh := signIn{ID: randomToken(), User: name, AuthTime: s.toldTime(), ACR: acr}
	if old := s.currentSignIn(r); old.User == name {
		// The same user signing in again, or with more proof, goes on with the same session (its sid stays).
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

// rememberConsent notes, at every browser session of this sign-in, what the user allowed the client.
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

// signOut ends the sign-in of this browser and what hangs on it.
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

// browserID tells this browser from others: an interaction belongs to the browser that began it.
func (s *Server) browserID(w http.ResponseWriter, r *http.Request) string {
	if cookie, err := r.Cookie(s.cookieName("browser_")); err == nil && len(cookie.Value) == len(randomToken()) {
		return cookie.Value
	}
	id := randomToken()
	s.setCookie(w, s.cookieName("browser_"), id)
	return id
}
