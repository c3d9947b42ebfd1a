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

// Alteration says how a token for a test is minted or altered. What breaks the signature is applied last, whatever the
// order of the fields.
type Alteration struct {
	Set    []Claim  // claims to set, in order: existing ones keep their place, new ones come last
	Delete []string // claims to remove
	Header []Claim  // header parameters to set; null removes one
	// Expire sets exp to an hour ago, and iat and nbf to two hours ago. Lifetime sets iat to now and exp that much
	// later. With neither, the times stay.
	Expire   bool
	Lifetime time.Duration
	Audience string // another aud
	// Signature says how the token is signed: "" signs with Key, or with a generated key.
	Signature SignatureFault
	Only      int      // which signature of a JSON serialisation is altered, from 1; 0: all of them
	Key       jose.Key // zero: one is generated for the algorithm of the token
	EncryptTo jose.Key // zero: not encrypted
	Now       time.Time
	// Presentation is about what follows the issuer's JWT of an SD-JWT.
	Presentation Presentation
}

// Claim is a member to set. The value is JSON and is written unchanged.
type Claim struct {
	Name  string
	Value json.RawMessage
}

// SignatureFault is a way in which a signature can be invalid.
type SignatureFault string

// The faults. SignatureKept is the signature of the original token: it is invalid if anything was changed.
const (
	SignatureKept     SignatureFault = "kept"
	SignatureStripped SignatureFault = "stripped" // nothing after the last dot
	SignatureBroken   SignatureFault = "broken"   // one bit is wrong
	SignatureNone     SignatureFault = "none"     // alg none
)

// MintedToken is a token that was minted here, for tests. It is never that of a session.
type MintedToken struct {
	Token        tokens.Secret
	Key          jose.Key // that signed it; zero if none did
	KeyGenerated bool     // the key was generated for it
	Kid, Alg     string
	Notes        []string // what was done, in order
}

// MintedIssuer is the default issuer of minted tokens: no issuer has this name, so that such a token is not mistaken
// for a real one.
const MintedIssuer = "urn:fob:made-here"

// ErrClaimName means that a claim name would not stay inside its quotes, or has invisible characters.
var ErrClaimName = errors.New("the claim's name is not allowed")

// ParseClaim parses NAME=VALUE. The value is JSON if it parses as JSON, and a string otherwise; with NAME:=VALUE it
// must be JSON. A name that could end its quotes or is invisible is rejected with ErrClaimName.
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

// checkName rejects names that would inject JSON or deceive a reader.
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: it is empty", ErrClaimName)
	case len(name) > 256:
		return fmt.Errorf("%w: it has %d bytes, at most 256 are allowed", ErrClaimName, len(name))
	case !utf8.ValidString(name) || tokens.VisibleLine(name) != name:
		return fmt.Errorf("%w: %s has invisible characters", ErrClaimName, quoteForMessage(name))
	case strings.ContainsAny(name, "\"\\{}[],"):
		return fmt.Errorf("%w: %s has characters of JSON itself", ErrClaimName, quoteForMessage(name))
	}
	return nil
}

// check rejects a claim that would not stay inside its quotes.
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

// Mint mints a token: a JWT with iss, iat and exp, and what the alteration sets.
func Mint(alg string, a Alteration) (MintedToken, error) {
	if alg == "" {
		alg = "ES256"
	}
	if a.Now.IsZero() {
		a.Now = time.Now()
	}
	if a.Lifetime == 0 && !a.Expire {
		a.Lifetime = 10 * time.Minute
	}
	payload := &Object{Members: []Member{{Name: "iss", Raw: json.RawMessage(`"` + MintedIssuer + `"`)},
		{Name: "iat", Raw: numericDate(a.Now)}, {Name: "exp", Raw: numericDate(a.Now)}}}
	header := &Object{Members: []Member{{Name: "alg", Raw: jsonString(alg)}, {Name: "typ", Raw: jsonString("JWT")}}}
	return a.make(header, payload, "", []string{"made from nothing"})
}

// Alter makes a token from another one. Of an encrypted token, the report must have the decrypted content, which is
// altered.
func Alter(r *Report, a Alteration) (MintedToken, error) {
	if r.Nested != nil {
		r = r.Nested
	}
	t := r.Token
	if a.Now.IsZero() {
		a.Now = time.Now()
	}
	switch {
	case t == nil || t.Form == Text || t.Err != nil || r.Kind == KindJWE:
		return MintedToken{}, fmt.Errorf("altering the token: %s cannot be altered: it must be a complete JWS%s",
			article(r.Kind), decryptFirst(r))
	case r.Payload == nil || r.Header == nil:
		return MintedToken{}, errors.New("altering the token: its payload is not a JSON object")
	case t.SD == nil && !a.Presentation.isZero():
		return MintedToken{}, errors.New("altering the token: it is not an SD-JWT, and has neither disclosures nor " +
			"a key binding")
	case t.Form != Compact && a.Presentation.isZero():
		return a.alterJSON(t)
	case t.Form != Compact:
		return MintedToken{}, errors.New("altering the token: disclosures can only be altered in the compact form " +
			"(RFC 9901 4)")
	case a.Only > 1:
		return MintedToken{}, fmt.Errorf("altering signature %d: the token has one", a.Only)
	case t.SD != nil:
		return a.alterSDJWT(t)
	}
	return a.make(r.Header, r.Payload, signatureOf(t.Raw), nil)
}

