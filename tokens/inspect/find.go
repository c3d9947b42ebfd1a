package inspect

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"fob/tokens/jose/ordered"
)

// grade says how certain it is that a text is a complete token. A higher one is preferred.
type grade int

const (
	gradeNone        grade = iota // not a JOSE token
	gradeBroken                   // it begins like one
	gradeWrongLength              // all segments are there; the length of the signature or tag is wrong
	gradeLikely                   // all segments are there; the algorithm has no known length
	gradeCertain                  // all segments are there; the length is right
)

// gradeOf grades a compact serialisation, with or without disclosures.
func gradeOf(text string) grade {
	if !strings.Contains(text, ".") || !isCompact(text) {
		return gradeNone
	}
	jws, disclosures, isSD := strings.Cut(text, "~")
	segments := strings.SplitN(jws, ".", 6)
	for _, s := range segments {
		if badByte(s) < len(s) || len(s)%4 == 1 {
			return gradeBroken
		}
	}
	header := headerOf(segments[0])
	enc, encrypted := header.String("enc")
	if encrypted && len(segments) != 5 || !encrypted && len(segments) != 3 {
		return gradeBroken
	}
	alg, _ := header.String("alg")
	sizes, known := signatureSizes[alg]
	if encrypted {
		sizes, known = tagSizes[enc]
	}
	last := segments[len(segments)-1]
	switch {
	case isSD && disclosures != "" && !strings.HasSuffix(disclosures, "~") && !endsInKeyBinding(disclosures):
		return gradeBroken
	case alg == "":
		return gradeWrongLength
	case !known && last == "" && !strings.EqualFold(alg, "none"):
		return gradeWrongLength
	case !known:
		return gradeLikely
	}
	for _, n := range sizes {
		if len(last) == (n*8+5)/6 {
			return gradeCertain
		}
	}
	return gradeWrongLength
}

func endsInKeyBinding(disclosures string) bool {
	return gradeOf(disclosures[strings.LastIndexByte(disclosures, '~')+1:]) >= gradeLikely
}

// headerOf returns the header in a segment; nil if it has none.
func headerOf(segment string) *Object {
	if len(segment) > maxShape {
		return nil
	}
	b, err := decodeSegment(segment)
	if err != nil {
		return nil
	}
	o, syntax := ordered.Parse(b)
	if syntax != nil {
		return nil
	}
	return o
}

// signatureSizes are the lengths of signatures in bytes by algorithm (RFC 7518 3, RFC 8037 3.1, RFC 8812 3.2), tagSizes
// those of authentication tags by content encryption (RFC 7518 5). An RSA signature is as long as the modulus.
var (
	rsaSizes       = []int{128, 256, 384, 512, 1024}
	signatureSizes = map[string][]int{
		"HS256": {32}, "HS384": {48}, "HS512": {64}, "ES256": {64}, "ES256K": {64}, "ES384": {96}, "ES512": {132},
		"RS256": rsaSizes, "RS384": rsaSizes, "RS512": rsaSizes, "PS256": rsaSizes, "PS384": rsaSizes,
		"PS512": rsaSizes,
		"EdDSA": {64, 114}, "Ed25519": {64}, "Ed448": {114}, "ML-DSA-44": {2420}, "ML-DSA-65": {3309},
		"ML-DSA-87": {4627},
	}
	tagSizes = map[string][]int{
		"A128GCM": {16}, "A192GCM": {16}, "A256GCM": {16}, "A128CBC-HS256": {16}, "A192CBC-HS384": {24},
		"A256CBC-HS512": {32},
	}
)

// match is a token in a text.
type match struct {
	token      string
	grade      grade
	name       string   // of the member, parameter, variable or header with the token; "" if unknown
	start, end int      // offsets in the text
	longer     []string // other readings of the same place, with more of the lines that follow
}

// Bounds of a search in one text.
const (
	maxStarts = 400 // places where a token may begin and does not, in a search
	maxFound  = 1000
	maxPieces = 400 // lines and words that a token may be split into
	maxBroken = 64 << 10
	maxGap    = 400 // bytes between two pieces
)

