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

// Clean takes the token out of what a person pasted and says, in order, what was removed. What it cannot explain it
// leaves alone. Padding inside a token is removed here too, so that it can be read; verification sees it (Token).
func Clean(input string) (token string, removed []string) {
	c := cleaner{text: input}
	c.run()
	c.padding()
	return c.text, c.removed
}

// cleaner holds the text as it shrinks.
type cleaner struct {
	text    string
	removed []string
	named   bool        // it was taken out by the name of a member or parameter that holds tokens
	longer  []string    // other readings of the token: more of what follows it belongs to it
	others  []discovery // the other tokens in the text
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

// maxRounds bounds how deep wrappings may stand inside each other: quotes in a curl command in quotes …
const maxRounds = 12

func (c *cleaner) run() {
	if len(c.text) > MaxInput {
		c.set(c.text[:MaxInput], fmt.Sprintf("everything after %d bytes", MaxInput))
	}
	if isBare(c.text) && strings.Contains(c.text, ".") && isCompact(c.text) && !endsInFileName(c.text) {
		return
	}
	input := c.text
	c.unwrap()
	if len(input) <= maxDocument && !isSerialisation(c.text) {
		c.choose(input)
	}
}

// unwrap takes away what can be told by its structure, step by step: that is all there is for an opaque token.
func (c *cleaner) unwrap() {
	steps := []func() bool{c.wide, c.invisible, c.outer, c.escapes, c.command, c.kubernetes, c.request, c.headerName,
		c.document, c.parameters, c.scheme, c.percent, c.folds, c.blanks, c.mention, c.encoded}
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

// choose searches the input for whole tokens and takes the surest. What unwrap took out by its name is kept when it is
// opaque, or broken by itself; and it is searched too, since it may be encoded.
func (c *cleaner) choose(input string) {
	own := gradeOf(c.text)
	if own == gradeCertain && c.text == input {
		return
	}
	all, opaque := search(input)
	if d := bestOfAll(all); own == gradeCertain && !c.named && d != nil && isTokenName(d.name) && d.token != c.text {
		c.take(*d, nil)
	}
	if own < gradeCertain {
		d, before := bestOfAll(all), []string(nil)
		// What has a name is an opaque token, unless it is the beginning of a token that was found.
		opaqueByName := own == gradeNone && c.named && len(c.text) >= minOpaque && isToken68(c.text)
		if c.text != input && (d == nil || opaqueByName && !strings.HasPrefix(d.token, c.text)) {
			inside, _ := search(c.text)
			if d = bestOfAll(inside); d != nil {
				before = c.removed
			}
		}
		if d != nil && d.grade > own && !c.isWhatItIs(own, d.token) || d != nil && own == gradeNone &&
			d.grade == gradeNone {
			c.take(*d, before)
		} else if own == gradeNone && c.named && isToken68(c.text) {
			c.ofSecret(input)
		} else if own == gradeNone && len(opaque) > 0 && !tellsOfItself(c.text) {
			c.take(opaque[0], nil)
			c.others = opaque[1:]
		}
	}
	lines := c.others
	c.others = nil
	for _, d := range append(all, lines...) {
		known := slices.ContainsFunc(c.others, func(o discovery) bool { return o.token == d.token })
		switch {
		case d.token == c.text:
			c.longer = d.longer
		case d.grade == gradeNone && len(lines) == 0, strings.HasPrefix(c.text, d.token), known:
		case d.grade == gradeNone || d.grade >= gradeLikely:
			c.others = append(c.others, d)
		}
	}
}

// isWhatItIs reports whether the text is a token that is broken by itself, and other is not the same token whole.
func (c *cleaner) isWhatItIs(own grade, other string) bool {
	return own > gradeNone && len(c.removed) > 0 && !strings.HasPrefix(other, c.text[:min(runLength(c.text), 40)])
}

func bestOfAll(list []discovery) *discovery {
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

// take makes a discovery the token; before is what was removed already.
func (c *cleaner) take(d discovery, before []string) {
	c.removed = slices.Clip(before)
	for _, note := range append(slices.Clip(d.notes), "the text around it") {
		c.set(c.text+"\x00", note) // each note stands for a change
	}
	c.text, c.longer = d.token, d.longer
}

// minOpaque is the length below which no token is opaque: a word was taken for one.
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

// isBare reports whether there is nothing around the token: the usual case in bulk, and worth one look.
func isBare(s string) bool {
	for i := 0; i < len(s); i++ {
		if !bare[s[i]] {
			return false
		}
	}
	return true
}

var bare = func() (table [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~") {
		table[c] = true
	}
	return table
}()

// invisible removes what cannot be seen and stands in no token: byte order marks and zero-width characters.
func (c *cleaner) invisible() bool {
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

// outer removes what surrounds a token in prose, source code and terminals.
func (c *cleaner) outer() bool {
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
		return regexp.MustCompile(`(?i)^\s*(?:proxy-)?(authorization|dpop|cookie|set-cookie|x-[a-z0-9-]*(?:token|jwt|assertion|authorization)[a-z0-9-]*|x-access-token|id-token)\s*:\s*`)
	})
	schemeWord = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(bearer|dpop|negotiate|ntlm|token|jwt|access_token|id_token|refresh_token)(?:\s*:\s*|\s+)`)
	})
	leadingVar = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:export\s+|set\s+|\$)?[A-Za-z_][A-Za-z0-9_]{0,40}\s*=\s*`)
	})
)

