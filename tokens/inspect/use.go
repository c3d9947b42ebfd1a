package inspect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/tokens"
)

// Use is what follows from the form of an access token for those who send it, take it, revoke it and see it.
type Use struct {
	Form     string    // one of the forms below; "" when it is not known
	Bytes    int       // of the token; 0: not known
	DPoP     bool      // it is sent with a proof of possession
	Expires  time.Time // zero: it does not say, or it cannot be read
	Bound    bool      // it names a key that whoever sends it must have (cnf)
	Claims   int       // that can be read by everybody who sees it
	Personal []string  // those of them that tell who somebody is
}

// The forms of an access token.
const (
	UseJWT       = "jwt"
	UseOpaque    = "opaque"
	UseEncrypted = "encrypted"
)

// UseOf is what follows from a token that is, or may be, an access token; nil for every other.
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

// Fact is one consequence in a sentence, with its topic and the section that says so.
type Fact struct {
	Topic string `json:"topic"`
	Text  string `json:"text"`
	Spec  string `json:"spec"`
}

// Outlives is how long APIs that do not ask the issuer go on accepting the token after it was revoked; ok is false when
// nobody can tell.
func (u *Use) Outlives(now time.Time) (d time.Duration, ok bool) {
	if u.Form != UseJWT && u.Form != UseEncrypted || u.Expires.IsZero() {
		return 0, u.Form == UseOpaque
	}
	return max(0, u.Expires.Sub(now).Truncate(time.Second)), true
}

// PerRequest is how many bytes the token adds to each request: the Authorization field with its line end.
func (u *Use) PerRequest() int {
	scheme := "Bearer"
	if u.DPoP {
		scheme = "DPoP"
	}
	return len("Authorization: "+scheme+" \r\n") + u.Bytes
}

// Facts are the consequences, with the numbers of this token.
func (u *Use) Facts(now time.Time) []Fact {
	list := []Fact{u.form(), u.revocation(now)}
	if u.Bytes > 0 {
		list = append(list, u.size())
	}
	return slices.DeleteFunc(append(list, u.privacy()), func(f Fact) bool { return f.Text == "" })
}

// Line is the same in a few words: what it is, its bytes on each request, how long it outlives a revocation, who can
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
		parts = append(parts, "outlives a revocation where APIs do not ask")
	case left > 0:
		parts = append(parts, fmt.Sprintf("outlives a revocation by %d s", int(left/time.Second)))
	}
	if u.Form == UseJWT && u.Claims > 0 {
		parts = append(parts, "everybody who sees it can read it")
	}
	return strings.Join(parts, " · ")
}

func (u *Use) form() Fact {
	text := map[string]string{
		UseJWT:    "a JWT: an API reads and verifies it by itself, with the issuer's keys",
		UseOpaque: "opaque: an API has to ask the issuer what it says (introspection), or share its storage",
		UseEncrypted: "encrypted: only who holds the key reads it, the API or the issuer itself; to everybody else " +
			"it is " +
			"opaque",
	}[u.Form]
	if u.Bound {
		text += "; it is bound to a key, so that a thief cannot use it alone"
	}
	return Fact{"form", text, map[string]string{UseJWT: "RFC 9068 4", UseOpaque: "RFC 7662 1",
		UseEncrypted: "RFC 9068 6"}[u.Form]}
}

func (u *Use) revocation(now time.Time) Fact {
	left, ok := u.Outlives(now)
	text := ""
	switch {
	case u.Form == UseOpaque:
		text = "once revoked it is refused at the next introspection: at once, or as late as an API keeps the answer"
	case !ok && u.Form == UseJWT:
		text = "it does not say when it ends: APIs that do not ask the issuer accept it for ever, revoked or not"
	case !ok:
		text = "an API that opens it by itself accepts it until it expires, revoked or not; one that asks the " +
			"issuer does not"
	case left == 0:
		text = "it has expired: no API may accept it, revoked or not"
	default:
		text = fmt.Sprintf("an API that does not ask the issuer accepts it for %d s more (%s), even if it is "+
			"revoked now",
			int(left/time.Second), tokens.Span(left))
	}
	return Fact{"revocation", text, "RFC 7009 3, RFC 9700 4.10"}
}

// wideHeader is the size from which servers refuse header fields, in bytes: nginx and many others by default.
const wideHeader = 8 << 10

func (u *Use) size() Fact {
	n := u.PerRequest()
	text := fmt.Sprintf("%d bytes on each request", n)
	switch {
	case n > wideHeader:
		text += ": many servers refuse a header field above 8 KB (431 or 400)"
	case n > wideHeader/2:
		text += ": half of what many servers take as a header field (8 KB)"
	}
	return Fact{"size", text, "RFC 9110 5.4"}
}

func (u *Use) privacy() Fact {
	switch {
	case u.Form == UseOpaque:
		return Fact{"privacy", "who sees it learns nothing from it; an API learns what the issuer answers",
			"RFC 7662 5"}
	case u.Form == UseEncrypted:
		return Fact{"privacy", "who sees it learns nothing from it but how it is encrypted", "RFC 9068 6"}
	case u.Claims == 0:
		return Fact{"privacy", "", ""}
	}
	text := fmt.Sprintf("everybody who sees it reads its %d claims: it is signed, not encrypted", u.Claims)
	if len(u.Personal) > 0 {
		text += "; " + strings.Join(u.Personal, ", ") + " tell who somebody is"
	}
	return Fact{"privacy", text, "RFC 9068 6"}
}
