package session

import (
	"strings"

	"fob/flows"
	"fob/flows/provider"
)

// preset is what fob knows about a provider beyond its metadata; zero for other providers.
type preset struct{ provider.Preset }

func presetOf(issuer string) preset {
	p, _ := provider.PresetFor(issuer)
	return preset{p}
}

// values returns the inputs that most users need at the provider. Its scopes are those of a user's sign-in, and mean
// nothing for a client's own token.
func (p preset) values(g flows.Grant) flows.Values {
	if len(p.Scopes) == 0 || !g.NeedsUser {
		return nil
	}
	return flows.Values{"scope": strings.Join(p.Scopes, " ")}
}

// noteTexts returns the provider's pitfalls, one sentence each.
func (p preset) noteTexts() (list []string) {
	for _, n := range p.Notes {
		list = append(list, n.Text)
	}
	return list
}
