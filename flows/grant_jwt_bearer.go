package flows

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// JWTBearer exchanges a signed JWT for a token (RFC 7523 2.1).
var JWTBearer = Grant{
	ID:   "jwt_bearer",
	Name: "JWT bearer",
	Summary: "a signed JWT that the server trusts is exchanged for a token: of a service account, or of another " +
		"issuer",
	Spec:      "RFC 7523 2.1",
	GrantType: "urn:ietf:params:oauth:grant-type:jwt-bearer",
	Inputs: withExtensions([]Input{
		assertionInput,
		{
			Name: "assertion_key", Label: "Assertion key", Kind: SecretRef, Spec: "RFC 7517",
			Help: "Without an assertion: the private key to sign one with, as JWK, JWK set or PEM; a secret for an " +
				"HS algorithm.",
		},
		{
			Name: "assertion_alg", Label: "Assertion algorithm", Kind: Choice, Default: algFromKey,
			Spec: "RFC 7518 3.1", Advanced: true,
			Choices: []string{algFromKey, "ES256", "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512", "PS256",
				"PS384", "PS512", "HS256", "HS384", "HS512"},
			Help: "The signature algorithm of an assertion made here; key uses that of the key.",
		},
		{
			Name: "assertion_iss", Label: "Assertion issuer", Kind: Text, Spec: "RFC 7523 3", Advanced: true,
			Help: "The iss of an assertion made here; default is the client_id.",
		},
		{
			Name: "assertion_sub", Label: "Assertion subject", Kind: Text, Spec: "RFC 7523 3", Advanced: true,
			Help: "The sub of an assertion made here: the user or account that the token is for; default is the " +
				"issuer.",
		},
		{
			Name: "assertion_aud", Label: "Assertion's audience", Kind: Text, Default: "issuer", Spec: "RFC 7523 3",
			Advanced: true,
			Help: "The aud of an assertion made here: issuer or token_endpoint for those of the server, or another " +
				"value.",
		},
		{
			Name: "assertion_lifetime", Label: "Assertion lifetime", Kind: Seconds, Default: "300", Spec: "RFC 7523 3",
			Advanced: true,
			Help:     "How many seconds an assertion made here is valid.",
		},
		{
			Name: "assertion_claims", Label: "Assertion claims", Kind: JSON, Spec: "RFC 7523 3", Advanced: true,
			Help: `Further claims of an assertion made here, as a JSON object; they override the others: ` +
				`{"scope":"a b"}.`,
		},
		scopeInput(""), resourceInput, audienceInput,
	}, tokenExtensions...),
	Run: runJWTBearer,
}

// algFromKey selects the key's algorithm.
const algFromKey = "key"

var assertionInput = Input{
	Name: "assertion", Label: "Assertion", Kind: SecretRef, Spec: "RFC 7521 4.1",
	Help: "An assertion by an issuer that the server trusts: a JWT (RFC 7523), or a SAML 2.0 assertion as XML or " +
		"base64 (RFC 7522).",
}

