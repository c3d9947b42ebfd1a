package flows

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// requestObjectLifetime is short: no user action is needed before the request object arrives.
const requestObjectLifetime = 5 * time.Minute

// wrapRequest puts the authorization request into a request object (RFC 9101 4) and returns the parameters that replace
// it. By value, OpenID Connect Core 6.1 requires response_type, client_id and scope outside as well; in a pushed
// request the request object is enough (RFC 9126 3).
func (r *Run) wrapRequest(ctx context.Context, a *authorization, encrypted, pushed bool) (url.Values, error) {
	object, how, err := r.requestObject(ctx, a.params, encrypted)
	if err != nil {
		return nil, fmt.Errorf("make the request object: %w", err)
	}
	meaning := "The request is now a JWT signed by the client: a change in transit would break the signature."
	if encrypted {
		meaning += " It is encrypted for the server, so the browser cannot read it either."
	}
	r.Step(Step{From: Fob, To: Fob, Title: "Wrap the authorization request in a request object (" + how + ")",
		Spec: "RFC 9101 4", Meaning: meaning})
	out := url.Values{"client_id": {r.Client.ID}, "request": {object}}
	if pushed {
		return out, nil
	}
	for _, name := range []string{"response_type", "scope"} {
		if v := a.params.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	return out, nil
}

// requestObject signs the parameters and optionally encrypts the JWT (RFC 9101 4 and 6.1). how names the algorithms.
func (r *Run) requestObject(ctx context.Context, params url.Values, encrypted bool) (object, how string, err error) {
	id, err := r.random()
	if err != nil {
		return "", "", err
	}
	now := r.now()
	claims := requestClaims(params)
	for name, v := range map[string]any{
		"iss": r.Client.ID, "aud": r.Provider.Issuer, "jti": id, "iat": now.Unix(), "nbf": now.Unix(),
		"exp": now.Add(requestObjectLifetime).Unix(),
	} {
		claims[name] = v
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", "", err
	}
	key, alg, err := r.requestKey()
	if err != nil {
		return "", "", err
	}
	object, err = jose.Sign(payload, jose.Header{"alg": alg, "typ": "oauth-authz-req+jwt"}, key)
	if err != nil || !encrypted {
		return object, alg, err
	}
	to, h, err := r.serverEncryption(ctx, "request_object")
	if err != nil {
		return "", "", err
	}
	object, err = jose.Encrypt([]byte(object), h, to)
	return object, fmt.Sprintf("%s, %s with %s", alg, h["alg"], h["enc"]), err
}

// requestKey returns the key to sign requests with: the client's private key, or its secret if the server accepts MACs.
func (r *Run) requestKey() (jose.Key, string, error) {
	algs, listed := r.Provider.List("request_object_signing_alg_values_supported")
	if key, alg, ok := r.Client.signingKey(asymmetricAlgs(algs)); ok {
		return key, alg, nil
	}
	if !r.Client.Secret.IsZero() {
		for _, alg := range []string{"HS256", "HS384", "HS512"} {
			if !listed || slices.Contains(algs, alg) {
				return jose.SecretKey([]byte(r.Client.Secret.Reveal())), alg, nil
			}
		}
	}
	if key, alg, ok := r.Client.signingKey(nil); ok {
		return key, alg, nil
	}
	return jose.Key{}, "", &InputError{Input: "client_key",
		Expected: "a private key of the client to sign the request with" + announcedNote(algs)}
}

func announcedNote(algs []string) string {
	if len(algs) == 0 {
		return ""
	}
	return "; the server announces " + strings.Join(visibleAll(algs), ", ")
}

// numericParams are JSON numbers in a request object, and objectParams JSON values (RFC 9101 4).
var (
	numericParams = []string{"max_age"}
	objectParams  = []string{"claims", "authorization_details"}
)

// requestClaims returns the parameters as claims, without request and request_uri, which a request object must not
// have.
func requestClaims(params url.Values) map[string]any {
	claims := map[string]any{}
	for name, values := range params {
		switch {
		case name == "request" || name == "request_uri" || len(values) == 0:
		case len(values) > 1:
			claims[name] = values
		case slices.Contains(objectParams, name) && json.Valid([]byte(values[0])):
			claims[name] = json.RawMessage(values[0])
		default:
			claims[name] = values[0]
			if n, err := strconv.Atoi(values[0]); err == nil && slices.Contains(numericParams, name) {
				claims[name] = n
			}
		}
	}
	return claims
}

// serverEncryption returns the server's encryption key and the algorithms that it announces for a type of object:
// "request_object". The alg of the key takes precedence.
func (r *Run) serverEncryption(ctx context.Context, object string) (jose.Key, jose.Header, error) {
	missing := func(why string) error {
		return fmt.Errorf("the request cannot be encrypted for the server: %s", why)
	}
	algs, _ := r.Provider.List(object + "_encryption_alg_values_supported")
	encs, _ := r.Provider.List(object + "_encryption_enc_values_supported")
	enc := "A256GCM"
	if len(encs) > 0 && !slices.Contains(encs, enc) {
		enc = encs[0]
	}
	if key, alg, ok := symmetricEncryptionKey(r.Client.Secret, algs); ok {
		return key, jose.Header{"alg": alg, "enc": enc, "cty": "JWT"}, nil
	}
	if r.Keys == nil {
		return jose.Key{}, nil, missing("jwks_uri is missing in its metadata")
	}
	set, err := r.Keys.Keys(ctx, "")
	if err != nil {
		return jose.Key{}, nil, missing("its keys could not be read: " + err.Error())
	}
	for _, k := range set.Keys() {
		if k.Use() == "sig" {
			continue
		}
		for _, alg := range encryptionAlgs(k) {
			if len(algs) == 0 || slices.Contains(algs, alg) {
				return k, jose.Header{"alg": alg, "enc": enc, "cty": "JWT"}, nil
			}
		}
	}
	return jose.Key{}, nil, missing("its key set has no key for that" + announcedNote(algs))
}

// symmetricEncryptionKey returns the key derived from the client secret (OpenID Connect Core 10.2), if the server
// announces only symmetric algorithms.
func symmetricEncryptionKey(secret tokens.Secret, algs []string) (key jose.Key, alg string, ok bool) {
	if secret.IsZero() || slices.ContainsFunc(algs, func(a string) bool {
		return strings.HasPrefix(a, "RSA") ||
			strings.HasPrefix(a, "ECDH")
	}) {
		return jose.Key{}, "", false
	}
	keys := keysFromSecret(secret)
	for i, alg := range []string{"A128KW", "A192KW", "A256KW"} {
		if slices.Contains(algs, alg) {
			return keys[i], alg, true
		}
	}
	return jose.Key{}, "", false
}

// encryptionAlgs returns the key management algorithms of a key, the preferred one first; nil for a key whose alg is
// for signatures.
func encryptionAlgs(k jose.Key) []string {
	all := map[string][]string{
		"RSA": {"RSA-OAEP-256", "RSA-OAEP", "RSA-OAEP-384", "RSA-OAEP-512"},
		"EC":  {"ECDH-ES+A256KW", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW"},
		"OKP": {"ECDH-ES+A256KW", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW"},
	}[k.Type()]
	switch {
	case k.Curve() == "Ed25519":
		return nil
	case k.Alg() == "":
		return all
	case slices.Contains(all, k.Alg()):
		return []string{k.Alg()}
	}
	return nil
}

// visibleAll returns the first entries of a list, cleaned.
func visibleAll(list []string) []string {
	const most = 30
	var out []string
	for _, s := range list {
		if len(out) == most {
			return append(out, "…")
		}
		out = append(out, tokens.VisibleLine(s))
	}
	return out
}
