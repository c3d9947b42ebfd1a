package jose

import (
	"errors"
	"fmt"
	"strings"

	"fob/tokens"
	"fob/tokens/jose/ordered"
)

// The limits of verification.
const (
	maxTokenBytes = 32 << 20
	maxSignatures = 32 // in one JSON serialisation
	maxTried      = 64 // keys that are tried on one signature
)

// Result is the result of Verify.
type Result struct {
	Verdict tokens.Verdict
	Alg     string // from the header, with control characters made visible
	Kid     string // from the header, with control characters made visible
	Reason  string // one sentence, for every verdict
	Key     *Key   // the key that verified; nil unless the verdict is good
	// Warnings do not change the verdict: a short key, a kid that differs, other signatures that were not checked.
	Warnings []string
}

// VerifyOptions are the inputs of Verify besides the token and the keys.
type VerifyOptions struct {
	Payload []byte   // the detached payload (RFC 7515 appendix F), as it was signed; nil: the token contains it
	Algs    []string // the allowed algorithms; nil: all that the key allows
}

// Verify verifies a JWS in compact, flattened or general JSON serialisation with the keys. It never panics and never
// trusts a key or an algorithm because the token names it. A token with several signatures is good if one of them is;
// the others are reported in Warnings (RFC 7515 5.2).
func Verify(token string, keys KeySet, o VerifyOptions) (r Result) {
	defer func() {
		if p := recover(); p != nil {
			r = cannotTell("verifying stopped: " + tokens.VisibleLine(fmt.Sprint(p)))
		}
	}()
	if len(token) > maxTokenBytes {
		return cannotTell(fmt.Sprintf("the token has %d bytes, at most %d are verified", len(token), maxTokenBytes))
	}
	if strings.HasPrefix(strings.TrimLeft(token, " \t\r\n"), "{") {
		return verifyJSON(token, keys, o)
	}
	return verifyCompact(token, keys, o)
}

func bad(reason string) Result        { return Result{Verdict: tokens.Bad, Reason: reason} }
func cannotTell(reason string) Result { return Result{Verdict: tokens.CannotTell, Reason: reason} }

func verifyCompact(token string, keys KeySet, o VerifyOptions) Result {
	segment, rest, ok := strings.Cut(token, ".")
	payload, signature, ok2 := strings.Cut(rest, ".")
	switch {
	case !ok || !ok2:
		return bad(fmt.Sprintf("not a JWS: %d of 3 segments (RFC 7515 7.1)", strings.Count(token, ".")+1))
	case segment == "":
		return bad("not a JWS: the header segment is empty (RFC 7515 5.2)")
	}
	protected, err := readHeader(segment)
	if err != nil {
		return bad(err.Error())
	}
	if strings.Contains(signature, ".") {
		return bad(fmt.Sprintf("not a JWS: %d segments instead of 3 (RFC 7515 7.1)", strings.Count(token, ".")+1))
	}
	h, err := newHeader(protected, nil, "b64")
	if err != nil {
		return h.result(bad(err.Error()))
	}
	detached := false
	if o.Payload != nil {
		if payload != "" {
			return h.result(bad("a detached payload was given but the token contains one as well"))
		}
		detached, payload = true, string(o.Payload)
		if !h.rawPayload {
			payload = encode(o.Payload)
		}
	}
	var input string
	if detached {
		input = segment + "." + payload
	} else {
		input = token[:len(segment)+1+len(payload)] // as received
	}
	if !h.rawPayload && !detached && !isEncoded(payload) {
		return h.result(bad("the payload is " + errBase64.Error()))
	}
	r := verifyOne(h, input, signature, keys, o)
	if r.Verdict == tokens.Bad && payload == "" && signature != "" {
		r.Reason += "; the payload is empty: if it is detached, provide it"
	}
	return r
}

// result adds the parameters of the header to a result.
func (h *joseHeader) result(r Result) Result {
	r.Alg, r.Kid = tokens.VisibleLine(h.alg), tokens.VisibleLine(h.kid)
	return r
}

