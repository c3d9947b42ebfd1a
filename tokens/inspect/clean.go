package inspect

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"fob/tokens/jose/ordered"
)

// cleaner has the text that remains.
type cleaner struct {
	text    string
	removed []string
	named   bool        // the text is the value of a member or parameter for tokens
	longer  []string    // other readings of the token, with more of what follows it
	others  []candidate // the other tokens in the text
	compact bool        // the input is a compact token and nothing around it
}

func (c *cleaner) set(text, note string) bool {
	if text == c.text {
		return false
	}
	c.text = text
	for _, r := range c.removed {
		if r == note {
			note += " (again)"
			break
		}
	}
	c.removed = append(c.removed, note)
	return true
}

// maxRounds bounds how deep wrappings may be nested: quotes in a curl command in quotes …
const maxRounds = 12

func (c *cleaner) run() {
	if len(c.text) > MaxInput {
		c.set(c.text[:MaxInput], fmt.Sprintf("everything after %d bytes", MaxInput))
	}
	if hasOnlyTokenChars(c.text) && strings.Contains(c.text, ".") && isCompact(c.text) && !endsInFileName(c.text) {
		c.compact = true
		return
	}
	input := c.text
	c.unwrap()
	if len(input) <= maxDocument && !isSerialisation(c.text) {
		c.chooseToken(input)
	}
}

// unwrap removes, step by step, what can be recognised by its structure. For an opaque token there is no other way.
func (c *cleaner) unwrap() {
	steps := []func() bool{c.decodeUTF16, c.removeInvisible, c.trimOuter, c.removeEscapes, c.fromCommand,
		c.decodeSubprotocol, c.fromHTTPMessage, c.fromHeader,
		c.fromJSON, c.fromParameters, c.removeScheme, c.decodePercent, c.joinFolds, c.joinBlanks, c.fromText,
		c.decodeBase64}
	for range maxRounds {
		changed := false
		for _, step := range steps {
			if step() {
				changed = true
			}
		}
		if !changed {
			return
		}
	}
}

// chooseToken searches the input for complete tokens and uses the most certain one. It keeps what unwrap found by its
// name if that is opaque, or malformed by itself, and searches that too, since it may be encoded.
func (c *cleaner) chooseToken(input string) {
	own := gradeOf(c.text)
	if own == gradeCertain && c.text == input {
		return
	}
	all, opaque := search(input)
	if d := first(all); own == gradeCertain && !c.named && d != nil && isTokenName(d.name) && d.token != c.text {
		c.use(*d, nil)
	}
	if own < gradeCertain {
		d, before := first(all), []string(nil)
		// A named value is an opaque token, unless it is the beginning of a token that was found.
		opaqueByName := own == gradeNone && c.named && len(c.text) >= minOpaque && isToken68(c.text)
		if c.text != input && (d == nil || opaqueByName && !strings.HasPrefix(d.token, c.text)) {
			inside, _ := search(c.text)
			if d = first(inside); d != nil {
				before = c.removed
			}
		}
		if d != nil && d.grade > own && !c.isAnotherToken(own, d.token) || d != nil && own == gradeNone &&
			d.grade == gradeNone {
			c.use(*d, before)
		} else if own == gradeNone && c.named && isToken68(c.text) {
			c.decodeSecretData(input)
		} else if own == gradeNone && len(opaque) > 0 && !isDescribedWhole(c.text) {
			c.use(opaque[0], nil)
			c.others = opaque[1:]
		}
	}
	lines := c.others
	c.others = nil
	for _, d := range append(all, lines...) {
		known := slices.ContainsFunc(c.others, func(o candidate) bool { return o.token == d.token })
		switch {
		case d.token == c.text:
			c.longer = d.longer
		case d.grade == gradeNone && len(lines) == 0, strings.HasPrefix(c.text, d.token), known:
		case d.grade == gradeNone || d.grade >= gradeLikely:
			c.others = append(c.others, d)
		}
	}
}

