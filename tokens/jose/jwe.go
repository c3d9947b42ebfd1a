package jose

import (
	"errors"
	"fmt"
	"strings"

	"fob/tokens"
	"fob/tokens/jose/ordered"
)

// The limits of decryption. A million iterations take some tenths of a second; they are the limit for all keys
// together.
const (
	maxRecipients = 32
	maxIterations = 1_000_000 // p2c, for all keys that are tried on one token
	minIterations = 1
	maxPlaintext  = 16 << 20 // after decompression
)

// budget is the work that may still be spent on one token.
type budget struct{ iterations int }

// errUncertain marks a failure that proves nothing about the token.
var errUncertain = errors.New("cannot be decrypted here")

func isUncertain(err error) bool { return errors.Is(err, errUncertain) }

// jweMessage is a parsed JWE of any serialisation (RFC 7516 7).
type jweMessage struct {
	aad           []byte // the additional authenticated data of the tag (RFC 7516 5.1, step 14)
	iv, text, tag []byte
	recipients    []recipient
}

type recipient struct {
	header       *joseHeader
	encryptedKey []byte
	err          error // why its header is invalid
}

func parseJWE(token string) (*jweMessage, error) {
	if strings.HasPrefix(strings.TrimLeft(token, " \t\r\n"), "{") {
		return parseJSONJWE(token)
	}
	parts := strings.SplitN(token, ".", 6)
	if len(parts) != 5 {
		return nil, fmt.Errorf("not a JWE: %d of 5 segments (RFC 7516 7.1)", strings.Count(token, ".")+1)
	}
	if parts[0] == "" {
		return nil, errors.New("not a JWE: the header segment is empty (RFC 7516 5.2)")
	}
	protected, err := readHeader(parts[0])
	if err != nil {
		return nil, err
	}
	m := &jweMessage{aad: []byte(parts[0])}
	encryptedKey, err := part64("encrypted key", parts[1])
	if err != nil {
		return nil, err
	}
	if err := m.readBody(parts[2], parts[3], parts[4]); err != nil {
		return nil, err
	}
	h, err := newHeader(protected, nil)
	m.recipients = []recipient{{header: h, encryptedKey: encryptedKey, err: err}}
	return m, nil
}

func part64(name, text string) ([]byte, error) {
	b, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("the %s is %w", name, err)
	}
	return b, nil
}

func (m *jweMessage) readBody(iv, text, tag string) (err error) {
	if m.iv, err = part64("initialization vector", iv); err != nil {
		return err
	}
	if m.text, err = part64("ciphertext", text); err != nil {
		return err
	}
	m.tag, err = part64("authentication tag", tag)
	return err
}

// parseJSONJWE parses the flattened and the general form: header members may be in three places and form one header
// (RFC 7516 7.2).
func parseJSONJWE(token string) (*jweMessage, error) {
	doc, syntax := ordered.Parse([]byte(token))
	if syntax != nil {
		return nil, fmt.Errorf("not a JWE: %w", syntax)
	}
	if d := doc.Duplicates(); len(d) > 0 {
		return nil, fmt.Errorf("duplicate member %s", quote(d[0]))
	}
	if !doc.Has("ciphertext") {
		return nil, errors.New("not a JWE: there is no ciphertext (RFC 7516 7.2.1)")
	}
	text := map[string]string{}
	for _, name := range []string{"protected", "iv", "aad", "ciphertext", "tag"} {
		s, ok := doc.String(name)
		if doc.Has(name) && !ok {
			return nil, fmt.Errorf("%s is not a string (RFC 7516 7.2.1)", name)
		}
		text[name] = s
	}
	protected, err := readHeader(text["protected"])
	if err != nil {
		return nil, err
	}
	m := &jweMessage{aad: []byte(text["protected"])}
	if doc.Has("aad") {
		if _, err := part64("aad", text["aad"]); err != nil {
			return nil, err
		}
		m.aad = []byte(text["protected"] + "." + text["aad"])
	}
	if err := m.readBody(text["iv"], text["ciphertext"], text["tag"]); err != nil {
		return nil, err
	}
	var shared []*ordered.Object
	if doc.Has("unprotected") {
		o, ok := doc.Object("unprotected")
		if !ok {
			return nil, errors.New("unprotected is not a JSON object (RFC 7516 7.2.1)")
		}
		shared = append(shared, o)
	}
	return m, m.readRecipients(doc, protected, shared)
}

