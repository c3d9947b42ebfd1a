package flows

import (
	"crypto/sha512"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fob/tokens"
	"fob/tokens/jose"
)

func TestAnEncryptedIDTokenIsDecryptedAndChecked(t *testing.T) {
	rsa, ec := clientKey(t, "RSA-OAEP-256"), clientKey(t, "ECDH-ES")
	derived := keysFromSecret(tokens.NewSecret(canarySecret))
	of384, of512 := sha512.Sum384([]byte(canarySecret)), sha512.Sum512([]byte(canarySecret)) // OpenID Connect Core 10.2
	for name, c := range map[string]struct {
		to   jose.Key
		h    jose.Header
		have func(*Run)
		want string
	}{
		"RSA":  {rsa, jose.Header{}, withKeys(ec, rsa), ""},
		"ECDH": {ec, jose.Header{"enc": "A128CBC-HS256"}, withKeys(rsa, ec), ""},
		"the secret, A128KW": {derived[0], jose.Header{"alg": "A128KW"},
			func(r *Run) { r.Client.Secret = tokens.NewSecret(canarySecret) }, ""},
		"the secret, A256KW": {derived[2], jose.Header{"alg": "A256KW"},
			func(r *Run) { r.Client.Secret = tokens.NewSecret(canarySecret) }, ""},
		"the secret, dir": {derived[2], jose.Header{"alg": "dir", "enc": "A256GCM"},
			func(r *Run) { r.Client.Secret = tokens.NewSecret(canarySecret) }, ""},
		"the secret, 512 bits": {jose.SecretKey(of512[:]), jose.Header{"alg": "dir", "enc": "A256CBC-HS512"},
			func(r *Run) { r.Client.Secret = tokens.NewSecret(canarySecret) }, ""},
		"the secret, 384 bits": {jose.SecretKey(of384[:]), jose.Header{"alg": "dir", "enc": "A192CBC-HS384"},
			func(r *Run) { r.Client.Secret = tokens.NewSecret(canarySecret) }, ""},
		"for another key":         {clientKey(t, "ECDH-ES"), jose.Header{}, withKeys(ec), "id_token.encryption failed"},
		"and there is no key":     {ec, jose.Header{}, nil, "id_token.encryption failed"},
		"signed with another key": {ec, jose.Header{"otherKey": true}, withKeys(ec), "id_token.signature failed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			signer := &fakeServer{t: t, metadata: f.metadata, key: f.key, now: f.now}
			if c.h["otherKey"] != nil {
				delete(c.h, "otherKey")
				signer.key = clientKey(t, "ES256")
			}
			f.editTokens = func(m map[string]any) {
				signer.asked = f.asked
				inner := signer.idToken()
				var err error
				if m["id_token"], err = jose.Encrypt([]byte(inner), c.h, c.to); err != nil {
					t.Error(err)
				}
			}
			set, r, _, _, err := f.signIn(nil, c.have)
			if got := failures(r.Ledger); got != c.want || (err != nil) != (c.want != "") {
				t.Fatalf("got %q and %v, want %q", got, err, c.want)
			}
			if c.want != "" {
				return
			}
			if outcomeOf(r.Ledger, tokens.CheckDecryption) != tokens.Passed {
				t.Error("the ledger does not say that it was opened")
			}
			if id, err := decodeJWT(set.IDToken.Reveal()); err != nil || id.text("sub") != "alice" {
				t.Errorf("the id_token that is kept: %v, want the signed one inside", err)
			}
		})
	}
}