// isAnotherToken reports whether the text is a malformed token of its own: other is not the same token complete.
func (c *cleaner) isAnotherToken(own grade, other string) bool {
	return own > gradeNone && len(c.removed) > 0 && !strings.HasPrefix(other, c.text[:min(runLength(c.text), 40)])
}

func first(list []candidate) *candidate {
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

// use makes a candidate the token. before is what was removed already.
func (c *cleaner) use(d candidate, before []string) {
	c.removed = slices.Clip(before)
	for _, note := range append(slices.Clip(d.notes), "the text around it") {
		c.set(c.text+"\x00", note) // set records a note only with a change
	}
	c.text, c.longer = d.token, d.longer
}

// minOpaque is the shortest opaque token: anything shorter is a word.
const minOpaque = 12

// isToken68 reports whether a text can be a bearer token (RFC 6750 2.1).
func isToken68(s string) bool {
	s = strings.TrimRight(s, "=")
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/") == ""
}

// isSerialisation reports whether a text is a JWS or a JWE in JSON.
func isSerialisation(text string) bool {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return false
	}
	doc, _ := ordered.Parse([]byte(text))
	return doc.Has("signatures") || doc.Has("signature") || doc.Has("ciphertext")
}

// hasOnlyTokenChars reports whether there is nothing around the token, the usual case in bulk.
func hasOnlyTokenChars(s string) bool {
	for i := 0; i < len(s); i++ {
		if !tokenChar[s[i]] {
			return false
		}
	}
	return true
}

var tokenChar = func() (table [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~") {
		table[c] = true
	}
	return table
}()

// removeInvisible removes what cannot be seen and is not part of any token: byte order marks and zero-width characters.
func (c *cleaner) removeInvisible() bool {
	if isASCII(c.text) || !strings.ContainsAny(c.text, "\ufeff\u200b\u200c\u200d\u2060\u00ad\u00a0") {
		return false
	}
	r := strings.NewReplacer("\ufeff", "", "\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\u00ad", "",
		"\u00a0", " ")
	return c.set(r.Replace(c.text), "invisible characters (byte order mark, zero width)")
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// trimOuter removes what surrounds a token in prose, source code and terminals.
func (c *cleaner) trimOuter() bool {
	space := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) && r != '\x1b' }
	changed := c.set(strings.TrimFunc(c.text, space), "white space around it")
	t := strings.TrimRight(strings.TrimLeft(c.text, ",;"), ",;")
	changed = c.set(t, "commas around it") || changed
	if n := len(c.text); n > minOpaque && n <= maxShape && !isToken68(c.text) {
		if t := lineEnds().ReplaceAllString(c.text, ""); len(t) >= minOpaque && isToken68(t) {
			changed = c.set(t, "marks of line ends around it") || changed
		}
	}
	for _, pair := range []string{`""`, `''`, "``", "“”", "‘’", "«»", "<>"} {
		r := []rune(pair)
		open, shut := string(r[0]), string(r[1])
		hasOpen, hasShut := strings.HasPrefix(c.text, open), strings.HasSuffix(c.text, shut)
		// One quote alone was copied by accident, unless it ends a longer text such as a command.
		alone := hasOpen != hasShut && !strings.ContainsAny(c.text, " \n{")
		if open == "<" && strings.Count(c.text, "<") > 1 {
			continue // XML, not an address in angle brackets
		}
		if len(c.text) > len(open) && (hasOpen && hasShut || alone) {
			changed = c.set(strings.TrimSuffix(strings.TrimPrefix(c.text, open), shut), "quotes around it") || changed
		}
	}
	return changed
}

