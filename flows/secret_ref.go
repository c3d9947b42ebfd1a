package flows

import (
	"cmp"
	"slices"
	"strings"

	"fob/tokens"
)

// The places in which a Held input's secret can be, as the first word of its value.
const (
	SecretFromSession = "session" // session:NAME, or session:NAME/id for another token of it than the usual one
	SecretFromEnv     = "env"     // env:VAR
	SecretFromFile    = "file"    // file:PATH
	SecretFromVault   = "vault"   // vault:NAME, among the secrets that the vault keeps for profiles
)

// SecretSources lists the places, in the order in which they are offered.
func SecretSources() []string {
	return []string{SecretFromSession, SecretFromEnv, SecretFromFile, SecretFromVault}
}

// ParseSecretRef takes the value of a Held input apart: the place, and the name in it. ok is false when the value is
// the secret itself. No token, assertion or key begins with such a word and a colon.
func ParseSecretRef(value string) (place, name string, ok bool) {
	place, name, ok = strings.Cut(strings.TrimSpace(value), ":")
	if !ok || name == "" || !slices.Contains(SecretSources(), place) {
		return "", "", false
	}
	return place, name, true
}

// SessionToken takes a session's name as ParseSecretRef yields it apart: the session, and the kind of token when one is
// named.
func SessionToken(name string) (session string, kind tokens.Kind) {
	if at := strings.LastIndexByte(name, '/'); at > 0 {
		if k, err := tokens.ParseKind(name[at+1:]); err == nil {
			return name[:at], k
		}
	}
	return name, ""
}

// TokenOf is which token of a session a Held input takes: the input's own kind, or the one that the input with the
// token's type names (subject_token_type). A member is one of the token response beside the tokens. Both are "" when
// a session holds nothing of the type.
func (in Input) TokenOf(v Values) (kind tokens.Kind, member string) {
	if in.Token != "" {
		return in.Token, ""
	}
	switch tokenTypeURN(cmp.Or(strings.TrimSpace(v[in.Name+"_type"]), "access_token")) {
	case typeAccess, typeJWT:
		return tokens.Access, ""
	case typeRefresh:
		return tokens.Refresh, ""
	case typeID:
		return tokens.ID, ""
	case typeDeviceSecret:
		return "", "device_secret"
	}
	return "", ""
}

// The token types of RFC 8693 3.
const (
	typeAccess  = "urn:ietf:params:oauth:token-type:access_token"
	typeRefresh = "urn:ietf:params:oauth:token-type:refresh_token"
	typeID      = "urn:ietf:params:oauth:token-type:id_token"
	typeSAML1   = "urn:ietf:params:oauth:token-type:saml1"
	typeSAML2   = "urn:ietf:params:oauth:token-type:saml2"
	typeJWT     = "urn:ietf:params:oauth:token-type:jwt"

	typeDeviceSecret = "urn:openid:params:token-type:device-secret" // OpenID Connect Native SSO 1.0
)
