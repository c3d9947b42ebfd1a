package vault

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"fob/tokens"
)

// binding says where the secrets of a record may be sent, and as which client. It is kept with them in the backend: the
// file beside the record, which other programs can write, is held against it and cannot lead the secrets elsewhere.
type binding struct {
	Issuer        string            `json:"issuer,omitempty"`
	TokenEndpoint string            `json:"token_endpoint,omitempty"`
	ClientID      string            `json:"client_id,omitempty"`
	AuthMethod    string            `json:"auth_method,omitempty"`
	Settings      map[string]string `json:"settings,omitempty"` // endpoints, proxy, TLS: all of them lead somewhere
}

func bindingOf(m Meta) *binding {
	return &binding{Issuer: m.Issuer, TokenEndpoint: m.TokenEndpoint, ClientID: m.ClientID, AuthMethod: m.AuthMethod,
		Settings: m.Settings}
}

// check compares what a metadata file says with what was bound. A nil binding, of a record that an earlier fob wrote,
// compares with nothing: the next write makes one.
func (b *binding) check(m Meta, where string) error {
	if b == nil {
		return nil
	}
	differ := b.differ(m)
	if len(differ) == 0 {
		return nil
	}
	return fail(ErrChanged, nil, "the file beside it (%s) was changed by something else than fob: %s. No token is sent: "+
		"put the right value back into the file, or remove the session and sign in again", where, strings.Join(differ, "; "))
}

// differ names what the file says otherwise than the binding.
func (b *binding) differ(m Meta) []string {
	var list []string
	compare := func(what, bound, found string) {
		if bound != found {
			list = append(list, what+" is "+shown(found)+" there, and was "+shown(bound)+" when the tokens were stored")
		}
	}
	compare("the issuer", b.Issuer, m.Issuer)
	compare("the token endpoint", b.TokenEndpoint, m.TokenEndpoint)
	compare("the client ID", b.ClientID, m.ClientID)
	compare("the client's authentication method", b.AuthMethod, m.AuthMethod)
	names := map[string]bool{}
	for _, settings := range []map[string]string{b.Settings, m.Settings} {
		for name := range settings {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		compare("the setting "+tokens.VisibleLine(tokens.Clip(name, 80)), b.Settings[name], m.Settings[name])
	}
	return list
}

func shown(value string) string {
	return cmp.Or(tokens.VisibleLine(tokens.Clip(value, 200)), "nothing")
}
