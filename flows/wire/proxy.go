package wire

import "net/url"

// WithoutPassword is a proxy's URL without its password, which must stand in no file that is open to be read and in no
// command line that is suggested.
func WithoutPassword(proxy string) string {
	u, err := url.Parse(proxy)
	if err != nil || u.User == nil {
		return proxy
	}
	u.User = url.User(u.User.Username())
	return u.String()
}
