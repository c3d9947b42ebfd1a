package provider

import (
	"net/url"
	"regexp"
	"strings"
	"sync"

	"fob/tokens"
)

// transportCheck checks that the issuer and each endpoint use TLS, or plain http on loopback. Otherwise secrets and
// tokens would cross the network unencrypted.
func (m *Metadata) transportCheck(issuer string) tokens.Check {
	const (
		expected = "https, or http on this machine only"
		leaks    = "secrets and tokens could be read and changed in transit; for a test network: --insecure-http, or " +
			"insecure_http: true under tls in the profile"
	)
	u, err := url.Parse(issuer)
	plain := m.plainEndpoints()
	switch {
	case err != nil:
		return tokens.CheckTransport.Skip("the issuer is not a URL")
	case issuer != "" && !IsSecureURL(issuer):
		return tokens.CheckTransport.Fail("https", u.Scheme, leaks)
	case len(plain) > 0:
		return tokens.CheckTransport.Fail(expected, strings.Join(plain, ", "), leaks)
	case u.Scheme == "https", issuer == "":
		return tokens.CheckTransport.Pass("https", "https")
	}
	return tokens.CheckTransport.Pass(expected, "http on "+u.Host)
}

// plainEndpoints returns the endpoints that use http on another machine, with their URLs.
func (m *Metadata) plainEndpoints() []string {
	var list []string
	for _, name := range endpointNames() {
		if address, err := m.text(endpointMembers[name]); err == nil && strings.HasPrefix(strings.ToLower(address),
			"http:") && !IsSecureURL(address) {
			list = append(list, endpointMembers[name]+" "+clip(address))
		}
	}
	return list
}

// originCheck warns about endpoints with another origin than the issuer: an attacker who controls the metadata of a
// server can direct codes and secrets of another one to himself (mix-up, RFC 9700 4.4). Many providers have good
// reasons for it.
func (m *Metadata) originCheck(issuer string) tokens.Check {
	own := tokens.Origin(issuer)
	if own == "" {
		return tokens.CheckOrigin.Skip("the issuer is not a URL")
	}
	var origins []string
	byOrigin := map[string][]string{}
	for _, name := range endpointNames() {
		address, err := m.text(endpointMembers[name])
		if o := tokens.Origin(address); err == nil && o != "" && o != own {
			if byOrigin[o] == nil {
				origins = append(origins, o)
			}
			byOrigin[o] = append(byOrigin[o], endpointMembers[name])
		}
	}
	if len(origins) == 0 {
		return tokens.CheckOrigin.Pass(own, own)
	}
	for i, o := range origins {
		origins[i] = o + " (" + strings.Join(byOrigin[o], ", ") + ")"
	}
	return tokens.CheckOrigin.Warn(own, strings.Join(origins, "; "),
		"secrets and tokens are sent there too: check that it belongs to the provider")
}

// IsSecureURL reports whether requests to a URL cannot be read or changed in transit: it is https, or http on this
// machine's loopback.
func IsSecureURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || tokens.IsLoopback(u.Hostname()))
}

// issuerCheck compares the metadata's issuer with the requested one (OpenID Connect Discovery 4.3, RFC 8414 3.3): they
// must be identical. Allowed with a warning are a trailing slash that the user added or omitted (the document is the
// same) and the known providers that name another issuer.
func (a issuerQuery) issuerCheck(received string) tokens.Check {
	k := tokens.CheckDiscoveryIssuer
	expected := a.issuer
	slash := strings.TrimRight(received, "/") == strings.TrimRight(expected, "/")
	switch {
	case received == expected:
		return k.Pass(expected, received)
	case received == "":
		return k.Fail(expected, "", "issuer is missing in the metadata, so its owner is unknown")
	case slash && a.derived:
		return k.Pass(received, received)
	case slash:
		return k.Warn(expected, received,
			"only the trailing slash differs: use the server's spelling, since tokens are compared with it")
	}
	if quirk, ok := quirkFor(expected, received); ok {
		return k.Warn(expected, received, quirk.Why)
	}
	return k.Fail(expected, received, mismatchReason(expected, received))
}

// mismatchReason describes how two issuers differ, and the usual reason.
func mismatchReason(expected, received string) string {
	e, err1 := url.Parse(expected)
	r, err2 := url.Parse(received)
	switch {
	case err1 != nil || err2 != nil || r.Host == "":
		return "the metadata's issuer is not a URL"
	case strings.ContainsAny(received, "{}"):
		return "the metadata's issuer is a template: use the issuer of a tenant"
	case strings.EqualFold(expected, received):
		return "they differ in upper and lower case, and issuers are compared exactly: use the received spelling"
	case e.Host == r.Host && e.Path == r.Path && e.Scheme != r.Scheme:
		return "they differ in http and https: the server may be behind a proxy that terminates TLS and not know its " +
			"public URL"
	case e.Host != r.Host && e.Path == r.Path:
		return "the host differs: the server may be configured with another public name; use that one if you trust it"
	case e.Host == r.Host:
		return "the path differs: it may be another realm or tenant of the same host, or the realm is missing"
	}
	return "the metadata belongs to another authorization server; with it codes and secrets would be sent there"
}

// guidPattern matches a tenant's GUID in an issuer.
var guidPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)
})

// matchesTemplate reports whether an issuer matches a template, in which {guid} and {tenantid} match a tenant's GUID,
// and {any} matches one path segment or host label.
func matchesTemplate(template, issuer string) bool {
	t, i := splitIssuer(template), splitIssuer(issuer)
	if len(t) != len(i) {
		return false
	}
	for n := range t {
		switch t[n] {
		case "{guid}", "{tenantid}":
			if !guidPattern().MatchString(i[n]) && i[n] != "{tenantid}" {
				return false
			}
		case "{any}":
			if i[n] == "" {
				return false
			}
		default:
			if t[n] != i[n] {
				return false
			}
		}
	}
	return true
}

// splitIssuer splits at slashes and, in the host, at dots, so that a placeholder never matches more than its segment.
func splitIssuer(s string) []string {
	scheme, rest, _ := strings.Cut(s, "://")
	host, path, _ := strings.Cut(rest, "/")
	parts := append([]string{scheme}, strings.Split(host, ".")...)
	return append(append(parts, "/"), strings.Split(path, "/")...)
}

// AcceptsIssuer reports whether a token's iss is that of this authorization server. It must be identical to the
// metadata's issuer, or match it if that is a template ({tenantid}).
func (m *Metadata) AcceptsIssuer(iss string) bool {
	if iss == "" {
		return false
	}
	if strings.Contains(m.Issuer, "{tenantid}") {
		return iss != m.Issuer && matchesTemplate(m.Issuer, iss)
	}
	return iss == m.Issuer
}
