package inspect

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"fob/tokens/jose/ordered"
)

// MaxInput bounds what is read, in bytes. The rest is cut off, and the report says so.
const MaxInput = 32 << 20

// Decode cleans what was pasted and decodes the token in it. It never fails: of a malformed token it decodes as much as
// possible, and Err says where the fault is.
func Decode(input string) *Token { return decode(input, false) }

// decode decodes the input as it is if exact, and cleans it first otherwise.
func decode(input string, exact bool) *Token {
	t := &Token{Raw: input, Received: input}
	c := cleaner{text: input}
	if !exact {
		c.run()
		t.Received = c.text
		c.removePadding()
		t.Raw, t.Cleaned, t.longer, t.others = c.text, c.removed, c.longer, c.others
	}
	t.Kind, t.Form, t.Sizes.Total = KindOpaque, Text, len(t.Raw)
	switch raw := t.Raw; {
	case raw == "":
		t.Kind = KindNothing
		t.fail(0, "there is no token")
	case strings.HasPrefix(strings.TrimLeft(raw, " \t\r\n"), "{"):
		t.decodeJSON()
	case looksLikeSDJWT(raw):
		t.decodeSDJWT()
	case c.compact || isCompact(raw):
		t.decodeCompact(raw)
	case raw[0] == '[' && keySetOf(raw) != "":
		t.Kind, t.NoToken = KindKeySet, "this is a list of keys, not a token: "+keySetOf(raw)
	case t.describeAuthorization():
	case t.describeSecret():
	default:
		t.describeOpaque()
	}
	return t
}

// isCompact reports whether the text is a JOSE token, complete or malformed: its first segment decodes to the beginning
// of a JSON object. Counting dots is not enough: opaque tokens have dots too, as in the example of RFC 9449.
func isCompact(raw string) bool {
	first, _, dotted := strings.Cut(raw, ".")
	head := first[:min(len(first), 88)] // enough to see how the header begins
	b, _ := decodeSegment(head)
	text := strings.TrimLeft(string(b), " \t\r\n")
	if !strings.HasPrefix(text, "{") {
		return false
	}
	rest := strings.TrimLeft(text[1:], " \t\r\n")
	return strings.HasPrefix(rest, `"`) || dotted && (rest == "" || rest[0] == '}')
}

func (t *Token) decodeCompact(raw string) {
	t.Form, t.Kind, t.Signatures = Compact, KindJWS, 1
	segments := strings.SplitN(raw, ".", 7) // a JWE has five; of more the rest stays in one piece
	offset := 0
	t.findTruncation(segments)
	if strings.HasSuffix(raw, "...") && !strings.HasSuffix(raw, "....") || strings.HasSuffix(raw, "…") {
		t.fail(len(strings.TrimRight(raw, ".…")), "it ends with an ellipsis: the rest is missing")
	}
	t.Header, t.HeaderJSON = t.decodeJSONSegment("header", segments[0], offset, true)
	t.Sizes.Header = len(segments[0])
	if isJWE(len(segments), t.Header) {
		t.decodeCompactJWE(segments)
		return
	}
	switch n := len(segments); {
	case n == 1 && isClaims(t.Header):
		t.setClaimsOnly(t.Header, t.HeaderJSON)
		return
	case n == 1:
		return
	case n > 3:
		t.fail(len(segments[0])+len(segments[1])+len(segments[2])+2, "%d segments: a JWS has 3, a JWE 5",
			strings.Count(raw, ".")+1)
	}
	offset += len(segments[0]) + 1
	t.decodePayload(segments[1], offset)
	t.Sizes.Payload = len(segments[1])
	if len(segments) > 2 {
		offset += len(segments[1]) + 1
		t.Sizes.Signature = len(segments[2])
		if _, err := decodeSegment(segments[2]); err != nil {
			t.fail(offset+badByte(segments[2]), "the signature is %v", err)
		}
	}
	t.Kind = kindOf(t.Header, t.Payload)
}

// setClaimsOnly makes the token the payload of a JWT without header and signature, as Envoy, Istio and API gateways
// pass it on.
func (t *Token) setClaimsOnly(payload *Object, text []byte) {
	t.Kind, t.Form, t.Signatures, t.Err = KindClaims, Text, 0, nil
	t.Header, t.HeaderJSON, t.Payload, t.PayloadJSON = nil, nil, payload, text
	t.Sizes = Sizes{Total: len(t.Raw)}
}

// isClaims reports whether an object is the payload of a JWT by its claims. A header would have an alg (RFC 7515
// 4.1.1).
func isClaims(o *Object) bool {
	if o.Has("alg") || o.Has("enc") || o.Has("active") || o.Has("access_token") {
		return false
	}
	n := 0
	for _, name := range []string{"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "azp", "scope", "scp"} {
		if o.Has(name) {
			n++
		}
	}
	return n > 1
}

