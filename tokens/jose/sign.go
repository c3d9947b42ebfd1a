package jose

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"fob/tokens/jose/ordered"
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

// Segment writes bytes as a segment of a compact token: base64url without padding.
func Segment(b []byte) string { return encode(b) }

// SignRaw makes a compact JWS with a header that is taken as it is written, for tests of what verifiers make of it. The
// algorithm is the header's where it fits the key, and otherwise the key's own; alg says which.
func SignRaw(header, payload []byte, key Key) (token, alg string, err error) {
	doc, syntax := ordered.Parse(header)
	if syntax != nil {
		return "", "", fmt.Errorf("signing: the header: %w", syntax)
	}
	k := key.get()
	alg, _ = doc.String("alg")
	a, known := algorithms[alg]
	if !known || mismatch(k, a) != "" {
		if a, known = algorithms[defaultAlg(k)]; !known {
			return "", "", fmt.Errorf("signing: no algorithm fits the key (%s)", show(k.kty))
		}
		if header, err = withAlg(doc, a.name); err != nil {
			return "", "", err
		}
	}
	switch {
	case a.cannot != "":
		return "", "", fmt.Errorf("signing: algorithm %s is not supported", show(a.name))
	case k.private == nil:
		return "", "", errors.New("signing: the key has no private half")
	}
	input := encode(header) + "." + encode(payload)
	var signature []byte
	err = guarded("signing", func() (err error) {
		signature, err = sign(a, k, []byte(input))
		return err
	})
	return input + "." + encode(signature), a.name, err
}

// withAlg writes the header again with the algorithm of the key.
func withAlg(doc *ordered.Object, alg string) ([]byte, error) {
	b := []byte(`{"alg":` + strconv.Quote(alg))
	for _, m := range doc.Members {
		if m.Name == "alg" {
			continue
		}
		name, err := json.Marshal(m.Name)
		if err != nil {
			return nil, fmt.Errorf("signing: writing the header: %w", err)
		}
		b = append(append(append(append(b, ','), name...), ':'), m.Raw...)
	}
	return append(b, '}'), nil
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
