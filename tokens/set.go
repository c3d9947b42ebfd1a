package tokens

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Kind says which token of a Set is meant.
type Kind string

// The tokens a Set can hold.
const (
	Access  Kind = "access"
	ID      Kind = "id"
	Refresh Kind = "refresh"
)

// ParseKind reads a kind as people type it.
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
	Scope           string // granted scope as received; empty when the server said nothing, which means "as asked"
	ReceivedAt      time.Time
	ExpiresAt       time.Time // of the access token; zero when the server did not say
	RefreshExpires  time.Time // of the refresh token (refresh_expires_in, an extension); zero when not said
	// Extra holds every other member as received. Members can be secrets (device_secret): treat all of it as one.
	Extra map[string]json.RawMessage
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

// Kinds lists the tokens that the set holds.
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

// ParseSet reads the body of a successful token response. Members it does not know are kept in Extra; expires_in
// may be a number or a string of digits. The error names the member, what was expected and what was received.
func ParseSet(body []byte, receivedAt time.Time) (Set, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return Set{}, fmt.Errorf("the token response is not a JSON object: %w", err)
	}
	set := Set{ReceivedAt: receivedAt, Extra: map[string]json.RawMessage{}}
	var err error
	text := func(name string, raw json.RawMessage) string {
		var s *string
		if e := json.Unmarshal(raw, &s); e != nil && err == nil {
			err = fmt.Errorf("the token response's %s: expected a string, received %s", name, kindOfJSON(raw))
		}
		if s == nil {
			return ""
		}
		return *s
	}
	lifetime := func(name string, raw json.RawMessage) time.Time {
		d, ok, e := ParseLifetime(raw)
		if e != nil && err == nil {
			err = fmt.Errorf("the token response's %s: %w", name, e)
		}
		if !ok {
			return time.Time{}
		}
		return receivedAt.Add(d)
	}
	for name, raw := range members {
		switch name {
		case "access_token":
			set.AccessToken = NewSecret(text(name, raw))
		case "refresh_token":
			set.RefreshToken = NewSecret(text(name, raw))
		case "id_token":
			set.IDToken = NewSecret(text(name, raw))
		case "token_type":
			set.TokenType = VisibleLine(text(name, raw))
		case "issued_token_type":
			set.IssuedTokenType = VisibleLine(text(name, raw))
		case "scope":
			set.Scope = VisibleLine(scopeText(raw))
		case "expires_in":
			set.ExpiresAt = lifetime(name, raw)
		case "refresh_expires_in", "refresh_token_expires_in":
			// Keycloak says 0 for "does not expire".
			if t := lifetime(name, raw); t.After(receivedAt) {
				set.RefreshExpires = t
			}
			set.Extra[name] = raw
		default:
			set.Extra[name] = raw
		}
	}
	if err != nil {
		return Set{}, err
	}
	if set.AccessToken.IsZero() {
		return set, ErrNoToken
	}
	return set, nil
}

// scopeText accepts the string of RFC 6749 and the array that some servers send instead.
func scopeText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, " ")
	}
	return ""
}

// maxLifetime bounds what expires_in can say, so that no sum of times overflows: a hundred years.
const maxLifetime = 100 * 365 * 24 * time.Hour

// ParseLifetime reads a lifetime in seconds given as a JSON number or a string of digits; ok is false for null or "".
func ParseLifetime(raw json.RawMessage) (d time.Duration, ok bool, err error) {
	text := strings.TrimSpace(string(raw))
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(raw, &text); err != nil {
			return 0, false, err
		}
		text = strings.TrimSpace(text)
	}
	if text == "null" || text == "" {
		return 0, false, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(seconds) {
		return 0, false, fmt.Errorf("expected a number of seconds, received %s", VisibleLine(Clip(string(raw), 40)))
	}
	if seconds > maxLifetime.Seconds() {
		return maxLifetime, true, nil
	}
	if seconds < 0 {
		seconds = 0
	}
	return time.Duration(seconds * float64(time.Second)), true, nil
}

func kindOfJSON(raw json.RawMessage) string {
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

// Merge returns the set after a refresh (RFC 6749 6): what the answer does not repeat stays as it was. A refresh
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