// verifyOne checks one signature over its signing input.
func verifyOne(h *joseHeader, input, signature string, keys KeySet, o VerifyOptions) Result {
	switch {
	case h.alg == "":
		return h.result(bad("the header names no alg (RFC 7515 4.1.1)"))
	case isAlgNone(h.alg):
		return h.result(bad("alg is " + quote(h.alg) +
			": the token is not signed, anyone can have written it (RFC 8725 3.2)"))
	}
	sig, err := decode(signature)
	if err != nil {
		return h.result(bad("the signature is " + err.Error()))
	}
	if len(sig) == 0 {
		return h.result(bad("the signature is missing"))
	}
	a, known := algorithms[h.alg]
	switch {
	case isEncryption(h.alg):
		return h.result(bad(quote(h.alg) + " encrypts, it does not sign (RFC 7518 4)"))
	case len(o.Algs) > 0 && !hasAlg(o.Algs, h.alg):
		return h.result(bad("alg " + quote(h.alg) + " is not among those allowed: " + quoteList(o.Algs)))
	case !known:
		return h.result(cannotTell("unsupported algorithm " + quote(h.alg)))
	case a.unsupported != "":
		return h.result(cannotTell("unsupported algorithm " + h.alg + ": " + a.unsupported))
	}
	return h.result(tryKeys(h, a, keys, []byte(input), sig))
}

func hasAlg(list []string, alg string) bool {
	for _, a := range list {
		if sameAlg(a, alg) {
			return true
		}
	}
	return false
}

// tryKeys verifies with the keys that match, and returns precisely why none succeeded.
func tryKeys(h *joseHeader, a algorithm, keys KeySet, input, sig []byte) Result {
	candidates, failed := choose(keys, h.kid, func(k *key) string { return mismatch(k, a) })
	if failed != nil {
		return *failed
	}
	unable := ""
	for i := range candidates.keys {
		if i >= maxTried {
			return cannotTell(fmt.Sprintf("no key has the kid, and the first %d of %d keys do not verify it",
				maxTried, len(candidates.keys)))
		}
		k := candidates.keys[i]
		good, err := verifySignature(a, k.k, input, sig)
		if err != nil {
			unable = err.Error()
			continue
		}
		if good {
			return verified(h, a, k)
		}
	}
	switch {
	case unable != "":
		return cannotTell(unable)
	case candidates.uncertain != "":
		return cannotTell(candidates.uncertain)
	case len(candidates.keys) == 1:
		return bad(fmt.Sprintf("the signature does not match (%s, %s)", a.name, nameKey(candidates.keys[0])))
	}
	return bad(fmt.Sprintf("the signature does not match with any of %d keys (%s)", len(candidates.keys), a.name))
}

func nameKey(k Key) string {
	if k.Kid() != "" {
		return "kid " + quote(k.Kid())
	}
	return "a key without kid"
}

func verified(h *joseHeader, a algorithm, k Key) Result {
	r := Result{Verdict: tokens.Good, Key: &k,
		Reason: fmt.Sprintf("the signature matches (%s, %s)", a.name, nameKey(k))}
	r.Warnings = append(append(r.Warnings, h.warnings...), k.k.warnings...)
	if h.kid != "" && k.k.kid != "" && h.kid != k.k.kid {
		r.Warnings = append(r.Warnings, "the token's kid is "+quote(h.kid)+", the key's is "+quote(k.k.kid))
	}
	if a.scheme == hmacSHA2 && k.k.bits < a.hash.Size()*8 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the secret has %d bits, %s needs at least %d (RFC 7518 3.2)",
			k.k.bits, a.name, a.hash.Size()*8))
	}
	if k.k.secretEncoding != "" && k.k.secretEncoding != "text" {
		r.Warnings = append(r.Warnings, "the secret was read as "+k.k.secretEncoding)
	}
	return r
}

