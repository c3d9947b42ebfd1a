package inspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/jose/ordered"
)

// Alteration says how a token is made, or made from another one, so that something can be tested with it. Alterations
// that break the signature come last, whatever the order of the fields.
type Alteration struct {
	Set    []Claim  // claims to set, in order: new ones at the end, known ones where they stand
	Delete []string // claims to leave out
	Header []Claim  // header parameters to set; null leaves one out
	// Expire puts exp an hour, and iat and nbf two hours, into the past; Lifetime puts exp that far behind now, and iat
	// at now. Neither: the times stay.
	Expire   bool
	Lifetime time.Duration
	Audience string // another aud
	// Signature says what becomes of it: "" signs with Key, or with a key that is made for it.
	Signature SignatureFault
	Only      int      // of several signatures of a JSON serialisation the one that is altered, from 1; 0: all of them
	Key       jose.Key // zero: one is made for the algorithm of the token
	EncryptTo jose.Key // zero: not encrypted
	Now       time.Time
	// Presentation is about what stands behind the issuer's JWT of an SD-JWT.
	Presentation Presentation
}

// Claim is a member to set; the value is JSON as it is to be written.
type Claim struct {
	Name  string
	Value json.RawMessage
}

// SignatureFault names a way in which a signature can be wrong.
type SignatureFault string

// The faults. Kept leaves the signature of the token from which this one is made: it no longer matches when anything
// was changed.
const (
	SignatureKept     SignatureFault = "kept"
	SignatureStripped SignatureFault = "stripped" // nothing behind the last dot
	SignatureBroken   SignatureFault = "broken"   // one bit is wrong
	SignatureNone     SignatureFault = "none"     // alg none
)

// Made is a token that was made here, for tests. It is never a session's.
type Made struct {
	Token    tokens.Secret
	Key      jose.Key // that signed it; zero when none did
	KeyMade  bool     // the key was made for it
	Kid, Alg string
	Notes    []string // what was done, in order
}

// MadeHere is the issuer of tokens that are made from nothing, unless one is named: no issuer is called so, and nobody
// can take such a token for a real one by mistake.
const MadeHere = "urn:fob:made-here"

// ErrClaimName means that a name was given that would not stay inside its quotes, or hides what it is.
var ErrClaimName = errors.New("the claim's name is refused")

// ParseClaim reads NAME=VALUE. The value is JSON when it reads as JSON, and a string otherwise; NAME:=VALUE must be
// JSON. A name that could end its quotes or cannot be seen is refused with ErrClaimName.
func ParseClaim(text string) (Claim, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return Claim{}, fmt.Errorf("setting a claim: %q is not NAME=VALUE", tokens.Clip(tokens.VisibleLine(text), 60))
	}
	name, must := strings.CutSuffix(name, ":")
	if err := checkName(name); err != nil {
		return Claim{}, err
	}
	if isJSON(value) {
		return Claim{name, json.RawMessage(strings.TrimSpace(value))}, nil
	}
	if must {
		return Claim{}, fmt.Errorf("setting %s: the value is not JSON: %s", name,
			tokens.Clip(tokens.VisibleLine(value), 60))
	}
	quoted, err := json.Marshal(strings.ToValidUTF8(value, "\uFFFD"))
	return Claim{name, quoted}, err
}

// checkName refuses names that would inject JSON or deceive a reader.
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: it is empty", ErrClaimName)
	case len(name) > 256:
		return fmt.Errorf("%w: it has %d bytes, at most 256 are taken", ErrClaimName, len(name))
	case !utf8.ValidString(name) || tokens.VisibleLine(name) != name:
		return fmt.Errorf("%w: %s holds characters that cannot be seen", ErrClaimName, show(name))
	case strings.ContainsAny(name, "\"\\{}[],"):
		return fmt.Errorf("%w: %s holds characters of JSON itself", ErrClaimName, show(name))
	}
	return nil
}

// check refuses a claim that would not stay inside its quotes.
func (c Claim) check() error {
	if err := checkName(c.Name); err != nil {
		return err
	}
	if !isJSON(string(c.Value)) {
		return fmt.Errorf("setting %s: the value is not JSON", c.Name)
	}
	return nil
}

func isJSON(value string) bool {
	o, err := ordered.Parse([]byte(`{"v":` + value + `}`))
	return err == nil && len(o.Members) == 1 && len(o.NestedDuplicates) == 0
}

