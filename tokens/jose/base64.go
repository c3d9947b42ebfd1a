package jose

import (
	"encoding/base64"
	"errors"
	"strings"
)

var strictURL = base64.RawURLEncoding.Strict()

// errBase64 names the rule of RFC 7515 2, which the decoder's error does not.
var errBase64 = errors.New("not base64url without padding (RFC 7515 2)")

// decode decodes base64url as RFC 7515 2 requires: no padding, no line breaks, and no leftover bits, because a second
// encoding of the same bytes would be another token with the same signature.
func decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the standard decoder skips these
		return nil, errBase64
	}
	b, err := strictURL.DecodeString(s)
	if err != nil {
		return nil, errBase64
	}
	return b, nil
}

// isEncoded reports whether decode would accept s, without decoding it.
func isEncoded(s string) bool {
	for i := 0; i < len(s); i++ {
		if sextet[s[i]] < 0 {
			return false
		}
	}
	switch len(s) % 4 { // the unused bits of the last character must be zero
	case 1:
		return false
	case 2:
		return sextet[s[len(s)-1]]&0xf == 0
	case 3:
		return sextet[s[len(s)-1]]&0x3 == 0
	}
	return true
}

// sextet maps each character of the base64url alphabet (RFC 4648 5) to its value, all others to -1.
var sextet = func() (values [256]int8) {
	for i := range values {
		values[i] = -1
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		values[c] = int8(i)
	}
	return values
}()

// decodeLenient also accepts padded and standard base64, which some JWKs contain; lenient reports that it was needed.
func decodeLenient(s string) (b []byte, lenient bool, err error) {
	if b, err := decode(s); err == nil {
		return b, false, nil
	}
	t := strings.NewReplacer("+", "-", "/", "_", "\n", "", "\r", "", " ", "").Replace(s)
	b, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(t, "="))
	if err != nil {
		return nil, true, errBase64
	}
	return b, true, nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
