package flows

import (
	"fmt"
	"net/url"
	"strings"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// Params are extra parameters by endpoint ("authorization", "token", "device" …) and name; a name may repeat. They are
// added last and replace a parameter of the same name; an empty list drops it.
type Params map[string]map[string][]string

// ParseParams reads extra parameters as a person types them: ENDPOINT.NAME=VALUE adds a value, which may be empty;
// ENDPOINT.NAME, or -ENDPOINT.NAME as in an edit, leaves the parameter out. The later of two counts where one leaves
// out what the other sets. An error does not repeat the value, which may be a secret.
func ParseParams(list []string) (Params, error) {
	params := Params{}
	for _, text := range list {
		target, value, sets := strings.Cut(text, "=")
		target, minus := strings.CutPrefix(target, "-")
		endpoint, name, dotted := strings.Cut(target, ".")
		if !dotted || name == "" || sets && minus {
			return nil, fmt.Errorf("%q: expected ENDPOINT.NAME=VALUE, such as authorization.access_type=offline, or "+
				"ENDPOINT.NAME alone to leave it out",
				tokens.VisibleLine(target))
		}
		if !isEndpoint(endpoint) {
			return nil, fmt.Errorf("%q: endpoint %q is not known: use %s", tokens.VisibleLine(target),
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

// Apply puts the extra parameters of an endpoint over a form: they replace a parameter of the same name, a name may
// repeat, and an empty list drops it.
func (p Params) Apply(endpoint string, form url.Values) {
	for name, values := range p[endpoint] {
		form.Del(name)
		for _, v := range values {
			form.Add(name, v)
		}
	}
}

// WithoutSecrets is the parameters but for those whose values are secrets, so that they can be kept in the open.
func (p Params) WithoutSecrets() Params {
	out := Params{}
	for endpoint, params := range p {
		for name, values := range params {
			// A list without values drops the parameter, and holds nothing.
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
