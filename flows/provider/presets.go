package provider

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"fob/tokens"
)

// Preset is what is known about a provider beyond its metadata: the form of its issuer, what it requires and where it
// deviates from the specs. Presets are data: no code depends on one of them by name.
type Preset struct {
	ID     string
	Name   string
	Issuer string  // a template: {domain}, {tenant} … are the Fields
	Fields []Field // the placeholders of Issuer
	Docs   string
	Scopes []string
	// Params are extra parameters by endpoint and name that most users need with this provider.
	Params map[string]map[string]string
	// Headers are header fields by endpoint that it requires.
	Headers map[string]map[string]string
	Notes   []Note // peculiarities
	// Hosts are the hosts that identify it; one that begins with a dot is a suffix.
	Hosts []string
	// Paths are paths of endpoints that identify it on any domain, by the names of Metadata.Endpoint, or "jwks": {any}
	// is one segment. All of them must match.
	Paths map[string]string
	// Quirks are issuers that its metadata names instead of the requested one.
	Quirks []IssuerQuirk
	// Endpoints are the endpoints by name (see Metadata.Endpoint) of a provider that publishes no metadata; a path is
	// relative to the issuer.
	Endpoints map[string]string
	PKCE      []string // with Endpoints: the PKCE methods
	Grants    []string // with Endpoints: the grant types
	Auth      []string // with Endpoints: the client authentication methods at the token endpoint
}

// Note is a peculiarity of a provider, in one sentence, with its source.
type Note struct {
	Text   string
	Source string // the URL of the document; "" for the preset's Docs
	Read   string // the day on which it was read there, as 2006-01-02; may be ""
}

func notes(texts ...string) (list []Note) {
	for _, text := range texts {
		list = append(list, Note{Text: text})
	}
	return list
}

// Field is a placeholder in a preset's issuer.
type Field struct {
	Name    string
	Label   string
	Example string
	Default string
}

// IssuerQuirk allows a provider's metadata to name another issuer than the requested one. In both templates {any} is
// one segment and {guid} a tenant's GUID; {tenantid} in Received also matches itself.
type IssuerQuirk struct {
	Asked    string
	Received string
	Why      string
}

const sharedTenant = "this endpoint serves many tenants, so the metadata's issuer is a template; a token names its " +
	"own tenant, which is checked against the template"

