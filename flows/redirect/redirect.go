// Package redirect receives the authorization response on loopback (RFC 8252 7.3): query, fragment and form_post
// responses, or a redirect URL that the user pastes. It also opens the browser.
//
// It accepts only the expected callback: requests with another path, another state or a Host that is not loopback, for
// a favicon or a prefetch, are answered and ignored, and it keeps waiting.
package redirect

import (
	"net/url"
)

// Options configure a Listener.
type Options struct {
	URI   string // the whole redirect URI if the provider pins one; its port is used
	Ports []int  // ports to try in order; empty: an ephemeral one
	Path  string // "": /callback
	Host  string // host of the redirect URI: "127.0.0.1" (default), "localhost" or "[::1]"
	// State returns all values of the state of a response, for responses that contain it in a JWT (JARM). nil: the
	// parameter state.
	State func(url.Values) []string
}

// Callback is an authorization response, however it was received.
type Callback struct {
	Params url.Values
	Via    string // "query", "fragment", "form_post", "pasted"

	unreadable string // why it cannot be parsed although it looks like a response; "" if it can
}