// findTokens returns the complete tokens in a text, in their order. Each begins with a JOSE header, the length of its
// signature says where it ends, and between the two it may be split by line ends, blanks and the marks that programs
// add. starts bounds the failed attempts.
func findTokens(text string, starts *int) (list []match) {
	for next := 0; *starts > 0 && len(list) < maxFound; {
		at := headerStart(text, next)
		if at < 0 {
			break
		}
		next = at + 2
		if f, ok := tokenAt(text, at); ok {
			f.name = nameBefore(text[:at])
			list = append(list, f)
			next = f.end
		} else {
			*starts--
		}
	}
	return list
}

// headerStart returns the offset of the next text that looks like a JSON object in base64url; -1 for none.
func headerStart(text string, from int) int {
	for i := from; i+8 < len(text); i++ {
		if text[i] != 'e' || text[i+1] != 'y' && text[i+1] != 'w' {
			continue
		}
		b, err := decodeSegment(beginning(text, i))
		if err != nil || len(b) == 0 || b[0] != '{' {
			continue
		}
		if rest := strings.TrimLeft(string(b[1:]), " \t\r\n"); rest == "" || rest[0] == '"' {
			return i
		}
	}
	return -1
}

// beginning returns the first eight characters of a possible token, without what wraps lines between them.
func beginning(text string, at int) string {
	var b [8]byte
	n := 0
	for n < len(b) {
		run := text[at : at+runLength(text[at:min(len(text), at+len(b)-n)])]
		if n += copy(b[n:], run); n == len(b) {
			break
		}
		gap := gapLength(text[at+len(run) : min(len(text), at+len(run)+maxGap)])
		if run == "" || gap == 0 {
			return ""
		}
		at += len(run) + gap
	}
	return string(b[:])
}

// tokenAt reads the token that begins at an offset.
func tokenAt(text string, at int) (match, bool) {
	run := text[at : at+runLength(text[at:])]
	if short := withoutGlue(run, text[:at]); short != "" {
		return match{token: short, grade: gradeOf(short), start: at, end: at + len(short)}, true
	}
	token := leadingToken(run)
	f := match{token: token, grade: gradeOf(token), start: at, end: at + len(token)}
	switch {
	case f.grade >= gradeLikely && canEndBefore(text[f.end:]):
		f.longer = longerReadings(text, at, len(token))
		return f, true
	case f.grade >= gradeLikely:
		return f, false // more token characters follow: it is malformed
	}
	for _, read := range []func(string, int) []piece{words, column, firstWords} {
		for _, p := range joinPieces(read(text, at)) {
			if f.token == token {
				f.token, f.grade, f.end = p.text, gradeOf(p.text), p.end
			} else {
				f.longer = append(f.longer, p.text)
			}
		}
		if f.token != token {
			if last := len(f.longer) - 1; last >= 0 && strings.Contains(f.token, "~") { // with more disclosures
				f.token, f.longer = f.longer[last], nil
			}
			return f, true
		}
	}
	return f, f.grade == gradeWrongLength && canEndBefore(text[f.end:])
}

// longerReadings returns the longer readings of a token that ends at a line end.
func longerReadings(text string, at, length int) (longer []string) {
	if rest := text[at+length:]; rest == "" || rest[0] != '\n' && rest[0] != '\r' {
		return nil
	}
	for _, p := range joinPieces(words(text, at)) {
		if len(p.text) > length {
			longer = append(longer, p.text)
		}
	}
	return longer
}

// runLength counts the token characters at the beginning of a text.
func runLength(text string) int {
	for i := 0; i < len(text); i++ {
		if !tokenChar[text[i]] {
			return i
		}
	}
	return len(text)
}

// leadingToken returns the segments that a token needs from the beginning of a run.
func leadingToken(run string) string {
	jws, rest, isSD := strings.Cut(run, "~")
	segments := strings.SplitN(jws, ".", 7)
	need := 3
	if headerOf(segments[0]).Has("enc") {
		need = 5
	}
	switch {
	case len(segments) <= need && isSD:
		return jws + "~" + strings.TrimRight(rest, ".")
	case len(segments) <= need:
		return jws
	}
	return strings.Join(segments[:need], ".")
}

// canEndBefore reports whether a token can end before a text: no token goes on with such characters.
func canEndBefore(rest string) bool {
	if rest == "" {
		return true
	}
	if sentence := strings.TrimLeft(rest, "."); len(rest)-len(sentence) == 1 {
		return sentence == "" || strings.ContainsAny(sentence[:1], " \t\r\n\"'`<)]")
	}
	if mark := strings.TrimLeft(rest[:1], "%$"); mark == "" { // shells and editors mark the end of a line with these
		return canEndBefore(rest[1:])
	}
	if r, _ := utf8.DecodeRuneInString(rest); r >= utf8.RuneSelf {
		return r != '…'
	}
	return strings.ContainsAny(rest[:1], " \t\r\n\x00\x1b\"'`@?<>|()[]{},;:&\\/*#^")
}

