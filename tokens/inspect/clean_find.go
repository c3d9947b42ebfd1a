package inspect

import (
	"encoding/base64"
	"regexp"
	"strings"
	"sync"
	"unicode/utf16"
)

func (c *cleaner) decodeUTF16() bool { return c.set(fromUTF16(c.text), "the encoding UTF-16") }

// fromUTF16 decodes UTF-16, which Windows writes into files: with a byte order mark, or ASCII with zeros.
func fromUTF16(t string) string {
	if len(t) < 4 || len(t)%2 != 0 {
		return t
	}
	big := t[0] == 0xfe && t[1] == 0xff || t[0] == 0 && t[2] == 0 && t[1] != 0
	little := t[0] == 0xff && t[1] == 0xfe || t[1] == 0 && t[3] == 0 && t[0] != 0
	if !big && !little {
		return t
	}
	units := make([]uint16, 0, len(t)/2)
	for i := 0; i < len(t); i += 2 {
		low, high := uint16(t[i]), uint16(t[i+1])
		if big {
			low, high = high, low
		}
		units = append(units, high<<8|low)
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff")
}

// Patterns of what is inside a token that was sent by mail, printed by a program or written as a string.
var (
	colours   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\x1b\[[0-9;]{0,20}[A-Za-z]`) })
	softBreak = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`([A-Za-z0-9_.-])=\r?\n([A-Za-z0-9_.-])`)
	})
	quotedLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^[ \t]*(?:>[ \t]?)+`) })
	sentLine   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^> [A-Z]+ \S+ ` +
			`HTTP/`)
	}) // of curl -v
)

// removeEscapes removes what mail and programs add to a text: quoted-printable (RFC 2045 6.7), the marks of a quoted
// mail, colours of a terminal, and \u002e for a dot.
func (c *cleaner) removeEscapes() bool {
	if len(c.text) > maxDocument {
		return false
	}
	changed := false
	if strings.Contains(c.text, "\x1b[") {
		changed = c.set(colours().ReplaceAllString(c.text, ""), "colours of a terminal")
	}
	if strings.Contains(c.text, "=\n") || strings.Contains(c.text, "=\r\n") {
		plain := strings.NewReplacer("=\r\n", "", "=\n", "", "=2E", ".", "=3D", "=", "=20", " ").Replace(c.text)
		if softBreak().MatchString(c.text) {
			changed = c.set(plain, "quoted-printable (= at line ends)") || changed
		}
	}
	if strings.Contains(c.text, `\u002e`) || strings.Contains(c.text, `\u002E`) {
		changed = c.set(strings.NewReplacer(`\u002e`, ".", `\u002E`, ".", `\u003d`, "=", `\u003D`,
			"=").Replace(c.text), `the escape \u002e`) || changed
	}
	if (strings.HasPrefix(c.text, ">") || strings.Contains(c.text, "\n>")) && !strings.HasPrefix(c.text, "<") &&
		!strings.Contains(c.text, "\n<") && !sentLine().MatchString(c.text) {
		changed = c.set(quotedLine().ReplaceAllString(c.text, ""), "the marks of a quoted mail") || changed
	}
	return changed
}

// joinBlanks joins a token that is split by blanks: the text is only the token, and its first word is not complete.
func (c *cleaner) joinBlanks() bool {
	if len(c.text) > maxDocument || !strings.ContainsAny(c.text, " \t") || !isCompact(strings.TrimLeft(c.text, " \t")) {
		return false
	}
	words := strings.Fields(c.text)
	if isWhole(words[0]) {
		return false
	}
	if joined := strings.Join(words, ""); hasOnlyTokenChars(joined) && isWhole(joined) {
		return c.set(joined, "blanks inside it")
	}
	return false
}

// isWhole reports whether a text has the segments of a JWS or a JWE, all valid base64url. Disclosures may follow.
func isWhole(text string) bool {
	jws, _, _ := strings.Cut(text, "~")
	segments := strings.SplitN(jws, ".", 6)
	if n := len(segments); n != 3 && n != 5 || !isCompact(text) || segments[len(segments)-1] == "" {
		return false
	}
	for _, s := range segments {
		if _, err := decodeSegment(s); err != nil {
			return false
		}
	}
	return true
}

// decodeBase64 takes a token out of base64, the form of a value in a Kubernetes Secret.
func (c *cleaner) decodeBase64() bool {
	const head = 256
	if len(c.text) < 40 || len(c.text) > maxDocument || strings.ContainsAny(c.text, ".~ \n{") {
		return false
	}
	start, err := base64.StdEncoding.DecodeString(c.text[:min(len(c.text), head)&^3])
	if err != nil || !isCompact(strings.TrimPrefix(string(start), "Bearer ")) {
		return false
	}
	if b, err := base64.StdEncoding.DecodeString(c.text); err == nil {
		return c.set(string(b), "base64 around it")
	}
	return false
}

// subprotocol is how a browser sends a bearer token to Kubernetes, in Sec-WebSocket-Protocol.
var subprotocol = pattern(`\bbase64url\.bearer\.authorization\.k8s\.io\.([A-Za-z0-9_-]{8,})`)

func (c *cleaner) decodeSubprotocol() bool {
	const mark = ".k8s.io."
	if len(c.text) > maxDocument || !strings.Contains(c.text, mark) {
		return false
	}
	m := subprotocol().FindStringSubmatch(c.text)
	if m == nil {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(m[1])
	if err != nil || !isToken68(string(b)) {
		return false
	}
	c.named = true
	return c.set(string(b), "the WebSocket subprotocol of Kubernetes and base64url around it")
}
