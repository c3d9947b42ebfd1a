package demo

import (
	"net/url"
	"strings"
)

// registeredURI reports whether a redirect URI is one of those registered: letter by letter (RFC 9700 2.1), but that
// any port is taken where the registered host is loopback (RFC 8252 7.3). localhost is taken like the addresses are,
// since that is what people's tools send, although RFC 8252 8.3 advises against it.
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

// formAction is what a page's CSP must let its forms lead to, so that the redirect after a POST is not blocked: the
// origin of the redirect URI, or its scheme where CSP has no way to write the host (IPv6, private-use schemes).
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
