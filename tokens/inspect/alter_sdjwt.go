package inspect

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"fob/tokens"
	"fob/tokens/jose"
)

// Presentation says how what follows the issuer's JWT of an SD-JWT is altered (RFC 9901 4). If the issuer's JWT is
// signed again, its digests follow the disclosures; with SignatureKept they stay, and no longer match.
type Presentation struct {
	Withhold []string // disclosures to remove, by their path or their name
	Disclose []Claim  // disclosures to change, by path or name; an unknown name adds one
	// Binding says how the key binding is altered: "" keeps it, or signs it again if there is a HolderKey. It can be
	// kept, stripped (removed) or broken.
	Binding       SignatureFault
	HolderKey     jose.Key
	BindingClaims []Claim // to set in a binding that is signed again
}

func (p Presentation) isZero() bool {
	return len(p.Withhold)+len(p.Disclose)+len(p.BindingClaims) == 0 && p.Binding == "" && p.HolderKey.Type() == ""
}

// ParseDisclosure parses NAME=VALUE as ParseClaim does. The name can also be the path of an existing disclosure, with
// the index of an array element in brackets: nationalities[1].
func ParseDisclosure(text string) (Claim, error) {
	path, rest, _ := strings.Cut(text, "=")
	path, must := strings.CutSuffix(path, ":")
	sign := "="
	if must {
		sign = ":="
	}
	c, err := ParseClaim(withoutIndexes(path) + sign + rest)
	c.Name = path
	return c, err
}

// withoutIndexes removes [1] and the like from a path.
func withoutIndexes(path string) string {
	return arrayIndex().ReplaceAllString(path, "")
}

