package flows

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
)

// Client is the OAuth client of a run.
type Client struct {
	ID     string
	Secret tokens.Secret
	// AuthMethod is the ID of one of AuthMethods. "" chooses by the client's credentials and the announced methods.
	AuthMethod string
	// EndpointMethods are the methods of endpoints that do not use AuthMethod, by the endpoint's name.
	EndpointMethods map[string]string
	// Keys are the client's private keys: they sign its assertions and requests, and decrypt JWEs for it.
	Keys jose.KeySet
	// Audience is the aud of its assertions: "issuer" (also ""), "token_endpoint" or "endpoint".
	Audience string
	// Certificate is the client certificate of connections to the server (RFC 8705); may be nil.
	Certificate *x509.Certificate
}

// Configure sets the fields from the inputs of the extension ClientAuthentication, except for Keys: their input is a
// reference to a secret. The error is an *InputError.
func (c *Client) Configure(v Values) error {
	c.Audience = strings.TrimSpace(v["assertion_audience"])
	for _, pair := range strings.Fields(v["endpoint_auth"]) {
		name, method, ok := strings.Cut(pair, "=")
		if !ok || !isEndpoint(name) {
			return &InputError{Input: "endpoint_auth", Value: pair,
				Expected: "ENDPOINT=METHOD, the endpoint being one of " + strings.Join(EndpointNames(), ", ")}
		}
		if _, known := AuthMethodByID(method); !known {
			return &InputError{Input: "endpoint_auth", Value: pair, Expected: "a method that is one of " +
				strings.Join(AuthMethodIDs(), ", ")}
		}
		if c.EndpointMethods == nil {
			c.EndpointMethods = map[string]string{}
		}
		c.EndpointMethods[name] = method
	}
	return nil
}

// forEndpoint returns the client with the authentication method of an endpoint.
func (c Client) forEndpoint(endpoint string) Client {
	if method := c.EndpointMethods[endpoint]; method != "" {
		c.AuthMethod = method
	}
	return c
}

// thumbprint returns the x5t#S256 of the client's certificate (RFC 8705 3.1); "" without one.
func (c Client) thumbprint() string {
	if c.Certificate == nil {
		return ""
	}
	sum := sha256.Sum256(c.Certificate.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// signingKey returns the client's first private key that can sign with an announced algorithm, and the algorithm; nil
// allows any. ok is false when the client has no such key.
func (c Client) signingKey(announced []string) (key jose.Key, alg string, ok bool) {
	for _, k := range c.Keys.Keys() {
		if !k.Private() || k.Type() == "oct" || k.Use() == "enc" {
			continue
		}
		for _, alg := range signatureAlgs(k) {
			if announced == nil || slices.Contains(announced, alg) {
				return k, alg, true
			}
		}
	}
	return jose.Key{}, "", false
}

// signatureAlgs returns the algorithms that a key can sign with, the preferred one first.
func signatureAlgs(k jose.Key) []string {
	switch {
	case k.Alg() != "":
		return []string{k.Alg()}
	case k.Type() == "RSA":
		return []string{"RS256", "PS256", "RS384", "PS384", "RS512", "PS512"}
	case k.Type() == "EC":
		return []string{map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[k.Curve()]}
	case k.Type() == "OKP" && k.Curve() == "Ed25519":
		return []string{"EdDSA", "Ed25519"}
	}
	return nil
}
