package secretname

import (
	"strings"
	"testing"
)

func TestANameHasOneClassHoweverItIsWritten(t *testing.T) {
	for want, names := range map[Class]string{
		Open:        "state nonce token_type expires_in pinned error_code nextPageToken x-ms-continuation-token ssn secretary",
		InQuery:     "key sig X-Amz-Signature auth",
		Ambiguous:   "code token my_token customToken x-my-jwt SAMLAssertion session_cookie",
		Secret:      "client_secret clientSecret CLIENT-SECRET oauth[client_secret] MY_APP_SECRET apiKey x.api.key DEVICE_CODE",
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
