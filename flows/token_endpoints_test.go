package flows

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fob/tokens"
	"fob/tokens/jose"
)

// endpointRun returns a run of a client with a secret, whose server returns a fixed response.
func endpointRun(t *testing.T, a answer) (*fakeServer, *Run) {
	f := newFakeServer(t)
	f.reply = func(url.Values) (answer, bool) { return a, true }
	r, _ := clientRun(f, "")
	return f, r
}

func TestIntrospectionSendsTokenHintAndClient(t *testing.T) {
	f, r := endpointRun(t, ok(map[string]any{"active": false}))
	resp, _, err := r.Introspect(context.Background(), tokens.NewSecret(canaryAccess), tokens.Access)
	if err != nil || string(resp.Body) != `{"active":false}` {
		t.Fatalf("got %v", err)
	}
	if got := f.forms[0]; got.Get("token") != canaryAccess || got.Get("token_type_hint") != "access_token" ||
		f.requests[0].Header.Get("Authorization") == "" {
		t.Errorf("sent %v", got)
	}
}

func TestRevocationResponses(t *testing.T) {
	tests := map[string]struct {
		answer answer
		good   bool
		code   string
	}{
		"200 and nothing":        {answer{status: 200}, true, ""},
		"204":                    {answer{status: 204}, true, ""},
		"200 and a page":         {answer{status: 200, body: "<html>done"}, true, ""},
		"200 with an error":      {refuse(200, "invalid_request", ""), false, "invalid_request"},
		"unsupported token type": {refuse(400, "unsupported_token_type", ""), false, "unsupported_token_type"},
		"503 and nothing":        {answer{status: 503}, false, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, r := endpointRun(t, tt.answer)
			err := r.Revoke(context.Background(), tokens.NewSecret(canaryRefresh), tokens.Refresh)
			var refused *OAuthError
			if (err == nil) != tt.good || errors.As(err, &refused) != (tt.code != "") ||
				(refused != nil && refused.Code != tt.code) {
				t.Errorf("got %v, want good %t or the code %q", err, tt.good, tt.code)
			}
			if got := f.forms[0].Get("token_type_hint"); got != "refresh_token" {
				t.Errorf("hint: got %q, want refresh_token", got)
			}
		})
	}
}

// userinfoRun returns a run whose set has an id_token about alice.
func userinfoRun(t *testing.T, a answer) (*fakeServer, *Run, tokens.Set) {
	f, r := endpointRun(t, a)
	f.asked = url.Values{}
	return f, r, tokens.Set{AccessToken: tokens.NewSecret(canaryAccess), IDToken: tokens.NewSecret(f.idToken())}
}

