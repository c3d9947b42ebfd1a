package inspect

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"html"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

func replaceIf(text, mark string, pattern func() *regexp.Regexp, with string) string {
	if !strings.Contains(text, mark) {
		return text
	}
	return pattern().ReplaceAllString(text, with)
}

func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

var (
	// escapeSequence is CSI, OSC with its end, or a single escape (ECMA-48 5).
	escapeSequence = pattern(`\x1b(?:\[[0-9;:?]*[ -/]?[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78])`)
	// inlineTag is a tag that can be inside a word.
	inlineTag = pattern(`(?i)</?(?:wbr|br|span|b|i|em|strong|mark|font|a|code|u|s|small|tt|var|kbd|samp|ins|del|sub|` +
		`sup|tspan)\b[^<>]*/?>`)
	caret      = pattern(`\^(?:\r?\n[ \t]*|([^\r\n]))`)
	lineNumber = pattern(`(?m)^[ \t]*[0-9]{1,7}[ \t]*[|:│\t][ \t]?`)
	qpEscape   = pattern(`=(?:[ \t]*\r?\n|([0-9A-Fa-f]{2}))`)
	percent    = pattern(`%(?:u00)?([0-9A-Fa-f]{2})`)
	backslash  = pattern(`\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[ux]\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|` +
		`([0-3][0-7]{2})|(\r?\n[ \t]*\\?)|([^\r\n]))`)
	base64Run = pattern(`[A-Za-z0-9+/_-]{20,}={0,2}`)
	// base64Lines is base64 on several lines, indented or not (RFC 2045 6.8).
	base64Lines = pattern(`[A-Za-z0-9+/_-]{16,}(?:[ \t"'|│>\\,+]*\r?\n[ \t"'|│>#*/]*[A-Za-z0-9+/_-]{4,})+={0,2}`)
	base32Run   = pattern(`\b[A-Z2-7]{40,}={0,6}`)
	rewritten   = pattern(`-[0-9A-F]{2}`)
	hexRun      = pattern(`[0-9A-Fa-f]{40,}`)
	hexDumpLine = pattern(`(?m)(?:^|[^0-9A-Fa-f])(?:0x)?[0-9A-Fa-f]{4,16}(?::| -)?[ \t]+(` +
		`(?:[0-9A-Fa-f]{2,4}(?:[ \t-]{1,3}|$)){1,32})`)
	charDumpLine = pattern(`(?m)^[ \t]*[0-9A-Fa-f]{4,16}((?:[ \t]+(?:[!-~]|\\[a-z0]|[0-7]{3})){1,32})[ \t\r]*$`)
	chunkSize    = pattern(`(?:^|\r\n)[0-9A-Fa-f]{1,8}(?:;[^\r\n]{0,80})?\r\n`)
	// betweenStrings is between the strings of a list.
	betweenStrings = pattern(`["']\s{0,20},\s{0,20}["']`)

	byteList = pattern(`(?:\b(?:0x[0-9A-Fa-f]{2}|[0-9]{2,3}|[0-9A-Fa-f]{2})\b[ \t\r\n,;:\\-]{1,8})` +
		`{24,}\b(?:0x[0-9A-Fa-f]{2}|[0-9]{2,3}|[0-9A-Fa-f]{2})\b`)
	byteNumber = pattern(`\b(?:0x)?[0-9A-Fa-f]{2,3}\b`)
)

// typographic replaces what word processors, phones and chats make of the characters of a token.
var typographic = strings.NewReplacer(
	"\u00a0", " ", "\u2007", " ", "\u202f", " ", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n",
	"\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2212", "-", "\u2013", "-", "\u2014", "--", "\u2024", ".", "\u3002",
	".",
	"\u2018", "'", "\u2019", "'", "\u201c", `"`, "\u201d", `"`,
)

// defangedDots replaces the dots that people write so that no program makes a link of them.
var defangedDots = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".")