// decryptFirst says what to do about a token that is encrypted.
func decryptFirst(r *Report) string {
	if r.Kind == KindJWE {
		return ", or be decrypted with its key first"
	}
	return ""
}

func numericDate(t time.Time) json.RawMessage { return json.RawMessage(fmt.Sprint(t.Unix())) }

func jsonString(s string) json.RawMessage {
	b, _ := json.Marshal(s) // a string always marshals
	return b
}

// make writes the claims, then the header, then the signature.
func (a Alteration) make(header, payload *Object, signature string, notes []string) (MintedToken, error) {
	m := MintedToken{Notes: notes}
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

func (m *MintedToken) note(format string, args ...any) {
	m.Notes = append(m.Notes, tokens.VisibleLine(fmt.Sprintf(format, args...)))
}

// claims returns the altered payload.
func (a Alteration) claims(payload *Object, m *MintedToken) *Object {
	o := &Object{Members: append([]Member(nil), payload.Members...)}
	switch {
	case a.Expire:
		set(o, "exp", numericDate(a.Now.Add(-time.Hour)))
		for _, name := range []string{"iat", "nbf"} {
			if o.Has(name) {
				set(o, name, numericDate(a.Now.Add(-2*time.Hour)))
			}
		}
		m.note("expired an hour ago")
	case a.Lifetime != 0:
		set(o, "iat", numericDate(a.Now))
		set(o, "exp", numericDate(a.Now.Add(a.Lifetime)))
		remove(o, "nbf")
		m.note("valid for %s", a.Lifetime)
	}
	if a.Audience != "" {
		set(o, "aud", jsonString(a.Audience))
		m.note("audience %s", a.Audience)
	}
	for _, name := range a.Delete {
		if remove(o, name) {
			m.note("claim %s removed", name)
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

// sign writes the token with the signature that was asked for.
func (a Alteration) sign(header, claims *Object, signature string, m *MintedToken) error {
	switch a.Signature {
	case SignatureNone:
		set(header, "alg", jsonString("none"))
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
		m.note("the old signature kept: it is invalid for what was changed")
		m.join(header, claims, signature)
	case "", SignatureBroken:
		return a.signed(header, claims, m)
	default:
		return fmt.Errorf("%q is not a fault of a signature: use kept, stripped, broken or none",
			tokens.Clip(tokens.VisibleLine(string(a.Signature)), 40))
	}
	return nil
}

func (m *MintedToken) join(header, claims *Object, signature string) {
	m.Token = tokens.NewSecret(jose.Segment(objectBytes(header)) + "." + jose.Segment(objectBytes(claims)) + "." +
		signature)
}

// signed signs with the given key or with one generated for the algorithm.
func (a Alteration) signed(header, claims *Object, m *MintedToken) error {
	m.Key = a.Key
	if a.Key.Type() == "" {
		if m.Alg == "" || strings.EqualFold(m.Alg, "none") {
			m.Alg = "ES256"
		}
		key, err := jose.Generate(m.Alg, "made-here")
		if err != nil {
			return fmt.Errorf("generating a key for the token: %w", err)
		}
		m.Key, m.KeyGenerated = key, true
		set(header, "kid", jsonString("made-here"))
		m.note("signed with a generated key (kid made-here): only a verifier with this key accepts it")
	} else {
		m.Alg = ""
		if kid := a.Key.Kid(); kid != "" && !hasClaim(a.Header, "kid") {
			set(header, "kid", jsonString(kid))
		}
		m.note("signed with the given key")
	}
	if alg, ok := header.String("alg"); !ok || m.KeyGenerated && alg != m.Alg {
		set(header, "alg", jsonString(m.Alg))
	}
	token, alg, err := jose.SignRaw(objectBytes(header), objectBytes(claims), m.Key)
	if err != nil {
		return err
	}
	m.Alg = alg
	if a.Signature == SignatureBroken {
		token = breakSignature(token)
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

// breakSignature changes the first character of the signature: the token looks valid and does not verify.
func breakSignature(token string) string {
	at := strings.LastIndexByte(token, '.') + 1
	replacement := "A"
	if token[at] == 'A' {
		replacement = "B"
	}
	return token[:at] + replacement + token[at+1:]
}

func (a Alteration) encrypt(m *MintedToken) error {
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

// objectBytes writes an object in its own order, with its values unchanged.
func objectBytes(o *Object) []byte {
	b := []byte{'{'}
	for i, m := range o.Members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, jsonString(m.Name)...), ':'), m.Raw...)
	}
	return append(b, '}')
}
