package secretname

import (
	"strings"
	"testing"
)

func TestANameHasOneClassInEverySpelling(t *testing.T) {
	for want, names := range map[Class]string{
		Open:        "state nonce token_type expires_in pinned error_code nextPageToken x-ms-continuation-token ssn",
		InQuery:     "key sig X-Amz-Signature auth",
		Ambiguous:   "code token my_token customToken x-my-jwt SAMLAssertion session_cookie",
		Secret:      "client_secret clientSecret CLIENT-SECRET oauth[client_secret] MY_APP_SECRET apiKey x.api.key",
		Guessable:   "password db_password Passphrase PIN user_code",
		Credentials: "Authorization set-cookie DPoP http_authorization",
	} {
		for name := range strings.FieldsSeq(names) {
			if got := Of(name); got != want {
				t.Errorf("%s: got class %d, want %d", name, got, want)
			}
		}
	}
	if long := strings.Repeat("x", maxName) + "_password"; Of(long) != Open {
		t.Errorf("a name of %d bytes is looked at", len(long))
	}
}

func TestANameIsListedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range rows {
		for name := range strings.FieldsSeq(row.names) {
			if plain := Plain(name); seen[plain] {
				t.Errorf("%s is listed twice", name)
			} else {
				seen[plain] = true
			}
		}
	}
	if Listed("my_secret") || !Listed("client-secret") || InClaim("session_id") || !InClaim("socialSecurityNumber") {
		t.Error("a name that only ends as one of the list counts as listed, or a claim is judged by another row")
	}
}

func BenchmarkOf(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Of("preferred_username")
		InClaim("https://example.com/roles")
	}
}

func TestASecretIsFoundInASentence(t *testing.T) {
	const secret = "Xy7kQ9pLm2VbN4tR8sZw3C5h"
	for text, name := range map[string]string{
		"my client secret is " + secret:                                 "client secret",
		"The client_secret was '" + secret + "'.":                       "client_secret",
		"Incorrect API key provided: " + secret + ". Find it at a.b":    "API key",
		"invalid refresh token " + secret:                               "refresh token",
		"the access token of the following value: " + secret:            "access token",
		"use (authorization code = " + secret + ") once":                "code",
		"wrong password: " + secret + "!":                               "password",
		"token -> " + secret:                                            "token",
		"the token is:\n" + secret:                                      "token",
		"client secret is invalid, see " + secret:                       "",
		"the request ID is " + secret:                                   "",
		"the key is " + secret:                                          "",
		"the client secret is missing":                                  "",
		"token sha256:" + secret:                                        "",
		"invalid token https://a.example/2026/11/29":                    "",
		"the code is E1234567":                                          "",
		"unsupported token urn:ietf:params:oauth:token-type:saml2":      "",
		"the password must have 12 characters, such as Tr0ub4dor&3":     "",
		"password authentication-with-passkeys is what they recommend.": "",
	} {
		list := InSentences(text)
		switch {
		case name == "" && len(list) > 0:
			t.Errorf("%q: got %+v, want nothing", text, list)
		case name == "":
		case len(list) != 1 || text[list[0].Start:list[0].End] != secret || list[0].Name != name:
			t.Errorf("%q: got %+v, want %q", text, list, name)
		}
	}
}
