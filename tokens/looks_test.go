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
		"ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ya29.a0AfH6SMBx4kW9vZqYtR3uN8cLp", "tDMaYVkX2s0mYbLzUq3n4KcJvR7wQpHe",
	} {
		if LooksLikeToken(text) || !LooksUnlikeName(text) {
			t.Errorf("%q: like a token %v, unlike a name %v", text, LooksLikeToken(text), LooksUnlikeName(text))
		}
	}
}
