package tokens

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// IsLoopback reports whether a host is this machine: a loopback address, or a name that browsers resolve to one
// (RFC 6761 6.3).
func IsLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// IsWebURL reports whether a text is an absolute http or https URL with a host: requests go to, and browsers open, only
// such addresses.
func IsWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// Origin returns the origin of a web URL (RFC 6454 4): scheme, host and port in lower case, without a default port. It
// returns "" for any other text.
func Origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || !IsWebURL(address) {
		return ""
	}
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	switch {
	case port != "" && port != map[string]string{"https": "443", "http": "80"}[u.Scheme]:
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	return u.Scheme + "://" + host
}