// presets are in the order in which they are matched.
var presets = []Preset{
	{ID: "entra", Name: "Microsoft Entra ID", Issuer: "https://login.microsoftonline.com/{tenant}/v2.0",
		Fields: []Field{{Name: "tenant", Label: "Tenant",
			Example: "a tenant's ID, its domain, or common, organizations, consumers", Default: "common"}},
		Docs:   "https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc",
		Scopes: []string{"openid", "profile", "email", "offline_access"},
		Notes: notes(
			"An access token for Microsoft Graph is meant for Graph alone: its signature never verifies as received.",
			"A scope is written with its resource (api://ID/name, or https://graph.microsoft.com/User.Read), and one "+
				"request can name one resource only.",
			"client_credentials takes exactly one scope: the resource with /.default behind it.",
			"A client that is registered as web needs its secret; one registered as mobile or desktop must not send "+
				"one.",
		),
		Hosts: []string{"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn",
			"sts.windows.net", ".ciamlogin.com"},
		Quirks: []IssuerQuirk{
			{"https://login.microsoftonline.com/{any}/v2.0", "https://login.microsoftonline.com/{tenantid}/v2.0",
				sharedTenant},
			{"https://login.microsoftonline.us/{any}/v2.0", "https://login.microsoftonline.us/{tenantid}/v2.0",
				sharedTenant},
			{"https://login.partner.microsoftonline.cn/{any}/v2.0",
				"https://login.partner.microsoftonline.cn/{tenantid}/v2.0", sharedTenant},
			{"https://login.microsoftonline.com/{any}", "https://sts.windows.net/{tenantid}/",
				"the version 1 endpoint names sts.windows.net as its issuer; with /v2.0 behind the tenant the issuer " +
					"is the asked one"},
			{"https://{any}.ciamlogin.com/{any}/v2.0", "https://{guid}.ciamlogin.com/{guid}/v2.0",
				"an external tenant names its ID instead of its name in the issuer"},
		}},
	{ID: "b2c", Name: "Azure AD B2C", Issuer: "https://{tenant}.b2clogin.com/{tenant}.onmicrosoft.com/{policy}/v2.0",
		Fields: []Field{{Name: "tenant", Label: "Tenant", Example: "contoso"},
			{Name: "policy", Label: "User flow or policy", Example: "B2C_1_signin"}},
		Docs:   "https://learn.microsoft.com/azure/active-directory-b2c/openid-connect",
		Scopes: []string{"openid", "offline_access"},
		Notes: notes(
			"The issuer in metadata and tokens names the tenant's ID, not the path that was asked.",
			"An access token comes only when a scope of an API (or the client_id itself) is asked for.",
			"The policy may be in the query (?p=…) of every endpoint: that query must be kept.",
		),
		Hosts: []string{".b2clogin.com"},
		Quirks: []IssuerQuirk{
			{"https://{any}.b2clogin.com/{any}/{any}/v2.0", "https://{any}.b2clogin.com/{guid}/v2.0/",
				"B2C names the tenant's ID in its issuer, whatever the path that was asked"},
			{"https://{any}.b2clogin.com/{any}/v2.0", "https://{any}.b2clogin.com/{guid}/v2.0/",
				"B2C names the tenant's ID in its issuer, whatever the path that was asked"},
			{"https://{any}.b2clogin.com/{any}/{any}/v2.0", "https://{any}.b2clogin.com/tfp/{guid}/{any}/v2.0/",
				"B2C names the tenant's ID and the policy in its issuer"},
		}},
	{ID: "google", Name: "Google", Issuer: "https://accounts.google.com",
		Docs:   "https://developers.google.com/identity/protocols/oauth2",
		Scopes: []string{"openid", "profile", "email"},
		Params: map[string]map[string]string{"authorization": {"access_type": "offline", "prompt": "consent"}},
		Notes: notes(
			"A refresh token comes only with access_type=offline, and again only with prompt=consent; offline_access "+
				"is not a scope here.",
			"Access tokens are opaque: ask tokeninfo or userinfo about them.",
			"Desktop clients have a client_secret and must send it, although it is not secret.",
		),
		Hosts: []string{"accounts.google.com"},
		Quirks: []IssuerQuirk{{"https://www.accounts.google.com", "https://accounts.google.com",
			"Google's issuer has no www"}}},
	{ID: "github", Name: "GitHub", Issuer: "https://github.com",
		Docs:   "https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps",
		Scopes: []string{"read:user", "user:email"},
		Notes: notes(
			"There is no id_token: GitHub is OAuth 2.0 without OpenID Connect for sign-in.",
			"Errors of the token endpoint come with status 200.",
			"Without Accept: application/json the token endpoint answers in form encoding.",
			"The device flow has to be switched on in the app's settings.",
			"Introspection and revocation are an API of GitHub's own, not RFC 7662 and RFC 7009.",
		),
		Headers: map[string]map[string]string{"token": {"Accept": "application/json"},
			"device": {"Accept": "application/json"}, "userinfo": {"Accept": "application/vnd.github+json"}},
		Hosts: []string{"github.com", ".ghe.com"},
		Endpoints: map[string]string{"authorization": "/login/oauth/authorize", "token": "/login/oauth/access_token",
			"device": "/login/device/code", "userinfo": "https://api.github.com/user"},
		PKCE: []string{"S256"}, Grants: []string{"authorization_code", "refresh_token",
			"urn:ietf:params:oauth:grant-type:device_code"},
		Auth: []string{"client_secret_post"}},
	{ID: "auth0", Name: "Auth0", Issuer: "https://{domain}/",
		Fields: []Field{{Name: "domain", Label: "Domain", Example: "tenant.eu.auth0.com"}},
		Docs:   "https://auth0.com/docs/authenticate/protocols/oauth",
		Scopes: []string{"openid", "profile", "email", "offline_access"},
		Notes: notes(
			"The issuer ends with a slash.",
			"Without audience the access token is opaque and valid for userinfo only; with the API's identifier as "+
				"audience it is a JWT.",
			"client_credentials needs audience.",
			"Revocation takes refresh tokens only.",
		),
		Hosts: []string{".auth0.com"}},
	{ID: "okta", Name: "Okta", Issuer: "https://{domain}/oauth2/{server}",
		Fields: []Field{{Name: "domain", Label: "Domain", Example: "dev-12345.okta.com"},
			{Name: "server", Label: "Authorization server", Example: "default", Default: "default"}},
		Docs:   "https://developer.okta.com/docs/concepts/auth-servers/",
		Scopes: []string{"openid", "profile", "email", "offline_access"},
		Notes: notes(
			"The org authorization server (the domain without a path) issues access tokens for Okta's own API that "+
				"no one else can verify; use a custom one such as default.",
			"client_credentials needs a custom scope: openid and similar scopes are rejected.",
		),
		Hosts: []string{".okta.com", ".oktapreview.com", ".okta-emea.com"}},
	{ID: "keycloak", Name: "Keycloak", Issuer: "{base}/realms/{realm}",
		Fields: []Field{{Name: "base", Label: "Base URL", Example: "https://sso.example.com"},
			{Name: "realm", Label: "Realm", Example: "master"}},
		Docs:   "https://www.keycloak.org/securing-apps/oidc-layers",
		Scopes: []string{"openid", "profile", "email"},
		Notes: notes(
			"Before version 17 the base URL ends with /auth.",
			"Behind a proxy the issuer follows the host name that the server was configured with.",
			"refresh_expires_in 0 means that the refresh token does not expire (offline_access).",
			"The device flow has to be switched on for the client.",
		)},
	{ID: "slack", Name: "Slack (sign in with Slack)", Issuer: "https://slack.com",
		Docs:   "https://api.slack.com/authentication/sign-in-with-slack",
		Scopes: []string{"openid", "profile", "email"},
		Notes: notes(
			"Errors come with status 200 and \"ok\": false.",
			"The redirect URI must be https: a loopback redirect is rejected, so paste the redirect URL instead.",
			"The OpenID scopes cannot be mixed with those of a bot or user token.",
		),
		Hosts: []string{"slack.com"}},
	{ID: "salesforce", Name: "Salesforce", Issuer: "https://{domain}",
		Fields: []Field{{Name: "domain", Label: "Domain",
			Example: "login.salesforce.com, test.salesforce.com or yourdomain.my.salesforce.com",
			Default: "login.salesforce.com"}},
		Docs:   "https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_authenticate.htm",
		Scopes: []string{"openid", "api", "refresh_token"},
		Notes: notes(
			"The scope for a refresh token is refresh_token (or offline_access).",
			"The token response has no expires_in: the session's length decides, so the expiry is unknown.",
			"Calls go to instance_url of the token response, not to the issuer's host.",
			"client_credentials works only at the org's own domain.",
		),
		Hosts: []string{".salesforce.com", ".force.com"}},
	descope,
	zitadel,
}