// withoutControls removes control characters except white space and the escape of colours.
func withoutControls(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && !strings.ContainsRune("\t\n\r\x1b", r) || r == 0x7f {
			return -1
		}
		return r
	}, text)
}

// plainCharacters removes what cannot be seen, and replaces typographic and full-width characters by ASCII.
func plainCharacters(text string) string {
	if isASCII(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xff01 + '!'
		case unicode.Is(unicode.Cf, r), r == 0x034f, r >= 0xfe00 && r <= 0xfe0f:
			return -1
		}
		return r
	}, typographic.Replace(text))
}

// unframed removes what is at both ends of lines: marks of quotes and comments, frames, strings side by side.
func unframed(text string) string {
	if !strings.ContainsAny(text, "\n>|│┃║") {
		return text
	}
	const blank, frame, quote = " \t\r", "|│┃║", `"'`
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimLeft(line, blank+frame+quote+">#*+;:")
		line = strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(line, "//"), "--"), blank+frame+quote)
		line = strings.TrimRight(line, blank)
		if n := len(line); n > 0 && strings.Contains(`+,;\`, line[n-1:]) {
			line = strings.TrimRight(line[:n-1], blank)
		}
		lines[i] = strings.TrimRight(line, blank+frame+quote)
	}
	return strings.Join(lines, "\n")
}

// minWidth is the least width at which programs wrap lines.
const minWidth = 40

// unwrapped joins the lines of the most frequent width with those that follow them.
func unwrapped(text string) string {
	lines := strings.Split(text, "\n")
	if len(lines) < 2 {
		return text
	}
	count, width := map[int]int{}, 0
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
		n := utf8.RuneCountInString(lines[i])
		if count[n]++; n >= minWidth && (count[n] > count[width] || count[n] == count[width] && n > width) {
			width = n
		}
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(line)
		if utf8.RuneCountInString(line) != width {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// controls are the escapes of one letter that C, JSON and most languages share.
var controls = map[string]string{"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "a": "\a",
	"e": "\x1b", "0": "\x00"}

// unescaped decodes the escapes of strings. Of an unknown escape it removes the backslash.
func unescaped(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	return backslash().ReplaceAllStringFunc(text, func(escape string) string {
		m := backslash().FindStringSubmatch(escape)
		for i, base := range map[int]int{1: 16, 2: 16, 3: 16, 4: 16, 5: 8} {
			if m[i] != "" {
				n, err := strconv.ParseUint(m[i], base, 32)
				if err != nil || n > unicode.MaxRune {
					return escape
				}
				return string(rune(n))
			}
		}
		if m[6] != "" {
			return ""
		}
		if c, ok := controls[m[7]]; ok {
			return c
		}
		return m[7]
	})
}

func percentDecoded(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	return percent().ReplaceAllStringFunc(text, hexByte)
}

// hexByte returns the byte of the last two hexadecimal digits of an escape.
func hexByte(escape string) string {
	b, err := hex.DecodeString(escape[len(escape)-2:])
	if err != nil {
		return escape
	}
	return string(b)
}

func htmlDecoded(text string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	return html.UnescapeString(text)
}

// fromQuotedPrintable accepts hexadecimal digits in either case, as RFC 2045 6.7 allows a robust reader.
func fromQuotedPrintable(text string) string {
	if !strings.Contains(text, "=") {
		return text
	}
	return qpEscape().ReplaceAllStringFunc(text, func(escape string) string {
		if strings.HasSuffix(escape, "\n") {
			return ""
		}
		return hexByte(escape)
	})
}

// cookiePiece is a name that ends with a number, and its value, in a header, a table, a list of variables or JSON.
var cookiePiece = pattern(`([A-Za-z_][A-Za-z0-9_.%-]{0,100}?)(\.|_|-|C|)([0-9]{1,2})["']?(?:\s{0,4}[=:\t|]\s{0,4}|` +
	`["']?\s*,\s*["']value["']\s*:\s*)["']?([A-Za-z0-9._~+/%-]{4,}={0,2})`)

// namedValues writes the name and the value of a JSON object, as in HAR, as one assignment.
func namedValues(text string) string {
	if !strings.Contains(text, `"value"`) {
		return text
	}
	return nameFirst().ReplaceAllString(valueFirst().ReplaceAllString(text, "$2=$1\n"), "$1=$2\n")
}

var (
	valueFirst = pattern(`"value"\s*:\s*"([^"]*)"[^{}]{0,400}"name"\s*:\s*"([^"]+)"`)
	nameFirst  = pattern(`"name"\s*:\s*"([^"]+)"[^{}]{0,400}"value"\s*:\s*"([^"]*)"`)
)

// joinedCookies joins the values of NAME.0, NAME.1 … in the order of their numbers.
func joinedCookies(text string) string {
	if !strings.ContainsAny(text, "=:\t|") {
		return text
	}
	type part struct {
		n     int
		value string
	}
	var names []string
	parts := map[string][]part{}
	for _, m := range cookiePiece().FindAllStringSubmatch(text, 1000) {
		name := m[1] + m[2]
		n, _ := strconv.Atoi(m[3])
		if parts[name] == nil {
			names = append(names, name)
		}
		if !slices.ContainsFunc(parts[name], func(p part) bool { return p.n == n }) {
			parts[name] = append(parts[name], part{n, m[4]})
		}
	}
	var b strings.Builder
	for _, name := range names {
		list := parts[name]
		slices.SortFunc(list, func(a, b part) int { return a.n - b.n })
		if len(list) < 2 || list[0].n > 1 || list[len(list)-1].n != list[0].n+len(list)-1 {
			continue
		}
		b.WriteString(strings.TrimRight(name, "._-") + "=")
		for _, p := range list {
			b.WriteString(p.value)
		}
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		return text
	}
	return b.String()
}

// base64Runs decodes base64 of text, in its place. It leaves the segments of a token alone.
func base64Runs(text string, run *regexp.Regexp) string {
	var b strings.Builder
	done := 0
	for _, at := range run.FindAllStringIndex(text, maxRuns) {
		if isSegment(text, at[0], at[1]) {
			continue
		}
		if decoded, ok := textOfBase64(text[at[0]:at[1]]); ok {
			b.WriteString(text[done:at[0]] + "\n" + decoded + "\n")
			done = at[1]
		}
	}
	return b.String() + text[done:]
}

// isSegment reports whether a run of base64 is a segment of a token: a long one is before it, or any one follows. A
// name may be before it, as in the subprotocol base64url.bearer.authorization.k8s.io.… of Kubernetes.
func isSegment(text string, start, end int) bool {
	const shortest = 16 // of the segments that come before another one: the initialization vector of a JWE
	if end+1 < len(text) && text[end] == '.' && isBase64(rune(text[end+1])) {
		return true
	}
	if start == 0 || text[start-1] != '.' {
		return false
	}
	n := 0
	for n < shortest && start-2-n >= 0 && tokenChar[text[start-2-n]] && text[start-2-n] != '.' {
		n++
	}
	return n == 0 || n == shortest
}

// textOfBase64 returns the text in base64 of any alphabet, on one or more lines, compressed or not. What is before and
// after it may look the same: a word with a mark, lines of text.
func textOfBase64(s string) (string, bool) {
	lines := strings.FieldsFunc(s, func(r rune) bool { return !isBase64(r) })
	for drop := 0; drop < 3 && drop < len(lines); drop++ {
		flat := strings.TrimRight(strings.Join(lines[:len(lines)-drop], ""), "=")
		e := base64.RawURLEncoding
		if strings.ContainsAny(flat, "+/") {
			e = base64.RawStdEncoding
		}
		for from := 0; ; {
			if b, err := e.DecodeString(flat[from:]); err == nil {
				if text := fromUTF16(string(decompressed(b))); isText(text) {
					return flat[:from] + text, true
				}
			}
			mark := strings.IndexAny(flat[from:max(from, min(len(flat), maxMark))], "+/-_")
			if mark < 0 {
				break
			}
			from += mark + 1
		}
	}
	return "", false
}

// maxMark bounds what may be before base64 and look like it.
const maxMark = 16

func isBase64(r rune) bool {
	return r < utf8.RuneSelf && (tokenChar[byte(r)] || r == '+' || r == '/' || r == '=')
}

// maxInflated bounds what is decompressed, in bytes.
const maxInflated = 1 << 20

func decompressed(b []byte) []byte {
	var r io.Reader
	var err error
	switch {
	case len(b) > 10 && b[0] == 0x1f && b[1] == 0x8b:
		r, err = gzip.NewReader(bytes.NewReader(b))
	case len(b) > 6 && b[0] == 0x78 && (int(b[0])<<8|int(b[1]))%31 == 0:
		r, err = zlib.NewReader(bytes.NewReader(b))
	default:
		return b
	}
	if err != nil {
		return b
	}
	made, err := io.ReadAll(io.LimitReader(r, maxInflated))
	if err != nil {
		return b
	}
	return made
}

// isText reports whether bytes are text that a person could have written.
func isText(text string) bool {
	if len(text) < 12 || !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && r != '\x1b' && r != '\a' {
			return false
		}
	}
	return true
}

