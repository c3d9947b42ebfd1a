package jose

import (
	"fmt"
	"slices"

	"fob/tokens"
)

// DecryptOptions are the inputs of Decrypt besides the token and the keys.
type DecryptOptions struct {
	Password []byte   // for PBES2 (RFC 7518 4.8); tried before the secrets in the key set
	Algs     []string // the allowed key management algorithms; nil: all that the key allows
}

// Decrypted is the result of Decrypt. Bad means that the token is malformed, was altered, or is not encrypted to this
// key.
type Decrypted struct {
	Verdict       tokens.Verdict
	Alg, Enc, Kid string // from the header, with control characters made visible
	Reason        string // one sentence, for every verdict
	Key           *Key   // the key that decrypted it; nil unless the verdict is good, or if a password did
	Plaintext     []byte // only if the verdict is good
	Warnings      []string
	uncertain     bool // it may be the right key, but decrypting was not completed
}

// Decrypt decrypts a JWE in compact, flattened or general JSON serialisation, with all algorithms of RFC 7518 4 and 5
// and X25519 of RFC 8037. Every length is checked before anything is computed, and all work is limited: see jwe.go. It
// never panics.
//
// It uses Go's own cryptography: jwx requires each header member in one place, panics on an empty encrypted key, and
// cannot decrypt a JWE without a protected header (RFC 7520 5.12).
func Decrypt(token string, keys KeySet, o DecryptOptions) (d Decrypted) {
	defer func() {
		if p := recover(); p != nil {
			d = Decrypted{Verdict: tokens.CannotTell,
				Reason: "decrypting stopped: " + tokens.VisibleLine(fmt.Sprint(p))}
		}
	}()
	if len(token) > maxTokenBytes {
		return Decrypted{Verdict: tokens.CannotTell,
			Reason: fmt.Sprintf("the token has %d bytes, at most %d are decrypted", len(token), maxTokenBytes)}
	}
	m, err := parseJWE(token)
	if err != nil {
		return Decrypted{Verdict: tokens.Bad, Reason: err.Error()}
	}
	work := &budget{iterations: maxIterations}
	results := make([]Decrypted, 0, len(m.recipients))
	for _, r := range m.recipients {
		d := m.decryptFor(r, keys, o, work)
		if d.Verdict == tokens.Good {
			return d
		}
		results = append(results, d)
	}
	best := results[0]
	for _, d := range results {
		// Bad says more than cannot-tell, unless a recipient was skipped because of its cost.
		if d.uncertain || d.Verdict == tokens.Bad && best.Verdict != tokens.Bad {
			best = d
		}
		if d.uncertain {
			break
		}
	}
	if n := len(results); n > 1 {
		best.Reason = fmt.Sprintf("no recipient of %d could be decrypted; %s", n, best.Reason)
	}
	return best
}

// ForSignature returns the set without the keys that match the encryption of one of the enclosing tokens: they were
// given to decrypt it, and that none of them made the signature proves nothing. A key that the signature names by kid
// and that matches its algorithm stays.
func (s KeySet) ForSignature(enclosing []string, alg, kid string) KeySet {
	rest := s
	rest.keys = nil
	for _, k := range s.keys {
		named := kid != "" && k.Kid() == kid && mismatch(k.get(), algorithms[alg]) == ""
		if named || !slices.ContainsFunc(enclosing, k.canDecrypt) {
			rest.keys = append(rest.keys, k)
		}
	}
	return rest
}

// canDecrypt reports whether a key matches the encryption of a token; the token may still be encrypted to another key.
func (k Key) canDecrypt(jwe string) bool {
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
		return err == nil && known && jweMismatch(k.get(), km, contentEncryption[enc]) == ""
	})
}

// decrypted adds the parameters of the header to a result.
func (h *joseHeader) decrypted(d Decrypted) Decrypted {
	d.Alg, d.Kid = tokens.VisibleLine(h.alg), tokens.VisibleLine(h.kid)
	if enc, err := h.text("enc"); err == nil {
		d.Enc = tokens.VisibleLine(enc)
	}
	return d
}

