package flows

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

func clientKey(t *testing.T, alg string) jose.Key {
	t.Helper()
	key, err := jose.Generate(alg, "client-"+alg)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func withKeys(keys ...jose.Key) func(*Run) {
	return func(r *Run) { r.Client.Keys = jose.NewKeySet(keys...) }
}

func TestTheRequestIsPushedWhenConfiguredOrRequired(t *testing.T) {
	for name, c := range map[string]struct {
		par      string
		required bool
		want     bool
	}{
		"auto, not required": {"auto", false, false},
		"auto, required":     {"auto", true, true},
		"always":             {"always", false, true},
		"never, required":    {"never", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.metadata.PAREndpoint = "https://as.example/par"
			f.metadata.Raw = map[string]json.RawMessage{}
			if c.required {
				f.metadata.Raw["require_pushed_authorization_requests"] = json.RawMessage("true")
			}
			_, r, _, _, err := f.signIn(Values{"par": c.par}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.pushed != nil; got != c.want {
				t.Fatalf("pushed: got %t, want %t", got, c.want)
			}
			if got := failures(r.Ledger); got != "" {
				t.Errorf("checks that did not pass: got %s, want none", got)
			}
			if !c.want {
				return
			}
			if got := f.outer.Encode(); got != "client_id=client&p=policy&request_uri=urn%3Aexample%3Areference" {
				t.Errorf("what the browser carries: got %s, want the reference and the client alone", got)
			}
			if f.pushed.Get("redirect_uri") == "" || f.pushed.Get("state") == "" ||
				f.pushed.Get("client_id") != "client" {
				t.Errorf("what was pushed: got %v, want the whole request", f.pushed)
			}
		})
	}
}

// The browser notices an expired pushed request: an invalid expires_in is a warning.
func TestAnInvalidLifetimeOfAPushedRequestIsAWarning(t *testing.T) {
	for member, want := range map[string]tokens.Outcome{
		`"expires_in":60`: tokens.Passed, `"expires_in":-5`: tokens.Warned, `"expires_in":0`: tokens.Warned,
		`"expires_in":1e30`: tokens.Warned, `"expires_in":"soon"`: tokens.Warned, `"x":1`: tokens.Warned,
	} {
		f := newFakeServer(t)
		f.metadata.PAREndpoint = "https://as.example/par"
		f.reply = func(url.Values) (answer, bool) {
			return answer{status: 201, body: `{"request_uri":"urn:x",` + member + `}`}, true
		}
		r, _ := f.run(Values{"scope": "openid", "par": "always"})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		sentOff := false
		r.Browser = func(context.Context, string) error {
			sentOff = true
			cancel()
			return nil
		}
		_, _ = AuthorizationCode.Run(ctx, r)
		cancel()
		if got := outcomeOf(r.Ledger, tokens.CheckRequestLife); got != want || !sentOff {
			t.Errorf("%s: got %q and the browser sent off %t, want %q and true", member, got, sentOff, want)
		}
	}
}

func TestARejectedPushEndsTheRunBeforeTheBrowser(t *testing.T) {
	for name, c := range map[string]struct {
		answer answer
		want   string
	}{
		"an error":     {refuse(400, "invalid_request", "no"), "invalid_request"},
		"no reference": {answer{status: 201, body: `{"expires_in":60}`}, "no request_uri"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.metadata.PAREndpoint = "https://as.example/par"
			f.reply = func(url.Values) (answer, bool) { return c.answer, true }
			r, _ := f.run(Values{"scope": "openid", "par": "always"})
			r.Browser = f.browse(nil)
			_, err := AuthorizationCode.Run(t.Context(), r)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if f.outer != nil {
				t.Error("the browser was opened all the same")
			}
		})
	}
}

