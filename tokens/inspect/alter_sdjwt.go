package inspect

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"fob/tokens"
	"fob/tokens/jose"
)

// Presentation says what becomes of what stands behind the issuer's JWT of an SD-JWT (RFC 9901 4). Digests follow the
// disclosures where the issuer's JWT is signed anew; with SignatureKept they stay, and no longer fit what was changed.
type Presentation struct {
	Withhold []string // disclosures to leave out, by their path or their name
	Disclose []Claim  // disclosures to change, by path or name; an unknown name becomes a new one
	// Binding says what becomes of the key binding: "" keeps it, or signs it anew when there is a HolderKey; it can be
	// kept, stripped (left out) or broken.
	Binding       SignatureFault
	HolderKey     jose.Key
	BindingClaims []Claim // to set in a binding that is signed anew
}

func (p Presentation) isZero() bool {
	return len(p.Withhold)+len(p.Disclose)+len(p.BindingClaims) == 0 && p.Binding == "" && p.HolderKey.Type() == ""
}

// ParseDisclosure reads NAME=VALUE as ParseClaim does; the name can also be the path of a disclosure that is there,
// with the place of an array element in brackets: nationalities[1].
func ParseDisclosure(text string) (Claim, error) {
	path, rest, _ := strings.Cut(text, "=")
	path, must := strings.CutSuffix(path, ":")
	sign := "="
	if must {
		sign = ":="
	}
	c, err := ParseClaim(withoutPlaces(path) + sign + rest)
	c.Name = path
	return c, err
}

// withoutPlaces takes [1] and its like out of a path.
func withoutPlaces(path string) string {
	return places().ReplaceAllString(path, "")
}

