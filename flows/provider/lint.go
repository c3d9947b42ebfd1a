package provider

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
)

// The severities of a Finding.
const (
	Error   = "error"   // it violates a MUST, or cannot work
	Warning = "warning" // allowed and unwise
	Info    = "info"    // worth knowing
)

// Finding is a finding of the linter. What is cleaned.
type Finding struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	What     string `json:"what"`
	Spec     string `json:"spec"`
}

// rule is a rule of the linter. check returns what is wrong, one sentence each; nil when nothing is.
type rule struct {
	id       string
	severity string
	spec     string
	check    func(m *Metadata) []string
}

// Lint returns what is wrong or unwise in an authorization server's metadata, errors first.
func Lint(m *Metadata) []Finding {
	findings := []Finding{}
	for _, severity := range []string{Error, Warning, Info} {
		for _, r := range rules {
			if r.severity != severity {
				continue
			}
			for _, what := range r.check(m) {
				findings = append(findings, Finding{ID: r.id, Severity: r.severity, What: tokens.VisibleLine(what),
					Spec: r.spec})
			}
		}
	}
	return append(findings, lintPreset(m)...)
}

// lintPreset returns the notes of the provider's preset, with their sources.
func lintPreset(m *Metadata) (findings []Finding) {
	p, _ := PresetOf(m)
	for _, n := range p.Notes {
		source := cmp.Or(n.Source, p.Docs)
		if n.Read != "" {
			source += ", read " + n.Read
		}
		findings = append(findings, Finding{ID: "provider-note", Severity: Info, What: p.Name + ": " + n.Text,
			Spec: source})
	}
	return findings
}

// LintKeys returns what is unwise about the keys of an authorization server. A key whose private key is known, or is in
// the set, is an error.
func LintKeys(set jose.KeySet) []Finding {
	findings := []Finding{}
	for _, e := range set.Exposed() {
		findings = append(findings, Finding{ID: "key-exposed", Severity: Error,
			Spec: "OpenID Connect Discovery 3, RFC 7517 9.2",
			What: tokens.VisibleLine(e.String() +
				": everyone who reads the key set can sign tokens of this issuer, and fob verifies nothing with it")})
	}
	for _, remark := range set.Warnings() {
		findings = append(findings, Finding{ID: "key-set-form", Severity: Warning, Spec: "RFC 8259",
			What: tokens.VisibleLine("the key set: " + remark)})
	}
	for _, k := range set.Keys() {
		severity := Warning
		if k.Weak() {
			severity = Error
		}
		name := "the key " + k.Kid()
		if k.Kid() == "" {
			name = "a key without a kid"
		}
		for _, what := range k.Warnings() {
			findings = append(findings, Finding{ID: "key", Severity: severity,
				What: tokens.VisibleLine(name + ": " + what), Spec: "RFC 7517 4"})
		}
	}
	return findings
}

func findingIf(bad bool, what string) []string {
	if bad {
		return []string{what}
	}
	return nil
}

// isOIDC reports whether this is the metadata of an OpenID Provider.
func (m *Metadata) isOIDC() bool {
	return slices.Contains(m.Scopes, "openid") || m.Raw["id_token_signing_alg_values_supported"] != nil ||
		m.Raw["subject_types_supported"] != nil || m.UserinfoEndpoint != ""
}

func (m *Metadata) offersGrant(grant string) bool {
	if m.GrantTypes == nil { // the default, RFC 8414 2
		return grant == "authorization_code" || grant == "implicit"
	}
	return slices.Contains(m.GrantTypes, grant)
}

func (m *Metadata) has(name string) bool { return m.Raw[name] != nil }

const (
	rfc8414 = "RFC 8414 2"
	oidc3   = "OpenID Connect Discovery 3"
)

