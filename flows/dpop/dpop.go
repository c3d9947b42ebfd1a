// Package dpop makes proofs for DPoP (Demonstrating Proof of Possession, RFC 9449): each request proves that its sender
// has the key that the tokens are bound to, again if a server requires its own nonce.
//
// It stores keys and nonces only in memory, and sends only the public half of a key.
package dpop

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/wwwauth"
)

// Header is the header field of a proof (RFC 9449 4.1).
const Header = "DPoP"

// Key is the private key of proofs. The zero Key is invalid.
type Key struct {
	key    jose.Key
	public json.RawMessage
	jkt    string
}

// NewKey generates a key for a signature algorithm: "ES256", "EdDSA" …
func NewKey(alg string) (Key, error) {
	key, err := jose.Generate(alg, "")
	if err != nil {
		return Key{}, fmt.Errorf("generating a DPoP key: %w", err)
	}
	return newKey(key)
}

// ParseKey parses the output of Secret: a private JWK.
func ParseKey(jwk tokens.Secret) (Key, error) {
	set, err := jose.ParseKeys([]byte(jwk.Reveal()))
	if err != nil || len(set.Keys()) != 1 {
		return Key{}, errors.New("reading the DPoP key: it is not one private JWK")
	}
	return newKey(set.Keys()[0])
}

func newKey(key jose.Key) (Key, error) {
	if !key.Private() || key.Type() == "oct" {
		return Key{}, errors.New("reading the DPoP key: it is not a private key of an asymmetric algorithm (RFC 9449 " +
			"4.2)")
	}
	jkt, err := key.Thumbprint()
	if err != nil {
		return Key{}, fmt.Errorf("reading the DPoP key: %w", err)
	}
	public, err := key.MinimalPublicJWK()
	if err != nil {
		return Key{}, fmt.Errorf("reading the DPoP key: %w", err)
	}
	return Key{key: key, public: public, jkt: jkt}, nil
}

// Secret returns the key as a private JWK, for storing it.
func (k Key) Secret() (tokens.Secret, error) { return k.key.PrivateJWK() }

// Thumbprint returns jkt: the key's name in bound tokens (RFC 9449 6.1), and dpop_jkt (RFC 9449 10).
func (k Key) Thumbprint() string { return k.jkt }

// Alg returns the signature algorithm of the key's proofs.
func (k Key) Alg() string { return k.key.Alg() }

// Prover makes proofs with a key. Nonces may be shared; Now and Rand may be nil.
type Prover struct {
	Key    Key
	Nonces *Nonces
	Now    func() time.Time
	Rand   io.Reader
}

// Proof returns the proof for one request (RFC 9449 4.2). token is the access token that is sent with it, zero at the
// token endpoint. The newest nonce of the target's origin is included if there is one.
func (p *Prover) Proof(method, target string, token tokens.Secret) (tokens.Secret, error) {
	htu, err := targetURI(target)
	if err != nil {
		return tokens.Secret{}, err
	}
	jti, err := p.random()
	if err != nil {
		return tokens.Secret{}, err
	}
	now := time.Now
	if p.Now != nil {
		now = p.Now
	}
	claims := map[string]any{"jti": jti, "htm": method, "htu": htu, "iat": now().Unix()}
	if !token.IsZero() {
		sum := sha256.Sum256([]byte(token.Reveal()))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if nonce := p.Nonces.get(target); nonce != "" {
		claims["nonce"] = nonce
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return tokens.Secret{}, fmt.Errorf("making a DPoP proof: %w", err)
	}
	proof, err := jose.Sign(payload, jose.Header{"typ": "dpop+jwt", "jwk": p.Key.public}, p.Key.key)
	if err != nil {
		return tokens.Secret{}, fmt.Errorf("making a DPoP proof: %w", err)
	}
	return tokens.NewSecret(proof), nil
}

// HandleResponse stores the nonce of a response, successful or not (RFC 9449 8.2), and reports whether the server
// rejected the request because of a missing nonce: then the same request should be sent once more.
func (p *Prover) HandleResponse(target string, resp *wire.Response) (retry bool) {
	if resp == nil || !p.Nonces.put(target, resp.Header.Values("DPoP-Nonce")) {
		return false
	}
	return requiresNonce(resp)
}

// requiresNonce looks for use_dpop_nonce where the two kinds of server put it (RFC 9449 8 and 9).
func requiresNonce(resp *wire.Response) bool {
	const code = "use_dpop_nonce"
	switch resp.Status {
	case http.StatusUnauthorized:
		for _, c := range wwwauth.Parse(resp.Header.Values("WWW-Authenticate")) {
			if strings.EqualFold(c.Scheme, Header) && c.Params["error"] == code {
				return true
			}
		}
		fallthrough // some authorization servers send 401 with the error in the body
	case http.StatusBadRequest:
		var body struct {
			Error string `json:"error"`
		}
		return json.Unmarshal(resp.Body, &body) == nil && body.Error == code
	}
	return false
}

// targetURI returns htu: the target without query and fragment (RFC 9449 4.2), and without user name and password.
func targetURI(target string) (string, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		// The parser's error would repeat the URL, which may contain a secret.
		return "", errors.New("making a DPoP proof: the address of the request is not a URL with a host")
	}
	u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment, u.User = "", false, "", "", nil
	return u.String(), nil
}

func (p *Prover) random() (string, error) {
	source := p.Rand
	if source == nil {
		source = rand.Reader
	}
	b := make([]byte, 16)
	if _, err := io.ReadFull(source, b); err != nil {
		return "", fmt.Errorf("making a DPoP proof: reading random bytes: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
