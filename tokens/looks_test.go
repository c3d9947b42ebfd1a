package tokens

import (
	"strings"
	"testing"
)

func TestATokenInTheWrongFieldIsRecognised(t *testing.T) {
	for text, want := range map[string]bool{
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.":                           true,
		" eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl\n":           true,
		"prod eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl":         true,
		"https://a.example/eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln/x":  true,
		"https://u:eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln@a.example/": true,
		"Bearer mF_9.B5f-4.1JqM-opaque":                                       true,
		"authorization: DPoP abcdefghijklmnopqrst":                            true,
		"Basic YWxpY2U6d29uZGVybGFuZA==":                                      true,
		"ghp_16C7e42F292c6912E7710c838347Ae178B4a":                            true,
		"ya29.a0AfH6SMBx4kW9vZqYtR3uN8cLp":                                    true,
		"-----BEGIN PRIVATE KEY----- MIGHAgEAMBMGByqGSM49":                    true,
		`{"kty":"oct","k":"c2VjcmV0"}`:                                        true,
		`{"access_token" : "opaque", "token_type": "Bearer"}`:                 true,
		"":                                       false,
		"alice · acme":                           false,
		"Production (EU-West-1), read only 2024": false,
		"the bearer of long names":               false,
		"bearer token":                           false,
		"3fa85f64-5717-4562-b3fc-2c963f66afa6":   false,
		"https://acme.okta.com/oauth2/aus1abcdEFGH2ijkl0h7":                     false,
		"http://127.0.0.1:8400/callback":                                        false,
		"https://a.example/logout?id_token_hint=eyJhbGciOiJFUzI1NiJ9.eyJzdWIiO": false,
		"openid profile https://api.example.com/.default":                       false,
		"Donaudampfschifffahrtsgesellschaft":                                    false,
	} {
		if got := LooksLikeToken(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
		if got := LooksUnlikeName(text); got != want && !strings.Contains(text, "://") {
			t.Errorf("%q as a name: got %v, want %v", text, got, want)
		}
	}
	// As random as an opaque token: a good client ID, and no name.
	for _, text := range []string{
		"tDMaYVkX2s0mYbLzUq3n4KcJvR7wQpHe", "0oa1abcdEFGH2ijkl0h7xyz",
	} {
		if LooksLikeToken(text) || !LooksUnlikeName(text) {
			t.Errorf("%q: like a token %v, unlike a name %v", text, LooksLikeToken(text), LooksUnlikeName(text))
		}
	}
}

func TestASecretInThePlaceOfAnAddressOrAPathIsRecognised(t *testing.T) {
	for text, want := range map[string]struct{ address, path bool }{
		"tDMaYVkX2s0mYbLzUq3n4KcJvR7wQpHe":                     {true, true},
		"/9j4AAQSkZJRgABAQEAYABgAAD2s0mYbLzUq3n4Kc":            {true, true},
		"S3CRET of at least thirty-two b!":                     {false, true},
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c":     {false, true},
		"eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0":   {true, true},
		`{"kty":"oct","k":"c2VjcmV0"}`:                         {true, true},
		"acme-production-eu-west-1":                            {false, true},
		"https://acme.okta.com/oauth2/aus1abcdEFGH2ijkl0h7zzz": {},
		"/tmp/TestAKeyIsUsedToVerify1234567/001/key.pem":       {},
		"/users/0oa1abcdEFGH2ijkl0h7xyz":                       {},
		"~/keys/2024-acme-signing.pem":                         {},
		`C:\Users\alice\key.pem`:                               {},
		"id_ecdsa":                                             {},
		"a-rather-long-name-of-a-key.json":                     {},
		"./TestAKeyIsUsedToVerify1234567/key":                  {},
	} {
		if got := LooksUnlikeAddress(text); got != want.address {
			t.Errorf("%q as an address: got %v, want %v", text, got, want.address)
		}
		if got := LooksUnlikePath(text); got != want.path {
			t.Errorf("%q as a path: got %v, want %v", text, got, want.path)
		}
	}
}
