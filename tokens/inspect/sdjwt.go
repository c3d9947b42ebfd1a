package inspect

import (
	"bytes"
	"crypto"
	_ "crypto/sha3" // the hashes that _sd_alg names
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/jose/ordered"
)

// SDJWT is what an SD-JWT has besides the issuer's JWT (RFC 9901 4).
type SDJWT struct {
	IssuerJWT   string
	Disclosures []Disclosure
	Undisclosed int         // digests without a disclosure: withheld claims, or decoys
	KeyBinding  *Token      // nil if there is no key binding
	Binding     *KeyBinding // the verdict on it; nil before Inspect, or without a key binding
	hash        crypto.Hash
	encoded     []string // the disclosures as they are written
	presented   string   // everything before the key binding: the input of sd_hash
}

// Disclosure is one disclosed claim or array element (RFC 9901 4.2).
type Disclosure struct {
	Digest string          `json:"digest"`
	Salt   string          `json:"salt,omitempty"`
	Name   string          `json:"name,omitempty"` // empty for an array element
	Value  json.RawMessage `json:"value,omitempty"`
	Path   string          `json:"path,omitempty"` // where its digest is; empty if it is nowhere
	Error  string          `json:"error,omitempty"`
}

// KeyBinding is the verdict on a key binding JWT (RFC 9901 4.3, 7.3).
type KeyBinding struct {
	Verdict tokens.Verdict `json:"verdict"`
	Reason  string         `json:"reason"`
}

// Bounds of what is read of an SD-JWT.
const (
	maxDisclosures = 2000
	maxDigestDepth = ordered.MaxDepth
)

// looksLikeSDJWT recognises a JWS followed by a tilde (RFC 9901 4).
func looksLikeSDJWT(raw string) bool {
	issuer, _, ok := strings.Cut(raw, "~")
	return ok && strings.Count(issuer, ".") == 2 && isCompact(issuer)
}

// decodeSDJWT decodes the issuer's JWT, the disclosures and the key binding.
func (t *Token) decodeSDJWT() {
	first, last := strings.IndexByte(t.Raw, '~'), strings.LastIndexByte(t.Raw, '~')
	issuerJWT, disclosures := t.Raw[:first], []string(nil)
	if first < last {
		// SplitN leaves the rest in one piece: a list of millions would take more memory than the token.
		disclosures = strings.SplitN(t.Raw[first+1:last], "~", maxDisclosures+1)
	}
	t.decodeCompact(issuerJWT)
	t.readSDJWT(issuerJWT, disclosures, t.Raw[:last+1], t.Raw[last+1:])
}

// decodeJSONSDJWT does the same for the JSON serialisations: disclosures and key binding are in the unprotected header
// of the first signature (RFC 9901 8). sd_hash is that of the compact form.
func (t *Token) decodeJSONSDJWT(doc, first *Object) {
	header, _ := first.Object("header")
	isSD := t.Kind == KindSDJWT || t.Kind == KindSDJWTVC
	if t.Payload == nil || !isSD && !header.Has("disclosures") && !header.Has("kb_jwt") {
		return
	}
	var parts []string
	for _, of := range []struct {
		in   *Object
		name string
	}{{first, "protected"}, {doc, "payload"}, {first, "signature"}} {
		text, _ := of.in.String(of.name)
		parts = append(parts, text)
	}
	disclosures, isList := header.Strings("disclosures")
	if header.Has("disclosures") && !isList {
		t.fail(0, "disclosures is not a list of strings (RFC 9901 8.1)")
	}
	binding, isText := header.String("kb_jwt")
	if header.Has("kb_jwt") && !isText {
		t.fail(0, "kb_jwt is not a string (RFC 9901 8.1)")
	}
	issuerJWT := strings.Join(parts, ".")
	t.readSDJWT(issuerJWT, disclosures, strings.Join(append([]string{issuerJWT}, disclosures...), "~")+"~", binding)
}

// readSDJWT decodes what follows the issuer's JWT, which is decoded already. presented is everything before the
// binding.
func (t *Token) readSDJWT(issuerJWT string, disclosures []string, presented, binding string) {
	if t.Kind != KindSDJWTVC {
		t.Kind = KindSDJWT
	}
	t.SD = &SDJWT{IssuerJWT: issuerJWT, hash: crypto.SHA256, presented: presented}
	if binding != "" {
		t.SD.KeyBinding = decode(binding, true)
	}
	t.SD.hash = t.sdHash()
	offset := len(issuerJWT) + 1
	for i, d := range disclosures {
		if i >= maxDisclosures {
			t.fail(offset, "%d disclosures, at most %d are read", strings.Count(presented, "~")-1, maxDisclosures)
			break
		}
		disclosure := readDisclosure(d, t.SD.hash)
		if disclosure.Error != "" {
			t.fail(offset, "disclosure %d: %s", i+1, disclosure.Error)
		}
		t.SD.Disclosures, t.SD.encoded = append(t.SD.Disclosures, disclosure), append(t.SD.encoded, d)
		offset += len(d) + 1
	}
	t.placeDisclosures()
}

