package demo

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// signingAlgs are the algorithms that an id_token can be signed with, as the metadata announces them.
var signingAlgs = []string{"ES256", "RS256", "EdDSA"}

// unannouncedAlg has a key in the JWKS but is not announced for id_tokens.
const unannouncedAlg = "ES384"

// encryptionAlg is for encryption to this server: request objects.
const encryptionAlg = "ECDH-ES"

// keyring has the server's keys, one for each algorithm, each generated at its first use.
type keyring struct {
	env  *environment
	make map[string]func() (jose.Key, error)
	kids map[string]string // by alg
}

func newKeyring(env *environment) *keyring {
	k := &keyring{env: env, make: map[string]func() (jose.Key, error){}, kids: map[string]string{}}
	for _, alg := range append([]string{unannouncedAlg, encryptionAlg}, signingAlgs...) {
		// Part of the kid is random: a client that cached the keys of an earlier run must see that these are new.
		kid := "demo-" + strings.ToLower(alg) + "-" + randomToken()[:6]
		k.kids[alg] = kid
		k.make[alg] = sync.OnceValues(func() (jose.Key, error) { return jose.Generate(alg, kid) })
	}
	return k
}

// warm starts generating the RSA key, which takes far longer than the others, before a request waits for it.
func (k *keyring) warm() { go func() { _, _ = k.make["RS256"]() }() }

// byKid returns the key with that kid; it generates no other, so that validating a token never waits for the RSA key.
func (k *keyring) byKid(kid string) (jose.Key, bool) {
	for alg, name := range k.kids {
		if name == kid {
			key, err := k.key(alg)
			return key, err == nil
		}
	}
	return jose.Key{}, false
}

func (k *keyring) key(alg string) (jose.Key, error) {
	generate, ok := k.make[alg]
	if !ok {
		return jose.Key{}, fmt.Errorf("the demo provider has no key for %s", alg)
	}
	return generate()
}

// public is the JWKS.
func (k *keyring) public() (jose.KeySet, error) {
	var keys []jose.Key
	for _, alg := range append(append([]string(nil), signingAlgs...), unannouncedAlg, encryptionAlg) {
		key, err := k.key(alg)
		if err != nil {
			return jose.KeySet{}, err
		}
		keys = append(keys, key)
	}
	return jose.NewKeySet(keys...), nil
}

// sign signs claims with the key of that algorithm; typ goes into the header. The signature is invalid if the fault is
// on.
func (k *keyring) sign(alg, typ string, claims map[string]any, fault string) (string, error) {
	key, err := k.key(alg)
	if err != nil {
		return "", err
	}
	token, err := signWith(key, typ, claims)
	if err == nil && k.env.on(fault) {
		return corruptSignature(token)
	}
	return token, err
}

// signFor signs claims and encrypts the JWT for the client, if it is registered for that.
func (k *keyring) signFor(c client, e encryption, alg, typ string, claims map[string]any, fault string) (string,
	error) {
	token, err := k.sign(alg, typ, claims, fault)
	if err != nil {
		return "", err
	}
	return encryptFor(c, e, token)
}

func signWith(key jose.Key, typ string, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	return jose.Sign(payload, jose.Header{"typ": typ}, key)
}

// unsigned returns a JWT with alg none (RFC 7519 6), for the fault of that name.
func unsigned(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode(payload) + ".", nil
}

func (k *keyring) serve(w http.ResponseWriter, r *http.Request) {
	if k.env.on(faultJWKSUnreachable) {
		panic(http.ErrAbortHandler) // drops the connection
	}
	keys, err := k.public()
	var body []byte
	if err == nil {
		body, err = keys.PublicJSON()
	}
	if err == nil {
		body, err = k.withExposedKey(body)
	}
	if err != nil {
		serverFailure("writing the keys", err).write(w)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body)
}

// unix returns a NumericDate (RFC 7519 2).
func unix(t time.Time) int64 { return t.Unix() }

// decodeClaims reads a JWT's payload without validation; nil if it is not a JWT.
func decodeClaims(token string) map[string]any { return decodePart(token, 1) }

func decodePart(token string, part int) map[string]any {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[part])
	if err != nil {
		return nil
	}
	var members map[string]any
	if json.Unmarshal(data, &members) != nil {
		return nil
	}
	return members
}

// corruptSignature flips a bit of a JWS's signature.
func corruptSignature(token string) (string, error) {
	dot := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil || len(signature) == 0 {
		return "", err
	}
	signature[len(signature)/2] ^= 1
	return token[:dot+1] + base64.RawURLEncoding.EncodeToString(signature), nil
}

// stringList reads a member that is a string or an array of strings, as aud is.
func stringList(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, one := range v {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// ownJWT verifies a JWT against the server's own keys and issuer, and returns its claims; nil and a reason otherwise.
func (k *keyring) ownJWT(token string) (map[string]any, string) {
	kid, _ := decodePart(token, 0)["kid"].(string)
	key, ok := k.byKid(kid)
	if !ok {
		return nil, "this server has no key with the kid " + kid
	}
	if result := jose.Verify(token, jose.NewKeySet(key), jose.VerifyOptions{}); result.Verdict != tokens.Good {
		return nil, "the signature is invalid: " + result.Reason
	}
	claims := decodeClaims(token)
	if iss, _ := claims["iss"].(string); iss != k.env.issuer {
		return nil, "the token was issued by another server"
	}
	return claims, ""
}

// hintedSubject returns the subject of an id_token_hint; "" if this server did not issue it. It may have expired
// (OpenID Connect Core 3.1.2.1).
func (k *keyring) hintedSubject(hint string) string {
	if hint == "" {
		return ""
	}
	claims, _ := k.ownJWT(hint)
	sub, _ := claims["sub"].(string)
	return sub
}

// withExposedKey adds the exposed key to a key set, if a fault says so.
func (k *keyring) withExposedKey(set []byte) ([]byte, error) {
	key, err := k.exposedKey()
	if err != nil || key == nil {
		return set, err
	}
	return append(append(bytes.TrimSuffix(set, []byte("]}")), append([]byte(","), key...)...), "]}"...), nil
}

// exposedKey returns a key that must not be in the JWKS, if a fault is on; else nil.
func (k *keyring) exposedKey() (json.RawMessage, error) {
	switch {
	case k.env.on(faultJWKSPrivate):
		key, err := jose.Generate("ES256", "demo-private")
		if err != nil {
			return nil, err
		}
		jwk, err := key.PrivateJWK()
		return json.RawMessage(jwk.Reveal()), err
	case k.env.on(faultJWKSShared):
		secret := base64.RawURLEncoding.EncodeToString([]byte(randomToken()))
		return json.RawMessage(`{"kty":"oct","kid":"demo-shared","alg":"HS256","k":"` + secret + `"}`), nil
	}
	return nil, nil
}
