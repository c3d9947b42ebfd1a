package demo

import (
	"net/url"
	"strings"
)

// registeredURI reports whether a redirect URI is registered: an exact match (RFC 9700 2.1), except that any port is
// accepted where the registered host is loopback (RFC 8252 7.3). localhost is treated like the addresses, since many
// tools send it, although RFC 8252 8.3 advises against it.
func registeredURI(registered []string, given string) bool {
	for _, r := range registered {
		if r == given || equalButPort(r, given) {
			return true
		}
	}
	return false
}

func equalButPort(registered, given string) bool {
	u, err := url.Parse(registered)
	if err != nil || u.Scheme != "http" || u.Port() != "" || !isLoopbackHost(u.Host) {
		return false
	}
	origin := "http://" + u.Host
	rest, ok := strings.CutPrefix(given, origin+":")
	if !ok {
		return false
	}
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	return digits > 0 && digits <= 5 && rest[digits:] == strings.TrimPrefix(registered, origin)
}

// formAction returns the source that a page's CSP must allow for its forms, so that the redirect after a POST is not
// blocked: the origin of the redirect URI, or its scheme where CSP cannot express the host (IPv6, private-use schemes).
func formAction(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	switch {
	case redirectURI == "" || err != nil || u.Scheme == "":
		return ""
	case u.Host == "" || strings.ContainsAny(u.Host, "[];, '\""):
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}