// choice is the keys to try. uncertain is why a failure with them would prove nothing.
type choice struct {
	keys      []Key
	uncertain string
}

// choose returns the keys to try by kid and by what each key is for. Without such a key it returns the result: bad if
// the user gave the keys or one of them has the kid, else cannot-tell.
func choose(keys KeySet, kid string, mismatch func(*key) string) (choice, *Result) {
	if e, exposed := keys.exposedByKid(kid); exposed && kid != "" {
		r := cannotTell(e.String() + ": anyone can sign with it, so it verifies nothing")
		return choice{}, &r
	}
	if len(keys.keys) == 0 {
		why := "no key"
		for _, e := range keys.exposed {
			why += ": " + e.String() + ", so it verifies nothing"
		}
		if len(keys.skipped) > 0 {
			why += ": " + strings.Join(keys.skipped, "; ")
		}
		r := cannotTell(why)
		return choice{}, &r
	}
	var named, anonymous, others []Key
	var why string
	byKid := false
	for _, k := range keys.keys {
		match := kid != "" && k.Kid() == kid
		byKid = byKid || match
		if reason := mismatch(k.get()); reason != "" {
			if why == "" || match {
				why = reason
			}
			continue
		}
		switch {
		case match:
			named = append(named, k)
		case k.Kid() == "" || kid == "":
			anonymous = append(anonymous, k)
		default:
			others = append(others, k)
		}
	}
	unusable := strings.HasPrefix(why, "unsupported algorithm") || why == noPrivateHalf
	switch {
	case byKid && len(named) > 0:
		return choice{keys: named}, nil
	case byKid:
		return choice{}, mismatchResult(why, !unusable)
	case keys.explicit && len(anonymous)+len(others) > 0:
		return choice{keys: append(anonymous, others...)}, nil
	case len(anonymous) > 0 && kid == "":
		return choice{keys: anonymous}, nil
	case len(anonymous) > 0:
		return choice{keys: anonymous, uncertain: fmt.Sprintf("unknown kid %s: none of %d keys has it, and the keys "+
			"without a kid do not verify it", quote(kid), len(keys.keys))}, nil
	case keys.explicit:
		return choice{}, mismatchResult(why, !unusable)
	case len(others) > 0 || kid != "":
		why := fmt.Sprintf("unknown kid %s: none of %d keys has it", quote(kid), len(keys.keys))
		if len(keys.skipped) > 0 {
			why += "; skipped: " + strings.Join(keys.skipped[:min(len(keys.skipped), 5)], "; ")
		}
		r := cannotTell(why)
		return choice{}, &r
	}
	return choice{}, mismatchResult(why, false)
}

func mismatchResult(why string, proof bool) *Result {
	r := cannotTell(why)
	if proof {
		r = bad(why)
	}
	return &r
}

// jsonJWS is one signature of a JSON serialisation.
type jsonJWS struct {
	segment, signature string
	header             *joseHeader
	err                error
}

func verifyJSON(token string, keys KeySet, o VerifyOptions) Result {
	doc, syntax := ordered.Parse([]byte(token))
	if syntax != nil {
		return bad("not a JWS: " + syntax.Error())
	}
	if d := doc.Duplicates(); len(d) > 0 {
		return bad("duplicate member " + quote(d[0]))
	}
	if doc.Has("ciphertext") {
		return bad("this is a JWE, not a JWS: it is encrypted")
	}
	list, err := signatures(doc)
	if err != nil {
		return bad(err.Error())
	}
	payload, err := jsonPayload(doc, list, o)
	if err != nil {
		return list[0].header.result(bad(err.Error()))
	}
	results := make([]Result, len(list))
	for i, s := range list {
		if s.err != nil {
			results[i] = s.header.result(bad(s.err.Error()))
			continue
		}
		results[i] = verifyOne(s.header, s.segment+"."+payload, s.signature, keys, o)
	}
	return combine(results)
}

