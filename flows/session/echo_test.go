package session

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fob/flows/profile"
	"fob/tokens"
)

// The response of an endpoint is printed, without the secrets that it repeats under whatever name.
func TestAnAnswerThatRepeatsATokenIsRedacted(t *testing.T) {
	b := newBench(t)
	const other = "CANARYopaque0123456789"
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		echo := r.PostFormValue("token") + strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"active":true,"sub":"alice","exp":1419356238,"echo":"` + echo +
			`","refresh_token":"` + other + `","n":12345678901234567890}`))
	}))
	t.Cleanup(endpoint.Close)
	issuer := b.server.Issuer()
	err := b.file.Put(profile.Profile{Name: "echo", Issuer: issuer, ClientID: "demo-public",
		Values: map[string]string{"scope": "openid offline_access"}, Endpoints: map[string]string{
			"authorization": issuer + "/authorize", "token": issuer + "/token", "jwks": issuer + "/jwks",
			"introspection": endpoint.URL, "userinfo": endpoint.URL,
		}})
	if err != nil {
		t.Fatal(err)
	}
	first := b.login(LoginRequest{Profile: "echo"})
	introspected, err := b.Introspect(b.ctx(), first.Meta.ID, tokens.Refresh, "")
	if err != nil {
		t.Fatal(err)
	}
	userinfo, err := b.Userinfo(b.ctx(), first.Meta.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]EndpointResponse{"introspection": introspected, "userinfo": userinfo} {
		says := string(answer.RedactedJSON)
		for _, secret := range []string{other, first.Set.RefreshToken.Reveal(), first.Set.AccessToken.Reveal()} {
			if strings.Contains(says, secret) {
				t.Errorf("%s: a secret is shown: %s", name, says)
			}
		}
		for _, want := range []string{`"sub":"alice"`, `"exp":1419356238`, `"n":12345678901234567890`} {
			if !strings.Contains(says, want) {
				t.Errorf("%s: got %s, want %s in it", name, says, want)
			}
		}
	}
}