// fromBase32 decodes base32 (RFC 4648 6) in its place.
func fromBase32(s string) string {
	b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(s, "="))
	if err == nil && isText(string(b)) {
		return "\n" + string(b) + "\n"
	}
	return s
}

// fromProofpoint decodes a link of Proofpoint URL Defense 2: a hyphen is the percent sign.
func fromProofpoint(text string) string {
	if !strings.Contains(text, "urldefense.proofpoint.com/v2/") {
		return text
	}
	return rewritten().ReplaceAllStringFunc(strings.ReplaceAll(text, "_", "/"), hexByte)
}

func fromHex(s string) string {
	b, err := hex.DecodeString(s[:len(s)&^1])
	if text := fromUTF16(string(b)); err == nil && isText(text) {
		return "\n" + text + "\n"
	}
	return s
}

// fromHexDump decodes the output of hexdump, xxd and od -x1: an offset, bytes, and perhaps the text.
func fromHexDump(text string) string {
	var b strings.Builder
	for _, m := range hexDumpLine().FindAllStringSubmatch(text, 20_000) {
		if groups, _, ok := strings.Cut(m[1], "  "); ok && strings.IndexByte(m[1], ' ') == 4 {
			m[1] = groups // xxd and tcpdump put the text after two blanks
		}
		b.WriteString(strings.NewReplacer(" ", "", "\t", "", "-", "").Replace(m[1]))
	}
	if s := b.String(); len(s) >= 40 {
		return fromHex(s)
	}
	return text
}

// fromCharDump decodes the output of od -c: an offset, and the characters one by one.
func fromCharDump(text string) string {
	var b strings.Builder
	for _, m := range charDumpLine().FindAllStringSubmatch(text, 20_000) {
		for char := range strings.FieldsSeq(m[1]) {
			if len(char) == 1 {
				b.WriteString(char)
			} else {
				b.WriteString(unescaped(`\` + strings.TrimPrefix(char, `\`)))
			}
		}
	}
	if b.Len() < minOpaque {
		return text
	}
	return b.String()
}

// fromByteList decodes lists of bytes in decimal or hexadecimal, as Go, Java and JavaScript print them.
func fromByteList(text string) string {
	return byteList().ReplaceAllStringFunc(text, func(s string) string {
		for _, base := range []int{10, 16} {
			var b []byte
			for _, n := range byteNumber().FindAllString(s, -1) {
				v, err := strconv.ParseUint(strings.TrimPrefix(n, "0x"), base, 8)
				if err != nil {
					b = nil
					break
				}
				b = append(b, byte(v))
			}
			if text := fromUTF16(string(b)); isText(text) {
				return "\n" + text + "\n"
			}
		}
		return s
	})
}
