package session

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"fob/flows"
	"fob/flows/wire"
	"fob/tokens/shell"
	"fob/tokens/vault"
)

// loginCommandOf returns the command line of a login like the one that created the session. The label is not repeated:
// the session still has it, and a second one would make it ambiguous.
func loginCommandOf(s *Service, m vault.Meta) string {
	if m.ID != "" {
		if p, err := s.planOfRecord(vault.Record{Meta: m}); err == nil {
			return loginCommand(s, p)
		}
	}
	words := []string{"fob", "login"}
	switch {
	case m.Profile != "":
		words = append(words, shell.Word(m.Profile))
	case m.Issuer != "" && m.ClientID != "":
		words = append(words, "--issuer", shell.Word(m.Issuer), "--client-id", shell.Word(m.ClientID))
		if m.Grant != "" {
			words = append(words, "--grant", shell.Word(m.Grant))
		}
	}
	return strings.Join(words, " ")
}

// defaultAuthMethods are used without a setting: by a client without a secret, and by one with a secret.
var defaultAuthMethods = []string{"none", "client_secret_basic"}

// loginCommand returns the command line of a login with the plan: what neither its profile nor a default sets is a
// flag. Secrets are left out.
func loginCommand(s *Service, p *plan) string {
	words := []string{"fob", "login"}
	base := &plan{}
	if p.profile != "" {
		words = append(words, p.profile)
		base, _ = s.planLogin(LoginRequest{Profile: p.profile}) // it may lack an input that has no default
		if base == nil {
			return "fob login " + shell.Word(p.profile) // the profile was removed
		}
	}
	put := func(flag, value, known string) {
		if value != "" && value != known {
			words = append(words, "--"+flag, value)
		}
	}
	put("issuer", p.issuer, base.issuer)
	put("client-id", p.clientID, base.clientID)
	put("grant", p.grant.ID, base.grant.ID)
	if !slices.Contains(defaultAuthMethods, p.authMethod) {
		put("auth-method", p.authMethod, base.authMethod)
	}
	base = defaultsFor(s, p)
	words = append(words, inputWords(p, base)...)
	words = append(words, ParamFlags(p.params, base.params)...)
	put("redirect-uri", p.redirect.URI, base.redirect.URI)
	if !slices.Equal(p.redirect.Ports, base.redirect.Ports) {
		for _, port := range p.redirect.Ports {
			put("port", strconv.Itoa(port), "")
		}
	}
	put("api", p.api, "")
	words = append(words, ConnectionFlags(base.wire, p.wire)...)
	for i, w := range words {
		words[i] = shell.Word(w)
	}
	return strings.Join(words, " ")
}

// defaultsFor returns what a login with the plan's profile, issuer, client and grant has without further flags.
func defaultsFor(s *Service, p *plan) *plan {
	base, _ := s.planLogin(LoginRequest{Profile: p.profile, Issuer: p.issuer, ClientID: p.clientID,
		Grant: p.grant.ID}) // it may lack an input that has no default
	if base == nil {
		base = &plan{values: p.grant.Defaults()}
	}
	return base
}

// inputWords returns the flags of the inputs that differ from the base's.
func inputWords(p, base *plan) (words []string) {
	for _, in := range p.grant.Inputs {
		value := p.values[in.Name]
		_, _, named := flows.ParseSecretRef(value)
		if value == base.values[in.Name] || in.Kind.Masked() && !named {
			continue
		}
		words = append(words, "--"+strings.ReplaceAll(in.Name, "_", "-")+"="+value)
	}
	return words
}

// ParamFlags returns the flags of the extra parameters that differ from the base's, without secrets.
func ParamFlags(params, base flows.Params) (words []string) {
	params = params.WithoutSecrets()
	for _, endpoint := range slices.Sorted(maps.Keys(params)) {
		for _, name := range slices.Sorted(maps.Keys(params[endpoint])) {
			values, param := params[endpoint][name], endpoint+"."+name
			known, ok := base[endpoint][name]
			switch {
			case ok && slices.Equal(values, known):
			case len(values) == 0: // the parameter is removed
				words = append(words, "--param", param)
			default:
				for _, v := range values {
					words = append(words, "--param", param+"="+v)
				}
			}
		}
	}
	return words
}

// ConnectionFlags returns the flags that turn the TLS and proxy settings of base into have. The password of a proxy is
// left out.
func ConnectionFlags(base, have wire.Options) (words []string) {
	for _, f := range []struct{ flag, base, have string }{
		{"--ca", base.CAFile, have.CAFile}, {"--cert", base.ClientCertFile, have.ClientCertFile},
		{"--key", base.ClientKeyFile, have.ClientKeyFile},
		{"--proxy", wire.WithoutPassword(base.Proxy), wire.WithoutPassword(have.Proxy)},
	} {
		if f.have != "" && f.have != f.base {
			words = append(words, f.flag, f.have)
		}
	}
	if have.Insecure && !base.Insecure {
		words = append(words, "--insecure")
	}
	if have.InsecureHTTP && !base.InsecureHTTP {
		words = append(words, "--insecure-http")
	}
	return words
}
