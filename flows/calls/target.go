package calls

import (
	"fmt"
	"net/url"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
)

// Target returns the URL of a call. target is a whole URL, or a path that is appended to the URL of the API: /orders at
// https://api.example.com/v1 is https://api.example.com/v1/orders. A query of the API's URL is dropped. An empty target
// is the API's URL. So a path never leads to another host or out of the API. Characters that a URL must not contain are
// percent-encoded (wire.EncodeURL).
func Target(api, target string) (string, error) {
	full := strings.TrimSpace(target)
	switch {
	case full == "":
		full = api
	case strings.HasPrefix(full, "/") && api == "":
		return "", fmt.Errorf("the URL %s: it is a path, and the URL of the API is unknown: give the whole URL",
			tokens.VisibleLine(target))
	case strings.HasPrefix(full, "/"):
		base, _, _ := strings.Cut(strings.SplitN(api, "#", 2)[0], "?")
		full = strings.TrimSuffix(base, "/") + full
	}
	full, _ = wire.EncodeURL(full)
	u, err := url.Parse(full)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("the URL %s: expected a URL such as https://api.example.com/me",
			tokens.VisibleLine(full))
	}
	return full, nil
}
