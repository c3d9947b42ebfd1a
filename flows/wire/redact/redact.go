package redact

import (
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"
	"unicode/utf8"

	"fob/tokens"
	"fob/tokens/secretname"
)

// Bounds of a record.
const (
	maxRecordedBody = 64 << 10
	maxRecordedLine = 16 << 10 // a URL or a header value
)

// Redactor removes secrets from the parts of an exchange: by name, by form (a JWT is a secret anywhere) and by value.
// It adds what it finds by name to its Index, so that the value is found elsewhere from then on.
type Redactor struct {
	Index *Index
	Sent  bool // the text was sent by this program: what is named as a secret is one, even if it is a plain word
}

// mask adds a secret that was found by its name to the Index and returns the text to show for it.
func (s *Redactor) mask(value string, c secretname.Class) string {
	if value == "" || strings.HasPrefix(value, "sha256:") || value == tokens.Hidden {
		return value // empty, or masked already
	}
	v := tokens.NewSecret(value)
	if c == secretname.Guessable {
		v = tokens.NewGuessable(value)
	}
	if s.remembers(value, c) {
		s.Index.Add(v, false)
	}
	if shown, ok := s.Index.shownAs(value); ok {
		return shown
	}
	return v.Fingerprint()
}

// remembers reports whether a value that was found by its name is searched for from now on. An answer can call any word
// a password: hiding that word everywhere would make records unreadable.
func (s *Redactor) remembers(value string, c secretname.Class) bool {
	if secretname.LooksGenerated(value) {
		return true
	}
	return c != secretname.Ambiguous && c != secretname.InQuery && (s.Sent || !isPlainWord(value))
}

// URL redacts a URL: its userinfo, parameters in query and fragment, and values of the Index anywhere.
func (s *Redactor) URL(raw string) string {
	return s.Index.Line(s.urlParts(raw, 0))
}

func (s *Redactor) urlParts(raw string, depth int) string {
	rest, fragment, hasFragment := strings.Cut(raw, "#")
	rest, query, hasQuery := strings.Cut(rest, "?")
	out := s.jwts(s.userinfo(rest))
	if hasQuery {
		out += "?" + s.form(query, depth)
	}
	if hasFragment {
		if strings.Contains(fragment, "=") {
			// Single-page applications put a path before the parameters: #/callback?code=…
			if path, params, ok := strings.Cut(fragment, "?"); ok && !strings.Contains(path, "=") {
				fragment = path + "?" + s.form(params, depth)
			} else {
				fragment = s.form(fragment, depth)
			}
		}
		out += "#" + s.jwts(fragment)
	}
	return out
}

// userinfo replaces the user name and password of every URL in the text.
func (s *Redactor) userinfo(text string) string {
	from := 0
	for {
		i := strings.Index(text[from:], "://")
		if i < 0 {
			return text
		}
		start := from + i + 3
		end := start
		for end < len(text) && !strings.ContainsRune("/?#\"'<> \t\r\n\\", rune(text[end])) {
			end++
		}
		if at := strings.LastIndexByte(text[start:end], '@'); at > 0 {
			if _, password, ok := strings.Cut(text[start:start+at], ":"); ok {
				if plain, err := url.PathUnescape(password); err == nil {
					password = plain
				}
				s.mask(password, secretname.Guessable)
			}
			text = text[:start] + tokens.Hidden + text[start+at:]
			end = start + len(tokens.Hidden)
		}
		from = end
	}
}

// form redacts the secret values of form-encoded parameters and copies every other byte.
func (s *Redactor) form(text string, depth int) string {
	if text == "" {
		return ""
	}
	pairs := strings.Split(text, "&")
	for i, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || value == "" {
			pairs[i] = s.jwts(pair)
			continue
		}
		if c := secretname.Of(Unescape(name)); c != secretname.Open {
			pairs[i] = name + "=" + strings.ReplaceAll(s.mask(Unescape(value), c), " ", "+")
			continue
		}
		plain := Unescape(value)
		if clean := s.text(plain, depth+1); clean != plain {
			pairs[i] = name + "=" + url.QueryEscape(clean)
		}
	}
	return strings.Join(pairs, "&")
}

// Unescape decodes a form-encoded name or value. An invalid one is returned unchanged.
func Unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// Header redacts the value of a header field.
func (s *Redactor) Header(name, value string) string {
	switch c := secretname.Of(name); {
	case c == secretname.Credentials:
		return s.credentials(name, value)
	case c == secretname.Secret, c == secretname.Guessable, c == secretname.Ambiguous &&
		secretname.LooksGenerated(value):
		return s.mask(value, c)
	}
	return s.text(value, 0)
}

