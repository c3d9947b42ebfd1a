package tokens

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is a kind of token in a Set.
type Kind string

// The kinds of tokens.
const (
	Access  Kind = "access"
	ID      Kind = "id"
	Refresh Kind = "refresh"
)

// ParseKind parses a kind as users type it.
func ParseKind(s string) (Kind, error) {
	switch k := Kind(strings.TrimSuffix(strings.ToLower(s), "_token")); k {
	case Access, ID, Refresh:
		return k, nil
	}
	return "", fmt.Errorf("token kind %q is not known: use access, id or refresh", VisibleLine(s))
}

// Set is a successful token response (RFC 6749 5.1) and when it was received.
type Set struct {
	AccessToken     Secret
	RefreshToken    Secret
	IDToken         Secret
	TokenType       string // as received: "Bearer", "DPoP", "N_A"; compare with IsType
	IssuedTokenType string // RFC 8693 2.2.1; empty otherwise
	Scope           string // granted scope as received; empty when the server left it out, which means "as requested"
	ReceivedAt      time.Time
	ExpiresAt       time.Time // of the access token; zero when the server did not report it
	RefreshExpires  time.Time // of the refresh token (refresh_expires_in, an extension); zero when not reported
	// Extra holds every other member as received. Members can be secrets (device_secret): treat all of it as one.
	Extra map[string]json.RawMessage
	// Warnings are the members whose form breaks the spec. They are not stored.
	Warnings []Warning
}

// Warning reports a member of a token response whose form breaks the spec.
type Warning struct {
	Member   string
	Expected string
	Received string // as received and clipped, where it is no secret
	Because  string // how it was read
}

// Token returns the token of the kind asked for; zero when the set has none.
func (s Set) Token(k Kind) Secret {
	switch k {
	case Access:
		return s.AccessToken
	case ID:
		return s.IDToken
	case Refresh:
		return s.RefreshToken
	}
	return Secret{}
}

