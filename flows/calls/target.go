package calls

import (
	"fmt"
	"net/url"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
)

// Target is the URL of a call as it was typed: a whole URL, or a path that is put behind the address of the API, the
// address's own path included: /orders at https://api.example.com/v1 is https://api.example.com/v1/orders. A query of
// the address is left out. An empty target is the address itself. So a path never leads to another host, nor out of the
// API. What a URL cannot hold is percent-encoded (wire.EncodeURL).
func Target(api, target string) (string, error) {
	full := strings.TrimSpace(target)
	switch {
	case full == "":
		full = api
	case strings.HasPrefix(full, "/") && api == "":
		return "", fmt.Errorf("the URL %s: it is a path, and nothing says where the API is: give the whole URL",
			tokens.VisibleLine(target))
	case strings.HasPrefix(full, "/"):
		base, _, _ := strings.Cut(strings.SplitN(api, "#", 2)[0], "?")
		full = strings.TrimSuffix(base, "/") + full
	}
	full, _ = wire.EncodeURL(full)
	u, err := url.Parse(full)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("the URL %s: expected an address such as https://api.example.com/me",
			tokens.VisibleLine(full))
	}
	return full, nil
}
