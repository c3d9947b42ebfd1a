// Package dpop makes proofs of possession (RFC 9449): it shows with every request that the key is there to which the
// tokens are bound, and does so again when a server asks for a nonce of its own.
//
// It keeps no key and no nonce beyond the memory of the process, and sends no key but its public half.
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

	"fob/flows/calls"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
)

// Header is the field in which a proof travels (RFC 9449 4.1).
const Header = "DPoP"

// Key is the private key of the proofs. The zero Key is none.
type Key struct {
	key    jose.Key
	public json.RawMessage
	jkt    string
}

// NewKey makes a key for a signature algorithm: "ES256", "EdDSA" …
func NewKey(alg string) (Key, error) {
	key, err := jose.Generate(alg, "")
	if err != nil {
		return Key{}, fmt.Errorf("making a DPoP key: %w", err)
	}
	return keyOf(key)
}

// ParseKey reads a key that Secret wrote: a private JWK.
func ParseKey(jwk tokens.Secret) (Key, error) {
	set, err := jose.ParseKeys([]byte(jwk.Reveal()))
	if err != nil || len(set.Keys()) != 1 {
		return Key{}, errors.New("reading the DPoP key: it is not one private JWK")
	}
	return keyOf(set.Keys()[0])
}

func keyOf(key jose.Key) (Key, error) {
	if !key.Private() || key.Type() == "oct" {
		return Key{}, errors.New("reading the DPoP key: it is no private key of an asymmetric algorithm (RFC 9449 4.2)")
	}
	jkt, err := key.Thumbprint()
	if err != nil {
		return Key{}, fmt.Errorf("reading the DPoP key: %w", err)
	}
	public, err := key.BareJWK()
	if err != nil {
		return Key{}, fmt.Errorf("reading the DPoP key: %w", err)
	}
	return Key{key: key, public: public, jkt: jkt}, nil
}

// Secret is the key as a private JWK, for keeping it.
func (k Key) Secret() (tokens.Secret, error) { return k.key.PrivateJWK() }

// Thumbprint is jkt: what tokens bound to the key name (RFC 9449 6.1), and dpop_jkt (RFC 9449 10).
func (k Key) Thumbprint() string { return k.jkt }

// Alg is the signature algorithm of the key's proofs.
func (k Key) Alg() string { return k.key.Alg() }

// Prover makes proofs with a key. Nonces may be shared; Now and Rand may be nil.
type Prover struct {
	Key    Key
	Nonces *Nonces
	Now    func() time.Time
	Rand   io.Reader
}

// Proof makes the proof for one request (RFC 9449 4.2). token is the access token that goes with it, zero at the token
// endpoint; the newest nonce of the target's origin is used where there is one.
func (p *Prover) Proof(method, target string, token tokens.Secret) (tokens.Secret, error) {
	htu, err := withoutQuery(target)
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

// Heard keeps the nonce that an answer brings, good or bad (RFC 9449 8.2), and reports whether the answer refuses the
// request for want of it: then the same request is worth sending once more.
func (p *Prover) HandleResponse(target string, resp *wire.Response) (again bool) {
	if resp == nil || !p.Nonces.put(target, resp.Header.Values("DPoP-Nonce")) {
		return false
	}
	return refusedForNonce(resp)
}

// refusedForNonce finds use_dpop_nonce where the two kinds of server put it (RFC 9449 8 and 9).
func refusedForNonce(resp *wire.Response) bool {
	const code = "use_dpop_nonce"
	switch resp.Status {
	case http.StatusUnauthorized:
		for _, c := range calls.ParseChallenges(resp.Header.Values("WWW-Authenticate")) {
			if strings.EqualFold(c.Scheme, Header) && c.Params["error"] == code {
				return true
			}
		}
		fallthrough // some authorization servers answer 401 with the error in the body
	case http.StatusBadRequest:
		var body struct {
			Error string `json:"error"`
		}
		return json.Unmarshal(resp.Body, &body) == nil && body.Error == code
	}
	return false
}

// withoutQuery is htu: the target without query and fragment (RFC 9449 4.2), and without a name and password in it.
func withoutQuery(target string) (string, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		// The parser's own error would repeat the URL, which may hold a secret.
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
