package session

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fob/flows/calls"
	"fob/flows/profile"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose/ordered"
	"fob/tokens/vault"
	"fob/tokens/wwwauth"
)

// Refusal is the evidence when an API rejects a token. All but Report is optional.
type Refusal struct {
	Report   *inspect.Report
	Response *inspect.Response // of the API; see ParseResponse and RecordedResponse
	Sent     tokens.Secret     // the value of the Authorization header as sent
	DPoPSent bool              // the request had a DPoP header
	// Session is the session that the token belongs to, may be zero; Kind is which of its tokens it is.
	Session       vault.Meta
	Kind          tokens.Kind
	Introspection []byte // the issuer's introspection response (RFC 7662 2.2), as JSON
	KeysFetched   bool   // the report's keys were just fetched from the issuer
	// Minted says that the token was minted here and the report verifies it with the key that signed it. The API
	// verifies it with its issuer's keys, so it is inspected again with those, if they are cached.
	Minted   bool
	Issuer   string          // expected; a session's own has precedence
	Audience string          // expected; "" is the one that the session's token was requested for
	Profile  profile.Profile // the defaults of the expected issuer, client and audience; may be zero
	Scopes   []string        // required by the call
	Format   TokenFormat     // required by the API
}

// TokenFormat is how an API reads a token; "" is unknown.
type TokenFormat string

// Token formats.
const (
	FormatJWT    TokenFormat = "jwt"    // the API reads the token itself
	FormatOpaque TokenFormat = "opaque" // the API asks the issuer about it
)

// ParseTokenFormat parses the name of a format; "" is unknown.
func ParseTokenFormat(name string) (TokenFormat, error) {
	switch f := TokenFormat(name); f {
	case "", FormatJWT, FormatOpaque:
		return f, nil
	}
	return "", fmt.Errorf("unsupported token format %q: use jwt or opaque", tokens.VisibleLine(name))
}

// DiagnoseRefusal says why an API rejects a token, the likeliest cause first; empty if there is no evidence. The
// expected values come from the session and its profile. It makes no request.
func (s *Service) DiagnoseRefusal(r Refusal) []inspect.Cause {
	if r.Minted && !r.KeysFetched && r.Report != nil && r.Report.Token != nil {
		if p, err := s.planForServer(issuerOf(r.Report.Token)); err == nil {
			r.Report = s.inspectCached(r.Report.Token, inspect.Options{Now: s.o.Now(),
				NoKeys: "the issuer's keys are not cached"}, p)
		}
	}
	c := inspect.Case{Report: r.Report, Response: r.Response, Sent: r.Sent, DPoPSent: r.DPoPSent,
		KeysFetched: r.KeysFetched, Now: s.o.Now(),
		Expected: inspect.Expected{Issuer: r.Issuer, Audience: r.Audience, Scopes: r.Scopes,
			JWT: r.Format == FormatJWT, Opaque: r.Format == FormatOpaque}, IsRefresh: r.Session.ID != "" &&
			r.Kind == tokens.Refresh}
	if r.Session.ID != "" {
		c.Expected.Issuer, c.Expected.ClientID = r.Session.Issuer, r.Session.ClientID
		if c.Expected.Audience == "" && r.Kind != tokens.ID {
			c.Expected.Audience = requestedAudience(r.Session)
		}
	}
	if p := r.Profile; p.Name != "" {
		c.Expected.Issuer, c.Expected.ClientID = cmp.Or(c.Expected.Issuer, p.Issuer),
			cmp.Or(c.Expected.ClientID, p.ClientID)
		c.Expected.Audience = cmp.Or(c.Expected.Audience, audienceIn(p.Values))
	}
	if o, err := ordered.Parse(r.Introspection); err == nil && len(r.Introspection) > 0 {
		c.Introspection = o
	}
	return inspect.Diagnose(c)
}

// requestedAudience returns the API that the session's token was requested for; "" for no API, or several.
func requestedAudience(m vault.Meta) string {
	var values map[string]string
	if json.Unmarshal([]byte(m.Settings[settingValues]), &values) != nil {
		return ""
	}
	return audienceIn(values)
}

func audienceIn(values map[string]string) string {
	for _, name := range []string{"audience", "resource"} {
		if list := strings.Fields(values[name]); len(list) == 1 {
			return list[0]
		}
	}
	return ""
}

// ParseResponse parses an API's response as a user has it, with its challenges: see inspect.ParseResponse.
func ParseResponse(text []byte) (response *inspect.Response, sent tokens.Secret, err error) {
	response, sent, err = inspect.ParseResponse(text)
	if err != nil {
		return nil, sent, err
	}
	response.Challenges = wwwauth.Parse(response.Values("WWW-Authenticate"))
	return response, sent, nil
}

// RecordedResponse returns the response of a recorded call, and what the record shows of the request: sent has the
// scheme of the Authorization header and a fingerprint in place of the token. Without a response it returns an error.
func RecordedResponse(x wire.Exchange) (response *inspect.Response, sent tokens.Secret, dpop bool, err error) {
	if x.Response == nil {
		return nil, sent, false, fmt.Errorf("there is no response: %s", x.Err)
	}
	response = &inspect.Response{Status: x.Response.Status, Body: []byte(x.Response.Body)}
	for _, f := range x.Response.Header {
		response.Header = append(response.Header, inspect.Field{Name: f.Name, Value: f.Value})
	}
	response.Challenges = wwwauth.Parse(response.Values("WWW-Authenticate"))
	for _, f := range x.Request.Header {
		switch {
		case strings.EqualFold(f.Name, "Authorization"):
			sent = tokens.NewSecret(f.Value)
		case strings.EqualFold(f.Name, "DPoP"):
			dpop = true
		}
	}
	return response, sent, dpop, nil
}

// RefusedCalls returns the recorded API calls that were rejected, newest first.
func (s *Service) RefusedCalls() []wire.Exchange {
	var list []wire.Exchange
	for _, x := range slices.Backward(s.Exchanges()) {
		if x.Purpose == calls.Purpose && x.Response != nil && x.Response.Status >= 400 {
			list = append(list, x)
		}
	}
	return list
}

// SentWith reports whether an exchange was made with the token: the record has its fingerprint.
func SentWith(x wire.Exchange, token tokens.Secret) bool {
	for _, f := range x.Request.Header {
		if strings.EqualFold(f.Name, "Authorization") && strings.Contains(f.Value, token.Fingerprint()) {
			return true
		}
	}
	return false
}
