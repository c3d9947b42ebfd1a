package calls

import (
	"slices"
	"strings"
)

// asked are the values of a sign-in that the shown answer's challenge asks for: how strong and how fresh (RFC 9470 3), or
// with which scope (RFC 6750 3). None: it asks for nothing of the kind.
func (p *Pane) asked() map[string]string {
	if p.shown == nil || p.shown.response == nil {
		return nil
	}
	values := map[string]string{}
	for _, c := range p.shown.response.Challenges {
		switch c.Param("error") {
		case "insufficient_user_authentication":
			for _, name := range []string{"acr_values", "max_age"} {
				if v := c.Param(name); v != "" {
					values[name] = v
				}
			}
		case "insufficient_scope":
			if v := c.Param("scope"); v != "" {
				values["scope"] = union(p.session.Scope, v)
			}
		}
	}
	return values
}

// union is a scope with the words of another added.
func union(scope, more string) string {
	words := strings.Fields(scope)
	for _, w := range strings.Fields(more) {
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}
