package flows

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"fob/tokens"
	"fob/tokens/jose"
)

// newKey returns a private key as text.
func newKey(t *testing.T, alg string) (jose.Key, string) {
	t.Helper()
	key, err := jose.Generate(alg, "mine")
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.PrivateJWK()
	if err != nil {
		t.Fatal(err)
	}
	return key, string(text.Reveal())
}

func TestAnAssertionIsMadeAndSignedHere(t *testing.T) {
	ec, ecText := newKey(t, "ES256")
	tests := map[string]struct {
		values Values
		key    jose.Key
		alg    string
		claims map[string]any
	}{
		"as it comes": {Values{"assertion_key": ecText}, ec, "ES256",
			map[string]any{"iss": "client", "sub": "client", "aud": "https://as.example",
				"exp": float64(start.Unix() + 300)}},
		"all of it said": {
			Values{"assertion_key": ecText, "assertion_iss": "robot", "assertion_sub": "alice",
				"assertion_aud": "token_endpoint", "assertion_lifetime": "60",
				"assertion_claims": `{"scope":"a b","sub":"bob"}`},
			ec, "ES256",
			map[string]any{"iss": "robot", "sub": "bob", "aud": "https://as.example/token",
				"exp": float64(start.Unix() + 60), "scope": "a b"}},
		"a secret": {Values{"assertion_key": canarySecret, "assertion_alg": "HS256", "assertion_aud": "urn:x"},
			jose.SecretKey([]byte(canarySecret)), "HS256",
			map[string]any{"aud": "urn:x"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			values := JWTBearer.Defaults()
			for k, v := range tt.values {
				values[k] = v
			}
			values["scope"] = "x"
			r, steps := f.run(values)
			if _, err := JWTBearer.Run(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			assertion := f.forms[0].Get("assertion")
			if got := jose.Verify(assertion, jose.NewKeySet(tt.key),
				jose.VerifyOptions{}); got.Verdict != tokens.Good || got.Alg != tt.alg {
				t.Errorf("signature: got %s %s %s", got.Verdict, got.Alg, got.Reason)
			}
			payload, err := base64.RawURLEncoding.DecodeString(strings.Split(assertion, ".")[1])
			if err != nil {
				t.Fatal(err)
			}
			var claims map[string]any
			if err := json.Unmarshal(payload, &claims); err != nil {
				t.Fatal(err)
			}
			for name, want := range tt.claims {
				if claims[name] != want {
					t.Errorf("claim %s: got %v, want %v", name, claims[name], want)
				}
			}
			if claims["jti"] == "" || claims["iat"] != float64(start.Unix()) {
				t.Errorf("claims: got %s", payload)
			}
			if f.forms[0].Get("grant_type") != JWTBearer.GrantType || f.forms[0].Get("scope") != "x" ||
				!strings.Contains((*steps)[0].Title, "sign an assertion") {
				t.Errorf("sent %s after %q", f.forms[0].Encode(), (*steps)[0].Title)
			}
		})
	}
}

func TestAGivenAssertionIsSentUnchanged(t *testing.T) {
	f := newFakeServer(t)
	r, _ := f.run(Values{"assertion": "a.b.c", "assertion_key": "not looked at"})
	if _, err := JWTBearer.Run(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	if got := f.forms[0].Get("assertion"); got != "a.b.c" {
		t.Errorf("got %q, want a.b.c", got)
	}
}

func TestAnImpossibleAssertionIsAUsageError(t *testing.T) {
	_, ec := newKey(t, "ES256")
	public, _ := jose.Generate("ES256", "")
	jwk, err := public.PublicJWK()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		values Values
		input  string
	}{
		"neither assertion nor key": {Values{}, "assertion"},
		"no key in it":              {Values{"assertion_key": "nonsense " + canarySecret}, "assertion_key"},
		"a public key":              {Values{"assertion_key": string(jwk)}, "assertion_key"},
		"another algorithm":         {Values{"assertion_key": ec, "assertion_alg": "RS256"}, "assertion_key"},
		"claims that are a list":    {Values{"assertion_key": ec, "assertion_claims": "[1]"}, "assertion_claims"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			r, _ := f.run(tt.values)
			_, err := JWTBearer.Run(context.Background(), r)
			var wrong *InputError
			if !errors.As(err, &wrong) || wrong.Input != tt.input || len(f.requests) != 0 {
				t.Errorf("got %v and %d requests, want an *InputError about %s and none", err, len(f.requests),
					tt.input)
			}
			if err != nil && strings.Contains(err.Error(), canarySecret) {
				t.Errorf("the error repeats the key: %v", err)
			}
		})
	}
}

func TestASAMLAssertionInAnyEncoding(t *testing.T) {
	xml := "<saml:Assertion>ü??>>\n</saml:Assertion>"
	want := base64.RawURLEncoding.EncodeToString([]byte(xml))
	std := base64.StdEncoding.EncodeToString([]byte(xml))
	tests := map[string]string{
		"XML": xml, "XML after a mark": "\ufeff" + xml, "base64": std, "base64url": want, "base64 in lines": std[:20] +
			"\r\n " + std[20:],
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			r, _ := f.run(Values{"assertion": text})
			if _, err := SAMLBearer.Run(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			if got := f.forms[0].Get("assertion"); got != want || f.forms[0].Get("grant_type") != SAMLBearer.GrantType {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	for name, text := range map[string]string{"a JWT": "eyJhbGciOiJub25lIn0.e30.", "base64 of no XML": "aGVsbG8",
		"nothing like it": "hello world!"} {
		f := newFakeServer(t)
		r, _ := f.run(Values{"assertion": text})
		var wrong *InputError
		if _, err := SAMLBearer.Run(context.Background(), r); !errors.As(err, &wrong) || len(f.requests) != 0 {
			t.Errorf("%s: got %v, want an *InputError", name, err)
		}
	}
}

func TestAPasswordIsSentOnceAndHidden(t *testing.T) {
	f := newFakeServer(t)
	f.asked = url.Values{"scope": {"openid"}}
	r, _ := f.run(Values{"username": "alice", "password": " correct horse ", "scope": "openid"})
	set, err := ResourceOwnerPassword.Run(context.Background(), r)
	if err != nil || set.IDToken.IsZero() {
		t.Fatalf("got %v, %v", set.Kinds(), err)
	}
	if got := f.forms[0]; got.Get("grant_type") != "password" || got.Get("username") != "alice" ||
		got.Get("password") != " correct horse " || got.Get("scope") != "openid" {
		t.Errorf("sent %s", got.Encode())
	}
	if got := f.requests[0].Secrets[0].Fingerprint(); got != tokens.Hidden {
		t.Errorf("the password is shown as %s, want %s", got, tokens.Hidden)
	}
	if ResourceOwnerPassword.Deprecated == "" || !strings.Contains(ResourceOwnerPassword.Deprecated, "RFC 9700 2.4") {
		t.Error("it is not said why the grant is deprecated")
	}
	f.reply = func(url.Values) (answer, bool) {
		return refuse(400, "invalid_grant", "no such correct horse"), true
	}
	_, err = ResourceOwnerPassword.Run(context.Background(), r)
	var refused *OAuthError
	if !errors.As(err, &refused) || refused.Code != "invalid_grant" {
		t.Fatalf("got %v, want invalid_grant", err)
	}
	for _, field := range refused.Sent {
		if field.Name == "password" && field.Value != tokens.Hidden {
			t.Errorf("the password is shown beside the error as %q", field.Value)
		}
	}
}
