package jose

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"fob/tokens/jose/ordered"
)

// Header is the header parameters of a new token, by name.
type Header map[string]any

// Sign returns a compact JWS of the payload. alg is the header's, else the key's, else the default of its type; kid is
// added if the key has one and the header has none. The algorithm must match the key; alg none is rejected.
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
	case isAlgNone(alg):
		return "", errors.New("signing: alg none is not a signature")
	case !known || a.unsupported != "":
		return "", fmt.Errorf("signing: unsupported algorithm %s", quote(alg))
	}
	if reason := mismatch(k, a); reason != "" {
		return "", fmt.Errorf("signing: %s", reason)
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
	err = recoverPanic("signing", func() (err error) {
		signature, err = sign(a, k, []byte(input))
		return err
	})
	if err != nil {
		return "", err
	}
	return input + "." + encode(signature), nil
}

// Segment returns bytes as a segment of a compact token: base64url without padding.
func Segment(b []byte) string { return encode(b) }

// SignRaw returns a compact JWS with the header exactly as given, for testing verifiers. The algorithm is the header's
// if it matches the key, else the key's own; alg reports which.
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
			return "", "", fmt.Errorf("signing: no algorithm matches the key (%s)", quote(k.kty))
		}
		if header, err = withAlg(doc, a.name); err != nil {
			return "", "", err
		}
	}
	switch {
	case a.unsupported != "":
		return "", "", fmt.Errorf("signing: unsupported algorithm %s", quote(a.name))
	case k.private == nil:
		return "", "", errors.New("signing: the key has no private half")
	}
	input := encode(header) + "." + encode(payload)
	var signature []byte
	err = recoverPanic("signing", func() (err error) {
		signature, err = sign(a, k, []byte(input))
		return err
	})
	return input + "." + encode(signature), a.name, err
}

// withAlg returns the header with the algorithm of the key.
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

// defaultAlg returns the key's own algorithm, or the default of its type.
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