// Presets returns the known providers, in the order of menus.
func Presets() []Preset { return append([]Preset(nil), presets...) }

// PresetByID returns the preset with an ID.
func PresetByID(id string) (Preset, bool) {
	for _, p := range presets {
		if p.ID == id {
			return p, true
		}
	}
	return Preset{}, false
}

// PresetFor identifies a provider by its issuer's host.
func PresetFor(issuer string) (Preset, bool) {
	u, err := url.Parse(issuer)
	if err != nil {
		return Preset{}, false
	}
	host := strings.ToLower(u.Hostname())
	for _, p := range presets {
		for _, h := range p.Hosts {
			if host == h || strings.HasPrefix(h, ".") && strings.HasSuffix(host, h) {
				return p, true
			}
		}
	}
	if strings.Contains(u.Path, "/realms/") {
		return PresetByID("keycloak")
	}
	return Preset{}, false
}

// PresetOf identifies a provider by its metadata: by its issuer's host, or on a customer's domain by the paths of its
// endpoints.
func PresetOf(m *Metadata) (Preset, bool) {
	if p, ok := PresetFor(m.Issuer); ok {
		return p, true
	}
	for _, p := range presets {
		matches := len(p.Paths) > 0
		for name, path := range p.Paths {
			address := m.Endpoint(name)
			if name == "jwks" {
				address = m.JWKSURI
			}
			u, err := url.Parse(address)
			matches = matches && err == nil && matchesPathTemplate(path, u.EscapedPath())
		}
		if matches {
			return p, true
		}
	}
	return Preset{}, false
}

