package session

import (
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

// texts are the provider's traps, one sentence each.
func (p preset) noteTexts() (list []string) {
	for _, n := range p.Notes {
		list = append(list, n.Text)
	}
	return list
}
