package wire

import "net/url"

// WithoutPassword returns a proxy's URL without its password, for files and command lines.
func WithoutPassword(proxy string) string {
	u, err := url.Parse(proxy)
	if err != nil || u.User == nil {
		return proxy
	}
	u.User = url.User(u.User.Username())
	return u.String()
}