func TestUserinfoMustBeAboutTheSameUser(t *testing.T) {
	tests := map[string]struct {
		claims map[string]any
		want   tokens.Outcome
	}{
		"the same":     {map[string]any{"sub": "alice"}, tokens.Passed},
		"another user": {map[string]any{"sub": "bob"}, tokens.Failed},
		"no sub":       {map[string]any{"name": "Alice"}, tokens.Failed},
		"a number":     {map[string]any{"sub": 7}, tokens.Failed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, r, set := userinfoRun(t, ok(tt.claims))
			_, _, err := r.Userinfo(context.Background(), set)
			var failed *tokens.CheckError
			if got := outcomeOf(r.Ledger, tokens.CheckUserinfoSubject); got != tt.want ||
				errors.As(err, &failed) != (tt.want == tokens.Failed) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	t.Run("without an id_token", func(t *testing.T) {
		_, r, set := userinfoRun(t, ok(map[string]any{"sub": "alice"}))
		set.IDToken = tokens.Secret{}
		if _, _, err := r.Userinfo(context.Background(), set); err != nil ||
			outcomeOf(r.Ledger, tokens.CheckUserinfoSubject) != tokens.Skipped {
			t.Errorf("got %v, %v", err, r.Ledger)
		}
	})
}

func TestUserinfoChallengesAreOAuthErrors(t *testing.T) {
	_, r, set := userinfoRun(t, answer{status: 401, body: "", header: http.Header{
		"Www-Authenticate": {`Bearer realm="x", error="invalid_token", error_description="gone: ` + canaryAccess + `"`},
	}})
	_, _, err := r.Userinfo(context.Background(), set)
	var refused *OAuthError
	if !errors.As(err, &refused) || refused.Code != "invalid_token" || refused.Status != 401 ||
		!strings.HasPrefix(refused.Description, "gone: sha256:") {
		t.Errorf("got %v", err)
	}
}

func TestSignedUserinfoIsVerified(t *testing.T) {
	jwt := http.Header{"Content-Type": {"application/jwt"}}
	for name, wrongKey := range map[string]bool{"valid": false, "signed with another key": true} {
		t.Run(name, func(t *testing.T) {
			f, r, set := userinfoRun(t, answer{})
			signed := f.sign(map[string]any{"sub": "alice", "email": "alice@as.example"})
			if wrongKey {
				key, err := jose.Generate("ES256", "k1")
				if err != nil {
					t.Fatal(err)
				}
				f.key = key
			}
			f.reply = func(url.Values) (answer, bool) { return answer{status: 200, header: jwt, body: signed}, true }
			_, claims, err := r.Userinfo(context.Background(), set)
			var bad *tokens.CheckError
			if errors.As(err, &bad) != wrongKey {
				t.Fatalf("got %v, want a failed check: %t", err, wrongKey)
			}
			var got struct{ Email string }
			if _ = json.Unmarshal(claims, &got); !wrongKey && got.Email != "alice@as.example" {
				t.Errorf("claims: got %s", claims)
			}
		})
	}
}

func TestASignedUserinfoWithoutIssuerOrAudienceIsAWarning(t *testing.T) {
	f, r, set := userinfoRun(t, answer{})
	signed := f.sign(map[string]any{"sub": "alice"})
	f.reply = func(url.Values) (answer, bool) {
		return answer{status: 200, header: http.Header{"Content-Type": {"application/jwt"}}, body: signed}, true
	}
	if _, _, err := r.Userinfo(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []tokens.CheckKind{tokens.CheckUserinfoIssuer, tokens.CheckUserinfoTarget} {
		if got := outcomeOf(r.Ledger, kind); got != tokens.Warned {
			t.Errorf("%s: got %s, want %s", kind, got, tokens.Warned)
		}
	}
}

func TestUserinfoSendsTheExtraParameters(t *testing.T) {
	f, r, set := userinfoRun(t, ok(map[string]any{"sub": "alice"}))
	r.Params = Params{"userinfo": {"schema": {"openid"}}}
	if _, _, err := r.Userinfo(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	if got, want := f.requests[0].URL, f.metadata.UserinfoEndpoint+"?schema=openid"; got != want {
		t.Errorf("URL: got %s, want %s", got, want)
	}
	if got := f.requests[0].Header.Get("Authorization"); got != "Bearer "+canaryAccess {
		t.Errorf("Authorization: got %q", got)
	}
}

// A MAC is accepted only if the server announces it, and only with the client secret: otherwise the public key could be
// used to make id_tokens.
func TestAMACIsNotAcceptedByItself(t *testing.T) {
	tests := map[string]struct {
		announced []string
		secret    string
		good      bool
	}{
		"announced, right secret": {[]string{"HS256"}, canarySecret, true},
		"announced, no secret":    {[]string{"HS256"}, "", false},
		"announced, other secret": {[]string{"HS256"}, "another-client-secret-of-enough-bytes", false},
		"not announced":           {[]string{"ES256"}, canarySecret, false},
		"nothing announced":       {nil, canarySecret, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.key = jose.SecretKey([]byte(canarySecret))
			f.metadata.IDTokenAlgs = tt.announced
			f.editTokens = func(m map[string]any) {
				half, err := jose.HalfHash("HS256", canaryAccess)
				if err != nil {
					t.Error(err)
				}
				f.editClaims = func(c map[string]any) { c["at_hash"] = half }
				f.editTokens = nil
				m["id_token"] = f.idToken()
			}
			_, r, _, _, err := f.signIn(nil, func(r *Run) { r.Client.Secret = tokens.NewSecret(tt.secret) })
			if good := outcomeOf(r.Ledger, tokens.CheckSignature) == tokens.Passed; good != tt.good ||
				(err == nil) != tt.good {
				t.Errorf("got %v (%s), want good %t", err, failures(r.Ledger), tt.good)
			}
		})
	}
}

func TestSecretParametersAreNotStored(t *testing.T) {
	p := Params{"token": {"client_secret": {"x"}, "password": {"x"}, "pin": {"x"}, "resource": {"a"},
		"code_verifier": {}}, "device": {"user_code": {"x"}}}
	got := p.WithoutSecrets()
	want := `{"token":{"code_verifier":[],"resource":["a"]}}`
	if b, _ := json.Marshal(got); string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
}
