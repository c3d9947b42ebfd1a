package vault

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"fob/tokens"
)

// binding says where the secrets of a record may be sent, and as which client. It is stored with them in the backend.
// The metadata file, which other programs can write, is compared with it and so cannot redirect the secrets.
type binding struct {
	Issuer        string `json:"issuer,omitempty"`
	TokenEndpoint string `json:"token_endpoint,omitempty"`
	ClientID      string `json:"client_id,omitempty"`
	AuthMethod    string `json:"auth_method,omitempty"`
	// endpoints, proxy, TLS: each of them can redirect requests
	Settings map[string]string `json:"settings,omitempty"`
}

func bindingOf(m Meta) *binding {
	return &binding{Issuer: m.Issuer, TokenEndpoint: m.TokenEndpoint, ClientID: m.ClientID, AuthMethod: m.AuthMethod,
		Settings: m.Settings}
}

// check compares a metadata file with the binding. A nil binding, in a record of an earlier fob, accepts everything:
// the next write adds one.
func (b *binding) check(m Meta, where string) error {
	if b == nil {
		return nil
	}
	differences := b.differences(m)
	if len(differences) == 0 {
		return nil
	}
	return fail(ErrChanged, nil, "the file beside it (%s) was changed by another program: %s. No token is sent: "+
		"restore the value in the file, or remove the session and sign in again", where, strings.Join(differences,
		"; "))
}

// differences describes the values that differ between the file and the binding.
func (b *binding) differences(m Meta) []string {
	var list []string
	compare := func(what, bound, found string) {
		if bound != found {
			list = append(list,
				what+" is "+displayValue(found)+" there, but was "+displayValue(bound)+" when the tokens were stored")
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

func displayValue(value string) string {
	return cmp.Or(tokens.VisibleLine(tokens.Clip(value, 200)), "nothing")
}