// decryptFor tries to decrypt for one recipient.
func (m *jweMessage) decryptFor(r recipient, keys KeySet, o DecryptOptions, work *budget) Decrypted {
	h := r.header
	no := func(v tokens.Verdict, format string, args ...any) Decrypted {
		return h.decrypted(Decrypted{Verdict: v, Reason: fmt.Sprintf(format, args...)})
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
		return no(tokens.Bad, "alg %s is not among those allowed: %s", quote(h.alg), quoteList(o.Algs))
	case algorithms[h.alg].name != "" || isAlgNone(h.alg):
		return no(tokens.Bad, "%s signs, it does not encrypt (RFC 7518 3)", quote(h.alg))
	case !knownAlg:
		return no(tokens.CannotTell, "unsupported algorithm %s", quote(h.alg))
	case !knownEnc:
		return no(tokens.CannotTell, "unsupported content encryption %s", quote(encName))
	}
	zip, verdict, err := m.compression(h)
	if err != nil {
		return no(verdict, "%v", err)
	}
	if err := m.checkLengths(enc, km, r); err != nil {
		return no(tokens.Bad, "%v", err)
	}
	candidates, failed := m.candidates(h, km, enc, keys, o)
	if failed != nil {
		return no(failed.Verdict, "%s", failed.Reason)
	}
	return h.decrypted(m.tryKeys(h, km, enc, r, candidates, zip, work))
}

// candidates returns the keys to try: a password first, if the algorithm uses one.
func (m *jweMessage) candidates(h *joseHeader, km keyAlgorithm, enc contentAlgorithm, keys KeySet,
	o DecryptOptions) (choice, *Result) {
	var password []Key
	if km.scheme == pbes2 && len(o.Password) > 0 {
		if k := SecretKey(o.Password); k.k != nil {
			password = append(password, k)
		}
	}
	c, failed := choose(keys, h.kid, func(k *key) string { return jweMismatch(k, km, enc) })
	if len(password) > 0 {
		return choice{keys: append(password, c.keys...), uncertain: c.uncertain}, nil
	}
	return c, failed
}

func (m *jweMessage) tryKeys(h *joseHeader, km keyAlgorithm, enc contentAlgorithm, r recipient, c choice, zip bool,
	work *budget) Decrypted {
	var last error
	for i, k := range c.keys {
		if i >= maxTried {
			return Decrypted{Verdict: tokens.CannotTell,
				Reason: fmt.Sprintf("the first %d of %d keys do not decrypt it", maxTried, len(c.keys))}
		}
		cek, err := unwrap(h, km, enc, k.k, r.encryptedKey, work)
		if err == nil {
			var plain []byte
			if plain, err = m.decryptContent(enc, cek); err == nil {
				return m.finish(h, k, plain, zip)
			}
		}
		if last == nil || !isUncertain(last) {
			last = err
		}
	}
	switch {
	case isUncertain(last):
		return Decrypted{Verdict: tokens.CannotTell, Reason: last.Error(), uncertain: true}
	case c.uncertain != "":
		return Decrypted{Verdict: tokens.CannotTell, Reason: c.uncertain}
	}
	return Decrypted{Verdict: tokens.Bad, Reason: fmt.Sprintf("%v: the token was altered, or it is not encrypted to "+
		"this key", last)}
}

// finish inflates the plaintext and adds warnings about the key.
func (m *jweMessage) finish(h *joseHeader, k Key, plain []byte, zip bool) Decrypted {
	if zip {
		var err error
		if plain, err = inflate(plain); err != nil {
			return Decrypted{Verdict: tokens.CannotTell, Reason: err.Error()}
		}
	}
	d := Decrypted{Verdict: tokens.Good, Key: &k, Plaintext: plain, Reason: "decrypted with " + nameKey(k)}
	d.Warnings = append(d.Warnings, k.k.warnings...)
	if h.kid != "" && k.k.kid != "" && h.kid != k.k.kid {
		d.Warnings = append(d.Warnings, "the token's kid is "+quote(h.kid)+", the key's is "+quote(k.k.kid))
	}
	if k.k.secretEncoding != "" && k.k.secretEncoding != "text" {
		d.Warnings = append(d.Warnings, "the secret was read as "+k.k.secretEncoding)
	}
	if h.alg == "RSA1_5" {
		d.Warnings = append(d.Warnings, "RSA1_5 should not be used any more (RFC 8725 3.2)")
	}
	return d
}