var (
	headerLine = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^\s*(?:proxy-)?(authorization|dpop|cookie|set-cookie|x-[a-z0-9-]*(?:token|` +
			`jwt|assertion|authorization)[a-z0-9-]*|x-access-token|id-token)\s*:\s*`)
	})
	schemeWord = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(bearer|dpop|negotiate|ntlm|token|jwt|access_token|id_token|refresh_token)` +
			`(?:\s*:\s*|\s+)`)
	})
	leadingVar = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:export\s+|set\s+|\$)?[A-Za-z_][A-Za-z0-9_]{0,40}\s*=\s*`)
	})
)

// fromHeader removes the name of an HTTP header. Of a cookie header it keeps the value that looks like a token.
func (c *cleaner) fromHeader() bool {
	m := headerLine().FindStringSubmatch(c.text)
	if m == nil {
		return false
	}
	name := strings.ToLower(m[1])
	rest := c.text[len(m[0]):]
	if name != "cookie" && name != "set-cookie" {
		return c.set(rest, "the header name "+canonical(name))
	}
	value := tokenAmong(splitCookies(rest))
	return c.set(value, "the header "+canonical(name)+" around it")
}

func canonical(name string) string {
	switch name {
	case "authorization":
		return "Authorization"
	case "dpop":
		return "DPoP"
	case "cookie":
		return "Cookie"
	case "set-cookie":
		return "Set-Cookie"
	}
	return name
}

func splitCookies(text string) []string {
	var values []string
	for _, part := range strings.Split(text, ";") {
		if _, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
			values = append(values, strings.Trim(value, `"`))
		}
	}
	return values
}

// tokenAmong returns the value that is a JOSE token, or else the longest.
func tokenAmong(values []string) string {
	best := ""
	for _, v := range values {
		if isCompact(v) {
			return v
		}
		if len(v) > len(best) {
			best = v
		}
	}
	return best
}

// removeScheme removes "Bearer " and similar schemes, and a variable name before an equals sign. "Bearer" twice is
// reported twice.
func (c *cleaner) removeScheme() bool {
	if m := schemeWord().FindStringSubmatch(c.text); m != nil && len(m[0]) < len(c.text) {
		c.named = true
		word := strings.ToLower(m[1])
		if word == "bearer" {
			word = "Bearer"
		} else if word == "dpop" {
			word = "DPoP"
		}
		return c.set(c.text[len(m[0]):], word+" prefix")
	}
	if m := leadingVar().FindString(c.text); m != "" && isCompact(strings.Trim(c.text[len(m):], `"'`)) {
		return c.set(c.text[len(m):], "the variable name before it")
	}
	return false
}

// tokenNames are the parameters and members for tokens, in the order in which they are looked for.
var tokenNames = []string{
	"access_token", "id_token", "logout_token", "client_assertion", "assertion", "subject_token", "id_token_hint",
	"request", "response", "token", "jwt", "refresh_token", "accessToken", "idToken", "refreshToken", "authToken",
	"credential",
}

// fromParameters takes the token out of a URL's query or fragment, or out of a form body.
func (c *cleaner) fromParameters() bool {
	if len(c.text) > maxDocument || strings.ContainsAny(c.text, " \n{") || !strings.Contains(c.text, "=") {
		return false
	}
	where := "form body"
	parts := []string{c.text}
	if before, fragment, ok := strings.Cut(c.text, "#"); ok {
		parts, where = []string{fragment, before}, "URL"
	}
	for _, p := range parts {
		if _, query, ok := strings.Cut(p, "?"); ok {
			p, where = query, "URL"
		}
		values, err := url.ParseQuery(p)
		if err != nil {
			continue
		}
		for _, name := range tokenNames {
			if v := values.Get(name); v != "" {
				c.named = true
				note := "the " + where + " around " + name
				if values.Has("state") && strings.HasSuffix(name, "_token") {
					note += ", an authorization response"
				}
				return c.set(v, note)
			}
		}
	}
	return false
}

// decodePercent decodes %2E and other percent-encoding.
func (c *cleaner) decodePercent() bool {
	if isAuthorization(c.text) {
		return false // its parameters are separated by what is not encoded
	}
	if !strings.Contains(c.text, "%") || strings.ContainsAny(c.text, " {") {
		return false
	}
	plain, err := url.PathUnescape(c.text)
	if err != nil || strings.ContainsAny(plain, "\x00") {
		return false
	}
	return c.set(plain, "percent-encoding (%2E)")
}