// matchesPathTemplate reports whether a path matches a template, in which {any} is one segment.
func matchesPathTemplate(template, path string) bool {
	t, p := strings.Split(template, "/"), strings.Split(path, "/")
	return slices.EqualFunc(t, p, func(want, got string) bool { return want == got || want == "{any}" && got != "" })
}

// Static reports whether the provider publishes no metadata, so that its endpoints are in the preset.
func (p Preset) Static() bool { return len(p.Endpoints) > 0 }

// Metadata returns metadata with a preset's endpoints, for a provider that publishes none.
func (p Preset) Metadata(issuer string) (*Metadata, error) {
	if !p.Static() {
		return nil, fmt.Errorf("%s publishes its metadata: use discovery", p.Name)
	}
	base := strings.TrimRight(issuer, "/")
	members := map[string]any{"issuer": base}
	for name, e := range p.Endpoints {
		if strings.HasPrefix(e, "/") {
			e = base + e
		}
		members[endpointMembers[name]] = e
	}
	members["code_challenge_methods_supported"] = p.PKCE
	members["grant_types_supported"] = p.Grants
	members["token_endpoint_auth_methods_supported"] = p.Auth
	members["response_types_supported"] = []string{"code"}
	m, err := metadataFrom(members)
	if err != nil {
		return nil, err
	}
	m.Source = "preset: " + p.Name
	m.Checks = tokens.Ledger{m.transportCheck(base),
		tokens.CheckDiscoveryIssuer.Skip(p.Name + " publishes no metadata: its endpoints are built in")}
	return m, nil
}

// quirkFor returns the quirk that allows a provider's issuer.
func quirkFor(asked, received string) (IssuerQuirk, bool) {
	p, ok := PresetFor(asked)
	if !ok {
		return IssuerQuirk{}, false
	}
	asked = strings.TrimRight(asked, "/")
	for _, q := range p.Quirks {
		if !matchesTemplate(q.Asked, asked) || !matchesTemplate(q.Received, received) && !matchesTemplate(q.Received,
			received+"/") {
			continue
		}
		if tenant := tenantGUID(asked); tenant != "" && !strings.Contains(received, tenant) {
			continue // the metadata of another tenant
		}
		// {any} in the host must match the same host: a quirk never allows another one.
		if strings.Contains(q.Received, "://{any}.") && hostOf(asked) != hostOf(received) {
			continue
		}
		return q, true
	}
	return IssuerQuirk{}, false
}

func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.Host
}

// tenantGUID returns the tenant's GUID in an issuer; "" when there is no GUID in it.
func tenantGUID(issuer string) string {
	for _, part := range splitIssuer(issuer) {
		if guidPattern().MatchString(part) {
			return part
		}
	}
	return ""
}
