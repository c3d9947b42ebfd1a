package redact

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"fob/tokens"
	"fob/tokens/secretname"
)

// maxNesting bounds how deep text inside text (a JSON string that holds JSON, a parameter that holds a URL) is parsed;
// deeper text is searched as plain text.
const maxNesting = 4

// text redacts text of no particular syntax: HTML, a redirect URL, an error description, a header.
func (s *Redactor) text(text string, depth int) string {
	if len(text) < minPattern {
		return text
	}
	if depth >= maxNesting {
		text = s.plainText(text)
	} else {
		switch t := strings.TrimLeft(text, " \t\r\n"); {
		case t == "":
		case t[0] == '{' || t[0] == '[' || t[0] == '"':
			valid := json.Valid([]byte(text))
			text = s.json(text, depth+1)
			if !valid { // cut, several documents, or a log line that begins with a bracket
				text = s.plainText(text)
			}
		case isURL(t):
			text = s.urlParts(text, depth+1)
		default:
			text = s.plainText(text)
		}
	}
	return s.Index.Replace(s.jwts(text))
}

// isURL reports whether the text as a whole is a URL or the path and query of one.
func isURL(text string) bool {
	if strings.ContainsAny(text, " \t\r\n<>\"'") {
		return false
	}
	i := strings.Index(text, "://")
	return i > 0 && i < 16 || text[0] == '/' && strings.Contains(text, "?")
}

// plainText redacts text that is neither JSON nor a URL.
func (s *Redactor) plainText(text string) string {
	return s.sentences(s.elements(s.inputs(s.schemes(s.assignments(s.userinfo(privateKeys(text)))))))
}

// sentences redacts the secrets that a sentence names: "the client secret is …".
func (s *Redactor) sentences(text string) string {
	var b strings.Builder
	done := 0
	for _, v := range secretname.InSentences(text) {
		if value := text[v.Start:v.End]; !isProtocolWord(value) {
			b.WriteString(text[done:v.Start])
			b.WriteString(s.mask(value, v.Class))
			done = v.End
		}
	}
	return b.String() + text[done:]
}

// privateKeys hides the content of PEM private keys, up to the end of the text where the END line is missing.
func privateKeys(text string) string {
	const begins, ends = "PRIVATE KEY-----", "-----END "
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, begins)
		if b.WriteString(before); !found {
			return b.String()
		}
		b.WriteString(begins)
		if strings.LastIndex(before, "-----BEGIN ") <= strings.LastIndex(before, ends) {
			text = rest
			continue
		}
		b.WriteString(tokens.Hidden)
		end := strings.Index(rest, ends)
		if end < 0 {
			return b.String()
		}
		b.WriteString(ends)
		text = rest[end+len(ends):]
	}
}

// assigns returns the length of the separator of a name and a value at i: "=", ":", "=>", ":=" or "=" URL-encoded;
// 0 without one.
func assigns(text string, i int) int {
	switch {
	case text[i] != '=' && text[i] != ':':
		if text[i] == '%' && i+2 < len(text) && strings.EqualFold(text[i:i+3], "%3d") {
			return 3
		}
		return 0
	case i+1 < len(text) && (text[i:i+2] == "=>" || text[i:i+2] == ":="):
		return 2
	}
	return 1
}

