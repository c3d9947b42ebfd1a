package inspect

import (
	"slices"
	"strings"
	"sync"
)

// decoder undoes one thing that programs do to texts. It returns the text unchanged if there is nothing to undo. A
// wrong guess does no harm, since the text itself is searched as well.
type decoder struct {
	name string // what was undone
	undo func(text string) string
}

// decoders are tried on every text, and again on what they return.
var decoders = sync.OnceValue(func() []decoder {
	return []decoder{
		{"the encoding UTF-16", fromUTF16},
		{"invisible or typographic characters", plainCharacters},
		{"control characters", withoutControls},
		{"compression", func(s string) string { return string(decompressed([]byte(s))) }},
		{"colours of a terminal", func(s string) string { return replaceIf(s, "\x1b", escapeSequence, "") }},
		{"the marks at the ends of lines", unframed},
		{lineWidth, unwrapped},
		{"line numbers", func(s string) string { return replaceIf(s, "\n", lineNumber, "") }},
		{"backslash escapes", unescaped},
		{"percent-encoding", percentDecoded},
		{"plus signs for blanks", func(s string) string {
			if !strings.Contains(s, "%") {
				return s
			}
			return strings.ReplaceAll(s, "+", " ")
		}},
		{"HTML entities", htmlDecoded},
		{"HTML tags", func(s string) string { return replaceIf(s, "<", inlineTag, "") }},
		{"quoted-printable", fromQuotedPrintable},
		{"carets of the Windows command line", func(s string) string { return replaceIf(s, "^", caret, "$1") }},
		{"names and values in JSON", namedValues},
		{"the pieces of a cookie", joinedCookies},
		{"base64 around it", func(s string) string { return base64Runs(s, base64Run()) }},
		{"base64 over lines around it", func(s string) string { return base64Runs(s, base64Lines()) }},
		{"hexadecimal around it", func(s string) string { return hexRun().ReplaceAllStringFunc(s, fromHex) }},
		{"base32 around it", func(s string) string { return base32Run().ReplaceAllStringFunc(s, fromBase32) }},
		{"a link that a mail filter rewrote", fromProofpoint},
		{"a hex dump around it", fromHexDump},
		{"a dump of characters around it", fromCharDump},
		{"chunks of an HTTP body", func(s string) string { return replaceIf(s, "\r\n", chunkSize, "") }},
		{"a list of segments", func(s string) string { return replaceIf(s, ",", betweenStrings, ".") }},
		{"defanged dots", func(s string) string { return defangedDots.Replace(s) }},
		{"a list of bytes around it", fromByteList},
	}
})

const lineWidth = "line ends of a width"

// Bounds of a search: texts that are decoded from each other, how deep, and how many bytes of them.
const (
	maxLayers     = 120
	maxLayerDepth = 7
	maxRuns       = 2000 // of base64 in a text
	maxSearched   = 3 << 20
	maxDecoded    = 1 << 20 // of texts that the decoders were tried on, not counting the first
)

// layer is a text, and what was undone to get it.
type layer struct {
	text  string
	notes []string
}

// candidate is a token that search found, and what was undone to find it.
type candidate struct {
	match
	notes []string
}

// search finds the tokens in a text and in what the text has in one or more encodings. The most certain come first; of
// those the access token, and then those that needed the fewest decodings. Without any, opaque are the words that
// the text calls tokens.
func search(text string) (list, opaque []candidate) {
	var payload *candidate
	noSecrets := false
	seen, tokens := map[string]bool{text: true}, map[string]bool{}
	layers, bytes := []layer{{text: text}}, len(text)
	depth, starts, decoded := maxLayerDepth, maxStarts, 0
	for i := 0; i < len(layers); i++ {
		l := layers[i]
		rest := []byte(nil)
		for _, f := range findTokens(l.text, &starts) {
			if !tokens[f.token] {
				tokens[f.token] = true
				list = append(list, candidate{f, l.notes})
			}
			if f.grade == gradeCertain { // its own content is not searched, nor what is encoded deeper
				depth = min(depth, len(l.notes)+1)
				if rest == nil {
					rest = []byte(l.text)
				}
				for j := f.start; j < f.end; j++ {
					rest[j] = ' '
				}
			}
		}
		if rest != nil {
			l.text = string(rest)
		}
		if payload == nil {
			payload = findPayload(l, &starts)
		}
		if len(list) == 0 && payload == nil && len(opaque) == 0 {
			if i == 0 {
				noSecrets = len(text) <= maxNamed && len(secretsIn(text)) == 0
			}
			opaque = opaqueIn(l, noSecrets)
		}
		if len(l.notes) >= depth || decoded > 0 && decoded+len(l.text) > maxDecoded {
			continue
		}
		decoded += len(l.text)
		for _, d := range decoders() {
			made := d.undo(l.text)
			if made == l.text || seen[made] || len(layers) >= maxLayers || bytes+len(made) > maxSearched {
				continue
			}
			seen[made] = true
			bytes += len(made)
			layers = append(layers, layer{made, append(slices.Clip(l.notes), d.name)})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		if a.grade != b.grade {
			return int(b.grade - a.grade)
		}
		return rankOf(a.name) - rankOf(b.name)
	})
	if payload != nil {
		list = append(list, *payload)
	}
	if len(list) > 0 {
		opaque = nil
	}
	slices.SortStableFunc(opaque, func(a, b candidate) int { return rankOf(a.name) - rankOf(b.name) })
	return list, opaque
}

// rankOf returns the place of a name in tokenNames.
func rankOf(name string) int {
	for i, n := range tokenNames {
		if strings.EqualFold(withoutSeparators(n), withoutSeparators(name)) {
			return i
		}
	}
	return len(tokenNames)
}

func isTokenName(name string) bool { return rankOf(name) < len(tokenNames) }

func withoutSeparators(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(name)
}

// findPayload finds the payload of a JWT without header and signature, as a proxy passes it to the service behind it.
func findPayload(l layer, starts *int) *candidate {
	for at := headerStart(l.text, 0); at >= 0 && *starts > 0; *starts-- {
		end := at
		for end < len(l.text) && isBase64(rune(l.text[end])) {
			end++
		}
		run := strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(l.text[at:end]), "=.")
		if !strings.Contains(run, ".") && isClaims(headerOf(run)) {
			return &candidate{match{token: run, name: nameBefore(l.text[:at]), start: at, end: end}, l.notes}
		}
		at = headerStart(l.text, max(end, at+2))
	}
	return nil
}
