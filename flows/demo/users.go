package demo

import "crypto/subtle"

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
