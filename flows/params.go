package flows

import (
	"fmt"
	"net/url"
	"strings"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// Params are extra parameters by endpoint ("authorization", "token", "device" …) and name; a name may repeat. They are
// set last and replace a parameter of the same name; an empty list removes it.
type Params map[string]map[string][]string

// ParseParams reads extra parameters as the user types them: ENDPOINT.NAME=VALUE adds a value, which may be empty;
// ENDPOINT.NAME, or -ENDPOINT.NAME as in an edit, removes the parameter. If one entry sets a parameter and another
// removes it, the later one wins. An error does not repeat the value, which may be a secret.
func ParseParams(list []string) (Params, error) {
	params := Params{}
	for _, text := range list {
		target, value, sets := strings.Cut(text, "=")
		target, minus := strings.CutPrefix(target, "-")
		endpoint, name, dotted := strings.Cut(target, ".")
		if !dotted || name == "" || sets && minus {
			return nil, fmt.Errorf("%q: expected ENDPOINT.NAME=VALUE, such as authorization.access_type=offline, or "+
				"ENDPOINT.NAME alone to remove it", tokens.VisibleLine(target))
		}
		if !isEndpoint(endpoint) {
			return nil, fmt.Errorf("%q: endpoint %q is unknown: use %s", tokens.VisibleLine(target),
				tokens.VisibleLine(endpoint), strings.Join(EndpointNames(), ", "))
		}
		if params[endpoint] == nil {
			params[endpoint] = map[string][]string{}
		}
		if sets {
			params[endpoint][name] = append(params[endpoint][name], value)
		} else {
			params[endpoint][name] = []string{}
		}
	}
	return params, nil
}

// Apply sets the extra parameters of an endpoint in a form. They replace a parameter of the same name; an empty list
// removes it.
func (p Params) Apply(endpoint string, form url.Values) {
	for name, values := range p[endpoint] {
		form.Del(name)
		for _, v := range values {
			form.Add(name, v)
		}
	}
}

// WithoutSecrets returns the parameters without those whose values are secrets, so that they can be stored in clear.
func (p Params) WithoutSecrets() Params {
	out := Params{}
	for endpoint, params := range p {
		for name, values := range params {
			// A list without values removes the parameter and contains no secret.
			if _, secret := redact.Parameter(name, ""); secret && len(values) > 0 {
				continue
			}
			if out[endpoint] == nil {
				out[endpoint] = map[string][]string{}
			}
			out[endpoint][name] = values
		}
	}
	return out
}
