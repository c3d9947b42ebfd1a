package flows

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// assertionType is the client_assertion_type of a JWT (RFC 7523 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// clientAssertionLifetime allows for a slow network and a small clock difference.
const clientAssertionLifetime = time.Minute

// authSecretJWT signs an assertion with the client secret, which is never sent itself.
var authSecretJWT = AuthMethod{
	ID:          "client_secret_jwt",
	Name:        "assertion signed with the client secret",
	Spec:        "RFC 7523 2.2, OpenID Connect Core 9",
	Metadata:    "client_secret_jwt",
	NeedsSecret: true,
	Apply: func(req *TokenRequest, c Client) error {
		alg := "HS256"
		for _, a := range req.algs {
			if strings.HasPrefix(a, "HS") && !slices.Contains(req.algs, alg) {
				alg = a
			}
		}
		req.Secrets = append(req.Secrets, c.Secret)
		return addClientAssertion(req, c, alg, jose.SecretKey([]byte(c.Secret.Reveal())))
	},
}

// authPrivateKeyJWT signs an assertion with the client's private key.
var authPrivateKeyJWT = AuthMethod{
	ID:       "private_key_jwt",
	Name:     "assertion signed with a private key",
	Spec:     "RFC 7523 2.2, OpenID Connect Core 9",
	Metadata: "private_key_jwt",
	NeedsKey: true,
	Apply: func(req *TokenRequest, c Client) error {
		key, alg, ok := c.signingKey(asymmetricAlgs(req.algs))
		if !ok {
			if key, alg, ok = c.signingKey(nil); !ok {
				return errors.New("the client has no private key that can sign")
			}
			// The server's error about an algorithm that it does not announce says more.
		}
		return addClientAssertion(req, c, alg, key)
	},
}

// asymmetricAlgs returns the algorithms without the MACs; nil stays nil.
func asymmetricAlgs(algs []string) []string {
	if algs == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(algs), func(a string) bool { return strings.HasPrefix(a, "HS") })
}

// addClientAssertion adds a signed client assertion to the request (RFC 7523 3).
func addClientAssertion(req *TokenRequest, c Client, alg string, key jose.Key) error {
	payload, err := json.Marshal(map[string]any{
		"iss": c.ID, "sub": c.ID, "aud": req.audience, "jti": req.id, "iat": req.now.Unix(),
		"exp": req.now.Add(clientAssertionLifetime).Unix(),
	})
	if err != nil {
		return fmt.Errorf("encode the client assertion: %w", err)
	}
	token, err := jose.Sign(payload, jose.Header{"alg": alg, "typ": "JWT"}, key)
	if err != nil {
		return fmt.Errorf("sign the client assertion: %w", err)
	}
	req.Form.Set("client_id", c.ID)
	req.Form.Set("client_assertion_type", assertionType)
	req.Form.Set("client_assertion", token)
	req.Secrets = append(req.Secrets, tokens.NewSecret(token))
	return nil
}