var arrayIndex = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[[0-9]{1,6}\]`) })

// sdEditor is an SD-JWT while it is altered.
type sdEditor struct {
	payload     *Object
	disclosures []sdDisclosure
	hash        crypto.Hash
	signsAgain  bool // the issuer's JWT is signed again: digests may change
	m           *MintedToken
}

type sdDisclosure struct{ path, name, text string }

// alterSDJWT alters the issuer's JWT like any other, and what follows it.
func (a Alteration) alterSDJWT(t *Token) (MintedToken, error) {
	m := MintedToken{}
	for _, c := range a.Presentation.Disclose {
		if err := (Claim{withoutIndexes(c.Name), c.Value}).check(); err != nil {
			return m, err
		}
	}
	for _, c := range a.Presentation.BindingClaims {
		if err := c.check(); err != nil {
			return m, err
		}
	}
	s := &sdEditor{payload: &Object{Members: append([]Member(nil), t.Payload.Members...)}, hash: t.SD.hash,
		signsAgain: a.Signature != SignatureKept, m: &m}
	for i, d := range t.SD.Disclosures {
		s.disclosures = append(s.disclosures, sdDisclosure{d.Path, d.Name, t.SD.encoded[i]})
	}
	for _, name := range a.Presentation.Withhold {
		if err := s.withhold(name); err != nil {
			return m, err
		}
	}
	for _, c := range a.Presentation.Disclose {
		if err := s.disclose(c); err != nil {
			return m, err
		}
	}
	issuerJWT := t.SD.IssuerJWT
	if s.signsAgain || a.changesJWT() {
		plain := a
		plain.EncryptTo, plain.Presentation = jose.Key{}, Presentation{}
		made, err := plain.make(t.Header, s.payload, signatureOf(issuerJWT), m.Notes)
		if err != nil {
			return made, err
		}
		m, issuerJWT = made, made.Token.Reveal()
	} else {
		m.Alg, _ = t.Header.String("alg")
		m.note("the issuer's JWT kept unchanged")
	}
	text := issuerJWT + "~"
	for _, d := range s.disclosures {
		text += d.text + "~"
	}
	binding, err := a.Presentation.bind(text, t.SD, &m, numericDate(a.Now))
	if err != nil {
		return m, err
	}
	m.Token = tokens.NewSecret(text + binding)
	return m, a.encrypt(&m)
}

// changesJWT reports whether anything of the issuer's JWT but its signature is changed.
func (a Alteration) changesJWT() bool {
	return a.Expire || a.Lifetime != 0 || a.Audience != "" || len(a.Set)+len(a.Delete)+len(a.Header) > 0
}

func (s *sdEditor) find(name string) int {
	for i, d := range s.disclosures {
		if d.path == name || d.name == name && name != "" {
			return i
		}
	}
	return -1
}

func (s *sdEditor) withhold(name string) error {
	i := s.find(name)
	if i < 0 {
		return fmt.Errorf("withholding %s: no disclosure has that name or path", quoteForMessage(name))
	}
	s.disclosures = append(s.disclosures[:i], s.disclosures[i+1:]...)
	s.m.note("disclosure %s removed", name)
	return nil
}

// disclose changes a disclosure, or adds one. A changed one keeps its salt.
func (s *sdEditor) disclose(c Claim) error {
	i := s.find(c.Name)
	if i < 0 {
		if err := c.check(); err != nil {
			return err // a path with an index must be that of an existing disclosure
		}
		fresh := s.encode("made-here-"+c.Name, c.Name, c.Value)
		s.disclosures = append(s.disclosures, sdDisclosure{c.Name, c.Name, fresh})
		if s.signsAgain {
			s.addDigest(sdDigest(s.hash, fresh))
		}
		s.m.note("disclosure %s added", c.Name)
		return nil
	}
	old := s.disclosures[i]
	read := readDisclosure(old.text, s.hash)
	s.disclosures[i].text = s.encode(read.Salt, read.Name, c.Value)
	if s.signsAgain {
		s.replaceDigest(sdDigest(s.hash, old.text), sdDigest(s.hash, s.disclosures[i].text))
	}
	s.m.note("disclosure %s changed", c.Name)
	return nil
}

func (s *sdEditor) encode(salt, name string, value json.RawMessage) string {
	list := [][]byte{jsonString(salt)}
	if name != "" {
		list = append(list, jsonString(name))
	}
	return jose.Segment(append(append([]byte{'['}, bytes.Join(append(list, value), []byte(", "))...), ']'))
}

// replaceDigest replaces a digest: in the payload, or in the disclosure with the digest, whose own digest changes with
// it. A digest is in one place only.
func (s *sdEditor) replaceDigest(old, fresh string) {
	for depth := 0; depth < maxDigestDepth; depth++ {
		for i, m := range s.payload.Members {
			if bytes.Contains(m.Raw, []byte(old)) {
				s.payload.Members[i].Raw = bytes.ReplaceAll(m.Raw, []byte(old), []byte(fresh))
				return
			}
		}
		holder := -1
		for i, d := range s.disclosures {
			if read := readDisclosure(d.text, s.hash); bytes.Contains(read.Value, []byte(old)) {
				s.disclosures[i].text = s.encode(read.Salt, read.Name,
					bytes.ReplaceAll(read.Value, []byte(old), []byte(fresh)))
				old, fresh, holder = sdDigest(s.hash, d.text), sdDigest(s.hash, s.disclosures[i].text), i
				break
			}
		}
		if holder < 0 {
			return
		}
	}
}

// addDigest adds a digest to the payload's own list.
func (s *sdEditor) addDigest(digest string) {
	list, _ := s.payload.Strings("_sd")
	raw, err := json.Marshal(append(list, digest))
	if err == nil {
		set(s.payload, "_sd", raw)
	}
}

// bind returns the key binding of what is presented; empty for none.
func (p Presentation) bind(presented string, sd *SDJWT, m *MintedToken, now json.RawMessage) (string, error) {
	old := ""
	if sd.KeyBinding != nil {
		old = sd.KeyBinding.Raw
	}
	signs := p.HolderKey.Type() != ""
	switch {
	case p.Binding == SignatureStripped:
		m.note("without a key binding")
		return "", nil
	case signs && (p.Binding == "" || p.Binding == SignatureBroken):
		return p.signBinding(presented, sd, m, now)
	case len(p.BindingClaims) > 0:
		return "", errors.New("setting a claim of the key binding: it needs the holder's key to sign it")
	case p.Binding == SignatureBroken && old != "":
		m.note("one bit of the key binding's signature is wrong")
		return breakSignature(old), nil
	case p.Binding == "" || p.Binding == SignatureKept:
		if old != "" {
			m.note("the old key binding kept: it is invalid for what was changed before it")
		}
		return old, nil
	}
	return "", fmt.Errorf("%q is not a fault of this key binding: use kept, stripped or broken",
		tokens.Clip(tokens.VisibleLine(string(p.Binding)), 40))
}

// signBinding signs a key binding for what is presented (RFC 9901 4.3), with the claims of the old one.
func (p Presentation) signBinding(presented string, sd *SDJWT, m *MintedToken, now json.RawMessage) (string, error) {
	claims := &Object{}
	if sd.KeyBinding != nil && sd.KeyBinding.Payload != nil {
		claims.Members = append(claims.Members, sd.KeyBinding.Payload.Members...)
	}
	for _, name := range []string{"aud", "nonce"} {
		if !claims.Has(name) {
			set(claims, name, jsonString(MintedIssuer))
		}
	}
	h := sdDigest(sd.hash, presented)
	set(claims, "iat", now)
	set(claims, "sd_hash", jsonString(h))
	for _, c := range p.BindingClaims {
		set(claims, c.Name, c.Value)
	}
	token, _, err := jose.SignRaw([]byte(`{"typ":"kb+jwt"}`), objectBytes(claims), p.HolderKey)
	if err != nil {
		return "", fmt.Errorf("signing the key binding: %w", err)
	}
	m.note("the key binding signed with the given key")
	if p.Binding == SignatureBroken {
		m.note("one bit of the key binding's signature is wrong")
		token = breakSignature(token)
	}
	return token, nil
}
