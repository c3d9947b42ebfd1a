package redact

import (
	"strings"
	"sync"

	"fob/tokens/secretname"
)

// protocolWords are the words of which the names and values of the protocol consist.
var protocolWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(`
		access account acr act action active actor address age alg algorithm all allowed amr api application
		applications as assertion at attestation aud audience auth authentication authorization authorized
		auto back backchannel base basic bearer bind binding bound browser by c callback challenge check
		ciba claim claims client clients code configuration confirm confirmation connect consent consumer
		cookie cookies create credential credentials csrf data date default delete deny denied description
		details device digest direct discovery display documentation domain dpop email enc encrypted
		encryption endpoint endpoints error errors exchange exp expired expires expiry external failed
		family federation flow form forms fragment front frontchannel given grant granted grants group
		groups header headers hint host http https hybrid iat id ident identifier identity idtoken ietf
		implicit in info initiate insufficient integer interaction internal introspect introspection invalid
		iss issued issuer jar jarm json jti jwe jwk jwks jws jwt jwts key keys kid kind last level life
		lifetime limit locale locales location login logo logout management max mechanism member message
		metadata method methods missing mode modes more mtls name names native nbf network nickname no nonce
		none not object oauth oauth2 off offline oidc on one only open openid option options order origin
		other otp page par param parameter parameters params parse party passwd passphrase password path pem
		permission permissions phone picture pin pkce plain pkcs poll policy pop port post private profile
		profiles prompt proof protected protocol provider proxy public push pushed query read realm reason
		record redirect redirection reference refresh register registered registration reject rejected relay
		request requested requests require required resource resources response responses result revocation
		revoke revoked role roles root saml scope scopes script secret secrets sector security select self
		sent server service session sessions set sign signature signed signing silent simple single site
		slow software standard start state statement status step string sub subject subjecttoken success
		support supported system target temporarily tenant terms test text thumbprint time timeout timestamp
		title tls token tokens tokentype tos transaction trust type types ui unauthorized unavailable
		unknown unmet unsigned unsupported up update upgrade uri uris url urn use used user userinfo
		username users valid validation value values verification verifier verify version vp vtr wallet web
		website with write x zone zoneinfo`) {
		words[w] = true
	}
	return words
})

// isProtocolWord reports whether a value consists of words of the protocol: "client_credentials", "grant_type".
func isProtocolWord(value string) bool {
	if secretname.Listed(value) {
		return true
	}
	parts := strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return strings.ContainsRune("_-.:/+ ", r) })
	for _, part := range parts {
		if !protocolWords()[part] {
			return false
		}
	}
	return len(parts) > 0
}
