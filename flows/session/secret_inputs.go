package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fob/flows"
	"fob/flows/profile"
	"fob/tokens"
	"fob/tokens/vault"
)

// resolveSecretInputs returns the plan's inputs with each secret reference replaced by its secret. The plan keeps the
// references, so that a later run reads the secrets again. The HTTP client learns the secrets, so that it redacts them.
func (s *Service) resolveSecretInputs(ctx context.Context, p *plan) (flows.Values, error) {
	client, err := s.client(ctx, p.wire)
	if err != nil {
		return nil, err
	}
	values := flows.Values{}
	maps.Copy(values, p.values)
	for _, in := range p.grant.Inputs {
		value := p.values[in.Name]
		if in.Kind != flows.SecretRef || value == "" || in.Name == keyInput {
			continue
		}
		secret := tokens.NewSecret(value)
		if place, name, named := flows.ParseSecretRef(value); named {
			if secret, err = s.resolveSecretRef(ctx, p, in, place, name); err != nil {
				return nil, fmt.Errorf("reading %s from %s: %w", in.Name, tokens.VisibleLine(value), err)
			}
			values[in.Name] = secret.Reveal()
		}
		client.Know(secret)
	}
	return values, nil
}

// resolveSecretRef reads the secret that an input refers to.
func (s *Service) resolveSecretRef(
	ctx context.Context, p *plan, in flows.Input, place, name string,
) (tokens.Secret, error) {
	var ref profile.Ref
	switch place {
	case flows.SecretFromSession:
		return s.tokenOfOtherSession(ctx, p, in, name)
	case flows.SecretFromEnv:
		ref.Env = name
	case flows.SecretFromFile:
		ref.File = name
	case flows.SecretFromVault:
		ref.Vault = name
	}
	return ref.Resolve(ctx, s.o.Getenv, s.o.Store.Secret)
}

// tokenOfOtherSession returns a token of another session, renewed first if it has expired. The exception is an
// id_token_hint, which may be expired (OpenID Connect Core 3.1.2.1).
func (s *Service) tokenOfOtherSession(
	ctx context.Context, p *plan, in flows.Input, name string,
) (tokens.Secret, error) {
	var m vault.Meta
	session, kind := flows.SessionToken(name)
	m, err := s.Find(ctx, name) // a label may end like a kind of token
	if errors.Is(err, ErrNoSession) && kind != "" {
		m, err = s.Find(ctx, session)
	} else {
		kind = ""
	}
	if err != nil {
		return tokens.Secret{}, err
	}
	member := ""
	if kind == "" {
		kind, member = in.TokenOf(p.values)
	}
	switch {
	case member != "":
		return s.extraMember(ctx, m, member)
	case kind == "":
		return tokens.Secret{}, &flows.InputError{Input: in.Name +
			"_type", Value: p.values[in.Name+"_type"],
			Expected: "a type of token that a session has: access_token, id_token, refresh_token or jwt"}
	case in.Token != "" && kind == in.Token:
		rec, err := s.Load(ctx, m.ID)
		if err != nil {
			return tokens.Secret{}, err
		}
		return tokenOf(rec, kind)
	}
	if renewing := renewingIDs(ctx); slices.Contains(renewing, m.ID) {
		return tokens.Secret{}, fmt.Errorf("the session %s depends on its own token: %s", m.Label,
			strings.Join(renewing, ", "))
	}
	token, _, err := s.validToken(ctx, m.ID, TokenRequest{Kind: kind})
	if err != nil && !isNotStored(err) {
		return tokens.Secret{}, err
	}
	return token, nil
}

// extraMember returns a further member of a session's token response: device_secret (OpenID Connect Native SSO 1.0).
func (s *Service) extraMember(ctx context.Context, m vault.Meta, member string) (tokens.Secret, error) {
	rec, err := s.Load(ctx, m.ID)
	if err != nil {
		return tokens.Secret{}, err
	}
	var text string
	if err := json.Unmarshal(rec.Secrets.Set.Extra[member], &text); err != nil || text == "" {
		return tokens.Secret{}, fmt.Errorf("%w: %s has no %s; the scope %[3]s asks for one", ErrNoToken, m.Label,
			member)
	}
	return tokens.NewSecret(text), nil
}

// renewalKey is the context key of the IDs of sessions that are being renewed.
type renewalKey struct{}

func renewingIDs(ctx context.Context) []string {
	list, _ := ctx.Value(renewalKey{}).([]string)
	return list
}

// withRenewing returns a context in which the session is being renewed, so that it does not wait for its own lock.
func withRenewing(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, renewalKey{}, append(slices.Clone(renewingIDs(ctx)), id))
}

// checkProfileSecrets rejects a secret in a profile: only a reference to one is allowed there.
func checkProfileSecrets(g flows.Grant, fromProfile map[string]string) error {
	for _, in := range g.Inputs {
		value := fromProfile[in.Name]
		if _, _, named := flows.ParseSecretRef(value); in.Kind.Masked() && value != "" &&
			(!named || in.Kind != flows.SecretRef) {
			return &flows.InputError{Input: in.Name, Expected: "in a profile, a reference to the secret: " +
				strings.Join(flows.SecretSources(), ":…, ") + ":…; a secret must not be in the file"}
		}
	}
	return nil
}

// missingSecretInput returns the input without which a grant cannot run again, since it is a secret that the user
// entered and that is not stored; "" if err has another cause.
func missingSecretInput(p *plan, err error) string {
	var missing *flows.InputError
	if !errors.As(err, &missing) || missing.Value != "" {
		return ""
	}
	for _, in := range p.grant.Inputs {
		if in.Name == missing.Input && in.Kind.Masked() {
			return in.Name
		}
	}
	return ""
}
