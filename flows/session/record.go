package session

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/vault"
)

// The names of a record's settings: what a later refresh or call needs and is not secret.
const (
	settingIssuer    = "issuer" // as requested, if the metadata spells it differently
	settingCA        = "ca"
	settingCert      = "cert"
	settingKey       = "key"
	settingInsecure  = "insecure"
	settingHTTP      = "insecure_http"
	settingProxy     = "proxy"
	settingAPI       = "api"       // base URL of calls, if not the profile's
	settingEndpoints = "endpoints" // JSON, as in the profile
	settingParams    = "params"    // JSON, as flows.Params
	settingValues    = "values"    // JSON, the grant's inputs
)

// settings returns the plan's settings as the record of a session at the issuer stores them, without secret inputs and
// parameters.
func (p *plan) settings(issuer string) map[string]string {
	out := map[string]string{}
	put := func(name, value string) {
		if value != "" {
			out[name] = value
		}
	}
	if issuer != p.issuer {
		put(settingIssuer, p.issuer)
	}
	put(settingCA, p.wire.CAFile)
	put(settingCert, p.wire.ClientCertFile)
	put(settingKey, p.wire.ClientKeyFile)
	put(settingProxy, wire.WithoutPassword(p.wire.Proxy))
	put(settingAPI, p.api)
	if p.wire.Insecure {
		put(settingInsecure, "true")
	}
	if p.wire.InsecureHTTP {
		put(settingHTTP, "true")
	}
	putJSON := func(name string, v any, n int) {
		if b, err := json.Marshal(v); err == nil && n > 0 {
			out[name] = string(b)
		}
	}
	putJSON(settingEndpoints, p.endpoints, len(p.endpoints))
	params := p.params.WithoutSecrets()
	putJSON(settingParams, params, len(params))
	values := maps.Clone(p.values)
	for _, in := range p.grant.Inputs {
		_, _, named := flows.ParseSecretRef(values[in.Name])
		if (in.Kind.Masked() && !named) || values[in.Name] == "" {
			delete(values, in.Name)
		}
	}
	putJSON(settingValues, values, len(values))
	return out
}

// Insecure reports whether the session's connections accept any certificate.
func Insecure(m vault.Meta) bool { return m.Settings[settingInsecure] == "true" }

// planOfRecord returns the plan under which a record's tokens are renewed: that of the record, and what only the
// profile has.
func (s *Service) planOfRecord(rec vault.Record) (*plan, error) {
	m := rec.Meta
	p := &plan{profile: m.Profile, issuer: m.Issuer, clientID: m.ClientID, authMethod: m.AuthMethod,
		secret: rec.Secrets.ClientSecret,
		key:    rec.Secrets.ClientKey, dpop: rec.Secrets.DPoPKey}
	p.api = m.Settings[settingAPI]
	if asked := m.Settings[settingIssuer]; asked != "" {
		p.issuer = asked
	}
	p.wire = wire.Options{
		CAFile: m.Settings[settingCA], ClientCertFile: m.Settings[settingCert], ClientKeyFile: m.Settings[settingKey],
		Proxy: m.Settings[settingProxy], Insecure: Insecure(m), InsecureHTTP: m.Settings[settingHTTP] == "true",
	}
	for name, into := range map[string]any{settingEndpoints: &p.endpoints, settingParams: &p.params,
		settingValues: &p.values} {
		text := m.Settings[name]
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return nil, fmt.Errorf("reading the setting %s of the session %s: %w: %w", name, m.Label,
				vault.ErrDamaged, err)
		}
	}
	grant, ok := flows.GrantByID(m.Grant)
	if !ok {
		return nil, fmt.Errorf("the session %s was made by the grant %q, which this fob does not support", m.Label,
			tokens.VisibleLine(m.Grant))
	}
	p.grant = grant
	if passphrase := rec.Secrets.CertPassphrase; !passphrase.IsZero() {
		p.wire.ClientCertPassphrase = func() (tokens.Secret, error) { return passphrase, nil }
	}
	if prof, err := s.o.Profiles.Get(m.Profile); m.Profile != "" && err == nil {
		p.applyProfileSecrets(prof)
		if p.wire.ClientCertPassphrase == nil && prof.TLS.Cert == p.wire.ClientCertFile {
			p.wire.ClientCertPassphrase = s.passphraseOf(prof)
		}
	}
	return p, nil
}

