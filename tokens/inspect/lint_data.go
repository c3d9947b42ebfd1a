package inspect

import (
	"encoding/json"
	"strings"

	"fob/tokens"
	"fob/tokens/jose/ordered"
	"fob/tokens/secretname"
)

// personalClaims identify a person; in an access token every resource server reads them.
var personalClaims = []string{"email", "phone_number", "birthdate", "address", "given_name", "family_name", "gender",
	"place_of_birth"}

const maxDataDepth = 6

// findSensitiveData looks for what should not be in clear in a token: it is signed, not encrypted, and ends up in logs,
// browsers and proxies.
func (l *linter) findSensitiveData() {
	if l.payload == nil || l.t.Form == Text || l.t.Kind == KindJWE {
		return
	}
	l.findSecrets(l.payload, "", 0)
	if l.t.Kind != KindAccessToken {
		return
	}
	var personal []string
	for _, name := range personalClaims {
		if l.payload.Has(name) {
			personal = append(personal, name)
		}
	}
	if len(personal) > 0 {
		l.add("personal-data", Info, personal[0], "RFC 9068 6, RFC 9700 4.9",
			"every resource server that gets the access token learns %s", strings.Join(personal, ", "))
	}
}

func (l *linter) findSecrets(o *Object, path string, depth int) {
	for _, m := range o.Members {
		at := join(path, m.Name)
		switch {
		case len(m.Raw) == 0:
		case m.Raw[0] == '{' && depth < maxDataDepth:
			if child, err := ordered.Parse(m.Raw); err == nil {
				l.findSecrets(child, at, depth+1)
			}
		case m.Raw[0] == '"' && len(m.Raw) > 2:
			if what := secretIn(m.Name, m.Raw); what != "" {
				l.add("secret-in-clear", Warning, at, "RFC 8725 3.11, RFC 7519 12",
					"%s is in clear: anyone who sees the token reads %s", tokens.Clip(at, 80), what)
			}
		}
	}
}

// secretIn returns what a claim reveals; empty if nothing.
func secretIn(name string, raw json.RawMessage) string {
	if secretname.InClaim(name) {
		return "it"
	}
	switch text := raw[1 : len(raw)-1]; {
	case len(text) > 40 && strings.Contains(string(text[:min(len(text), 200)]), "PRIVATE KEY-----"):
		return "a private key"
	case len(text) < 20 || len(text) > 400:
		return ""
	default:
		if name := secretShape(string(text)); name != "" {
			return "what looks like a " + name
		}
	}
	return ""
}
