package jose

import (
	"fmt"
	"slices"

	"fob/tokens"
)

// DecryptOptions say what stands outside the token.
type DecryptOptions struct {
	Password []byte   // for PBES2 (RFC 7518 4.8); tried before the secrets in the key set
	Algs     []string // the key management algorithms that are allowed; nil: whatever the key allows
}

// Decrypted is the answer to "can this be opened?". Bad means that it is broken, was altered, or is not for this key.
type Decrypted struct {
	Verdict       tokens.Verdict
	Alg, Enc, Kid string // as the header says; from outside, made visible
	Reason        string // one sentence, for every verdict
	Key           *Key   // the key that opened it; nil unless the verdict is good, or a password did
	Plaintext     []byte // only when the verdict is good
	Warnings      []string
	unsure        bool // it may have been the right key, and was not tried to the end
}

// Decrypt opens a JWE in compact, flattened or general JSON serialisation, with all algorithms of RFC 7518 4 and 5 and
// X25519 of RFC 8037. Every length is checked before anything is computed, and all work is bounded: see jwe.go. It
// never panics.
//
// Go's own cryptography does the work: jwx needs each header member in a place of its own choosing, panics on an empty
// encrypted key, and cannot be given a JWE that has no protected header (RFC 7520 5.12).
func Decrypt(token string, keys KeySet, o DecryptOptions) (d Decrypted) {
	defer func() {
		if p := recover(); p != nil {
			d = Decrypted{Verdict: tokens.CannotTell, Reason: "decrypting stopped: " + tokens.VisibleLine(fmt.Sprint(p))}
		}
	}()
	if len(token) > maxTokenBytes {
		return Decrypted{Verdict: tokens.CannotTell, Reason: fmt.Sprintf("the token has %d bytes, at most %d are decrypted", len(token), maxTokenBytes)}
	}
	m, err := parseJWE(token)
	if err != nil {
		return Decrypted{Verdict: tokens.Bad, Reason: err.Error()}
	}
	work := &budget{iterations: maxIterations}
	results := make([]Decrypted, 0, len(m.recipients))
	for _, r := range m.recipients {
		d := m.open(r, keys, o, work)
		if d.Verdict == tokens.Good {
			return d
		}
		results = append(results, d)
	}
	best := results[0]
	for _, d := range results {
		// Bad says more than that nobody can tell, unless one of them was too much work to be tried.
		if d.unsure || d.Verdict == tokens.Bad && best.Verdict != tokens.Bad {
			best = d
		}
		if d.unsure {
			break
		}
	}
	if n := len(results); n > 1 {
		best.Reason = fmt.Sprintf("none of %d recipients could be opened; %s", n, best.Reason)
	}
	return best
}

// ForSignature is the set without the keys that fit the encryption of one of the tokens around a signature: they were
// given to open it, and that none of them made the signature proves nothing. A key that the signature names by its kid,
// and that fits its algorithm, stays.
func (s KeySet) ForSignature(around []string, alg, kid string) KeySet {
	rest := s
	rest.keys = nil
	for _, k := range s.keys {
		named := kid != "" && k.Kid() == kid && mismatch(k.get(), algorithms[alg]) == ""
		if named || !slices.ContainsFunc(around, k.opens) {
			rest.keys = append(rest.keys, k)
		}
	}
	return rest
}

// opens reports whether a key fits the encryption of a token, which it may still not be for.
func (k Key) opens(jwe string) bool {
	m, err := parseJWE(jwe)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(m.recipients, func(r recipient) bool {
		if r.header == nil || r.err != nil {
			return false
		}
		enc, err := r.header.text("enc")
		km, known := keyManagement[r.header.alg]
		return err == nil && known && misfitJWE(k.get(), km, contentEncryption[enc]) == ""
	})
}

// opened puts what the header says beside a verdict.
func (h *joseHeader) opened(d Decrypted) Decrypted {
	d.Alg, d.Kid = tokens.VisibleLine(h.alg), tokens.VisibleLine(h.kid)
	if enc, err := h.text("enc"); err == nil {
		d.Enc = tokens.VisibleLine(enc)
	}
	return d
}