var places = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[[0-9]{1,6}\]`) })

// sdParts is an SD-JWT while it is altered.
type sdParts struct {
	payload     *Object
	disclosures []sdDisclosure
	hash        crypto.Hash
	resigned    bool // the issuer's JWT is signed anew: digests may follow
	m           *Made
}

type sdDisclosure struct{ path, name, text string }

// alterSDJWT alters the issuer's JWT as any other, and what stands behind it.
func (a Alteration) alterSDJWT(t *Token) (Made, error) {
	m := Made{}
	for _, c := range a.Presentation.Disclose {
		if err := (Claim{withoutPlaces(c.Name), c.Value}).check(); err != nil {
			return m, err
		}
	}
	for _, c := range a.Presentation.BindingClaims {
		if err := c.check(); err != nil {
			return m, err
		}
	}
	s := &sdParts{payload: &Object{Members: append([]Member(nil), t.Payload.Members...)}, hash: t.SD.hash,
		resigned: a.Signature != SignatureKept, m: &m}
	for i, d := range t.SD.Disclosures {
		s.disclosures = append(s.disclosures, sdDisclosure{d.Path, d.Name, t.SD.written[i]})
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
	if s.resigned || a.changesJWT() {
		plain := a
		plain.EncryptTo, plain.Presentation = jose.Key{}, Presentation{}
		made, err := plain.make(t.Header, s.payload, signatureOf(issuerJWT), m.Notes)
		if err != nil {
			return made, err
		}
		m, issuerJWT = made, made.Token.Reveal()
	} else {
		m.Alg, _ = t.Header.String("alg")
		m.note("the issuer's JWT kept as it is")
	}
	text := issuerJWT + "~"
	for _, d := range s.disclosures {
		text += d.text + "~"
	}
	binding, err := a.Presentation.bind(text, t.SD, &m, number(a.Now))
	if err != nil {
		return m, err
	}
	m.Token = tokens.NewSecret(text + binding)
	return m, a.encrypt(&m)
}

// changesJWT reports whether anything of the issuer's JWT is to change besides its signature.
func (a Alteration) changesJWT() bool {
	return a.Expire || a.Lifetime != 0 || a.Audience != "" || len(a.Set)+len(a.Delete)+len(a.Header) > 0
}

func (s *sdParts) find(name string) int {
	for i, d := range s.disclosures {
		if d.path == name || d.name == name && name != "" {
			return i
		}
	}
	return -1
}

func (s *sdParts) withhold(name string) error {
	i := s.find(name)
	if i < 0 {
		return fmt.Errorf("withholding %s: no disclosure has that name or path", show(name))
	}
	s.disclosures = append(s.disclosures[:i], s.disclosures[i+1:]...)
	s.m.note("disclosure %s left out", name)
	return nil
}

// disclose changes a disclosure, or adds one. The salt of a changed one stays.
func (s *sdParts) disclose(c Claim) error {
	i := s.find(c.Name)
	if i < 0 {
		if err := c.check(); err != nil {
			return err // a path with a place leads to a disclosure that is there, or nowhere
		}
		fresh := s.encode("made-here-"+c.Name, c.Name, c.Value)
		s.disclosures = append(s.disclosures, sdDisclosure{c.Name, c.Name, fresh})
		if s.resigned {
			s.addDigest(s.digest(fresh))
		}
		s.m.note("disclosure %s added", c.Name)
		return nil
	}
	old := s.disclosures[i]
	read := readDisclosure(old.text, s.hash)
	s.disclosures[i].text = s.encode(read.Salt, read.Name, c.Value)
	if s.resigned {
		s.follow(s.digest(old.text), s.digest(s.disclosures[i].text))
	}
	s.m.note("disclosure %s changed", c.Name)
	return nil
}

func (s *sdParts) encode(salt, name string, value json.RawMessage) string {
	list := [][]byte{text(salt)}
	if name != "" {
		list = append(list, text(name))
	}
	return jose.Segment(append(append([]byte{'['}, bytes.Join(append(list, value), []byte(", "))...), ']'))
}

func (s *sdParts) digest(disclosure string) string {
	h := s.hash.New()
	_, _ = h.Write([]byte(disclosure)) // a hash never fails
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// follow puts a new digest in the place of an old one: in the payload, or in the disclosure that holds it, whose own
// digest changes with it. A digest stands in one place only.
func (s *sdParts) follow(old, fresh string) {
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
				old, fresh, holder = s.digest(d.text), s.digest(s.disclosures[i].text), i
				break
			}
		}
		if holder < 0 {
			return
		}
	}
}

// addDigest puts a digest into the payload's own list.
func (s *sdParts) addDigest(digest string) {
	list, _ := s.payload.Strings("_sd")
	raw, err := json.Marshal(append(list, digest))
	if err == nil {
		set(s.payload, "_sd", raw)
	}
}

// bind is the key binding of what is presented; empty for none.
func (p Presentation) bind(presented string, sd *SDJWT, m *Made, now json.RawMessage) (string, error) {
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
		return flip(old), nil
	case p.Binding == "" || p.Binding == SignatureKept:
		if old != "" {
			m.note("the old key binding kept: it does not match what was changed before it")
		}
		return old, nil
	}
	return "", fmt.Errorf("the key binding cannot be made %q of this token: use kept, stripped or broken",
		tokens.Clip(tokens.VisibleLine(string(p.Binding)), 40))
}

// signBinding makes a key binding for what is presented (RFC 9901 4.3), with the claims of the old one.
func (p Presentation) signBinding(presented string, sd *SDJWT, m *Made, now json.RawMessage) (string, error) {
	claims := &Object{}
	if sd.KeyBinding != nil && sd.KeyBinding.Payload != nil {
		claims.Members = append(claims.Members, sd.KeyBinding.Payload.Members...)
	}
	for _, name := range []string{"aud", "nonce"} {
		if !claims.Has(name) {
			set(claims, name, text(MadeHere))
		}
	}
	h := (&sdParts{hash: sd.hash}).digest(presented)
	set(claims, "iat", now)
	set(claims, "sd_hash", text(h))
	for _, c := range p.BindingClaims {
		set(claims, c.Name, c.Value)
	}
	token, _, err := jose.SignRaw([]byte(`{"typ":"kb+jwt"}`), objectBytes(claims), p.HolderKey)
	if err != nil {
		return "", fmt.Errorf("signing the key binding: %w", err)
	}
	m.note("the key binding signed with the key that was handed in")
	if p.Binding == SignatureBroken {
		m.note("one bit of the key binding's signature is wrong")
		token = flip(token)
	}
	return token, nil
}
