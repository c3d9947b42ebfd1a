package session

import (
	"context"

	"fob/tokens"
	"fob/tokens/inspect"
)

// Inspect reads a token of a session and judges it against the issuer's keys, which are fetched when they can be; why
// they are not there stands in the report otherwise. An empty kind is the access token.
func (s *Service) Inspect(ctx context.Context, id string, kind tokens.Kind) (*inspect.Report, error) {
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
	o := inspect.Options{Now: s.o.Now(), Issuer: rec.Meta.Issuer, Skew: tokens.DefaultSkew}
	if kind == tokens.ID {
		o.Audience = rec.Meta.ClientID
	}
	p, err := s.planOfRecord(rec)
	if err != nil {
		o.NoKeys = err.Error()
		return inspect.Inspect(token.Reveal(), o), nil
	}
	return s.inspectWith(ctx, token.Reveal(), o, p), nil
}

// InspectRaw reads any token. With an issuer, it is judged against that issuer's keys, unless there are keys already;
// without one nothing leaves the machine.
func (s *Service) InspectRaw(ctx context.Context, raw string, o inspect.Options, issuer string) *inspect.Report {
	if o.Now.IsZero() {
		o.Now = s.o.Now()
	}
	if issuer == "" || len(o.Keys.Keys()) > 0 {
		return inspect.Inspect(raw, o)
	}
	p, err := s.planOfName(issuer)
	if err != nil {
		o.NoKeys = err.Error()
		return inspect.Inspect(raw, o)
	}
	if o.Issuer == "" {
		o.Issuer = p.issuer
	}
	return s.inspectWith(ctx, raw, o, p)
}

// inspectWith fetches the keys that the token names and inspects it with them. A token that names none needs none: an
// opaque token is told of without asking anybody.
func (s *Service) inspectWith(ctx context.Context, raw string, o inspect.Options, p *plan) *inspect.Report {
	t := inspect.Decode(raw)
	if t.Header == nil {
		return inspect.Inspect(raw, o)
	}
	src, err := s.source(ctx, p)
	if err == nil && src.metadata.AcceptsIssuer(issuerOf(t)) {
		o.Issuer = issuerOf(t) // one that fits a template of many tenants is the issuer too
	}
	switch {
	case err != nil:
		o.NoKeys = tokens.VisibleLine(err.Error())
	case src.keys == nil:
		o.NoKeys = "the authorization server names no jwks_uri"
	default:
		kid, _ := t.Header.String("kid")
		if o.Keys, err = src.keys.Keys(ctx, kid); err != nil {
			o.NoKeys = tokens.VisibleLine(err.Error())
		}
	}
	return inspect.Inspect(raw, o)
}

func issuerOf(t *inspect.Token) string {
	if t.Payload == nil {
		return ""
	}
	iss, _ := t.Payload.String("iss")
	return iss
}
