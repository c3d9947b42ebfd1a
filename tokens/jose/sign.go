package jose

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Header holds header parameters to sign, by name.
type Header map[string]any

// Sign makes a compact JWS over the payload. alg is the header's or, without one, the key's (or what its type calls
// for); kid is added when the key has one and the header does not name it. The algorithm must fit the key: alg none
// is refused.
func Sign(payload []byte, h Header, key Key) (string, error) {
	k := key.get()
	full := Header{}
	for name, v := range h {
		full[name] = v
	}
	if _, has := full["alg"]; !has {
		full["alg"] = defaultAlg(k)
	}
	if _, has := full["kid"]; !has && k.kid != "" {
		full["kid"] = k.kid
	}
	alg, _ := full["alg"].(string)
	a, known := algorithms[alg]
	switch {
	case isNone(alg):
		return "", errors.New("signing: alg none is no signature")
	case !known || a.cannot != "":
		return "", fmt.Errorf("signing: algorithm %s is not supported", show(alg))
	}
	if why := mismatch(k, a); why != "" {
		return "", fmt.Errorf("signing: %s", why)
	}
	if k.private == nil {
		return "", errors.New("signing: the key has no private half")
	}
	text, err := json.Marshal(full)
	if err != nil {
		return "", fmt.Errorf("signing: writing the header: %w", err)
	}
	input := encode(text) + "." + encode(payload)
	var signature []byte
	err = guarded("signing", func() (err error) {
		signature, err = sign(a, k, []byte(input))
		return err
	})
	if err != nil {
		return "", err
	}
	return input + "." + encode(signature), nil
}

// defaultAlg is the key's own algorithm, or the usual one of its type.
func defaultAlg(k *key) string {
	if k.alg != "" {
		return k.alg
	}
	for _, name := range []string{"ES256", "ES384", "ES512", "ES256K", "RS256", "EdDSA", "HS256"} {
		if mismatch(k, algorithms[name]) == "" {
			return name
		}
	}
	return ""
}
