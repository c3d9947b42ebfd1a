package flows

import (
	"cmp"
	"slices"
	"strings"

	"fob/tokens"
)

// The sources of a SecretRef, as the first word of its value.
const (
	SecretFromSession = "session" // session:NAME, or session:NAME/id for another token than the default
	SecretFromEnv     = "env"     // env:VAR
	SecretFromFile    = "file"    // file:PATH
	SecretFromVault   = "vault"   // vault:NAME, a secret of a profile in the vault
)

// SecretSources returns the sources, in the order of menus.
func SecretSources() []string {
	return []string{SecretFromSession, SecretFromEnv, SecretFromFile, SecretFromVault}
}

// ParseSecretRef splits the value of a SecretRef into the source and the name there. ok is false when the value is the
// secret itself: no token, assertion or key begins with a source and a colon.
func ParseSecretRef(value string) (source, name string, ok bool) {
	source, name, ok = strings.Cut(strings.TrimSpace(value), ":")
	if !ok || name == "" || !slices.Contains(SecretSources(), source) {
		return "", "", false
	}
	return source, name, true
}

// SessionToken splits the name of a session reference, NAME or NAME/KIND. kind is "" when it names none.
func SessionToken(name string) (session string, kind tokens.Kind) {
	if at := strings.LastIndexByte(name, '/'); at > 0 {
		if k, err := tokens.ParseKind(name[at+1:]); err == nil {
			return name[:at], k
		}
	}
	return name, ""
}

// TokenOf returns which token of a session a SecretRef means: the input's own kind, or that of the input with the token
// type (subject_token_type). member is a member of the token response besides the tokens. Both are "" when a session
// has no token of the type.
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