func runJWTBearer(ctx context.Context, r *Run) (tokens.Set, error) {
	assertion := tokens.NewSecret(r.value("assertion"))
	if assertion.IsZero() {
		var err error
		if assertion, err = r.makeAssertion(); err != nil {
			return tokens.Set{}, err
		}
	}
	return r.exchangeAssertion(ctx, "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion, "RFC 7523 2.1")
}

// exchangeAssertion exchanges an assertion for a token (RFC 7521 4.1).
func (r *Run) exchangeAssertion(ctx context.Context, grantType string, assertion tokens.Secret,
	spec string) (tokens.Set, error) {
	form := url.Values{"grant_type": {grantType}, "assertion": {assertion.Reveal()}}
	r.setAccessParams(form)
	set, err := r.tokenRequest(ctx, form, Step{
		Title:   "Exchange the assertion for a token",
		Meaning: "The server trusts the assertion's issuer, and issues a token for the assertion's subject.",
		Spec:    spec,
	}, assertion)
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkSignIn(ctx, set, signIn{request: form, noNonce: "an assertion grant has no nonce",
		idTokenOptional: "an assertion grant need not return one (RFC 7521 4.1)"})
}

// makeAssertion returns a signed assertion (RFC 7523 3).
func (r *Run) makeAssertion() (tokens.Secret, error) {
	key, alg, err := r.assertionKey()
	if err != nil {
		return tokens.Secret{}, err
	}
	claims, err := r.assertionClaims()
	if err != nil {
		return tokens.Secret{}, err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return tokens.Secret{}, fmt.Errorf("encode the claims of the assertion: %w", err)
	}
	signed, err := jose.Sign(payload, jose.Header{"alg": alg, "typ": "JWT"}, key)
	if err != nil {
		return tokens.Secret{}, fmt.Errorf("sign the assertion with the key of assertion_key: %w", err)
	}
	r.Step(Step{
		From: Fob, To: Fob, Title: "Make and sign an assertion (" + describeKey(alg, key.Kid()) + ")",
		Spec:    "RFC 7523 3",
		Meaning: fmt.Sprintf("It states that %v vouches for %v to %v.", claims["iss"], claims["sub"], claims["aud"]),
	})
	return tokens.NewSecret(signed), nil
}

// assertionClaims returns the claims of an assertion made here.
func (r *Run) assertionClaims() (map[string]any, error) {
	id, err := r.random()
	if err != nil {
		return nil, err
	}
	lifetime, ok, err := r.inputSeconds("assertion_lifetime")
	if err != nil {
		return nil, err
	}
	if !ok {
		lifetime = 5 * time.Minute
	}
	issuer := cmp.Or(r.value("assertion_iss"), r.Client.ID)
	claims := map[string]any{
		"iss": issuer, "sub": cmp.Or(r.value("assertion_sub"), issuer), "aud": r.assertionGrantAudience(),
		"iat": r.now().Unix(), "exp": r.now().Add(lifetime).Unix(), "jti": id,
	}
	if own := r.value("assertion_claims"); own != "" {
		if err := json.Unmarshal([]byte(own), &claims); err != nil {
			return nil, &InputError{Input: "assertion_claims", Value: tokens.Clip(own, 200), Expected: "a JSON object"}
		}
	}
	return claims, nil
}

func (r *Run) assertionGrantAudience() string {
	switch aud := cmp.Or(r.value("assertion_aud"), "issuer"); aud {
	case "issuer":
		return cmp.Or(r.Provider.Issuer, r.Provider.TokenEndpoint)
	case "token_endpoint":
		return r.Provider.TokenEndpoint
	default:
		return aud
	}
}

// assertionKey returns the key to sign an assertion with, and the algorithm.
func (r *Run) assertionKey() (jose.Key, string, error) {
	text := r.value("assertion_key")
	if text == "" {
		return jose.Key{}, "", &InputError{Input: "assertion",
			Expected: "an assertion, or an assertion_key to sign one with here"}
	}
	var algs []string
	if alg := cmp.Or(r.value("assertion_alg"), algFromKey); alg != algFromKey {
		algs = []string{alg}
	}
	if len(algs) > 0 && strings.HasPrefix(algs[0], "HS") {
		return jose.SecretKey([]byte(text)), algs[0], nil
	}
	keys, err := jose.ParseKeys([]byte(text))
	if err != nil {
		// The key is a secret, so the error does not repeat it.
		return jose.Key{}, "", &InputError{Input: "assertion_key", Expected: "a private key as JWK, JWK set or PEM"}
	}
	key, alg, ok := Client{Keys: keys}.signingKey(algs)
	if !ok {
		return key, "", &InputError{Input: "assertion_key", Expected: "a private key that can sign with " +
			cmp.Or(strings.Join(algs, ""), "a public-key algorithm")}
	}
	return key, alg, nil
}