// findTruncation reports segments that are missing at the end, unless a segment before them is malformed.
func (t *Token) findTruncation(segments []string) {
	if len(segments) > 2 {
		return
	}
	for _, s := range segments {
		if badByte(s) < len(s) {
			return
		}
	}
	switch {
	case len(segments) == 1:
		t.fail(len(t.Raw), "it ends in or after the header: the payload and the signature are missing (truncated "+
			"when it was copied?)")
	case len(segments) == 2:
		t.fail(len(t.Raw), "it ends in or after the payload: the signature is missing (truncated when it was copied?)")
	}
}

// isJWE recognises an encrypted token by its five segments or, if it is truncated, by the enc in its header.
func isJWE(segments int, h *Object) bool {
	return h.Has("enc") || segments == 5 && !h.Has("alg")
}

func (t *Token) decodeCompactJWE(segments []string) {
	t.Kind = KindJWE
	names := []string{"header", "encrypted key", "initialization vector", "ciphertext", "authentication tag"}
	offset := 0
	for i, s := range segments {
		if i > 0 && i < len(names) {
			if _, err := decodeSegment(s); err != nil {
				t.fail(offset+badByte(s), "the %s is %v", names[i], err)
			}
		}
		offset += len(s) + 1
	}
	if n := len(segments); n != 5 {
		t.fail(len(t.Raw), "%d segments: a JWE has 5 (truncated when it was copied?)", strings.Count(t.Raw, ".")+1)
		return
	}
	t.Sizes.Payload, t.Sizes.Signature = len(segments[3]), len(segments[4])
}

// decodePayload decodes the payload segment. With b64 false the segment is the payload itself (RFC 7797).
func (t *Token) decodePayload(segment string, offset int) {
	if raw, ok := t.Header.Raw("b64"); ok && string(raw) == "false" {
		t.PayloadJSON = []byte(segment)
		if o, err := ordered.Parse(t.PayloadJSON); err == nil {
			t.Payload = o
		}
		return
	}
	if segment == "" {
		return // detached: the payload is sent apart (RFC 7515 appendix F)
	}
	t.Payload, t.PayloadJSON = t.decodeJSONSegment("payload", segment, offset, false)
}

// decodeJSONSegment decodes a segment with a JSON object in it. If must, anything else is an error.
func (t *Token) decodeJSONSegment(name, text string, offset int, must bool) (*Object, []byte) {
	b, err := decodeSegment(text)
	if err != nil {
		t.fail(offset+badByte(text), "the %s is %v", name, err)
	}
	if len(b) == 0 {
		return nil, b
	}
	if !utf8.Valid(b) {
		t.Notes = append(t.Notes, fmt.Sprintf("the %s has bytes that are not UTF-8 (the first at byte %d)", name,
			badUTF8(b)))
	}
	o, syntax := ordered.Parse(b)
	if syntax != nil {
		if must || strings.HasPrefix(strings.TrimSpace(string(b[:min(len(b), 64)])), "{") {
			t.fail(offset+syntax.Offset*4/3, "the %s: %s", name, syntax.Message)
		}
		return o, b
	}
	for _, d := range o.Duplicates() {
		t.Notes = append(t.Notes, fmt.Sprintf("%s is in the %s more than once", d, name))
	}
	return o, b
}

// badUTF8 returns the offset of the first byte that is not UTF-8.
func badUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(b)
}

var (
	errNotBase64 = errors.New("not base64url (RFC 7515 2)")
	errLeftover  = errors.New("base64url with unused bits set: another encoding of the same bytes (RFC 7515 2)")
	errLength    = errors.New("base64url that ends in the middle of a byte: one character is missing, or one too many")
)

// decodeSegment decodes base64url. With an error it returns the bytes before the fault.
func decodeSegment(s string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err == nil && !strings.ContainsAny(s, "\r\n") {
		return b, nil
	}
	good := s[:badByte(s)]
	if len(good) == len(s) && len(s)%4 != 1 {
		b, _ = base64.RawURLEncoding.DecodeString(s)
		return b, errLeftover
	}
	why := errNotBase64
	if len(good) == len(s) {
		why = errLength
	}
	if len(good)%4 == 1 {
		good = good[:len(good)-1]
	}
	b, _ = base64.RawURLEncoding.DecodeString(good)
	return b, why
}

// badByte returns the offset of the first byte outside the base64url alphabet, or the length if all are inside.
func badByte(s string) int {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return i
		}
	}
	return len(s)
}
