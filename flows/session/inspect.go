package session

import (
	"cmp"
	"context"
	"time"

	"fob/flows/provider"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
)

// Inspect inspects a token of a session and verifies it with the issuer's keys, which are fetched. If that fails, the
// report says why. An empty kind is the access token.
func (s *Service) Inspect(ctx context.Context, id string, kind tokens.Kind) (*inspect.Report, error) {
	return s.inspectStored(ctx, id, kind, inspect.Options{})
}

// InspectOffline is Inspect with the keys that this process or another has read before, without any request. Unless the
// keys are fresh, the report says when they were read. noKeys is what the report says if there are no keys, or not the
// right one: how the user can have them fetched.
func (s *Service) InspectOffline(
	ctx context.Context, id string, kind tokens.Kind, noKeys string,
) (*inspect.Report, error) {
	return s.inspectStored(ctx, id, kind, inspect.Options{NoKeys: noKeys})
}

// InspectWith is Inspect with further keys, which decrypt or verify the token beside those of the issuer. The issuer's
// keys are fetched only if fetch is set.
func (s *Service) InspectWith(ctx context.Context, id string, kind tokens.Kind, o inspect.Options,
	fetch bool) (*inspect.Report, error) {
	if !fetch {
		o.NoKeys = cmp.Or(o.NoKeys, "nothing was fetched")
	}
	return s.inspectStored(ctx, id, kind, o)
}

// inspectStored inspects a token of a session. With NoKeys set, it fetches no keys.
func (s *Service) inspectStored(
	ctx context.Context, id string, kind tokens.Kind, o inspect.Options,
) (*inspect.Report, error) {
	if kind == "" {
		kind = tokens.Access
	}
	rec, err := s.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	token, err := tokenOf(rec, kind)
	if err != nil {
		return nil, err
	}
	offline := o.NoKeys != ""
	o.Now, o.Issuer, o.Skew, o.Location = s.o.Now(), rec.Meta.Issuer, tokens.DefaultSkew, time.Local
	if kind == tokens.ID {
		o.Audience = rec.Meta.ClientID
	}
	p, err := s.planOfRecord(rec)
	if err != nil {
		o.NoKeys = err.Error()
		return inspect.Inspect(token.Reveal(), o), nil
	}
	report := inspect.Inspect(token.Reveal(), o)
	switch {
	case len(o.Keys.Keys()) > 0 && (offline || isVerified(report)):
		return report, nil
	case offline:
		return s.inspectCached(report.Token, o, p), nil
	}
	return s.inspectWith(ctx, report, o, p), nil
}

// InspectRaw inspects any token. With an issuer, the token is verified with that issuer's keys, unless the given keys
// alone verify it. Without an issuer, it is verified with the given keys, or with the stored keys of the issuer that it
// names, without any request.
func (s *Service) InspectRaw(ctx context.Context, raw string, o inspect.Options, issuer string) *inspect.Report {
	if o.Now.IsZero() {
		o.Now = s.o.Now()
	}
	given := len(o.Keys.Keys()) > 0
	if issuer == "" {
		report := inspect.Inspect(raw, o)
		if given {
			return report
		}
		return s.inspectWithStoredKeys(report, o, o.NoKeys, func(string) bool { return true })
	}
	p, err := s.planForServer(issuer)
	if err != nil {
		o.NoKeys = err.Error()
		return inspect.Inspect(raw, o)
	}
	o.Issuer = cmp.Or(o.Issuer, p.issuer)
	report := inspect.Inspect(raw, o)
	if given && isVerified(report) {
		return report
	}
	return s.inspectWith(ctx, report, o, p)
}

// isVerified reports whether the signature is valid, also that of a token inside an encrypted one.
func isVerified(r *inspect.Report) bool { return innermost(r).Signature.Verdict == tokens.Good }

// innermost returns the report of the signed token inside any encryption.
func innermost(r *inspect.Report) *inspect.Report {
	for r.Nested != nil {
		r = r.Nested
	}
	return r
}

// inspectWith fetches the keys of the token's issuer and inspects the token of a first report with them and with the
// given keys. For a token without a signature, such as an opaque one, it makes no request.
func (s *Service) inspectWith(ctx context.Context, first *inspect.Report, o inspect.Options,
	p *plan) *inspect.Report {
	t := innermost(first).Token
	if t.Header == nil || t.Kind == inspect.KindJWE {
		return first
	}
	src, err := s.authServer(ctx, p)
	if err == nil && src.metadata.AcceptsIssuer(issuerOf(t)) {
		o.Issuer = issuerOf(t) // an issuer that matches a multi-tenant template is valid too
	}
	switch {
	case err != nil:
		o.NoKeys = tokens.VisibleLine(err.Error())
	case src.keys == nil:
		o.NoKeys = "the authorization server names no jwks_uri"
	default:
		kid, _ := t.Header.String("kid")
		fetched, err := src.keys.Keys(ctx, kid)
		if err != nil {
			o.NoKeys = tokens.VisibleLine(err.Error())
		} else if _, read := src.keys.Cached(); s.o.Now().Sub(read) >= provider.StaleAfter {
			o.KeysRead = read // fetching them again failed
		}
		o.Keys = jose.Join(o.Keys, fetched)
	}
	return first.Token.Inspect(o)
}

// inspectCached inspects with the keys that were read before: those of this process, or the stored ones if they are
// newer.
func (s *Service) inspectCached(t *inspect.Token, o inspect.Options, p *plan) *inspect.Report {
	s.mu.Lock()
	src := s.servers[p.serverKey()]
	s.mu.Unlock()
	var read time.Time
	if src != nil && src.metadata.AcceptsIssuer(issuerOf(t)) {
		o.Issuer = issuerOf(t)
	}
	if src != nil && src.keys != nil {
		o.Keys, read = src.keys.Cached()
		switch {
		case read.IsZero():
		case s.o.Now().Sub(read) >= provider.StaleAfter:
			o.KeysRead = read
		default:
			o.NoKeys = ""
		}
	}
	if set, at := s.storedKeys(t); at.After(read) {
		o.Keys, o.KeysRead = set, at
	}
	return t.Inspect(o)
}

func issuerOf(t *inspect.Token) string {
	if t.Payload == nil {
		return ""
	}
	iss, _ := t.Payload.String("iss")
	return iss
}