// headerName removes the name of an HTTP header; of a cookie header the value that looks like a token is kept.
func (c *cleaner) headerName() bool {
	m := headerLine().FindStringSubmatch(c.text)
	if m == nil {
		return false
	}
	name := strings.ToLower(m[1])
	rest := c.text[len(m[0]):]
	if name != "cookie" && name != "set-cookie" {
		return c.set(rest, "the header name "+canonical(name))
	}
	value := bestOf(splitCookies(rest))
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

// bestOf picks the value that is a JOSE token, or else the longest.
func bestOf(values []string) string {
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

// scheme removes "Bearer " and its like, and a variable's name before an equals sign. "Bearer" twice shows as twice.
func (c *cleaner) scheme() bool {
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

// tokenNames are the parameters and members that hold a token, in the order in which they are looked for.
var tokenNames = []string{
	"access_token", "id_token", "logout_token", "client_assertion", "assertion", "subject_token", "id_token_hint",
	"request", "response", "token", "jwt", "refresh_token", "accessToken", "idToken", "refreshToken", "authToken",
	"credential",
}

// parameters takes the token out of a URL's query or fragment, or out of a form body.
func (c *cleaner) parameters() bool {
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

// percent decodes %2E and other percent-encoding in what has no other percent signs.
func (c *cleaner) percent() bool {
	if isAuthorization(c.text) {
		return false // its parameters are told one from the other by what is encoded
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

// folds removes RFC 8792 folds and the line breaks that terminals, mails and editors put into a long token.
func (c *cleaner) folds() bool {
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
			c.others = append(c.others, discovery{found: found{token: line}})
		}
		return c.set(lines[0], "the lines around it")
	}
	return c.set(firstTokenLine(c.text), "the lines around it")
}

// isWrapped reports whether lines were made by breaking a longer one: all but the last are equally long.
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

// joinLines takes the line breaks out of a text, and the blanks beside them; ok is false when more than one word
// remains.
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

// severalTokens reports whether lines hold a whole token each, so that joining them would make nonsense.
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

// firstTokenLine picks the line of a text that holds a JOSE token, with the lines in which it goes on; the text itself
// when none does.
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
					return goesOn(word, lines[i:])
				}
				return word
			}
		}
	}
	return text
}

// padding removes "=" from the segments of a JOSE token (RFC 7515 2 forbids it).
func (c *cleaner) padding() {
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