// open tries to decrypt for one recipient.
func (m *envelope) open(r recipient, keys KeySet, o DecryptOptions, work *budget) Decrypted {
	h := r.header
	no := func(v tokens.Verdict, format string, args ...any) Decrypted {
		return h.opened(Decrypted{Verdict: v, Reason: fmt.Sprintf(format, args...)})
	}
	if r.err != nil {
		return no(tokens.Bad, "%v", r.err)
	}
	encName, err := h.text("enc")
	if err != nil {
		return no(tokens.Bad, "%v", err)
	}
	km, knownAlg := keyManagement[h.alg]
	enc, knownEnc := contentEncryption[encName]
	switch {
	case h.alg == "":
		return no(tokens.Bad, "the header names no alg (RFC 7516 4.1.1)")
	case encName == "":
		return no(tokens.Bad, "the header names no enc (RFC 7516 4.1.2)")
	case len(o.Algs) > 0 && !has(o.Algs, h.alg):
		return no(tokens.Bad, "alg %s is not among those allowed: %s", show(h.alg), showList(o.Algs))
	case algorithms[h.alg].name != "" || isNone(h.alg):
		return no(tokens.Bad, "%s signs, it does not encrypt (RFC 7518 3)", show(h.alg))
	case !knownAlg:
		return no(tokens.CannotTell, "unsupported algorithm %s", show(h.alg))
	case !knownEnc:
		return no(tokens.CannotTell, "unsupported content encryption %s", show(encName))
	}
	zip, verdict, err := m.compression(h)
	if err != nil {
		return no(verdict, "%v", err)
	}
	if err := m.lengths(enc, km, r); err != nil {
		return no(tokens.Bad, "%v", err)
	}
	candidates, misfit := m.candidates(h, km, enc, keys, o)
	if misfit != nil {
		return no(misfit.Verdict, "%s", misfit.Reason)
	}
	return h.opened(m.tryKeys(h, km, enc, r, candidates, zip, work))
}

// candidates are the keys to try: a password first, where the algorithm takes one.
func (m *envelope) candidates(h *joseHeader, km keyAlgorithm, enc contentAlgorithm, keys KeySet, o DecryptOptions) (choice, *Result) {
	var password []Key
	if km.scheme == pbes2 && len(o.Password) > 0 {
		if k := SecretKey(o.Password); k.k != nil {
			password = append(password, k)
		}
	}
	c, misfit := choose(keys, h.kid, func(k *key) string { return misfitJWE(k, km, enc) })
	if len(password) > 0 {
		return choice{keys: append(password, c.keys...), uncertain: c.uncertain}, nil
	}
	return c, misfit
}

func (m *envelope) tryKeys(h *joseHeader, km keyAlgorithm, enc contentAlgorithm, r recipient, c choice, zip bool, work *budget) Decrypted {
	var last error
	for i, k := range c.keys {
		if i >= maxTried {
			return Decrypted{Verdict: tokens.CannotTell, Reason: fmt.Sprintf("the first %d of %d keys do not open it", maxTried, len(c.keys))}
		}
		cek, err := unwrap(h, km, enc, k.k, r.encryptedKey, work)
		if err == nil {
			var plain []byte
			if plain, err = m.content(enc, cek); err == nil {
				return m.finish(h, k, plain, zip)
			}
		}
		if last == nil || !isUncertain(last) {
			last = err
		}
	}
	switch {
	case isUncertain(last):
		return Decrypted{Verdict: tokens.CannotTell, Reason: last.Error(), unsure: true}
	case c.uncertain != "":
		return Decrypted{Verdict: tokens.CannotTell, Reason: c.uncertain}
	}
	return Decrypted{Verdict: tokens.Bad, Reason: fmt.Sprintf("%v: it was altered, or it is not for this key", last)}
}

// finish inflates the plaintext and says what was unwise about the key.
func (m *envelope) finish(h *joseHeader, k Key, plain []byte, zip bool) Decrypted {
	if zip {
		var err error
		if plain, err = inflate(plain); err != nil {
			return Decrypted{Verdict: tokens.CannotTell, Reason: err.Error()}
		}
	}
	d := Decrypted{Verdict: tokens.Good, Key: &k, Plaintext: plain, Reason: "decrypted with " + nameKey(k)}
	d.Warnings = append(d.Warnings, k.k.warnings...)
	if h.kid != "" && k.k.kid != "" && h.kid != k.k.kid {
		d.Warnings = append(d.Warnings, "the token's kid is "+show(h.kid)+", the key's is "+show(k.k.kid))
	}
	if k.k.form != "" && k.k.form != "text" {
		d.Warnings = append(d.Warnings, "the secret was read as "+k.k.form)
	}
	if h.alg == "RSA1_5" {
		d.Warnings = append(d.Warnings, "RSA1_5 should not be used any more (RFC 8725 3.2)")
	}
	return d
}
