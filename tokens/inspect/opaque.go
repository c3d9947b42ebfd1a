package inspect

import (
	"fmt"
	"math"
	"strings"
)

// Shape describes a token that only its issuer can read.
type Shape struct {
	Name     string  `json:"name,omitempty"` // what it looks like: "GitHub personal access token"; empty if unknown
	Length   int     `json:"length"`
	Alphabet string  `json:"alphabet,omitempty"`
	Bits     float64 `json:"bits,omitempty"` // an upper bound of the entropy, by the frequency of the characters
}

func (t *Token) describeOpaque() {
	t.Form = Text
	count := countBytes(t.Raw)
	t.Shape = Shape{Length: len(t.Raw), Alphabet: alphabet(count, len(t.Raw)),
		Bits: math.Floor(entropy(count, len(t.Raw)))}
	t.Kind, t.Shape.Name = shapeOf(t.Raw)
}

// alphabet names the smallest usual alphabet that has all the characters.
func alphabet(count *[256]int, length int) string {
	only := func(chars string) bool {
		n := 0
		for i := 0; i < len(chars); i++ {
			n += count[chars[i]]
		}
		return n == length
	}
	const digits, lower, upper = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	switch {
	case length == 0:
		return ""
	case only(digits):
		return "digits"
	case only(digits + "abcdef"), only(digits + "ABCDEF"):
		return "hexadecimal"
	case only(digits+"abcdef-") && length == 36, only(digits+"ABCDEF-") && length == 36:
		return "UUID"
	case only(digits + lower + upper):
		return "letters and digits"
	case only(digits + lower + upper + "-_"), only(digits + lower + upper + "-_="):
		return "base64url"
	case only(digits + lower + upper + "+/="):
		return "base64"
	case only(digits + lower + upper + "-_.~+/="):
		return "characters of a bearer token (RFC 6750 2.1)"
	}
	return "other characters"
}

// entropy returns the Shannon entropy of the characters times the length, in bits.
func entropy(count *[256]int, length int) float64 {
	bits := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(length)
			bits -= p * math.Log2(p)
		}
	}
	return bits * float64(length)
}

// countBytes counts each byte of a text.
func countBytes(s string) *[256]int {
	var count [256]int
	for i := 0; i < len(s); i++ {
		count[s[i]]++
	}
	return &count
}

// IsKey reports whether the text looks like a key, a secret or a password, which cannot be introspected.
func (s Shape) IsKey() bool {
	for _, word := range []string{" key", " secret", " password"} {
		if strings.Contains(s.Name, word) {
			return true
		}
	}
	return false
}

// String describes the shape in one line: "GitHub OAuth access token · 40 characters · letters and digits".
func (s Shape) String() string {
	text := fmt.Sprintf("%d characters · %s", s.Length, s.Alphabet)
	if s.Name != "" {
		text = s.Name + " · " + text
	}
	return text
}