// Kinds returns the kinds of the tokens in the set.
func (s Set) Kinds() []Kind {
	var kinds []Kind
	for _, k := range []Kind{Access, ID, Refresh} {
		if !s.Token(k).IsZero() {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// IsType compares the token type without regard to case (RFC 6749 5.1).
func (s Set) IsType(t string) bool { return strings.EqualFold(s.TokenType, t) }

// ErrNoToken means that a response which claims success has no access token in it.
var ErrNoToken = errors.New("the token response has no access_token")

// ParseSet reads the body of a successful token response. Unknown members are kept in Extra. A member whose
// form breaks the spec is read where possible and left out otherwise, with a warning: only a response without an access
// token is an error, since any other may contain a refresh token that exists nowhere else.
func ParseSet(body []byte, receivedAt time.Time) (Set, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return Set{}, fmt.Errorf("the token response is not a JSON object: %w", err)
	}
	p := setParser{set: Set{ReceivedAt: receivedAt, Extra: map[string]json.RawMessage{}}}
	if raw, ok := members["access_token"]; ok && jsonType(raw) != "a string" && jsonType(raw) != "null" {
		return Set{}, fmt.Errorf("the token response's access_token: expected a string, received %s", jsonType(raw))
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		p.member(name, members[name])
	}
	if p.set.ExpiresAt.IsZero() {
		p.expiryFromOtherMember()
	}
	if p.set.AccessToken.IsZero() {
		return p.set, ErrNoToken
	}
	return p.set, nil
}

// setParser fills a Set.
type setParser struct{ set Set }

func (p *setParser) member(name string, raw json.RawMessage) {
	switch name {
	case "access_token":
		p.set.AccessToken = NewSecret(p.text(name, raw))
	case "refresh_token":
		p.set.RefreshToken = NewSecret(p.text(name, raw))
	case "id_token":
		p.set.IDToken = NewSecret(p.text(name, raw))
	case "token_type":
		p.set.TokenType = VisibleLine(p.text(name, raw))
	case "issued_token_type":
		p.set.IssuedTokenType = VisibleLine(p.text(name, raw))
	case "scope":
		p.set.Scope = VisibleLine(p.scope(raw))
	case "expires_in":
		p.set.ExpiresAt = p.lifetime(name, raw)
	case "refresh_expires_in", "refresh_token_expires_in":
		// Keycloak says 0 for "does not expire".
		if t := p.lifetime(name, raw); t.After(p.set.ReceivedAt) {
			p.set.RefreshExpires = t
		}
		p.set.Extra[name] = raw
	default:
		p.set.Extra[name] = raw
	}
}

func (p *setParser) warn(member, expected, received, because string) {
	p.set.Warnings = append(p.set.Warnings, Warning{Member: member, Expected: expected, Received: received,
		Because: because})
}

func (p *setParser) text(name string, raw json.RawMessage) string {
	var s *string
	if json.Unmarshal(raw, &s) != nil {
		p.warn(name, "a string", jsonType(raw), "it is left out")
	}
	if s == nil {
		return ""
	}
	return *s
}

// scope is the string of RFC 6749 3.3, or the array that some servers send in its place.
func (p *setParser) scope(raw json.RawMessage) string {
	var list []string
	if jsonType(raw) != "an array" || json.Unmarshal(raw, &list) != nil {
		return p.text("scope", raw)
	}
	p.warn("scope", "a string, its words separated by spaces", Clip(string(raw), 200),
		"an array: its words are used")
	return strings.Join(list, " ")
}

// lifetime returns the end of a lifetime in seconds; the zero time where it cannot be read.
func (p *setParser) lifetime(name string, raw json.RawMessage) time.Time {
	const expected = "a number of seconds"
	d, ok, err := ParseLifetime(raw)
	shown := VisibleLine(Clip(string(raw), 40))
	seconds, _ := strconv.ParseFloat(strings.Trim(strings.TrimSpace(string(raw)), `" `), 64)
	switch {
	case err != nil:
		p.warn(name, expected, shown, "it cannot be read: the expiry is unknown")
		return time.Time{}
	case !ok:
		return time.Time{}
	case seconds < 0:
		p.warn(name, expected, shown, "a negative number: it counts as expired")
	case seconds > MaxLifetime.Seconds():
		p.warn(name, expected, shown, "more than a hundred years, the limit")
	case jsonType(raw) == "a string":
		p.warn(name, expected, shown, "a string: the number in it is used")
	}
	return p.set.ReceivedAt.Add(d)
}

// elsewhere are members with the expiry that servers send in place of expires_in. No spec defines them.
var otherExpiryMembers = strings.Fields("expires_at expires_on expires .expires expiresIn expiresAt expiresOn " +
	"expires_in_seconds expiry expiration")

// expiryFromOtherMember reads the expiry from a member that no spec defines, where expires_in is missing.
func (p *setParser) expiryFromOtherMember() {
	for _, name := range otherExpiryMembers {
		raw, ok := p.set.Extra[name]
		if !ok {
			continue
		}
		at, ok := readExpiry(raw, p.set.ReceivedAt)
		if ok && !at.After(p.set.ReceivedAt.Add(MaxLifetime)) {
			p.set.ExpiresAt = at
			p.warn("expires_in", "a number of seconds", "",
				"the expiry is read from "+name+" ("+VisibleLine(Clip(string(raw),
					40))+"), which no spec defines")
			return
		}
	}
}

// readExpiry reads a time as servers write one: seconds or milliseconds since 1970, a date, or a lifetime in seconds.
func readExpiry(raw json.RawMessage, now time.Time) (time.Time, bool) {
	text := strings.Trim(strings.TrimSpace(string(raw)), `" `)
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		switch {
		case n <= 0 || math.IsNaN(n) || n > 1e14:
			return time.Time{}, false
		case n >= 1e12:
			return time.UnixMilli(int64(n)).UTC(), true
		case n >= 1e9:
			return time.Unix(int64(n), 0).UTC(), true
		}
		return now.Add(time.Duration(n * float64(time.Second))), true
	}
	for _, layout := range []string{time.RFC3339, time.RFC1123, time.DateTime, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// MaxLifetime bounds expires_in to a hundred years, so that no sum of times overflows.
const MaxLifetime = 100 * 365 * 24 * time.Hour

// ParseLifetime reads a lifetime in seconds given as a JSON number or as that in a string; ok is false for null and for
// nothing.
func ParseLifetime(raw json.RawMessage) (d time.Duration, ok bool, err error) {
	text := strings.TrimSpace(string(raw))
	if text == "" || text == "null" {
		return 0, false, nil
	}
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(raw, &text); err != nil {
			return 0, false, err
		}
		text = strings.TrimSpace(text)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.Trim(text, "0123456789.+-eE") != "" {
		return 0, false, fmt.Errorf("expected a number of seconds, received %s", VisibleLine(Clip(string(raw), 40)))
	}
	if seconds > MaxLifetime.Seconds() {
		return MaxLifetime, true, nil
	}
	if seconds < 0 {
		seconds = 0
	}
	return time.Duration(seconds * float64(time.Second)), true, nil
}

func jsonType(raw json.RawMessage) string {
	t := strings.TrimSpace(string(raw))
	switch {
	case t == "":
		return "nothing"
	case t[0] == '{':
		return "an object"
	case t[0] == '[':
		return "an array"
	case t[0] == '"':
		return "a string"
	case t == "true" || t == "false":
		return "a boolean"
	case t == "null":
		return "null"
	}
	return "a number"
}

// Merge returns the set after a refresh (RFC 6749 6): what the response does not repeat stays unchanged. A refresh
// token, an id_token or a scope left out means "keep the old one".
func (s Set) Merge(answer Set) Set {
	merged := answer
	if merged.RefreshToken.IsZero() {
		merged.RefreshToken, merged.RefreshExpires = s.RefreshToken, s.RefreshExpires
	}
	if merged.IDToken.IsZero() {
		merged.IDToken = s.IDToken
	}
	if merged.Scope == "" {
		merged.Scope = s.Scope
	}
	if merged.TokenType == "" {
		merged.TokenType = s.TokenType
	}
	if merged.IssuedTokenType == "" {
		merged.IssuedTokenType = s.IssuedTokenType
	}
	extra := make(map[string]json.RawMessage, len(s.Extra)+len(answer.Extra))
	for name, raw := range s.Extra {
		extra[name] = raw
	}
	for name, raw := range answer.Extra {
		extra[name] = raw
	}
	merged.Extra = extra
	return merged
}