// joinFolds removes RFC 8792 folds and the line breaks that terminals, mail and editors put into a long token.
func (c *cleaner) joinFolds() bool {
	if !strings.ContainsAny(c.text, "\r\n") || strings.HasPrefix(c.text, "{") {
		return false
	}
	if len(c.text) <= maxDocument && strings.Contains(c.text, "\\") {
		unfolded := foldMark().ReplaceAllString(foldHeader().ReplaceAllString(c.text, ""), "")
		if joined, ok := joinLines(unfolded); ok && unfolded != c.text {
			return c.set(joined, "line folds (RFC 8792)")
		}
	}
	joined, ok := joinLines(c.text)
	switch {
	case !ok || severalTokens(c.text):
	case len(c.text) > maxDocument,
		isToken68(strings.ReplaceAll(joined, "=.", ".")) && (isCompact(joined) || isWrapped(c.text)):
		return c.set(joined, "line breaks")
	}
	if lines := strings.Fields(c.text); isListOfTokens(lines) {
		for _, line := range lines[1:] {
			c.others = append(c.others, candidate{match: match{token: line}})
		}
		return c.set(lines[0], "the lines around it")
	}
	return c.set(firstTokenLine(c.text), "the lines around it")
}

// isWrapped reports whether the lines are one longer line that was wrapped: all but the last have the same length.
func isWrapped(text string) bool {
	lines := strings.Fields(text)
	last := len(lines) - 1
	return len(lines[0]) >= minWidth && len(lines[last]) < len(lines[0]) &&
		!slices.ContainsFunc(lines[:last], func(l string) bool { return len(l) != len(lines[0]) })
}

// isListOfTokens reports whether each line can be an opaque token.
func isListOfTokens(lines []string) bool {
	return len(lines) > 1 && len(lines) <= maxFound &&
		!slices.ContainsFunc(lines, func(l string) bool { return len(l) < minOpaque || !isToken68(l) })
}

var (
	foldHeader = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^\s*NOTE: '\\{1,2}' line wrapping per RFC 8792\s*$\n?`)
	})
	foldMark = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\\r?\n[ \t]*\\?`) })
)

// joinLines removes the line breaks from a text, and the blanks beside them. ok is false if more than one word remains.
func joinLines(text string) (joined string, ok bool) {
	var b strings.Builder
	b.Grow(len(text))
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.Trim(line, " \t")
		if strings.ContainsAny(line, " \t") {
			return "", false
		}
		b.WriteString(line)
	}
	return b.String(), b.Len() > 0
}

// severalTokens reports whether several lines have a complete token each, which must not be joined.
func severalTokens(text string) bool {
	if len(text) > maxDocument {
		return false
	}
	whole := 0
	for line := range strings.FieldsSeq(text) {
		if isWhole(strings.TrimRight(line, "=")) {
			whole++
		}
	}
	return whole > 1
}

// firstTokenLine returns the first JOSE token of a text, with the lines that it is wrapped over; without one, the text
// itself.
func firstTokenLine(text string) string {
	if len(text) > maxDocument {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if !strings.Contains(line, ".") {
			continue
		}
		words := strings.Fields(line)
		for n, word := range words {
			word = strings.Trim(word, `"',;`)
			if sentence := strings.TrimRight(word, ".!?:"); isWhole(sentence) {
				word = sentence
			}
			if len(word) > 20 && strings.Contains(word, ".") && isCompact(word) {
				if n == len(words)-1 {
					return withWrappedLines(word, lines[i:])
				}
				return word
			}
		}
	}
	return text
}

// removePadding removes "=" from the segments of a JOSE token (RFC 7515 2 forbids it).
func (c *cleaner) removePadding() {
	if !strings.Contains(c.text, "=") || strings.HasPrefix(c.text, "{") ||
		!isCompact(strings.ReplaceAll(c.text[:min(len(c.text), 4096)], "=", "")) {
		return
	}
	segments := strings.SplitN(c.text, ".", 7)
	for i, s := range segments {
		segments[i] = strings.TrimRight(s, "=")
	}
	c.set(strings.Join(segments, "."), "padding (=), which RFC 7515 2 forbids: the token does not verify with it")
}