// applyProfileSecrets sets what a record must not store: the reference to the client secret, and the proxy's password.
func (p *plan) applyProfileSecrets(prof profile.Profile) {
	if prof.ClientID == p.clientID && (prof.Issuer == p.issuer || p.issuer == "") {
		p.ref = prof.ClientSecret
	}
	if prof.Proxy != "" && wire.WithoutPassword(prof.Proxy) == p.wire.Proxy {
		p.wire.Proxy = prof.Proxy
	}
}

// applySet updates the metadata from the set. Nothing secret goes there.
func applySet(m *vault.Meta, set tokens.Set) {
	m.TokenType = set.TokenType
	m.Scope = set.Scope
	if m.Scope == "" {
		m.Scope = m.AskedScope // RFC 6749 5.1: without a scope it is the requested one
	}
	m.Kinds = set.Kinds()
	if m.Kinds == nil {
		m.Kinds = []tokens.Kind{}
	}
	m.ReceivedAt, m.ExpiresAt, m.RefreshExpires = set.ReceivedAt, set.ExpiresAt, set.RefreshExpires
	m.TokenFormat, m.TokenBytes = "", 0
	access := claims(set.AccessToken)
	if !set.AccessToken.IsZero() {
		m.TokenFormat, m.TokenBytes = "opaque", set.AccessToken.Len()
		if access != nil {
			m.TokenFormat = "jwt"
		}
	}
	for _, c := range []*inspect.Object{claims(set.IDToken), access} {
		if sub, ok := claimText(c, "sub"); ok {
			m.Subject = sub
			break
		}
	}
}

// claims returns a token's claims; nil if it is no JWT that can be read. They are for display and never trusted.
func claims(token tokens.Secret) *inspect.Object {
	if token.IsZero() {
		return nil
	}
	t := inspect.Decode(token.Reveal())
	if t.Header == nil {
		return nil
	}
	return t.Payload
}

// claimText returns a claim for display: cleaned, on one line, at most maxName bytes.
func claimText(c *inspect.Object, name string) (string, bool) {
	if c == nil {
		return "", false
	}
	v, ok := c.String(name)
	if !ok || v == "" {
		return "", false
	}
	return shortLine(v), true
}

const maxName = 200

func shortLine(s string) string {
	return tokens.Clip(tokens.VisibleLine(strings.TrimSpace(s)), maxName)
}

// freeLabel returns a label that no other session has: a second "alice · acme" is "alice 2 · acme".
func (s *Service) freeLabel(ctx context.Context, m vault.Meta, set tokens.Set) string {
	list, _ := s.Sessions(ctx) // a session that cannot be read has no label
	for n := 1; ; n++ {
		l := sessionLabel(m, set, n)
		if !slices.ContainsFunc(list, func(other vault.Meta) bool { return other.Label == l }) {
			return l
		}
	}
}

// sessionLabel returns the label of the user's nth session: who, and where.
func sessionLabel(m vault.Meta, set tokens.Set, n int) string {
	who := m.ClientID
	if m.Subject != "" {
		who = m.Subject
	}
	for _, name := range []string{"sub", "email", "preferred_username"} {
		if v, ok := claimText(claims(set.IDToken), name); ok {
			who = v
		}
	}
	where := m.Profile
	if where == "" {
		where = host(m.Issuer)
	}
	who = shortLine(who)
	if n > 1 {
		who += " " + strconv.Itoa(n)
	}
	if where == "" {
		return who
	}
	return who + " · " + shortLine(where)
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