// Make makes a token from nothing: a JWT with iss, iat and exp, and what the alteration sets.
func Make(alg string, a Alteration) (Made, error) {
	if alg == "" {
		alg = "ES256"
	}
	if a.Now.IsZero() {
		a.Now = time.Now()
	}
	if a.Lifetime == 0 && !a.Expire {
		a.Lifetime = 10 * time.Minute
	}
	payload := &Object{Members: []Member{{Name: "iss", Raw: json.RawMessage(`"` + MadeHere + `"`)},
		{Name: "iat", Raw: number(a.Now)}, {Name: "exp", Raw: number(a.Now)}}}
	header := &Object{Members: []Member{{Name: "alg", Raw: text(alg)}, {Name: "typ", Raw: text("JWT")}}}
	return a.make(header, payload, "", []string{"made from nothing"})
}

// Alter makes a token from another one. An encrypted token must have been opened first: its content is what is changed.
func Alter(r *Report, a Alteration) (Made, error) {
	if r.Nested != nil {
		r = r.Nested
	}
	t := r.Token
	if a.Now.IsZero() {
		a.Now = time.Now()
	}
	switch {
	case t == nil || t.Form == Text || t.Err != nil || r.Kind == KindJWE:
		return Made{}, fmt.Errorf("altering the token: %s cannot be altered: it must be a whole JWS%s",
			article(r.Kind), decryptFirst(r))
	case r.Payload == nil || r.Header == nil:
		return Made{}, errors.New("altering the token: its payload is no JSON object")
	case t.SD == nil && !a.Presentation.isZero():
		return Made{}, errors.New("altering the token: it is no SD-JWT, and has neither disclosures nor a key binding")
	case t.Form != Compact && a.Presentation.isZero():
		return a.alterJSON(t)
	case t.Form != Compact:
		return Made{}, errors.New("altering the token: disclosures are altered in the compact form alone (RFC 9901 4)")
	case a.Only > 1:
		return Made{}, fmt.Errorf("altering signature %d: the token has one", a.Only)
	case t.SD != nil:
		return a.alterSDJWT(t)
	}
	return a.make(r.Header, r.Payload, signatureOf(t.Raw), nil)
}

// decryptFirst is what to do about a token that cannot be read.
func decryptFirst(r *Report) string {
	if r.Kind == KindJWE {
		return ", or be opened with its key first"
	}
	return ""
}

func number(t time.Time) json.RawMessage { return json.RawMessage(fmt.Sprint(t.Unix())) }

func text(s string) json.RawMessage {
	b, _ := json.Marshal(s) // a string always marshals
	return b
}

// make writes the claims, then the header, then the signature.
func (a Alteration) make(header, payload *Object, signature string, notes []string) (Made, error) {
	m := Made{Notes: notes}
	for _, c := range append(append([]Claim(nil), a.Set...), a.Header...) {
		if err := c.check(); err != nil {
			return m, err
		}
	}
	claims := a.claims(payload, &m)
	params := &Object{Members: append([]Member(nil), header.Members...)}
	for _, c := range a.Header {
		if isNull(c.Value) {
			remove(params, c.Name)
			continue
		}
		set(params, c.Name, c.Value)
		m.note("header parameter %s set", c.Name)
	}
	m.Alg, _ = params.String("alg")
	if err := a.sign(params, claims, signature, &m); err != nil {
		return m, err
	}
	return m, a.encrypt(&m)
}

func (m *Made) note(format string, args ...any) {
	m.Notes = append(m.Notes, tokens.VisibleLine(fmt.Sprintf(format, args...)))
}

// claims is the payload as it is to be.
func (a Alteration) claims(payload *Object, m *Made) *Object {
	o := &Object{Members: append([]Member(nil), payload.Members...)}
	switch {
	case a.Expire:
		set(o, "exp", number(a.Now.Add(-time.Hour)))
		for _, name := range []string{"iat", "nbf"} {
			if o.Has(name) {
				set(o, name, number(a.Now.Add(-2*time.Hour)))
			}
		}
		m.note("expired an hour ago")
	case a.Lifetime != 0:
		set(o, "iat", number(a.Now))
		set(o, "exp", number(a.Now.Add(a.Lifetime)))
		remove(o, "nbf")
		m.note("good for %s", a.Lifetime)
	}
	if a.Audience != "" {
		set(o, "aud", text(a.Audience))
		m.note("audience %s", a.Audience)
	}
	for _, name := range a.Delete {
		if remove(o, name) {
			m.note("claim %s left out", name)
		}
	}
	for _, c := range a.Set {
		set(o, c.Name, c.Value)
		m.note("claim %s set", c.Name)
	}
	return o
}