// credentials redacts a header field that carries credentials: the scheme stays, and the user name of Basic.
func (s *Redactor) credentials(name, value string) string {
	if strings.Contains(secretname.Plain(name), "cookie") {
		return s.cookies(value, strings.Contains(secretname.Plain(name), "set"))
	}
	scheme, rest, ok := strings.Cut(strings.TrimSpace(value), " ")
	if !ok {
		return s.mask(value, secretname.Secret)
	}
	rest = strings.TrimSpace(rest)
	if !strings.EqualFold(scheme, "Basic") {
		return scheme + " " + s.mask(rest, secretname.Secret)
	}
	s.Index.Add(tokens.NewGuessable(rest), false)
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding} {
		plain, err := enc.DecodeString(rest)
		if err != nil {
			continue
		}
		user, password, ok := strings.Cut(string(plain), ":")
		if !ok {
			break
		}
		shown := s.mask(password, secretname.Secret)
		if decoded := Unescape(password); decoded != password {
			shown = s.mask(decoded, secretname.Secret) // client_secret_basic form-encodes first (RFC 6749 2.3.1)
		}
		return scheme + " base64(" + user + ":" + shown + ")"
	}
	return scheme + " " + tokens.Hidden
}

// cookies keeps the names of cookies and the attributes of Set-Cookie.
func (s *Redactor) cookies(value string, set bool) string {
	parts := strings.Split(value, ";")
	for i, part := range parts {
		name, v, ok := strings.Cut(part, "=")
		switch {
		case set && i > 0:
			continue
		case ok:
			parts[i] = name + "=" + s.mask(strings.Trim(strings.TrimSpace(v), `"`), secretname.Ambiguous)
		default:
			parts[i] = s.mask(strings.TrimSpace(part), secretname.Ambiguous)
		}
	}
	return strings.Join(parts, ";")
}

// Body redacts and bounds a body. cut reports that a part of it is missing; whole is its size in bytes.
func (s *Redactor) Body(data []byte, contentType string, whole int) (text string, cut bool) {
	if len(data) == 0 {
		return "", false
	}
	if IsBinary(data) {
		return fmt.Sprintf("[%d bytes that are not text]", whole), false
	}
	// The text after the cut must be long enough for any secret that the cut divides.
	text = string(data[:min(len(data), 2*maxRecordedBody+2*maxVariant)])
	if n := 2 * maxRecordedBody; len(text) > n {
		// The cut must not divide a secret: half of one is not found any more.
		text = text[:s.Index.safeCut(text, n)]
		cut = true
	}
	media, _, _ := mime.ParseMediaType(contentType)
	trimmed := strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(media, "multipart/"):
		text = s.text(s.multipart(text), 0)
	case media == "application/x-www-form-urlencoded",
		media == "" && strings.Contains(text, "=") && !strings.ContainsAny(trimmed, " \n<"):
		text = s.form(text, 0)
	default:
		text = s.text(text, 0)
	}
	text = s.Index.Replace(text)
	if len(text) > maxRecordedBody {
		text, cut = tokens.Clip(text, maxRecordedBody), true
	}
	text = tokens.Visible(strings.ReplaceAll(text, "\r\n", "\n"))
	if cut {
		text += fmt.Sprintf("\n[cut here: the whole body has %d bytes]", whole)
	}
	return text, cut
}

// IsBinary reports whether a body is not text, by its beginning: text has no NUL and almost no invalid UTF-8.
func IsBinary(data []byte) bool {
	head := data[:min(len(data), 1024)]
	bad := 0
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		if r == 0 || r == utf8.RuneError && size == 1 {
			bad++
		}
		head = head[size:]
	}
	return bad > min(len(data), 1024)/10
}

// Error redacts the text of an error. It drops a *url.Error, whose URL the caller reports already.
func (s *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	text := err.Error()
	clean := tokens.Visible(tokens.Clip(s.Index.Replace(s.text(text, 0)), 2000))
	if clean == text {
		return err
	}
	return &redactedError{text: clean, cause: err}
}

// redactedError is an error whose text is redacted and whose cause errors.Is and errors.As still find.
type redactedError struct {
	text  string
	cause error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.cause }
