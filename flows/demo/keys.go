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
	make map[string]func() (jose.Key, error)
	kids map[string]string // by alg
}

func newKeyring() *keyring {
	k := &keyring{make: map[string]func() (jose.Key, error){}, kids: map[string]string{}}
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

// signJWT signs claims with the key of that algorithm; typ goes into the header.
func (k *keyring) signJWT(alg, typ string, claims map[string]any) (string, error) {
	key, err := k.key(alg)
	if err != nil {
		return "", err
	}
	return signWith(key, typ, claims)
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

func keyEndpoints() []endpoint {
	return []endpoint{{Method: "GET", Path: "/jwks", Metadata: "jwks_uri", Handle: (*Server).serveKeys}}
}

func (s *Server) serveKeys(w http.ResponseWriter, r *http.Request) {
	if s.on(faultJWKSUnreachable) {
		panic(http.ErrAbortHandler) // drops the connection
	}
	keys, err := s.keys.public()
	if err == nil {
		var body []byte
		if body, err = keys.PublicJSON(); err == nil {
			body, err = s.withExposedKey(body)
		}
		if err == nil {
			w.Header().Set("Content-Type", "application/jwk-set+json")
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write(body)
			return
		}
	}
	s.serverError(w, "writing the keys", err)
}

// serverError is a failure of the demo itself, not of the client.
func (s *Server) serverError(w http.ResponseWriter, doing string, err error) {
	(&oauthError{Code: "server_error", Status: http.StatusInternalServerError,
		Description: describable(fmt.Sprintf("the demo provider failed at %s: %v", doing, err))}).write(w)
}