// assignments redacts name=value and "name": "value" anywhere in a text.
func (s *Redactor) assignments(text string) string {
	if !strings.ContainsAny(text, "=:%") {
		return text
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); i++ {
		n := assigns(text, i)
		if n == 0 {
			continue
		}
		name, delimited := nameBefore(text, i)
		c := secretname.Of(Unescape(name))
		if name == "" || c == secretname.Open {
			continue
		}
		start, end := valueAfter(text, i+n, c == secretname.Credentials)
		if end <= start || start < done {
			continue
		}
		value := text[start:end]
		plain := value
		if delimited {
			plain = Unescape(value)
		} else if p, err := url.PathUnescape(value); err == nil {
			plain = p
		}
		quoted := isQuote(text[start-1]) || text[start-1] == ';' // &quot;
		prose := text[i] == ':' && n == 1 && !quoted
		var shown string
		switch {
		case c == secretname.Credentials:
			shown = s.credentials(name, value)
		case c == secretname.InQuery && !delimited,
			c == secretname.Ambiguous && !delimited && !secretname.LooksGenerated(plain):
			continue
		case prose && (!secretname.LooksGenerated(plain) || c == secretname.Ambiguous && !looksOpaque(plain)):
			// "client_secret: it has expired"
			continue
		default:
			shown = s.mask(plain, c)
		}
		b.WriteString(text[done:start])
		b.WriteString(shown)
		done, i = end, end-1
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
}

// nameBefore returns the name, quoted or not, before the separator at i. delimited means that ?, & or # precedes it,
// as in a URL, or the same URL-encoded.
func nameBefore(text string, i int) (name string, delimited bool) {
	end := i
	for end > 0 {
		n := 0
		switch c := text[end-1]; {
		case c == ' ' || c == '\\' || c == ']' || isQuote(c):
			n = 1
		case c == ';':
			for _, entity := range quoteEntities {
				if strings.HasSuffix(text[:end], entity) {
					n = len(entity)
				}
			}
		}
		if n == 0 {
			break
		}
		end -= n
	}
	start := end
	for start > 0 && end-start < 80 && (isWordByte(text[start-1]) || text[start-1] == '-') {
		start--
	}
	if start >= 1 && text[start-1] == '%' && end-start > 2 && IsHex(text[start]) && IsHex(text[start+1]) {
		start += 2 // %26code
		return text[start:end], true
	}
	delimited = start > 0 && strings.IndexByte("?&#", text[start-1]) >= 0
	return text[start:end], delimited
}

// quoteEntities are the quotation marks of HTML.
var quoteEntities = []string{"&quot;", "&#34;", "&#39;", "&#x22;", "&#x27;", "&apos;"}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// looksOpaque reports whether a word is no prose: it is long and has only the characters of a token.
func looksOpaque(value string) bool {
	for i := 0; i < len(value); i++ {
		if !isBase64(value[i]) && value[i] != '.' && value[i] != '~' {
			return false
		}
	}
	return len(value) >= 20
}

// valueAfter returns the extent of the value after a separator that ends at start: to the closing quote, to the end of
// the line for a header field, else to the next delimiter.
func valueAfter(text string, start int, line bool) (int, int) {
	for start < len(text) && strings.IndexByte(" \t[", text[start]) >= 0 {
		start++
	}
	for start < len(text) && text[start] == '\\' {
		start++
	}
	stop := "&;,<>)}] \t\r\n\"'`\\"
	for _, entity := range quoteEntities {
		if strings.HasPrefix(text[start:], entity) {
			start += len(entity)
		}
	}
	if rest := text[start:]; strings.HasPrefix(rest, "string(") || strings.HasPrefix(rest, "str(") { // var_dump of PHP
		if at := strings.Index(rest[:min(len(rest), 20)], `"`); at > 0 {
			start += at
		}
	}
	if start < len(text) && isQuote(text[start]) {
		stop = string(text[start]) + "\\\r\n"
		start++
	} else if line {
		stop = "\"'\r\n"
	}
	end := start
	for end < len(text) && strings.IndexByte(stop, text[end]) < 0 {
		end++
	}
	return start, end
}

// elements redacts the text of XML elements whose name is secret: <access_token>…</access_token>.
func (s *Redactor) elements(text string) string {
	from, begin := 0, 0 // begin is the end of the last tag; 0 without one
	for {
		i := strings.Index(text[from:], "</")
		if i < 0 {
			return text
		}
		close := from + i
		if at := strings.LastIndexByte(text[from:close], '>'); at >= 0 {
			begin = from + at + 1
		}
		from = close + 2
		end := from
		for end < len(text) && (isWordByte(text[end]) || text[end] == '-' || text[end] == ':') {
			end++
		}
		_, name, qualified := strings.Cut(text[from:end], ":")
		if !qualified {
			name = text[from:end]
		}
		value := strings.TrimSpace(text[begin:close])
		switch c := secretname.Of(name); {
		case begin == 0, value == "", c == secretname.Ambiguous && !secretname.LooksGenerated(value):
		case c == secretname.Ambiguous, c == secretname.Secret, c == secretname.Guessable:
			shown := s.mask(value, c)
			text = text[:begin] + shown + text[close:]
			from += len(shown) - (close - begin)
		}
	}
}

// schemes redacts credentials after a scheme's name: "Bearer eyJ…" in a log line or an echoed request.
func (s *Redactor) schemes(text string) string {
	for _, scheme := range []string{"bearer ", "basic ", "dpop "} {
		from := 0
		for {
			i := indexFold(text[from:], scheme)
			if i < 0 {
				break
			}
			start := from + i + len(scheme)
			end := start
			for end < len(text) && (isBase64(text[end]) || text[end] == '.' || text[end] == '~') {
				end++
			}
			from = end
			value := text[start:end]
			// A challenge continues with name=value, an explanation with a word.
			name := strings.TrimRight(value, "=")
			if !secretname.LooksGenerated(value) || strings.Contains(name, "=") ||
				name != value && end < len(text) && text[end] == '"' {
				continue
			}
			var shown string
			if scheme == "basic " {
				shown = strings.TrimPrefix(s.credentials("Authorization", "Basic "+value), "Basic ")
			} else {
				shown = s.mask(value, secretname.Secret)
			}
			text = text[:start] + shown + text[end:]
			from = start + len(shown)
		}
	}
	return text
}

// indexFold returns the index of a lower-case ASCII needle in text of any case.
func indexFold(text, needle string) int {
	for i := 0; i+len(needle) <= len(text); i++ {
		if text[i]|0x20 == needle[0] && strings.EqualFold(text[i:i+len(needle)], needle) {
			return i
		}
	}
	return -1
}

// multipart redacts the parts of multipart/form-data whose name is secret.
func (s *Redactor) multipart(text string) string {
	parts := strings.Split(text, "\n--")
	for i, part := range parts {
		head, value, ok := strings.Cut(part, "\r\n\r\n")
		if !ok {
			continue
		}
		name, _, _ := attribute(head, "name")
		if c := secretname.Of(name); c != secretname.Open && c != secretname.Credentials {
			parts[i] = head + "\r\n\r\n" + s.mask(strings.TrimSuffix(value, "\r"), c) + "\r"
		}
	}
	return strings.Join(parts, "\n--")
}

// inputs redacts the value of HTML inputs whose name is secret: a form_post page carries code and id_token so.
func (s *Redactor) inputs(text string) string {
	from := 0
	for {
		i := strings.IndexByte(text[from:], '<')
		if i < 0 {
			return text
		}
		start := from + i
		n := strings.IndexByte(text[start:], '>')
		if n < 0 {
			n = len(text) - start
		}
		tag := text[start : start+n]
		from = start + n
		name, _, _ := attribute(tag, "name")
		c := secretname.Of(name)
		value, at, ok := attribute(tag, "value")
		if c == secretname.Open || c == secretname.InQuery || c == secretname.Credentials || !ok || value == "" {
			continue
		}
		shown := s.mask(value, c)
		text = text[:start+at] + shown + text[start+at+len(value):]
		from += len(shown) - len(value)
	}
}

// attribute returns the value of a tag's attribute and its offset.
func attribute(tag, name string) (value string, at int, ok bool) {
	from := 0
	for {
		i := indexFold(tag[from:], name)
		if i < 0 {
			return "", 0, false
		}
		begin := from + i
		from = begin + len(name)
		j := from
		for j < len(tag) && tag[j] == ' ' {
			j++
		}
		if begin == 0 || isWordByte(tag[begin-1]) || tag[begin-1] == '-' || j >= len(tag) || tag[j] != '=' {
			continue
		}
		start, end := valueAfter(tag, j+1, false)
		return tag[start:end], start, true
	}
}

// jwts replaces every JWT: a run of base64url segments of which the first is a JSON object. The first need not
// begin with "ey": a header may begin with white space.
func (s *Redactor) jwts(text string) string {
	if !strings.Contains(text, ".") && !strings.Contains(text, "%2") {
		return text
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); {
		if !isSegment(text[i]) {
			i++
			continue
		}
		segment := i
		for i < len(text) && isSegment(text[i]) {
			i++
		}
		n := separator(text, i)
		if n == 0 || !isHeader(text[segment:i]) {
			// The next segment of the same run may be a header: "session.eyJ….….…".
			i += n
			continue
		}
		end := i
		for n = separator(text, end); n > 0; n = separator(text, end) {
			end += n
			for end < len(text) && isSegment(text[end]) && separator(text, end) == 0 {
				end++
			}
		}
		b.WriteString(text[done:segment])
		b.WriteString(tokens.NewSecret(text[segment:end]).Fingerprint())
		done, i = end, end
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
}

func isSegment(c byte) bool { return isWordByte(c) || c == '-' }

// separator returns the length of the separator of segments at i: a dot, the tilde of SD-JWT, or one of them
// URL-encoded; 0 without one.
func separator(text string, i int) int {
	switch {
	case i >= len(text):
		return 0
	case text[i] == '.' || text[i] == '~':
		return 1
	case i+2 < len(text) && (strings.EqualFold(text[i:i+3], "%2e") || strings.EqualFold(text[i:i+3], "%7e")):
		return 3
	}
	return 0
}

func isHeader(segment string) bool {
	if len(segment) < 8 {
		return false
	}
	plain, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		return false
	}
	var object map[string]json.RawMessage
	return json.Unmarshal(plain, &object) == nil && object != nil
}
