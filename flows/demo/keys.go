package demo

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

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
		serverError(w, "writing the keys", err)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body)
}

// serverError is a failure of the demo itself, not of the client.
func serverError(w http.ResponseWriter, doing string, err error) {
	(&oauthError{Code: "server_error", Status: http.StatusInternalServerError,
		Description: describable(fmt.Sprintf("the demo provider failed at %s: %v", doing, err))}).write(w)
}
