package tokens

import (
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

// IsWebURL reports whether a text is an absolute http or https URL with a host: requests go to and browsers open only such addresses.
func IsWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
