package jose

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"fob/tokens/jose/ordered"
)

// joseHeader is the header of a JWS or JWE: its protected and its unprotected members.
type joseHeader struct {
	protected   *ordered.Object
	unprotected []*ordered.Object
	alg, kid    string
	rawPayload  bool // b64 is false (RFC 7797)
	warnings    []string
}

// readHeader decodes a protected header from its segment; an empty segment is an empty header (RFC 7515 7.2.1).
func readHeader(segment string) (*ordered.Object, error) {
	if segment == "" {
		return &ordered.Object{}, nil
	}
	text, err := decode(segment)
	if err != nil {
		return nil, fmt.Errorf("the protected header is %w", err)
	}
	if !utf8.Valid(text) {
		return nil, errors.New("the protected header has bytes that are not UTF-8 (RFC 7515 5.2, RFC 7516 5.2)")
	}
	o, syntax := ordered.Parse(text)
	if syntax != nil {
		return nil, fmt.Errorf("the protected header: %w", syntax)
	}
	return o, nil
}

// newHeader joins the parts of a header and checks it by RFC 7515: no duplicate member, alg a string, crit enforced.
// understood are the extensions that crit may name.
func newHeader(protected *ordered.Object, unprotected []*ordered.Object, understood ...string) (*joseHeader, error) {
	h := &joseHeader{protected: protected, unprotected: unprotected}
	if d := protected.Duplicates(); len(d) > 0 {
		return h, fmt.Errorf("duplicate header parameter %s (RFC 7515 4)", quote(d[0]))
	}
	if err := h.disjoint(); err != nil {
		return h, err
	}
	var err error
	if h.alg, err = h.text("alg"); err != nil {
		return h, err
	}
	if h.kid, err = h.text("kid"); err != nil {
		return h, err
	}
	if err := h.critical(understood); err != nil {
		return h, err
	}
	return h, nil
}

func (h *joseHeader) disjoint() error {
	if len(h.unprotected) == 0 {
		return nil
	}
	seen := map[string]bool{}
	for _, m := range h.protected.Members {
		seen[m.Name] = true
	}
	for _, o := range h.unprotected {
		for _, m := range o.Members {
			if seen[m.Name] {
				return fmt.Errorf("duplicate header parameter %s (RFC 7515 4, RFC 7516 4)", quote(m.Name))
			}
			seen[m.Name] = true
		}
	}
	return nil
}

// get returns a member of any part of the header.
func (h *joseHeader) get(name string) (raw []byte, ok bool) {
	if raw, ok := h.protected.Raw(name); ok {
		return raw, true
	}
	for _, o := range h.unprotected {
		if raw, ok := o.Raw(name); ok {
			return raw, true
		}
	}
	return nil, false
}

// text returns a string member, or "" if it is missing; another type is an error.
func (h *joseHeader) text(name string) (string, error) {
	raw, ok := h.get(name)
	if !ok {
		return "", nil
	}
	s, ok := ordered.Text(raw)
	if !ok {
		return "", fmt.Errorf("header parameter %s is not a string", name)
	}
	return s, nil
}

// critical enforces crit (RFC 7515 4.1.11): every extension that it names must be understood, or the token is rejected.
func (h *joseHeader) critical(understood []string) error {
	for _, o := range h.unprotected {
		if o.Has("crit") || o.Has("b64") {
			return fmt.Errorf("crit and b64 must be in the protected header (RFC 7515 4.1.11, RFC 7797 6)")
		}
	}
	var crit []string
	if raw, ok := h.protected.Raw("crit"); ok {
		list, isArray := ordered.Array(raw)
		if !isArray || len(list) == 0 {
			return fmt.Errorf("crit is not a non-empty list (RFC 7515 4.1.11)")
		}
		for _, item := range list {
			name, ok := ordered.Text(item)
			switch {
			case !ok:
				return fmt.Errorf("crit has an element that is not a string (RFC 7515 4.1.11)")
			case has(crit, name):
				return fmt.Errorf("crit names %s twice (RFC 7515 4.1.11)", quote(name))
			case !has(understood, name):
				return fmt.Errorf("crit requires the extension %s, which is unsupported: the token must be rejected "+
					"(RFC 7515 4.1.11)", quote(name))
			case !h.protected.Has(name):
				return fmt.Errorf("crit names %s, which is not in the protected header (RFC 7515 4.1.11)", quote(name))
			}
			crit = append(crit, name)
		}
	}
	if raw, ok := h.protected.Raw("b64"); ok && has(understood, "b64") {
		switch strings.TrimSpace(string(raw)) {
		case "true":
		case "false":
			if !has(crit, "b64") {
				// Not rejected: the standard's own example lacks it (RFC 7797 4.2).
				h.warnings = append(h.warnings, "b64 is false but crit does not name it: a verifier without support "+
					"for b64 sees another payload (RFC 7797 6)")
			}
			h.rawPayload = true
		default:
			return fmt.Errorf("b64 is neither true nor false (RFC 7797 3)")
		}
	}
	return nil
}