func TestUserinfoCanBeEncrypted(t *testing.T) {
	key := clientKey(t, "ECDH-ES")
	for name, c := range map[string]struct {
		signed bool
		keys   func(*Run)
		good   bool
	}{
		"signed inside":   {true, withKeys(key), true},
		"plain inside":    {false, withKeys(key), true},
		"for another key": {true, withKeys(clientKey(t, "ECDH-ES")), false},
	} {
		t.Run(name, func(t *testing.T) {
			f, r, set := userinfoRun(t, answer{})
			c.keys(r)
			inner := `{"sub":"alice"}`
			if c.signed {
				inner = f.sign(map[string]any{"sub": "alice"})
			}
			body, err := jose.Encrypt([]byte(inner), nil, key)
			if err != nil {
				t.Fatal(err)
			}
			f.reply = func(url.Values) (answer, bool) {
				return answer{status: 200, header: http.Header{"Content-Type": {"application/jwt"}}, body: body}, true
			}
			_, claims, err := r.Userinfo(t.Context(), set)
			var bad *tokens.CheckError
			if c.good != (err == nil) || c.good != strings.Contains(string(claims), "alice") || !c.good &&
				!errors.As(err, &bad) || outcomeOf(r.Ledger, tokens.CheckUserinfoOpened) == "" {
				t.Errorf("got %s, %v with %s; want it readable: %t", claims, err, r.Ledger.Summary(), c.good)
			}
		})
	}
}

func TestExactlyTheBrokenSignedIntrospectionCheckFails(t *testing.T) {
	other := clientKey(t, "ES256")
	for name, c := range map[string]struct {
		typ  string
		edit func(map[string]any)
		key  *jose.Key
		want string
	}{
		"good":                      {"token-introspection+jwt", nil, nil, ""},
		"good, with the whole type": {"application/token-introspection+jwt", nil, nil, ""},
		"signed with another key":   {"token-introspection+jwt", nil, &other, "introspection.signature failed"},
		"another kind of JWT":       {"at+jwt", nil, nil, "introspection.typ failed"},
		"from another issuer": {"token-introspection+jwt",
			func(m map[string]any) { m["iss"] = "https://evil.example" }, nil, "introspection.iss failed"},
		"for another client": {"token-introspection+jwt", func(m map[string]any) { m["aud"] = "other" }, nil,
			"introspection.aud failed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			claims := map[string]any{"iss": f.metadata.Issuer, "aud": "client", "iat": f.now.Unix(),
				"token_introspection": map[string]any{"active": true}}
			if c.edit != nil {
				c.edit(claims)
			}
			payload, err := json.Marshal(claims)
			if err != nil {
				t.Fatal(err)
			}
			key := f.key
			if c.key != nil {
				key = *c.key
			}
			body, err := jose.Sign(payload, jose.Header{"typ": c.typ}, key)
			if err != nil {
				t.Fatal(err)
			}
			f.reply = func(url.Values) (answer, bool) {
				return answer{status: 200,
					header: http.Header{"Content-Type": {introspectionMedia + "; charset=utf-8"}}, body: body}, true
			}
			r, _ := f.run(Values{"introspection_jwt": "true"})
			_, says, err := r.Introspect(t.Context(), tokens.NewSecret(canaryAccess), tokens.Access)
			if got := failures(r.Ledger); got != c.want || (err != nil) != (c.want != "") {
				t.Errorf("got %q and %v, want %q", got, err, c.want)
			}
			if c.want == "" && string(says) != `{"active":true}` {
				t.Errorf("what it says: got %s", says)
			}
			if got := f.requests[0].Header.Get("Accept"); got != introspectionMedia {
				t.Errorf("Accept: got %q, want %s", got, introspectionMedia)
			}
		})
	}
}

func TestAPlainIntrospectionResponseIsAcceptedAndReported(t *testing.T) {
	f := newFakeServer(t)
	f.reply = func(url.Values) (answer, bool) { return ok(map[string]any{"active": false}), true }
	r, _ := f.run(Values{"introspection_jwt": "true"})
	_, says, err := r.Introspect(t.Context(), tokens.NewSecret(canaryAccess), tokens.Access)
	if err != nil || string(says) != `{"active":false}` ||
		outcomeOf(r.Ledger, tokens.CheckAnswerSignature) != tokens.Skipped {
		t.Errorf("got %s, %v, %q; want the answer, and that its signature was not checked", says, err,
			outcomeOf(r.Ledger, tokens.CheckAnswerSignature))
	}
}