// piece is a part of a token that is split, and the offset of its end in the text.
type piece struct {
	text string
	end  int
}

// joinPieces returns the complete tokens that the first pieces make, the shorter ones first.
func joinPieces(pieces []piece) (list []piece) {
	var b strings.Builder
	dots, sd := 0, false
	for i, p := range pieces {
		if b.Len()+len(p.text) > maxBroken {
			break
		}
		b.WriteString(p.text)
		if dots += strings.Count(p.text, "."); dots < 2 || i == 0 {
			continue
		}
		if sd = sd || strings.Contains(p.text, "~"); dots > 5 && !sd { // more segments than any token has
			break
		}
		if whole := strings.TrimRight(b.String(), "."); gradeOf(whole) == gradeCertain && hasJSONPayload(whole) {
			list = append(list, piece{whole, p.end})
		}
	}
	return list
}

// hasJSONPayload reports whether the payload of a joined token is JSON, which does not happen by accident. That of an
// encrypted token cannot be seen.
func hasJSONPayload(token string) bool {
	segments := strings.SplitN(token, ".", 4)
	payload, err := decodeSegment(segments[1])
	return len(segments) > 3 || err == nil && json.Valid(payload)
}

// words returns the words that follow each other with only what wraps lines between them: blanks, line ends, frames,
// quotes, marks of comments.
func words(text string, at int) (list []piece) {
	for range maxPieces {
		n := runLength(text[at:])
		if n == 0 {
			break
		}
		list = append(list, piece{text[at : at+n], at + n})
		gap := gapLength(text[at+n : min(len(text), at+n+maxGap)])
		if gap == 0 {
			break
		}
		at += n + gap
	}
	return list
}

// gapLength returns the length of what may be between two pieces of a token: blanks, or a line end with marks around
// it.
func gapLength(text string) int {
	marks, white, line := false, false, false
	for i, r := range text {
		switch {
		case r == '\n' || r == '\r':
			line = true
		case r == ' ' || r == '\t':
			white = true
		case r < utf8.RuneSelf && tokenChar[byte(r)]:
			if !line && (!white || marks) {
				return 0
			}
			return i
		case strings.ContainsRune("{}[]?!=%$@<", r) || r == '…':
			return 0
		default:
			marks = true
		}
	}
	return 0
}

// column returns the words below each other in the same column as the first: a list, a table, numbered lines.
func column(text string, at int) []piece {
	line := strings.LastIndexByte(text[:at], '\n') + 1
	indent := utf8.RuneCountInString(text[line:at])
	return wordPerLine(text, at, func(at int) int {
		for range indent {
			_, size := utf8.DecodeRuneInString(text[at:])
			if size == 0 || text[at] == '\n' {
				break
			}
			at += size
		}
		return at
	})
}

// firstWords returns the first words of the lines.
func firstWords(text string, at int) []piece {
	return wordPerLine(text, at, func(at int) int {
		for at < len(text) && text[at] != '\n' && !tokenChar[text[at]] {
			at++
		}
		return at
	})
}

// wordPerLine returns the word at the offset and one of each line below, as long as there is one. find returns where
// the word begins in the line at an offset.
func wordPerLine(text string, at int, find func(line int) int) (list []piece) {
	for range maxPieces {
		n := runLength(text[at:])
		if n == 0 {
			break
		}
		list = append(list, piece{text[at : at+n], at + n})
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			break
		}
		at = find(at + end + 1)
	}
	return list
}

var nameOf = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_.-]{1,60})\\{0,3}["'\x60\])]{0,2}\s{0,40}(?:=>|[:=>])` +
		`\s{0,4}\\{0,3}["'\x60\[(]{0,2}(?:(?i:bearer|dpop|token)\s+)?$`)
})

// nameBefore returns the name that a text gives to what follows it; "" for none.
func nameBefore(text string) string {
	if m := nameOf().FindStringSubmatch(text[max(0, len(text)-160):]); m != nil {
		return m[1]
	}
	return ""
}