// signatures parses the flattened and the general form (RFC 7515 7.2).
func signatures(doc *ordered.Object) ([]jsonJWS, error) {
	raw, general := doc.Raw("signatures")
	if !general {
		s, err := oneSignature(doc)
		return []jsonJWS{s}, err
	}
	for _, name := range []string{"signature", "protected", "header"} {
		if doc.Has(name) {
			return nil, fmt.Errorf("signatures and %s exclude each other (RFC 7515 7.2.2)", name)
		}
	}
	items, ok := ordered.Array(raw)
	switch {
	case !ok || len(items) == 0:
		return nil, errors.New("signatures is not a non-empty list (RFC 7515 7.2.1)")
	case len(items) > maxSignatures:
		return nil, fmt.Errorf("%d signatures, at most %d are verified", len(items), maxSignatures)
	}
	list := make([]jsonJWS, 0, len(items))
	for i, item := range items {
		o, syntax := ordered.Parse(item)
		if syntax != nil {
			return nil, fmt.Errorf("signature %d: %w", i+1, syntax)
		}
		s, err := oneSignature(o)
		if err != nil {
			return nil, fmt.Errorf("signature %d: %w", i+1, err)
		}
		list = append(list, s)
	}
	return list, nil
}

func oneSignature(o *ordered.Object) (jsonJWS, error) {
	var s jsonJWS
	var ok bool
	s.header = &joseHeader{}
	if s.signature, ok = o.String("signature"); !ok {
		return s, errors.New("not a JWS: there is no signature (RFC 7515 7.2.1)")
	}
	if o.Has("protected") {
		if s.segment, ok = o.String("protected"); !ok {
			return s, errors.New("protected is not a string (RFC 7515 7.2.1)")
		}
	}
	protected, err := readHeader(s.segment)
	if err != nil {
		return s, err
	}
	var unprotected []*ordered.Object
	if o.Has("header") {
		u, ok := o.Object("header")
		if !ok {
			return s, errors.New("header is not a JSON object (RFC 7515 7.2.1)")
		}
		unprotected = append(unprotected, u)
	}
	s.header, s.err = newHeader(protected, unprotected, "b64")
	return s, nil
}

// jsonPayload returns the payload as in the signing input. b64 must be the same for all signatures (RFC 7797 3).
func jsonPayload(doc *ordered.Object, list []jsonJWS, o VerifyOptions) (string, error) {
	for _, s := range list[1:] {
		if s.header.rawPayload != list[0].header.rawPayload {
			return "", errors.New("the signatures differ in b64 (RFC 7797 3)")
		}
	}
	raw := list[0].header.rawPayload
	embedded, ok := doc.String("payload")
	if doc.Has("payload") && !ok {
		return "", errors.New("payload is not a string (RFC 7515 7.2.1)")
	}
	switch {
	case o.Payload != nil && embedded != "":
		return "", errors.New("a detached payload was given but the token contains one as well")
	case o.Payload != nil && raw:
		return string(o.Payload), nil
	case o.Payload != nil:
		return encode(o.Payload), nil
	case raw:
		return embedded, nil
	}
	if !isEncoded(embedded) {
		return "", fmt.Errorf("the payload is %w", errBase64)
	}
	return embedded, nil
}

// combine merges the results of several signatures: good if one is good, else bad if one is bad.
func combine(results []Result) Result {
	if len(results) == 1 {
		return results[0]
	}
	best := 0
	rank := map[tokens.Verdict]int{tokens.Good: 2, tokens.Bad: 1}
	for i, r := range results {
		if rank[r.Verdict] > rank[results[best].Verdict] {
			best = i
		}
	}
	out := results[best]
	for i, r := range results {
		if i != best {
			out.Warnings = append(out.Warnings, fmt.Sprintf("signature %d of %d is %s: %s",
				i+1, len(results), r.Verdict, r.Reason))
		}
	}
	return out
}
