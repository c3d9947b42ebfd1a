package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"fob/tokens"
	"fob/tokens/jose"
)

// clientKey is a key pair of a built-in client: the private half is given to the caller who started the server, the
// public half is registered.
type clientKey struct {
	Alg, Use, Kid string
	pair          *ecdsa.PrivateKey
}

// newClientKey makes a key pair on P-256; alg is ES256 or one of ECDH-ES.
func newClientKey(alg, use, kid string) (clientKey, error) {
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return clientKey{}, fmt.Errorf("making the demo client's key %s: %w", kid, err)
	}
	return clientKey{Alg: alg, Use: use, Kid: kid, pair: pair}, nil
}

// jwk is the key as RFC 7517 writes it.
func (k clientKey) jwk(private bool) map[string]string {
	// Bytes cannot fail for a pair that was just made on a NIST curve.
	point, _ := k.pair.PublicKey.Bytes()
	encode := base64.RawURLEncoding.EncodeToString
	half := (len(point) - 1) / 2
	m := map[string]string{"kty": "EC", "crv": "P-256", "x": encode(point[1 : 1+half]), "y": encode(point[1+half:]),
		"alg": k.Alg, "use": k.Use, "kid": k.Kid}
	if private {
		d, _ := k.pair.Bytes()
		m["d"] = encode(d)
	}
	return m
}

// withKeys registers keys for a client and remembers their private halves for Description.
func (c *client) withKeys(keys ...clientKey) error {
	sets := map[bool][]map[string]string{}
	for _, k := range keys {
		for _, private := range []bool{true, false} {
			sets[private] = append(sets[private], k.jwk(private))
		}
	}
	private, err := json.Marshal(map[string]any{"keys": sets[true]})
	if err != nil {
		return err
	}
	c.PrivateKeys = tokens.NewSecret(string(private))
	public, err := json.Marshal(map[string]any{"keys": sets[false]})
	if err != nil {
		return err
	}
	c.JWKS = public
	c.Keys, err = jose.ParseKeySet(public)
	return err
}

// verificationKeys are the keys of a client for signing: its registered keys, and its secret as an HMAC key (OpenID
// Connect Core 10.1).
func (c client) verificationKeys() jose.KeySet {
	var keys []jose.Key
	for _, k := range c.Keys.Keys() {
		if k.Use() != "enc" {
			keys = append(keys, k)
		}
	}
	if !c.Secret.IsZero() {
		keys = append(keys, jose.SecretKey([]byte(c.Secret.Reveal())))
	}
	return jose.NewKeySet(keys...)
}

// encryptionKey is the client's registered key for an algorithm.
func (c client) encryptionKey(alg string) (jose.Key, error) {
	for _, k := range c.Keys.Keys() {
		if k.Use() != "sig" && (k.Alg() == alg || k.Alg() == "") {
			return k, nil
		}
	}
	return jose.Key{}, fmt.Errorf("the client %s has registered no key for %s", c.ID, alg)
}

// encryption is how a response is encrypted for a client; zero for not encrypted.
type encryption struct {
	Alg string // of the key: *_encrypted_response_alg
	Enc string // of the content: *_encrypted_response_enc; "" is A128CBC-HS256 (OpenID Connect Registration 2)
}

// defaultEnc is the default of OpenID Connect Registration 2.
const defaultEnc = "A128CBC-HS256"

// Announced for every response that can be encrypted, and for request objects.
var (
	encryptionAlgs = []string{"ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW", "RSA-OAEP-256"}
	encryptionEncs = []string{"A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"}
)

// encryptFor nests a signed response in a JWE for the client, if it is registered for that (RFC 7516).
func encryptFor(c client, e encryption, token string) (string, error) {
	if e.Alg == "" {
		return token, nil
	}
	key, err := c.encryptionKey(e.Alg)
	if err != nil {
		return "", err
	}
	return e.nest(token, key)
}

// encryptForAnother is encryptFor with an unknown key, for the fault.
func encryptForAnother(e encryption, token string) (string, error) {
	if e.Alg == "" {
		return token, nil
	}
	key, err := jose.Generate(e.Alg, "")
	if err != nil {
		return "", err
	}
	return e.nest(token, key)
}

func (e encryption) nest(token string, key jose.Key) (string, error) {
	enc := e.Enc
	if enc == "" {
		enc = defaultEnc
	}
	return jose.Encrypt([]byte(token), jose.Header{"alg": e.Alg, "enc": enc, "cty": "JWT"}, key)
}
