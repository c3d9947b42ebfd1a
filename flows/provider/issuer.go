package provider

import (
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"fob/tokens"
)

// transportCheck says whether the authorization server, at its issuer and at each of its endpoints, is spoken to over
// TLS. Plain http on loopback is fine. Elsewhere secrets and tokens would cross the network unencrypted, so the check
// fails.
func (m *Metadata) transportCheck(issuer string) tokens.Check {
	const (
		expected = "https, or http on this machine alone"
		leaks    = "secrets and tokens could be read and changed on the way; for a test network: --insecure-http, " +
			"or insecure_http: true under tls in the profile"
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

// plainEndpoints are the endpoints that are spoken to over http on another machine, with their addresses.
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

// originCheck says which endpoints are elsewhere than the issuer: who controls the metadata of one server can have the
// codes and secrets of another sent to himself (mix-up, RFC 9700 4.4). Many providers have good reasons, so it warns.
func (m *Metadata) originCheck(issuer string) tokens.Check {
	own := originOf(issuer)
	if own == "" {
		return tokens.CheckOrigin.Skip("the issuer is not a URL")
	}
	var origins []string
	at := map[string][]string{}
	for _, name := range endpointNames() {
		address, err := m.text(endpointMembers[name])
		if o := originOf(address); err == nil && o != "" && o != own {
			if at[o] == nil {
				origins = append(origins, o)
			}
			at[o] = append(at[o], endpointMembers[name])
		}
	}
	if len(origins) == 0 {
		return tokens.CheckOrigin.Pass(own, own)
	}
	for i, o := range origins {
		origins[i] = o + " (" + strings.Join(at[o], ", ") + ")"
	}
	return tokens.CheckOrigin.Warn(own, strings.Join(origins, "; "),
		"secrets and tokens go there as well: is it the provider's?")
}

// originOf is the origin of a URL: scheme, host and port (RFC 6454 4); "" for what is none of the web.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || !tokens.IsWebURL(address) {
		return ""
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port != "" && port != map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		return u.Scheme + "://" + net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return u.Scheme + "://" + host
}

// IsSecureURL reports whether nobody on the way can read or change what is sent to a URL: it is https, or http on this
// machine's loopback.
func IsSecureURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || tokens.IsLoopback(u.Hostname()))
}

// compare checks the metadata's issuer against the one asked for (OpenID Connect Discovery 4.3, RFC 8414 3.3): they
// must be identical. Let through, with a warning, are a trailing slash that a person typed or left out (the document is
// the same one) and the providers that are known to name another issuer.
func (a asking) compare(received string) tokens.Check {
	k := tokens.CheckDiscoveryIssuer
	expected := a.issuer
	slash := strings.TrimRight(received, "/") == strings.TrimRight(expected, "/")
	switch {
	case received == expected:
		return k.Pass(expected, received)
	case received == "":
		return k.Fail(expected, "", "the metadata names no issuer, so that nothing says whose it is")
	case slash && a.derived:
		return k.Pass(received, received)
	case slash:
		return k.Warn(expected, received,
			"only the trailing slash differs: spell the issuer as the server does, since tokens are compared with "+
				"its spelling")
	}
	if quirk, ok := quirkFor(expected, received); ok {
		return k.Warn(expected, received, quirk.Why)
	}
	return k.Fail(expected, received, mismatchReason(expected, received))
}

// mismatchReason says in words how two issuers differ, and what that usually means.
func mismatchReason(expected, received string) string {
	e, err1 := url.Parse(expected)
	r, err2 := url.Parse(received)
	switch {
	case err1 != nil || err2 != nil || r.Host == "":
		return "the metadata's issuer is not a URL"
	case strings.ContainsAny(received, "{}"):
		return "the metadata's issuer is a template: it has to be asked for by one tenant's own issuer"
	case strings.EqualFold(expected, received):
		return "they differ in upper and lower case, and issuers are compared letter by letter: use the received " +
			"spelling"
	case e.Host == r.Host && e.Path == r.Path && e.Scheme != r.Scheme:
		return "they differ in http and https: the server may stand behind a proxy that ends TLS and not know its " +
			"own name"
	case e.Host != r.Host && e.Path == r.Path:
		return "the host differs: the server may be configured with another public name; use that one if you trust it"
	case e.Host == r.Host:
		return "the path differs: another realm or tenant of the same host, or one was left out"
	}
	return "this metadata belongs to another authorization server; believing it would send codes and secrets there"
}

// guid is how a tenant is named in an issuer.
var guid = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)
})

// fits reports whether an issuer fits a template, in which {guid} and {tenantid} stand for a tenant's GUID, and {any}
// for one path segment or host label of any kind.
func fits(template, issuer string) bool {
	t, i := splitIssuer(template), splitIssuer(issuer)
	if len(t) != len(i) {
		return false
	}
	for n := range t {
		switch t[n] {
		case "{guid}", "{tenantid}":
			if !guid().MatchString(i[n]) && i[n] != "{tenantid}" {
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

// splitIssuer cuts at slashes and, in the host, at dots, so that a placeholder never reaches beyond its segment.
func splitIssuer(s string) []string {
	scheme, rest, _ := strings.Cut(s, "://")
	host, path, _ := strings.Cut(rest, "/")
	parts := append([]string{scheme}, strings.Split(host, ".")...)
	return append(append(parts, "/"), strings.Split(path, "/")...)
}

// AcceptsIssuer reports whether a token's iss is this authorization server's. It must be the metadata's issuer letter
// by letter; where that is a template ({tenantid}), one that fits it.
func (m *Metadata) AcceptsIssuer(iss string) bool {
	if iss == "" {
		return false
	}
	if strings.Contains(m.Issuer, "{tenantid}") {
		return iss != m.Issuer && fits(m.Issuer, iss)
	}
	return iss == m.Issuer
}
