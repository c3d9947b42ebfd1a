// Package secretname lists the names whose values are secrets: of parameters, members, claims, header fields, variables
// and settings. Redaction, inspection and the linter use it.
package secretname

import "strings"

// Class is what a name says about its value.
type Class uint8

// The classes.
const (
	Open        Class = iota // not a secret
	InQuery                  // a secret in a query or a form, and not elsewhere: key, sig
	Ambiguous                // a secret in a query or a form, and elsewhere if the value looks generated: code, token
	Secret                   // always a secret
	Guessable                // always a secret, which a person may have chosen
	Credentials              // a header field or a member with credentials in a syntax of its own
)

// rows are the names by class. Those of a row with claim must not be in the payload of a token, which anyone who sees
// the token can read. state and nonce are not among them: they protect by being new, not by being unseen, and a
// developer must be able to compare them.
var rows = []struct {
	class Class
	claim bool
	names string
}{
	{Secret, true, `access_token refresh_token client_secret private_key api_key access_key secret_key connection_string
		totp_secret`},
	{Secret, false, `id_token client_assertion assertion device_code code_verifier
		subject_token actor_token device_secret logout_token id_token_hint login_hint_token registration_access_token
		initial_access_token auth_req_id client_notification_token software_statement oauth_token oauth_token_secret
		oauth_verifier bearer_token auth_token session_token security_token private_token csrf_token xsrf_token
		x_api_key x_auth_token x_access_token x_amz_security_token x_vault_token x_csrf_token x_xsrf_token
		x_gitlab_token secret_access_key client_key saml_response saml_request
		client_attestation oauth_client_attestation oauth_client_attestation_pop jwt session_id session_key secret_id
		private_key_pem`},
	{Guessable, true, `password passwd pwd passphrase pin otp secret`},
	{Guessable, false, `totp user_code client_pin user_pin verification_code answer credential credentials`},
	{Ambiguous, false, `code token request response jwe jws`},
	{InQuery, false, `key auth sig signature x_amz_signature x_goog_signature ticket`},
	{Credentials, false, `authorization proxy_authorization x_authorization x_forwarded_authorization cookie set_cookie
		dpop`},
	// These identify a person. They are no credentials: a record shows them.
	{Open, true, `ssn social_security_number credit_card credit_card_number card_number cvv cvc iban passport_number
		tax_id mothers_maiden_name`},
}

// endings are the classes of names that are not listed, by their ends. The first match counts.
var endings = []struct {
	class Class
	end   string
}{
	{Open, "pagetoken"}, {Open, "continuationtoken"}, {Open, "nexttoken"}, {Open, "synctoken"}, // positions in a list
	{Secret, "accesstoken"}, {Secret, "refreshtoken"}, {Secret, "idtoken"},
	{Secret, "secret"}, {Secret, "secretkey"}, {Secret, "secretid"}, {Secret, "apikey"}, {Secret, "privatekey"},
	{Secret, "accesskey"}, {Secret, "sessionkey"}, {Secret, "codeverifier"}, {Secret, "devicecode"},
	{Guessable, "password"}, {Guessable, "passwd"}, {Guessable, "passphrase"}, {Guessable, "usercode"},
	{Credentials, "authorization"},
	{Ambiguous, "token"}, {Ambiguous, "jwt"}, {Ambiguous, "assertion"}, {Ambiguous, "cookie"},
	{Ambiguous, "credential"},
}

// maxName bounds the names that are classified, in bytes: people write no longer ones.
const maxName = 80

var (
	classes = map[string]Class{}
	claims  = map[string]bool{}
)

func init() {
	for _, row := range rows {
		for name := range strings.FieldsSeq(row.names) {
			plain := Plain(name)
			if row.class != Open {
				classes[plain] = row.class
			}
			if row.claim {
				claims[plain] = true
			}
		}
	}
}

// Of returns the class of a name, ignoring case and separators: accessToken, access-token and access_token are one
// name.
func Of(name string) Class {
	var room [maxName]byte
	plain, ok := appendPlain(room[:0], name)
	if !ok {
		return Open
	}
	if c, listed := classes[string(plain)]; listed {
		return c
	}
	for _, e := range endings {
		if len(plain) >= len(e.end) && string(plain[len(plain)-len(e.end):]) == e.end {
			return e.class
		}
	}
	return Open
}

// Listed reports whether a name is in the list itself, and does not only end like a secret.
func Listed(name string) bool {
	var room [maxName]byte
	plain, ok := appendPlain(room[:0], name)
	_, listed := classes[string(plain)]
	return ok && listed
}

// InClaim reports whether a claim of this name reveals what only its owner may know.
func InClaim(name string) bool {
	var room [maxName]byte
	plain, ok := appendPlain(room[:0], name)
	return ok && claims[string(plain)]
}

// IsSecret reports whether the value of a member or a setting of this name is a secret. An ambiguous name outside of
// queries and forms is one if the value looks generated.
func IsSecret(name, value string) bool {
	switch Of(name) {
	case Secret, Guessable, Credentials:
		return true
	case Ambiguous:
		return LooksGenerated(value)
	}
	return false
}

// InKey reports whether a member of a JWK is secret (RFC 7518 6).
func InKey(member string) bool {
	switch member {
	case "d", "p", "q", "dp", "dq", "qi", "oth", "k":
		return true
	}
	return false
}

// InErrorObject reports whether an object with a member of this name describes an error: its code is not an
// authorization code.
func InErrorObject(member string) bool {
	switch member {
	case "message", "error", "errors", "status", "statusCode", "title", "detail", "description", "error_description",
		"reason":
		return true
	}
	return false
}

// LooksGenerated reports whether a value looks generated: it is one word, and long or with digits.
func LooksGenerated(value string) bool {
	if len(value) < 8 || strings.ContainsAny(value, " \t\r\n") {
		return false
	}
	return len(value) >= 20 || strings.ContainsAny(value, "0123456789")
}

// Plain returns a name in lower case and without separators.
func Plain(name string) string {
	b, _ := appendPlain(make([]byte, 0, len(name)), name)
	return string(b)
}

// appendPlain appends the plain form of a name. ok is false if it is longer than the capacity of b.
func appendPlain(b []byte, name string) (plain []byte, ok bool) {
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch c {
		case '_', '-', ' ', '.', '[', ']':
			continue
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if len(b) == cap(b) {
			return b, false
		}
		b = append(b, c)
	}
	return b, true
}