// sdHashes are the supported values of _sd_alg (IANA, Named Information Hash Algorithms).
var sdHashes = map[string]crypto.Hash{"sha-256": crypto.SHA256, "sha-384": crypto.SHA384, "sha-512": crypto.SHA512,
	"sha3-256": crypto.SHA3_256, "sha3-384": crypto.SHA3_384, "sha3-512": crypto.SHA3_512}

// sdHash returns the hash of the digests. An unsupported one is a fault of the token.
func (t *Token) sdHash() crypto.Hash {
	raw, ok := t.Payload.Raw("_sd_alg")
	if !ok {
		return crypto.SHA256
	}
	name, _ := ordered.Text(raw)
	if h, known := sdHashes[name]; known {
		return h
	}
	t.fail(0, "_sd_alg names the hash %s, which is not supported (RFC 9901 4.1.1, 7.1)",
		tokens.Clip(tokens.VisibleLine(string(raw)), 40))
	return crypto.SHA256
}

// sdDigest returns the digest of a text in base64url (RFC 9901 4.2.3).
func sdDigest(hash crypto.Hash, text string) string {
	h := hash.New()
	_, _ = h.Write([]byte(text)) // a hash never fails
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func readDisclosure(text string, hash crypto.Hash) Disclosure {
	d := Disclosure{Digest: sdDigest(hash, text)}
	b, err := decodeSegment(text)
	if err != nil {
		d.Error = err.Error()
		return d
	}
	elements, ok := ordered.Array(b)
	if !ok || len(elements) < 2 || len(elements) > 3 {
		d.Error = "not an array of salt, name and value, or of salt and value (RFC 9901 4.2)"
		return d
	}
	if d.Salt, ok = ordered.Text(elements[0]); !ok {
		d.Error = "the salt is not a string (RFC 9901 4.2.1)"
		return d
	}
	if len(elements) == 3 {
		if d.Name, ok = ordered.Text(elements[1]); !ok || d.Name == "_sd" || d.Name == "..." {
			d.Error = "the claim name is not a string, or one that is reserved (RFC 9901 7.1)"
			return d
		}
	}
	d.Value = elements[len(elements)-1]
	return d
}

// placer looks for digests in the payload and in disclosed values, and sets the path of each disclosure.
type placer struct {
	byDigest    map[string]*Disclosure
	seen        map[string]bool
	undisclosed int
	fault       string
}

func (t *Token) placeDisclosures() {
	p := placer{byDigest: map[string]*Disclosure{}, seen: map[string]bool{}}
	for i := range t.SD.Disclosures {
		d := &t.SD.Disclosures[i]
		if d.Error == "" {
			if p.byDigest[d.Digest] != nil {
				p.fault = "the same disclosure is there twice (RFC 9901 7.1)"
			}
			p.byDigest[d.Digest] = d
		}
	}
	if t.Payload != nil {
		p.object(t.Payload, "", 0)
	}
	for i := range t.SD.Disclosures {
		if d := &t.SD.Disclosures[i]; d.Error == "" && d.Path == "" && p.fault == "" {
			p.fault = fmt.Sprintf("disclosure %d matches no digest of the token (RFC 9901 7.1)", i+1)
		}
	}
	t.SD.Undisclosed = p.undisclosed
	if p.fault != "" {
		t.fail(len(t.SD.IssuerJWT), "%s", p.fault)
	}
}

func (p *placer) object(o *Object, path string, depth int) {
	if depth > maxDigestDepth {
		p.fault = "nested too deep"
		return
	}
	for _, m := range o.Members {
		if m.Name == "_sd" {
			p.digests(o, m.Raw, path, depth)
			continue
		}
		p.value(m.Raw, join(path, m.Name), depth+1)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (p *placer) digests(o *Object, raw json.RawMessage, path string, depth int) {
	list, ok := ordered.Array(raw)
	if !ok {
		p.fault = "_sd is not a list (RFC 9901 4.2.4.1)"
		return
	}
	placed := map[string]bool{}
	for _, item := range list {
		digest, ok := ordered.Text(item)
		if !ok {
			p.fault = "_sd has an element that is not a digest (RFC 9901 4.2.4.1)"
			continue
		}
		if d := p.disclosureFor(digest); d != nil {
			switch {
			case d.Name == "":
				p.fault = "the digest of a claim has the disclosure of an array element (RFC 9901 7.1)"
			case placed[d.Name] || o.Has(d.Name):
				p.fault = fmt.Sprintf("the disclosed claim %q is in the token already (RFC 9901 7.1)",
					tokens.Clip(tokens.VisibleLine(d.Name), 60))
			}
			placed[d.Name] = true
			d.Path = join(path, d.Name)
			p.value(d.Value, d.Path, depth+1)
		}
	}
}

// disclosureFor returns the disclosure of a digest. A digest may be there only once.
func (p *placer) disclosureFor(digest string) *Disclosure {
	if p.seen[digest] {
		p.fault = "a digest is there twice (RFC 9901 7.1)"
		return nil
	}
	p.seen[digest] = true
	d := p.byDigest[digest]
	if d == nil {
		p.undisclosed++
	}
	return d
}

func (p *placer) value(raw json.RawMessage, path string, depth int) {
	if depth > maxDigestDepth {
		p.fault = "nested too deep"
		return
	}
	if o, err := ordered.Parse(raw); err == nil {
		p.object(o, path, depth)
		return
	}
	elements, _ := ordered.Array(raw)
	for i, e := range elements {
		at := fmt.Sprintf("%s[%d]", path, i)
		if !bytes.HasPrefix(e, []byte("{")) && !bytes.HasPrefix(e, []byte("[")) {
			continue
		}
		o, err := ordered.Parse(e)
		digest, hidden := "", false
		if err == nil && len(o.Members) == 1 {
			digest, hidden = o.String("...")
		}
		if !hidden {
			p.value(e, at, depth+1)
			continue
		}
		if d := p.disclosureFor(digest); d != nil {
			if d.Name != "" {
				p.fault = "the digest of an array element has the disclosure of a claim (RFC 9901 7.1)"
			}
			d.Path = at
			p.value(d.Value, at, depth+1)
		}
	}
}

// verifySDJWT adds to the verdict on the issuer's JWT what RFC 9901 7 demands of the rest.
func (v *verifier) verifySDJWT(s *Signature, verdict tokens.Verdict) {
	sd := v.t.SD
	if v.t.Err != nil {
		s.Verdict, s.Reason = tokens.Bad, "the SD-JWT is invalid: "+v.t.Err.Message
		return
	}
	if sd.KeyBinding == nil {
		return
	}
	sd.Binding = v.verifyKeyBinding()
	if sd.Binding.Verdict == tokens.Bad && verdict == tokens.Good {
		s.Verdict, s.Reason = tokens.Bad, "the issuer's signature is valid, the key binding is not: "+sd.Binding.Reason
	}
}

// verifyKeyBinding verifies the key binding JWT with the key in cnf (RFC 9901 7.3).
func (v *verifier) verifyKeyBinding() *KeyBinding {
	sd := v.t.SD
	bad := func(format string, args ...any) *KeyBinding {
		return &KeyBinding{Verdict: tokens.Bad, Reason: tokens.VisibleLine(fmt.Sprintf(format, args...))}
	}
	kb := sd.KeyBinding
	if typ, _ := kb.Header.String("typ"); typ != "kb+jwt" {
		return bad("its typ is %q, not kb+jwt", tokens.Clip(typ, 40))
	}
	if got, _ := kb.Payload.String("sd_hash"); got != sdDigest(sd.hash, sd.presented) {
		return bad("its sd_hash is not the hash of what was presented: disclosures were added, removed or changed " +
			"after the holder signed")
	}
	for _, claim := range []string{"iat", "aud", "nonce"} {
		if !kb.Payload.Has(claim) {
			return bad("it has no %s (RFC 9901 4.3)", claim)
		}
	}
	cnf, ok := v.r.Payload.Object("cnf")
	if !ok {
		return bad("the issuer confirmed no key (cnf is missing)")
	}
	raw, ok := cnf.Raw("jwk")
	if !ok {
		return &KeyBinding{Verdict: tokens.CannotTell, Reason: "cnf does not have the key itself (jwk)"}
	}
	keys, err := jose.ParseKeys(raw)
	if err != nil {
		return bad("the key in cnf is invalid: %v", err)
	}
	r := jose.Verify(kb.Raw, keys, jose.VerifyOptions{})
	if why := v.checkKeyBinding(kb.Payload); r.Verdict == tokens.Good && why != "" {
		return bad("%s", why)
	}
	return &KeyBinding{Verdict: r.Verdict, Reason: r.Reason}
}

// checkKeyBinding compares a key binding with a valid signature with what was expected (RFC 9901 7.3); "" if it
// matches.
func (v *verifier) checkKeyBinding(kb *Object) string {
	at, ok := kb.Time("iat")
	switch {
	case !ok:
		return "its iat is not a time"
	case at.After(v.o.Now.Add(v.o.Skew)):
		return "its iat is in the future"
	}
	if nonce, _ := kb.String("nonce"); v.o.Nonce != "" && nonce != v.o.Nonce {
		return fmt.Sprintf("its nonce is %s; expected %q: it was made for another request", quoteForMessage(nonce),
			v.o.Nonce)
	}
	if list, _ := kb.Strings("aud"); v.o.Audience != "" && !slices.Contains(list, v.o.Audience) {
		return fmt.Sprintf("it is for %s; expected %q", quoted(list), v.o.Audience)
	}
	return ""
}
