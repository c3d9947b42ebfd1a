package wire

import (
	"strings"
	"sync"
)

// class says what a name tells of its value.
type class int

const (
	open      class = iota // nothing
	inQuery                // secret in a query or a form, ordinary elsewhere: key, sig
	perhaps                // secret in a query or a form, and elsewhere where it looks machine-made: code, token
	secret                 // always
	guessable              // always, and a person may have chosen it
	lineage                // a header that carries credentials in a syntax of its own
)

// secretNames are the members, parameters and header fields whose value must not be recorded, without regard to case,
// hyphens and underscores. state and nonce are not among them: they protect by being fresh, not by being unseen, and
// a developer must be able to compare them.
var secretNames = squashAll(map[class]string{
	secret: `access_token refresh_token id_token client_secret client_assertion assertion device_code code_verifier
		subject_token actor_token device_secret logout_token id_token_hint login_hint_token registration_access_token
		initial_access_token auth_req_id client_notification_token software_statement oauth_token oauth_token_secret
		oauth_verifier bearer_token auth_token session_token security_token private_token csrf_token xsrf_token
		api_key x_api_key x_auth_token x_access_token x_amz_security_token x_vault_token x_csrf_token x_xsrf_token
		x_gitlab_token private_key secret_key secret_access_key client_key saml_response saml_request
		client_attestation oauth_client_attestation oauth_client_attestation_pop jwt session_id`,
	guessable: `password passwd pwd passphrase pin otp totp user_code secret client_pin verification_code answer
		credential credentials`,
	perhaps: `code token request response jwe jws`,
	inQuery: `key auth sig signature x_amz_signature x_goog_signature ticket`,
	lineage: `authorization proxy_authorization x_authorization x_forwarded_authorization cookie set_cookie dpop`,
})

// protocolWords are the words that the names and values of the protocol are made of.
var protocolWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(`access account acr act action active actor address age alg algorithm all allowed amr
		api application applications as assertion at attestation aud audience auth authentication authorization authorized
		auto back backchannel base basic bearer bind binding bound browser by c callback challenge check ciba claim claims
		client clients code configuration confirm confirmation connect consent consumer cookie cookies create credential
		credentials csrf data date default delete deny denied description details device digest direct discovery display
		documentation domain dpop email enc encrypted encryption endpoint endpoints error errors exchange exp expired expires
		expiry external failed family federation flow form forms fragment front frontchannel given grant granted grants
		group groups header headers hint host http https hybrid iat id ident identifier identity idtoken ietf implicit in
		info initiate insufficient integer interaction internal introspect introspection invalid iss issued issuer jar jarm
		json jti jwe jwk jwks jws jwt jwts key keys kid kind last level life lifetime limit locale locales location login
		logo logout management max mechanism member message metadata method methods missing mode modes more mtls name names
		native nbf network nickname no nonce none not object oauth oauth2 off offline oidc on one only open openid option
		options order origin other otp page par param parameter parameters params parse party passwd passphrase password
		path pem permission permissions phone picture pin pkce plain pkcs poll policy pop port post private profile profiles
		prompt proof protected protocol provider proxy public push pushed query read realm reason record redirect redirection
		reference refresh register registered registration reject rejected relay request requested requests require required
		resource resources response responses result revocation revoke revoked role roles root saml scope scopes script
		secret secrets sector security select self sent server service session sessions set sign signature signed signing
		silent simple single site slow software standard start state statement status step string sub subject subjecttoken
		success support supported system target temporarily tenant terms test text thumbprint time timeout timestamp title
		tls token tokens tokentype tos transaction trust type types ui unauthorized unavailable unknown unmet unsigned
		unsupported up update upgrade uri uris url urn use used user userinfo username users valid validation value values
		verification verifier verify version vp vtr wallet web website with write x zone zoneinfo`) {
		words[w] = true
	}
	return words
})

// isProtocolWord reports whether a value is made of words of the protocol alone: "client_credentials", "grant_type".
func isProtocolWord(value string) bool {
	if _, ok := secretNames[squash(value)]; ok {
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

func squashAll(byClass map[class]string) map[string]class {
	all := map[string]class{}
	for c, names := range byClass {
		for _, name := range strings.Fields(names) {
			all[squash(name)] = c
		}
	}
	return all
}

// classOf classifies a name as it stands in a form, a query, a JSON object, a header or a text.
func classOf(name string) class {
	if len(name) > 80 {
		return open
	}
	s := squash(name)
	if c, ok := secretNames[s]; ok {
		return c
	}
	switch {
	case strings.HasSuffix(s, "secret"), strings.HasSuffix(s, "apikey"):
		return secret
	case strings.HasSuffix(s, "password"), strings.HasSuffix(s, "passphrase"), strings.HasSuffix(s, "usercode"):
		return guessable
	case strings.HasSuffix(s, "accesstoken"), strings.HasSuffix(s, "refreshtoken"), strings.HasSuffix(s, "idtoken"):
		return secret
	}
	return open
}

// squash drops case and separators: accessToken, access-token and access_token are one name.
func squash(name string) string {
	plain := true
	for i := 0; i < len(name); i++ {
		if c := name[i]; c < 'a' || c > 'z' {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	b := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c == '_', c == '-', c == ' ', c == '.', c == '[', c == ']':
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// looksMade reports whether a machine made the value: then an ambiguous name means a secret.
func looksMade(value string) bool {
	if len(value) < 8 || strings.ContainsAny(value, " \t\r\n") {
		return false
	}
	return len(value) >= 20 || strings.ContainsAny(value, "0123456789")
}

// privateMembers are the members of a JWK that make it private (RFC 7518 6).
var privateMembers = map[string]bool{"d": true, "p": true, "q": true, "dp": true, "dq": true, "qi": true, "k": true, "oth": true}
