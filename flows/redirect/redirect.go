// Package redirect receives the answer of an authorization endpoint on loopback (RFC 8252 7.3): query, fragment and
// form_post responses, or a redirect URL that a person pastes. It opens the browser as well.
//
// It takes nothing but the awaited callback: another path, another state, a favicon, a prefetch or a Host that is not
// loopback is answered and forgotten, and it goes on waiting.
package redirect

import (
	"net/url"
)

// Options say where to listen.
type Options struct {
	URI   string // the whole redirect URI, where the provider pins one; its port is used
	Ports []int  // ports to try in order; empty: an ephemeral one
	Path  string // "" is /callback
	Host  string // host written into the redirect URI: "127.0.0.1" (default), "localhost" or "[::1]"
	// State finds the state of a response that does not carry it in the open (JARM): all values of it. nil: the
	// parameter state.
	State func(url.Values) []string
}

// Callback is the authorization response, whatever way it came.
type Callback struct {
	Params url.Values
	Via    string // "query", "fragment", "form_post", "pasted"

	unreadable string // why it cannot be the answer although it looks like one; "" when it can be read
}
