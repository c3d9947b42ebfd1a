package demo

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// requestObjectAlgs are the algorithms for signing request objects; HS256 uses the client's secret.
var requestObjectAlgs = []string{"ES256", "ES384", "RS256", "PS256", "EdDSA", "HS256"}

// unwrap returns the parameters of an authorization request: pushed before (RFC 9126 4), in a request object
// (RFC 9101 5), or plain. With an error the parameters are those needed to send it.
func (q *requestReader) unwrap(outer params) (params, *oauthError) {
	c, _ := q.clients.find(outer.Get("client_id"))
	switch {
	case outer.Has("request") && outer.Has("request_uri"):
		return outer, oauthErrorf("invalid_request", "request and request_uri exclude each other")
	case outer.Has("request_uri"):
		return q.findPushed(outer)
	case c.RequirePAR:
		return outer, oauthErrorf("invalid_request", "the client %s is registered to push its requests (RFC 9126 6)",
			c.ID)
	}
	p, err := q.unwrapObject(c, outer)
	if err != nil {
		return outer, err
	}
	return p, nil
}

// unwrapObject returns the parameters of the request object, if there is one: parameters outside of it are
// ignored (RFC 9101 5).
func (q *requestReader) unwrapObject(c client, outer params) (params, *oauthError) {
	object := outer.Get("request")
	switch {
	case object == "" && c.RequireSignedRequest:
		return nil, oauthErrorf("invalid_request", "the client %s is registered to sign its requests (RFC 9101 10.5)",
			c.ID)
	case object == "":
		return outer, nil
	case c.ID == "":
		return outer, nil // no client to verify it for: the error will be about the client
	case q.env.on(faultJARRejected):
		return nil, badObject("the request object is rejected")
	}
	object, err := q.decryptObject(object)
	if err != nil {
		return nil, err
	}
	if c.RequestObjectAlg != "" && decodePart(object, 0)["alg"] != c.RequestObjectAlg {
		return nil, badObject("the request object is not signed with %s, for which the client is registered",
			c.RequestObjectAlg)
	}
	keys := c.verificationKeys()
	if len(keys.Keys()) == 0 {
		return nil, badObject("the client %s has registered no key to sign with", c.ID)
	}
	if v := jose.Verify(object, keys, jose.VerifyOptions{Algs: requestObjectAlgs}); v.Verdict != tokens.Good {
		return nil, badObject("the request object's signature is invalid: %s", v.Reason)
	}
	claims := decodeClaims(object)
	if why := q.validateObject(claims, c); why != "" {
		return nil, badObject("%s", why)
	}
	return requestObjectParams(claims), nil
}

func badObject(format string, args ...any) *oauthError {
	return oauthErrorf("invalid_request_object", format, args...)
}

// decryptObject decrypts a request object that is encrypted to this server (RFC 9101 6.1).
func (q *requestReader) decryptObject(object string) (string, *oauthError) {
	if strings.Count(object, ".") != 4 {
		return object, nil
	}
	key, err := q.keys.key(encryptionAlg)
	if err != nil {
		return "", serverFailure("making its encryption key", err)
	}
	d := jose.Decrypt(object, jose.NewKeySet(key), jose.DecryptOptions{})
	if d.Verdict != tokens.Good {
		return "", badObject("the request object cannot be decrypted: %s", d.Reason)
	}
	return string(d.Plaintext), nil
}

// validateObject validates the claims of a request object (RFC 9101 4 and 6.3).
func (q *requestReader) validateObject(claims map[string]any, c client) (why string) {
	date := func(name string) (time.Time, bool) {
		seconds, ok := claims[name].(float64)
		return time.Unix(int64(seconds), 0), ok
	}
	exp, hasExp := date("exp")
	nbf, hasNbf := date("nbf")
	iss, hasIss := claims["iss"].(string)
	switch {
	case claims == nil:
		return "the request object's payload is not JSON"
	case claims["request"] != nil || claims["request_uri"] != nil:
		return "the request object contains another one"
	case claims["client_id"] != c.ID:
		return "the request object's client_id is missing or another one"
	case hasIss && iss != c.ID:
		return "the request object's iss is not the client"
	case claims["aud"] != nil && !slices.Contains(stringList(claims["aud"]), q.env.issuer):
		return "the request object's aud is not " + q.env.issuer
	case hasExp && q.env.expired(exp):
		return "the request object has expired"
	case hasNbf && q.env.now().Before(nbf):
		return "the request object is not valid yet (nbf)"
	}
	return ""
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

// requestObjectParams converts the claims of a request object to parameters: numbers as digits, structures as JSON.
func requestObjectParams(claims map[string]any) params {
	p := params{}
	for name, value := range claims {
		switch v := value.(type) {
		case string:
			p[name] = []string{v}
		case float64:
			p[name] = []string{strconv.FormatInt(int64(v), 10)}
		case []any:
			if slices.Contains(mayRepeat, name) {
				p[name] = stringList(v)
				continue
			}
			text, _ := json.Marshal(v)
			p[name] = []string{string(text)}
		default:
			text, _ := json.Marshal(v)
			p[name] = []string{string(text)}
		}
	}
	for _, name := range []string{"iss", "aud", "exp", "nbf", "iat", "jti", "sub"} {
		delete(p, name)
	}
	return p
}
