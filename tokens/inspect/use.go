package inspect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/tokens"
)

// Use is what the form of an access token means for clients, APIs, revocation and privacy.
type Use struct {
	Form     string    // one of the forms below; "" if unknown
	Bytes    int       // of the token; 0: unknown
	DPoP     bool      // it is sent with a DPoP proof
	Expires  time.Time // zero: unknown
	Bound    bool      // it names a key that its sender must have (cnf)
	Claims   int       // that anyone who sees it can read
	Personal []string  // those that identify a person
}

// The forms of an access token.
const (
	UseJWT       = "jwt"
	UseOpaque    = "opaque"
	UseEncrypted = "encrypted"
)

// UseOf returns the use of a token that is, or may be, an access token; nil for every other.
func UseOf(r *Report) *Use {
	if r.Token == nil || r.Token.NoToken != "" || r.Token.Form == Flattened || r.Token.Form == General {
		return nil
	}
	u := &Use{Bytes: r.Token.Sizes.Total, Bound: r.Payload.Has("cnf")}
	switch r.Kind {
	case KindAccessToken, KindJWS:
		if r.Err != nil || r.Payload == nil {
			return nil
		}
		u.Form, u.Claims = UseJWT, len(r.Payload.Members)
		for _, name := range personalClaims {
			if r.Payload.Has(name) {
				u.Personal = append(u.Personal, name)
			}
		}
	case KindJWE:
		if u.Form = UseEncrypted; r.Err != nil || r.Nested != nil && notForAPIs[r.Nested.Kind] {
			return nil
		}
	case KindOpaque:
		if u.Form = UseOpaque; r.Err != nil || r.Token.Shape.IsKey() ||
			strings.Contains(r.Token.Shape.Name, "refresh") {
			return nil
		}
	default:
		return nil
	}
	for _, t := range r.Times {
		if t.Claim == "exp" {
			u.Expires = t.At
		}
	}
	return u
}

// Fact is one consequence in a sentence, with its topic and the section of the spec.
type Fact struct {
	Topic string `json:"topic"`
	Text  string `json:"text"`
	Spec  string `json:"spec"`
}

// Outlives returns how long an API that does not introspect accepts the token after it was revoked. ok is false if that
// is unknown.
func (u *Use) Outlives(now time.Time) (d time.Duration, ok bool) {
	if u.Form != UseJWT && u.Form != UseEncrypted || u.Expires.IsZero() {
		return 0, u.Form == UseOpaque
	}
	return max(0, u.Expires.Sub(now).Truncate(time.Second)), true
}

// PerRequest returns how many bytes the token adds to each request: the Authorization field with its line end.
func (u *Use) PerRequest() int {
	scheme := "Bearer"
	if u.DPoP {
		scheme = "DPoP"
	}
	return len("Authorization: "+scheme+" \r\n") + u.Bytes
}

// Facts returns the consequences, with the numbers of this token.
func (u *Use) Facts(now time.Time) []Fact {
	list := []Fact{u.form(), u.revocation(now)}
	if u.Bytes > 0 {
		list = append(list, u.size())
	}
	return slices.DeleteFunc(append(list, u.privacy()), func(f Fact) bool { return f.Text == "" })
}

// Line says the same in a few words: the form, the bytes on each request, how long it outlives a revocation, who can
// read it.
func (u *Use) Line(now time.Time) string {
	parts := []string{map[string]string{UseJWT: "JWT", UseOpaque: "opaque", UseEncrypted: "encrypted"}[u.Form]}
	if u.Bytes > 0 {
		parts = append(parts, fmt.Sprintf("%d B on each request", u.PerRequest()))
	}
	switch left, ok := u.Outlives(now); {
	case u.Form == UseOpaque:
		parts = append(parts, "a revocation counts at the next introspection")
	case !ok:
		parts = append(parts, "outlives a revocation where APIs do not introspect")
	case left > 0:
		parts = append(parts, fmt.Sprintf("outlives a revocation by %d s", int(left/time.Second)))
	}
	if u.Form == UseJWT && u.Claims > 0 {
		parts = append(parts, "anyone who sees it can read it")
	}
	return strings.Join(parts, " · ")
}

func (u *Use) form() Fact {
	text := map[string]string{
		UseJWT:    "a JWT: an API reads and verifies it by itself, with the issuer's keys",
		UseOpaque: "opaque: an API has to ask the issuer what it says (introspection), or share its storage",
		UseEncrypted: "encrypted: only the owner of the key can read it, the API or the issuer itself; to all others " +
			"it is opaque",
	}[u.Form]
	if u.Bound {
		text += "; it is bound to a key, so that a thief cannot use it without the key"
	}
	return Fact{"form", text, map[string]string{UseJWT: "RFC 9068 4", UseOpaque: "RFC 7662 1",
		UseEncrypted: "RFC 9068 6"}[u.Form]}
}

func (u *Use) revocation(now time.Time) Fact {
	left, ok := u.Outlives(now)
	text := ""
	switch {
	case u.Form == UseOpaque:
		text = "once revoked it is rejected at the next introspection: at once, or when an API's cached response " +
			"expires"
	case !ok && u.Form == UseJWT:
		text = "it does not say when it expires: APIs that do not ask the issuer accept it for ever, revoked or not"
	case !ok:
		text = "an API that decrypts it by itself accepts it until it expires, revoked or not; one that asks the " +
			"issuer does not"
	case left == 0:
		text = "it has expired: no API may accept it, revoked or not"
	default:
		text = fmt.Sprintf("an API that does not ask the issuer accepts it for %d s more (%s), even if it is "+
			"revoked now", int(left/time.Second), tokens.Span(left))
	}
	return Fact{"revocation", text, "RFC 7009 3, RFC 9700 4.10"}
}

// wideHeader is the size from which servers reject header fields, in bytes: the default of nginx and many others.
const wideHeader = 8 << 10

func (u *Use) size() Fact {
	n := u.PerRequest()
	text := fmt.Sprintf("%d bytes on each request", n)
	switch {
	case n > wideHeader:
		text += ": many servers reject a header field above 8 KB (431 or 400)"
	case n > wideHeader/2:
		text += ": more than half of what many servers accept as a header field (8 KB)"
	}
	return Fact{"size", text, "RFC 9110 5.4"}
}

func (u *Use) privacy() Fact {
	switch {
	case u.Form == UseOpaque:
		return Fact{"privacy", "anyone who sees it learns nothing from it; an API learns what the issuer responds",
			"RFC 7662 5"}
	case u.Form == UseEncrypted:
		return Fact{"privacy", "anyone who sees it learns only how it is encrypted", "RFC 9068 6"}
	case u.Claims == 0:
		return Fact{"privacy", "", ""}
	}
	text := fmt.Sprintf("anyone who sees it can read its %d claims: it is signed, not encrypted", u.Claims)
	if len(u.Personal) > 0 {
		text += "; " + strings.Join(u.Personal, ", ") + " identify a person"
	}
	return Fact{"privacy", text, "RFC 9068 6"}
}