// rules are the linter's rules, in the order of the findings of a severity.
var rules = []rule{
	{"issuer-missing", Error, rfc8414, func(m *Metadata) []string {
		return findingIf(m.Issuer == "", "issuer is missing: the owner of the metadata is unknown")
	}},
	{"issuer-form", Error, rfc8414, func(m *Metadata) []string {
		u, err := url.Parse(m.Issuer)
		return findingIf(m.Issuer != "" && (err != nil || u.RawQuery != "" || u.Fragment != "" || u.Host == ""),
			"issuer must be a URL without query and fragment")
	}},
	{"issuer-template", Warning, "OpenID Connect Discovery 4.3", func(m *Metadata) []string {
		return findingIf(strings.ContainsAny(m.Issuer, "{}"),
			"issuer is a template: a token's iss cannot be compared exactly")
	}},
	{"endpoints-missing", Error, rfc8414, func(m *Metadata) []string {
		needsCode := m.offersGrant("authorization_code") || m.offersGrant("implicit")
		var list []string
		list = append(list, findingIf(needsCode && !m.has("authorization_endpoint"),
			"authorization_endpoint is missing, and a grant that needs it is offered")...)
		return append(list, findingIf(!m.has("token_endpoint") &&
			!(len(m.GrantTypes) == 1 && m.offersGrant("implicit")),
			"token_endpoint is missing")...)
	}},
	{"response-types-missing", Error, rfc8414, func(m *Metadata) []string {
		return findingIf(!m.has("response_types_supported"), "response_types_supported is missing, and required")
	}},
	{"oidc-members-missing", Error, oidc3, func(m *Metadata) []string {
		var list []string
		for _, name := range []string{"jwks_uri", "subject_types_supported", "id_token_signing_alg_values_supported"} {
			list = append(list, findingIf(m.isOIDC() && !m.has(name),
				name+" is missing, and required of an OpenID Provider")...)
		}
		return list
	}},
	{"rs256-missing", Warning, oidc3, func(m *Metadata) []string {
		return findingIf(len(m.IDTokenAlgs) > 0 && !slices.Contains(m.IDTokenAlgs, "RS256"),
			"id_token_signing_alg_values_supported lacks RS256, which every OpenID Provider must support; some "+
				"clients support only that")
	}},
	{"plain-http", Error, rfc8414, lintPlainHTTP},
	{"endpoint-form", Error, rfc8414, lintEndpointForm},
	{"member-type", Error, rfc8414, lintMemberTypes},
	{"member-misspelt", Warning, rfc8414, lintMisspelled},
	{"other-host", Info, rfc8414, lintOtherHosts},
	{"alg-none", Error, "RFC 8414 2, JARM 3", func(m *Metadata) []string {
		return m.listsNone(func(name string) string { return name + " lists none, which it must not" },
			"token_endpoint_auth_signing_alg_values_supported", "revocation_endpoint_auth_signing_alg_values_supported",
			"introspection_endpoint_auth_signing_alg_values_supported", "authorization_signing_alg_values_supported")
	}},
	// OpenID Connect Discovery allows none in these. userinfo is left out: an unsigned JWT is no worse than plain JSON.
	{"alg-none-allowed", Warning, "RFC 8725 3.2, RFC 9101 4", func(m *Metadata) []string {
		return m.listsNone(func(name string) string { return name + " lists none: unsigned is accepted" },
			"id_token_signing_alg_values_supported", "request_object_signing_alg_values_supported",
			"introspection_signing_alg_values_supported",
			"backchannel_authentication_request_signing_alg_values_supported")
	}},
	{"alg-symmetric", Warning, "RFC 8725 3.1", func(m *Metadata) []string {
		return findingIf(slices.ContainsFunc(m.IDTokenAlgs, func(a string) bool { return strings.HasPrefix(a, "HS") }),
			"id_tokens can be signed with HMAC: every client that can verify one can also make one, and a public "+
				"client cannot verify at all")
	}},
	{"pkce-s256", Warning, "RFC 9700 2.1.1", func(m *Metadata) []string {
		if !m.has("authorization_endpoint") || slices.Contains(m.PKCEMethods, "S256") {
			return nil
		}
		return []string{
			"code_challenge_methods_supported does not list S256: a client cannot know that PKCE protects it"}
	}},
	{"pkce-plain", Warning, "RFC 9700 2.1.1", func(m *Metadata) []string {
		return findingIf(slices.Contains(m.PKCEMethods, "plain"),
			"the PKCE method plain is offered: an attacker who sees the request has the verifier")
	}},
	{"implicit", Warning, "RFC 9700 2.1.2", func(m *Metadata) []string {
		for _, t := range m.ResponseTypes {
			if slices.Contains(strings.Fields(t), "token") {
				return []string{"the implicit grant is offered (response type " + t +
					"): access tokens are sent in URLs"}
			}
		}
		return findingIf(m.GrantTypes != nil && m.offersGrant("implicit"),
			"the implicit grant is offered: access tokens are sent in URLs")
	}},
	{"password-grant", Warning, "RFC 9700 2.4", func(m *Metadata) []string {
		return findingIf(m.offersGrant("password"),
			"the password grant is offered: it hands the user's password to the client")
	}},
	{"callback-iss", Info, "RFC 9207 3", func(m *Metadata) []string {
		return findingIf(m.has("authorization_endpoint") && !m.CallbackIssuer,
			"authorization_response_iss_parameter_supported is not set: a client of several authorization servers "+
				"cannot tell which one responded")
	}},
	{"auth-methods-default", Info, rfc8414, func(m *Metadata) []string {
		return findingIf(m.has("token_endpoint") && !m.has("token_endpoint_auth_methods_supported"),
			"token_endpoint_auth_methods_supported is missing, which means client_secret_basic only")
	}},
	{"assertion-algs-missing", Error, rfc8414, func(m *Metadata) []string {
		var list []string
		for _, e := range []string{"token", "revocation", "introspection"} {
			methods, _ := m.List(e + "_endpoint_auth_methods_supported")
			jwt := slices.Contains(methods, "private_key_jwt") || slices.Contains(methods, "client_secret_jwt")
			member := e + "_endpoint_auth_signing_alg_values_supported"
			list = append(list,
				findingIf(jwt && !m.has(member),
					member+" is missing, and required where a JWT authenticates the client")...)
		}
		return list
	}},
	{"grant-without-endpoint", Error, "RFC 8628 4, OpenID CIBA 4", func(m *Metadata) []string {
		list := findingIf(m.offersGrant("urn:ietf:params:oauth:grant-type:device_code") &&
			!m.has("device_authorization_endpoint"),
			"the device grant is offered without device_authorization_endpoint")
		return append(list, findingIf(m.offersGrant("urn:openid:params:grant-type:ciba") &&
			!m.has("backchannel_authentication_endpoint"),
			"CIBA is offered without backchannel_authentication_endpoint")...)
	}},
	{"ciba-modes-missing", Error, "OpenID CIBA 4", func(m *Metadata) []string {
		return findingIf(m.has("backchannel_authentication_endpoint") &&
			!m.has("backchannel_token_delivery_modes_supported"),
			"backchannel_token_delivery_modes_supported is missing, and required with CIBA")
	}},
	{"revocation-missing", Info, "RFC 7009 2", func(m *Metadata) []string {
		return findingIf(m.has("token_endpoint") && !m.has("revocation_endpoint"),
			"revocation_endpoint is missing: a leaked token is valid until it expires")
	}},
	{"dpop-none", Error, "RFC 9449 5.1", func(m *Metadata) []string {
		return findingIf(slices.ContainsFunc(m.DPoPAlgs, func(a string) bool {
			return a == "none" ||
				strings.HasPrefix(a, "HS")
		}),
			"dpop_signing_alg_values_supported lists an algorithm without a key pair")
	}},
	{"par-required-missing", Error, "RFC 9126 5", func(m *Metadata) []string {
		required, _ := m.Bool("require_pushed_authorization_requests")
		return findingIf(required && !m.has("pushed_authorization_request_endpoint"),
			"pushed authorization requests are required and there is no endpoint for them")
	}},
}