func TestARequestObjectSaysEverythingAndIsSigned(t *testing.T) {
	for name, c := range map[string]struct {
		key   string
		algs  string // announced
		par   string
		alg   string
		outer []string
	}{
		"by value": {"ES256", "", "never", "ES256", []string{"client_id", "p", "request", "response_type",
			"scope"}},
		"pushed": {"ES256", "", "always", "ES256", nil},
		"alg of the list": {"RS256", `["PS256","RS256"]`, "never", "RS256", []string{"client_id", "p", "request",
			"response_type", "scope"}},
		"by secret": {"", `["HS256"]`, "never", "HS256", []string{"client_id", "p", "request", "response_type",
			"scope"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.metadata.PAREndpoint = "https://as.example/par"
			if c.algs != "" {
				f.metadata.Raw = map[string]json.RawMessage{
					"request_object_signing_alg_values_supported": json.RawMessage(c.algs)}
			}
			key := jose.SecretKey([]byte(canarySecret))
			_, r, _, _, err := f.signIn(Values{"jar": "signed", "par": c.par, "max_age": "60",
				"resource": "https://a.example https://b.example"}, func(r *Run) {
				r.Client.Secret = tokens.NewSecret(canarySecret)
				r.Params = Params{"authorization": {"claims": {`{"id_token":{"acr":null}}`}}}
				if c.key != "" {
					key = clientKey(t, c.key)
					r.Client.Keys = jose.NewKeySet(key)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			carried := f.outer
			if c.par == "always" {
				carried = f.pushed
				for _, name := range []string{"redirect_uri", "state", "scope", "code_challenge"} {
					if carried.Has(name) {
						t.Errorf("pushed beside the request object: %s, want nothing that it says already", name)
					}
				}
			} else if got := sorted(carried); !slices.Equal(got, c.outer) {
				t.Errorf("the browser carries: got %v, want %v", got, c.outer)
			}
			object := carried.Get("request")
			if v := jose.Verify(object, jose.NewKeySet(key), jose.VerifyOptions{}); v.Verdict != tokens.Good ||
				v.Alg != c.alg {
				t.Errorf("signature: got %s by %s (%s), want good by %s", v.Verdict, v.Alg, v.Reason, c.alg)
			}
			o, err := decodeJWT(object)
			if err != nil {
				t.Fatal(err)
			}
			exp, _ := o.time("exp")
			if o.typ != "oauth-authz-req+jwt" || o.text("iss") != "client" || o.text("aud") != f.metadata.Issuer ||
				!exp.After(r.now()) || o.text("jti") == "" {
				t.Errorf("envelope: got typ %q, %s", o.typ, o.claims)
			}
			if got := string(o.claims["max_age"]) + string(o.claims["claims"]) +
				string(
					o.claims["resource"]); got !=
				`60{"id_token":{"acr":null}}["https://a.example","https://b.example"]` {
				t.Errorf("max_age, claims and resource: got %s, want a number, an object and a list", got)
			}
			for _, name := range []string{"response_type", "client_id", "redirect_uri", "state", "scope", "nonce",
				"code_challenge"} {
				if o.text(name) == "" {
					t.Errorf("the request object lacks %s", name)
				}
			}
		})
	}
}

func sorted(v url.Values) []string {
	var names []string
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestARequestObjectIsEncryptedForTheServer(t *testing.T) {
	for _, alg := range []string{"RSA-OAEP-256", "ECDH-ES+A256KW", "ECDH-ES", "A128KW", "A256KW"} {
		t.Run(alg, func(t *testing.T) {
			f := newFakeServer(t)
			enc := clientKey(t, alg)
			// A key derived from the client secret needs no key of the server (OpenID Connect Core 10.2).
			if sum := sha256.Sum256([]byte(canarySecret)); alg == "A128KW" {
				enc = jose.SecretKey(sum[:16])
			} else if alg == "A256KW" {
				enc = jose.SecretKey(sum[:])
			}
			f.metadata.Raw = map[string]json.RawMessage{
				"request_object_encryption_alg_values_supported": json.RawMessage(`["` + alg + `"]`),
				"request_object_encryption_enc_values_supported": json.RawMessage(`["A128CBC-HS256"]`),
			}
			key := clientKey(t, "ES256")
			r, _ := f.run(Values{"scope": "openid", "jar": "encrypted"})
			withKeys(key)(r)
			r.Client.Secret = tokens.NewSecret(canarySecret)
			if enc.Type() != "oct" {
				f.more = []jose.Key{enc}
			}
			a, err := r.newAuthorizationRequest("http://127.0.0.1/cb", "code")
			if err == nil {
				err = r.buildAuthorizationURL(t.Context(), a)
			}
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(a.url)
			if err != nil {
				t.Fatal(err)
			}
			d := jose.Decrypt(u.Query().Get("request"), jose.NewKeySet(enc), jose.DecryptOptions{})
			if d.Verdict != tokens.Good || d.Alg != alg || d.Enc != "A128CBC-HS256" {
				t.Fatalf("got %s with %s, %s (%s), want it readable by the server with %s, A128CBC-HS256", d.Verdict,
					d.Alg, d.Enc, d.Reason, alg)
			}
			if v := jose.Verify(string(d.Plaintext), jose.NewKeySet(key),
				jose.VerifyOptions{}); v.Verdict != tokens.Good {
				t.Errorf("what is inside: %s (%s), want a good signature", v.Verdict, v.Reason)
			}
		})
	}
}

func TestAnImpossibleRequestObjectIsReported(t *testing.T) {
	for name, c := range map[string]struct {
		jar  string
		keys func(*Run)
		want string
	}{
		"no key to sign with":            {"signed", nil, "client_key"},
		"no key of the server to use":    {"encrypted", withKeys(clientKey(t, "ES256")), "no key for that"},
		"a key that is for reading only": {"signed", withKeys(clientKey(t, "ECDH-ES")), "client_key"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.metadata.Raw = map[string]json.RawMessage{
				"request_object_encryption_alg_values_supported": json.RawMessage(`["RSA-OAEP-256"]`)}
			r, _ := f.run(Values{"scope": "openid", "jar": c.jar})
			if c.keys != nil {
				c.keys(r)
			}
			r.Browser = f.browse(nil)
			_, err := AuthorizationCode.Run(t.Context(), r)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			var input *InputError
			if c.want == "client_key" && !errors.As(err, &input) {
				t.Errorf("got %T, want an *InputError", err)
			}
			if f.outer != nil {
				t.Error("the browser was opened all the same")
			}
		})
	}
}