func set(o *Object, name string, value json.RawMessage) {
	for i := range o.Members {
		if o.Members[i].Name == name {
			o.Members[i].Raw = value
			return
		}
	}
	o.Members = append(o.Members, Member{Name: name, Raw: value})
}

func remove(o *Object, name string) (was bool) {
	kept := o.Members[:0]
	for _, m := range o.Members {
		if m.Name == name {
			was = true
			continue
		}
		kept = append(kept, m)
	}
	o.Members = kept
	return was
}

// sign puts the token together.
func (a Alteration) sign(header, claims *Object, signature string, m *Made) error {
	switch a.Signature {
	case SignatureNone:
		set(header, "alg", text("none"))
		m.Alg = "none"
		m.note("alg none: not signed")
		m.join(header, claims, "")
	case SignatureStripped:
		m.note("signature stripped")
		m.join(header, claims, "")
	case SignatureKept:
		if signature == "" {
			return errors.New("keeping the signature: the token has none")
		}
		m.note("the old signature kept: it does not match what was changed")
		m.join(header, claims, signature)
	case "", SignatureBroken:
		return a.signed(header, claims, m)
	default:
		return fmt.Errorf("the signature cannot be made %q: use kept, stripped, broken or none",
			tokens.Clip(tokens.VisibleLine(string(a.Signature)), 40))
	}
	return nil
}

func (m *Made) join(header, claims *Object, signature string) {
	m.Token = tokens.NewSecret(jose.Segment(objectBytes(header)) + "." + jose.Segment(objectBytes(claims)) + "." +
		signature)
}

// signed signs with the key at hand or with one made for the algorithm.
func (a Alteration) signed(header, claims *Object, m *Made) error {
	m.Key = a.Key
	if a.Key.Type() == "" {
		if m.Alg == "" || strings.EqualFold(m.Alg, "none") {
			m.Alg = "ES256"
		}
		key, err := jose.Generate(m.Alg, "made-here")
		if err != nil {
			return fmt.Errorf("making a key for the token: %w", err)
		}
		m.Key, m.KeyMade = key, true
		set(header, "kid", text("made-here"))
		m.note("signed with a key made for it (kid made-here): only who is given the key accepts it")
	} else {
		m.Alg = ""
		if kid := a.Key.Kid(); kid != "" && !hasClaim(a.Header, "kid") {
			set(header, "kid", text(kid))
		}
		m.note("signed with the key that was handed in")
	}
	if alg, ok := header.String("alg"); !ok || m.KeyMade && alg != m.Alg {
		set(header, "alg", text(m.Alg))
	}
	token, alg, err := jose.SignRaw(objectBytes(header), objectBytes(claims), m.Key)
	if err != nil {
		return err
	}
	m.Alg = alg
	if a.Signature == SignatureBroken {
		token = flip(token)
		m.note("one bit of the signature is wrong")
	}
	m.Token, m.Kid = tokens.NewSecret(token), m.Key.Kid()
	return nil
}

func hasClaim(list []Claim, name string) bool {
	for _, c := range list {
		if c.Name == name {
			return true
		}
	}
	return false
}

// flip changes the first character of the signature: a token that looks whole and does not verify.
func flip(token string) string {
	at := strings.LastIndexByte(token, '.') + 1
	replacement := "A"
	if token[at] == 'A' {
		replacement = "B"
	}
	return token[:at] + replacement + token[at+1:]
}

func (a Alteration) encrypt(m *Made) error {
	if a.EncryptTo.Type() == "" {
		return nil
	}
	token, err := jose.Encrypt([]byte(m.Token.Reveal()), jose.Header{"cty": "JWT"}, a.EncryptTo)
	if err != nil {
		return err
	}
	m.Token = tokens.NewSecret(token)
	m.note("encrypted")
	return nil
}

// objectBytes writes an object in its own order, its values as they are.
func objectBytes(o *Object) []byte {
	b := []byte{'{'}
	for i, m := range o.Members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, text(m.Name)...), ':'), m.Raw...)
	}
	return append(b, '}')
}
