package wire

import "strings"

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
