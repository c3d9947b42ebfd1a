package session

import (
	"slices"
	"strings"

	"fob/flows"
	"fob/flows/provider"
)

// preset is what is known of a provider beyond its metadata; the zero one of a provider that is not known.
type preset struct{ provider.Preset }

func presetOf(issuer string) preset {
	p, _ := provider.PresetFor(issuer)
	return preset{p}
}

// values are the inputs that most people need at the provider. Its scopes are those of a person's sign-in, and mean
// nothing for a program's own token.
func (p preset) values(g flows.Grant) flows.Values {
	if len(p.Scopes) == 0 || !g.NeedsUser {
		return nil
	}
	return flows.Values{"scope": strings.Join(p.Scopes, " ")}
}

// params are the extra parameters that most people need at the provider, but for those that somebody has set as an input.
func (p preset) params(inputs ...map[string]string) flows.Params {
	out := flows.Params{}
	for endpoint, params := range p.Params {
		for name, value := range params {
			if slices.ContainsFunc(inputs, func(set map[string]string) bool { _, ok := set[name]; return ok }) {
				continue
			}
			if out[endpoint] == nil {
				out[endpoint] = map[string][]string{}
			}
			out[endpoint][name] = []string{value}
		}
	}
	return out
}
