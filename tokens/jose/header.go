package jose

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"fob/tokens/jose/ordered"
)

// joseHeader is what verification needs of a header: the protected members, and beside them the unprotected ones.
type joseHeader struct {
	protected   *ordered.Object
	unprotected []*ordered.Object
	alg, kid    string
	rawPayload  bool // b64 is false (RFC 7797)
	warnings    []string
}

// readHeader reads a protected header from its segment; an empty segment is an empty header (RFC 7515 7.2.1).
func readHeader(segment string) (*ordered.Object, error) {
	if segment == "" {
		return &ordered.Object{}, nil
	}
	text, err := decode(segment)
	if err != nil {
		return nil, fmt.Errorf("the protected header is %w", err)
	}
	if !utf8.Valid(text) {
		return nil, errors.New("the protected header holds bytes that are not UTF-8 (RFC 7515 5.2, RFC 7516 5.2)")
	}
	o, syntax := ordered.Parse(text)
	if syntax != nil {
		return nil, fmt.Errorf("the protected header: %w", syntax)
	}
	return o, nil
}

// newHeader joins the parts of a header and holds it against RFC 7515: no member twice, alg a string, crit enforced.
// understood are the extensions that may stand in crit.
func newHeader(protected *ordered.Object, unprotected []*ordered.Object, understood ...string) (*joseHeader, error) {
	h := &joseHeader{protected: protected, unprotected: unprotected}
	if d := protected.Duplicates(); len(d) > 0 {
		return h, fmt.Errorf("header parameter %s stands twice (RFC 7515 4)", show(d[0]))
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
				return fmt.Errorf("header parameter %s stands twice (RFC 7515 4, RFC 7516 4)", show(m.Name))
			}
			seen[m.Name] = true
		}
	}
	return nil
}

// get finds a member wherever it stands.
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

// text is a string member; missing is empty, another type is an error.
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

// critical enforces crit (RFC 7515 4.1.11): what stands in it must be understood, or the token is refused.
func (h *joseHeader) critical(understood []string) error {
	for _, o := range h.unprotected {
		if o.Has("crit") || o.Has("b64") {
			return fmt.Errorf("crit and b64 must stand in the protected header (RFC 7515 4.1.11, RFC 7797 6)")
		}
	}
	var crit []string
	if raw, ok := h.protected.Raw("crit"); ok {
		list, isArray := ordered.Array(raw)
		if !isArray || len(list) == 0 {
			return fmt.Errorf("crit is not a list with something in it (RFC 7515 4.1.11)")
		}
		for _, item := range list {
			name, ok := ordered.Text(item)
			switch {
			case !ok:
				return fmt.Errorf("crit holds something that is not a name (RFC 7515 4.1.11)")
			case has(crit, name):
				return fmt.Errorf("crit names %s twice (RFC 7515 4.1.11)", show(name))
			case !has(understood, name):
				return fmt.Errorf("crit demands %s, which is not understood here: the token must be refused (RFC 7515 4.1.11)", show(name))
			case !h.protected.Has(name):
				return fmt.Errorf("crit names %s, which is not in the protected header (RFC 7515 4.1.11)", show(name))
			}
			crit = append(crit, name)
		}
	}
	if raw, ok := h.protected.Raw("b64"); ok && has(understood, "b64") {
		switch strings.TrimSpace(string(raw)) {
		case "true":
		case "false":
			if !has(crit, "b64") {
				// Not refused: the standard's own example lacks it (RFC 7797 4.2).
				h.warnings = append(h.warnings, "b64 is false and crit does not name it: a verifier that does not know b64 reads another payload (RFC 7797 6)")
			}
			h.rawPayload = true
		default:
			return fmt.Errorf("b64 is neither true nor false (RFC 7797 3)")
		}
	}
	return nil
}
