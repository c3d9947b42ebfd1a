package main

import (
	"context"
	"maps"
	"strings"

	"fob/flows"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens/shell"
	"fob/tokens/vault"
	"fob/tokens/wwwauth"
)

// suggestStepUp prints the login command for a challenge of the API: a stronger or fresher sign-in, or more scope. For
// a challenge that a sign-in does not satisfy it prints nothing.
func (a *app) suggestStepUp(ctx context.Context, svc *session.Service, m vault.Meta, challenges []wwwauth.Challenge) {
	for _, c := range challenges {
		draft, err := svc.StepUp(ctx, m.ID, c)
		if err != nil {
			continue
		}
		a.note("  sign in again to satisfy it: %s", shell.ForCurrentShell(loginLine(ctx, svc, draft)))
		return
	}
}

// loginLine returns the command line of a login, quoted for a POSIX shell, without what the profile and the grant's
// defaults set. It contains no secrets: the command asks for them.
func loginLine(ctx context.Context, svc *session.Service, d session.Draft) string {
	words := []string{"fob", "login"}
	base := session.Draft{Values: d.Grant.Defaults()}
	if d.Profile != "" {
		if own, err := svc.Draft(ctx, d.Profile, ""); err == nil {
			base, words = own, append(words, d.Profile)
			if own.Grant.ID != d.Grant.ID {
				base.Values = d.Grant.Defaults()
			}
		}
	}
	put := func(flag, value, have string) {
		if value != "" && value != have {
			words = append(words, "--"+flag, value)
		}
	}
	put("issuer", d.Issuer, base.Issuer)
	words = append(words, session.ConnectionFlags(ownTLS(svc, d.Profile), d.TLS)...)
	if d.API != "" {
		// What the API requests would replace what is not given.
		words, base.Values = append(words, "--api", d.API), maps.Clone(base.Values)
		for _, input := range inputsFromAPI {
			delete(base.Values, input)
		}
	}
	put("client-id", d.ClientID, base.ClientID)
	put("auth-method", d.AuthMethod, base.AuthMethod)
	if d.HasSecret && !base.HasSecret {
		words = append(words, "--client-secret-ask")
	}
	put("grant", d.Grant.ID, base.Grant.ID)
	for _, in := range d.Grant.Inputs {
		value, have := d.Values[in.Name], base.Values[in.Name]
		_, _, isRef := flows.ParseSecretRef(value)
		switch {
		case value == have, in.Kind == flows.Password, in.Kind == flows.SecretRef && !isRef:
		default:
			words = append(words, "--"+flagName(in.Name)+"="+value)
		}
	}
	words = append(words, session.ParamFlags(d.Params, base.Params)...)
	for i, w := range words {
		words[i] = shell.Word(w)
	}
	return strings.Join(words, " ")
}

// ownTLS returns the TLS and proxy settings of a profile.
func ownTLS(svc *session.Service, name string) wire.Options {
	p, err := svc.Profile(name)
	if name == "" || err != nil {
		return wire.Options{}
	}
	return wire.Options{CAFile: p.TLS.CA, ClientCertFile: p.TLS.Cert, ClientKeyFile: p.TLS.Key,
		Insecure: p.TLS.Insecure, InsecureHTTP: p.TLS.InsecureHTTP, Proxy: p.Proxy}
}