func (m *jweMessage) readRecipients(doc, protected *ordered.Object, shared []*ordered.Object) error {
	raw, general := doc.Raw("recipients")
	if !general {
		r, err := oneRecipient(doc, protected, shared)
		m.recipients = []recipient{r}
		return err
	}
	if doc.Has("encrypted_key") || doc.Has("header") {
		return errors.New("recipients and encrypted_key or header exclude each other (RFC 7516 7.2.2)")
	}
	items, ok := ordered.Array(raw)
	switch {
	case !ok || len(items) == 0:
		return errors.New("recipients is not a non-empty list (RFC 7516 7.2.1)")
	case len(items) > maxRecipients:
		return fmt.Errorf("%d recipients, at most %d are tried", len(items), maxRecipients)
	}
	for i, item := range items {
		o, syntax := ordered.Parse(item)
		if syntax != nil {
			return fmt.Errorf("recipient %d: %w", i+1, syntax)
		}
		r, err := oneRecipient(o, protected, shared)
		if err != nil {
			return fmt.Errorf("recipient %d: %w", i+1, err)
		}
		m.recipients = append(m.recipients, r)
	}
	return nil
}

func oneRecipient(o, protected *ordered.Object, shared []*ordered.Object) (recipient, error) {
	var r recipient
	text, ok := o.String("encrypted_key")
	if o.Has("encrypted_key") && !ok {
		return r, errors.New("encrypted_key is not a string (RFC 7516 7.2.1)")
	}
	var err error
	if r.encryptedKey, err = part64("encrypted key", text); err != nil {
		return r, err
	}
	unprotected := append([]*ordered.Object(nil), shared...)
	if o.Has("header") {
		own, ok := o.Object("header")
		if !ok {
			return r, errors.New("header is not a JSON object (RFC 7516 7.2.1)")
		}
		unprotected = append(unprotected, own)
	}
	r.header, r.err = newHeader(protected, unprotected)
	return r, nil
}

// compression reads zip, which must be protected (RFC 7516 4.1.3). The verdict belongs to the error.
func (m *jweMessage) compression(h *joseHeader) (bool, tokens.Verdict, error) {
	_, has := h.get("zip")
	zip, err := h.text("zip")
	switch {
	case err != nil:
		return false, tokens.Bad, err
	case !has:
		return false, "", nil
	case !h.protected.Has("zip"):
		return false, tokens.Bad, errors.New("zip is not in the protected header (RFC 7516 4.1.3)")
	case zip != "DEF":
		return false, tokens.CannotTell, fmt.Errorf("unsupported compression %s", quote(zip))
	}
	return true, "", nil
}

// checkLengths checks every length that the algorithms fix, before anything is computed.
func (m *jweMessage) checkLengths(enc contentAlgorithm, km keyAlgorithm, r recipient) error {
	switch {
	case len(m.iv) != enc.iv:
		return fmt.Errorf("the initialization vector has %d bytes, %s takes %d", len(m.iv), enc.name, enc.iv)
	case len(m.tag) != enc.tag:
		return fmt.Errorf("the authentication tag has %d bytes, %s takes %d", len(m.tag), enc.name, enc.tag)
	case enc.cbc && (len(m.text) == 0 || len(m.text)%16 != 0):
		return fmt.Errorf("the ciphertext has %d bytes, which is not a multiple of 16", len(m.text))
	}
	want := -1
	switch km.scheme {
	case direct, ecdhDirect:
		want = 0
	case aesKW, ecdhKW, pbes2:
		want = enc.key + 8
	case aesGCMKW:
		want = enc.key
	}
	if want >= 0 && len(r.encryptedKey) != want {
		return fmt.Errorf("the encrypted key has %d bytes, %s with %s takes %d",
			len(r.encryptedKey), km.name, enc.name, want)
	}
	if want < 0 && len(r.encryptedKey) == 0 {
		return errors.New("the encrypted key is missing")
	}
	return nil
}