func lintPlainHTTP(m *Metadata) []string {
	var list []string
	urls := map[string]string{"issuer": m.Issuer}
	names := []string{"issuer"}
	for _, name := range endpointNames() {
		member := endpointMembers[name]
		urls[member], _ = m.text(member)
		names = append(names, member)
	}
	for _, name := range names {
		if u, err := url.Parse(urls[name]); err == nil && u.Scheme == "http" && !tokens.IsLoopback(u.Hostname()) {
			list = append(list, name+" is plain http: requests can be read and changed in transit")
		}
	}
	return list
}

func lintEndpointForm(m *Metadata) []string {
	var list []string
	for _, name := range endpointNames() {
		member := endpointMembers[name]
		value, _ := m.text(member)
		u, err := url.Parse(value)
		switch {
		case value == "":
		case err != nil || !tokens.IsWebURL(value):
			list = append(list, member+" is not an http or https URL: "+clip(value))
		case u.Fragment != "" || strings.Contains(value, "#"):
			list = append(list, member+" has a fragment, which is not allowed")
		case u.User != nil:
			list = append(list, member+" contains a user name or a password")
		}
	}
	return list
}

// lintMemberTypes checks the members whose type is known, or follows from their name.
func lintMemberTypes(m *Metadata) []string {
	var list []string
	for _, name := range names(m.Raw) {
		raw, f := m.Raw[name], memberTypeOf(name)
		switch {
		case f == "" && strings.HasSuffix(name, "_supported"):
			// Members such as claims_parameter_supported are booleans, all in the singular; lists are in the plural.
			list = append(list, findingIf(!typeList.matches(raw) && !typeBool.matches(raw),
				name+" is neither a list of strings nor a boolean")...)
		case f == "" || f.matches(raw) || f == typeURL && m.isEndpointOrIssuer(name):
		default:
			list = append(list, name+" must be "+string(f)+": "+clip(string(raw)))
		}
	}
	return list
}

// isEndpointOrIssuer reports whether another rule checks the member's type.
func (m *Metadata) isEndpointOrIssuer(name string) bool {
	return name == "issuer" || slices.ContainsFunc(endpointNames(),
		func(e string) bool { return endpointMembers[e] == name })
}

func lintOtherHosts(m *Metadata) []string {
	issuer, err := url.Parse(m.Issuer)
	if err != nil || issuer.Host == "" {
		return nil
	}
	var list []string
	for _, name := range endpointNames() {
		member := endpointMembers[name]
		value, _ := m.text(member)
		if u, err := url.Parse(value); err == nil && u.Host != "" && u.Host != issuer.Host {
			list = append(list, member+" is on another host than the issuer: "+u.Host)
		}
	}
	return list
}

// listsNone returns a finding for each of the members that lists the algorithm none.
func (m *Metadata) listsNone(say func(name string) string, members ...string) []string {
	var list []string
	for _, name := range members {
		if algs, _ := m.List(name); slices.Contains(algs, "none") {
			list = append(list, say(name))
		}
	}
	return list
}
