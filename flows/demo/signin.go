package demo

import (
	"crypto/subtle"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Password is every user's password. The sign-in page shows it: nothing here needs protection.
const Password = "demo"

// oneTimeCode is the second factor that acr_values can ask for.
const oneTimeCode = "123456"

// user is a person with an account. The subject is the name.
type user struct {
	Name     string
	FullName string
	Email    string
	About    string // for the sign-in page
	// NeedsBrowser marks an account that needs more than a password.
	NeedsBrowser bool
	MayAct       string // who may act for this person in a token exchange; "" allows any user (RFC 8693 4.4)
	UserCode     string // the required user_code of a CIBA request (OpenID Connect CIBA 7.1); "" for none
}

var users = []user{
	{Name: "alice", FullName: "Alice Adams", Email: "alice@demo.invalid", About: "may read and write orders",
		MayAct: "support"},
	{Name: "bob", FullName: "Bob Brown", Email: "bob@demo.invalid", About: "has no orders yet"},
	{Name: "support", FullName: "Sam Support", Email: "support@demo.invalid", About: "the help desk",
		NeedsBrowser: true, UserCode: "2468"},
}

func findUser(name string) (user, bool) {
	for _, u := range users {
		if u.Name == name || u.Email == name {
			return u, true
		}
	}
	return user{}, false
}

// checkPassword takes the same time for a wrong password as for the right one.
func checkPassword(given string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(Password)) == 1
}

// claims returns the claims of the granted scopes (OpenID Connect Core 5.4).
func (u user) claims(scopes []string) map[string]any {
	claims := map[string]any{"sub": u.Name}
	for _, scope := range scopes {
		switch scope {
		case "profile":
			claims["name"], claims["preferred_username"] = u.FullName, u.Name
		case "email":
			claims["email"], claims["email_verified"] = u.Email, true
		}
	}
	return claims
}

// otherUser returns another user's name, for faults about mistaken identity.
func otherUser(name string) string {
	for _, u := range users {
		if u.Name != name {
			return u.Name
		}
	}
	return ""
}

// The authentication contexts (acr) that a sign-in can reach, weakest first.
const (
	acrPassword = "urn:fob:demo:password"
	acrOTP      = "urn:fob:demo:password+otp"
)

var acrValues = []string{acrPassword, acrOTP}

// amr returns the authentication methods (RFC 8176).
func amr(acr string) []string {
	if acr == acrOTP {
		return []string{"pwd", "otp"}
	}
	return []string{"pwd"}
}

// mayAct returns the may_act claim of a user's tokens: alice lets only support act for her.
func mayAct(userName string) map[string]any {
	if u, ok := findUser(userName); ok && u.MayAct != "" {
		return map[string]any{"sub": u.MayAct}
	}
	return nil
}

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
