package export

import (
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
	"fob/tokens/shell"
	"fob/tokens/wwwauth"
)

// Curl returns the request of a recorded exchange as a curl command for a POSIX shell. In place of each secret is a
// variable named after its parameter: $CLIENT_SECRET, $CODE, $ACCESS_TOKEN. expressions replaces variables by what a
// shell expands in double quotes: {"ACCESS_TOKEN": "$(fob token acme)"}.
func Curl(x *wire.Exchange, expressions map[string]string) string {
	c := &curlCommand{expressions: expressions, secrets: map[string]string{}}
	m := &x.Request
	c.text.WriteString("curl --globoff --include")
	if x.Insecure {
		c.option("--insecure")
	}
	if x.Proxy != "" {
		c.option("--proxy " + c.word("", x.Proxy, "proxy"))
	}
	switch {
	case m.Method == http.MethodHead:
		c.option("--head") // with --request, curl would wait for a body
	case m.Method != http.MethodGet || m.BodySize > 0:
		c.option("--request " + shell.Quote(m.Method))
	}
	c.url(m.URL)
	for _, f := range m.Header {
		c.header(f, m)
	}
	c.body(m)
	return c.text.String()
}

type curlCommand struct {
	text        strings.Builder
	expressions map[string]string
	secrets     map[string]string // variable to redacted secret: two secrets of one name get two variables
}

func (c *curlCommand) option(text string) { c.text.WriteString(" \\\n  " + text) }

// url adds the URL. The secrets in its query are separate arguments, which curl encodes.
func (c *curlCommand) url(raw string) {
	address, query, _ := strings.Cut(raw, "?")
	var secret []string
	separator := "?"
	for pair := range strings.SplitSeq(query, "&") {
		if f := formField(pair); isRedacted(f) {
			secret = append(secret, c.parameter(f))
		} else if pair != "" {
			address += separator + pair
			separator = "&"
		}
	}
	c.option("--url " + c.word("", address, "secret"))
	for _, word := range secret {
		c.option("--url-query " + word)
	}
}

// omittedHeaders are the header fields that curl adds itself.
var omittedHeaders = map[string]bool{"content-length": true, "accept-encoding": true, "connection": true,
	"transfer-encoding": true, "user-agent": true, "host": true}

// header adds a header field unless curl adds it.
func (c *curlCommand) header(f wire.Field, m *wire.Message) {
	name := strings.ToLower(f.Name)
	scheme, credentials, _ := strings.Cut(f.Value, " ")
	user, isBasic := strings.CutPrefix(credentials, "base64(") // as redact.Header shows Basic credentials
	switch {
	case omittedHeaders[name] && (name != "host" || sameHost(f.Value, m.URL)),
		!wwwauth.IsToken(f.Name), // curl could read a file name or an option
		name == "content-type" && isForm(m) && m.Body != "":
	case f.Value == "":
		c.option("--header " + shell.Quote(f.Name+";"))
	case name != "authorization" || credentials == "":
		c.option("--header " + c.word(f.Name+": ", f.Value, name))
	case isBasic: // curl encodes name and secret
		user, secret, _ := strings.Cut(strings.TrimSuffix(user, ")"), ":")
		c.option("--user " + c.word(user+":", secret, "client_secret"))
	case strings.EqualFold(scheme, "basic"):
		c.option("--header " + c.word("Authorization: Basic ", credentials, "basic_credentials"))
	default:
		c.option("--header " + c.word(f.Name+": "+scheme+" ", credentials, "access_token"))
	}
}

// body adds the body: a form one parameter at a time, other text unchanged. What is not recorded as a whole has to be
// in a file.
func (c *curlCommand) body(m *wire.Message) {
	switch {
	case m.Body == "" && m.BodySize == 0:
	case m.Body == "", m.Truncated, strings.HasSuffix(m.Body, "bytes that are not text]"):
		c.option("--data-binary @body.bin")
	case isForm(m):
		for pair := range strings.SplitSeq(m.Body, "&") {
			if pair != "" {
				c.option("--data-urlencode " + c.parameter(formField(pair)))
			}
		}
	default:
		if m.Get("Content-Type") == "" {
			c.option("--header 'Content-Type:'") // or curl sends that of a form
		}
		c.option("--data-raw " + c.word("", m.Body, "secret"))
	}
}

// parameter returns a form parameter as an argument whose value curl encodes.
func (c *curlCommand) parameter(f wire.Field) string {
	literal := url.QueryEscape(f.Name) + "="
	if !isRedacted(f) {
		return shell.Quote(literal + f.Value)
	}
	return c.word(literal, f.Value, f.Name)
}

// redacted matches a redacted secret: in a JSON member, or a fingerprint anywhere, possibly encoded. It is compiled at
// its first use, so that other verbs do not pay for it.
var redacted = sync.OnceValue(func() *regexp.Regexp {
	const fingerprint = `sha256(?::|%3A)[0-9a-f]{8}(?:[ +]|%20)[0-9]{1,9}(?:[ +]|%20)B\b`
	return regexp.MustCompile(`"([A-Za-z0-9_.-]{1,80})"\s*:\s*"(` + tokens.Hidden + `|` + fingerprint + `)"|(` +
		fingerprint + `)`)
})

func isRedacted(f wire.Field) bool {
	_, secret := redact.Parameter(f.Name, "")
	return secret && f.Value == tokens.Hidden || redacted().MatchString(f.Value)
}

// word returns literal and text as one word of a shell: literals in single quotes, in which nothing is special (IEEE
// 1003.1, 2.2.2), and variables for the redacted secrets of text in double quotes, so that their values are neither
// split nor expanded. name is the parameter of text; the secrets of a JSON document are named by their members.
func (c *curlCommand) word(literal, text, name string) string {
	word, end := "", 0
	quote := func(to int) {
		if literal += text[end:to]; literal != "" {
			word += shell.Quote(literal)
		}
		literal = ""
	}
	replace := func(from, to int, name string) {
		quote(from)
		word += c.variable(name, text[from:to])
		end = to
	}
	if text == tokens.Hidden {
		replace(0, len(text), name)
	}
	for _, at := range redacted().FindAllStringSubmatchIndex(text, -1) {
		if at[6] >= 0 {
			replace(at[6], at[7], name)
		} else if member := text[at[2]:at[3]]; isRedacted(wire.Field{Name: member, Value: text[at[4]:at[5]]}) {
			replace(at[4], at[5], member)
		}
	}
	quote(len(text))
	if word == "" {
		return "''"
	}
	return word
}

// variable returns a reference to the variable of a secret.
func (c *curlCommand) variable(name, secret string) string {
	base := variableName(name)
	v := base
	for n := 2; c.secrets[v] != "" && c.secrets[v] != secret; n++ {
		v = base + "_" + strconv.Itoa(n)
	}
	c.secrets[v] = secret
	if expression := c.expressions[v]; expression != "" {
		return `"` + expression + `"`
	}
	return `"$` + v + `"`
}

// variableName returns the name of a shell variable for a parameter: CLIENT_SECRET for client_secret. It is never a
// name with a meaning for the shell or curl.
func variableName(name string) string {
	var b strings.Builder
	for i := 0; i < len(name) && b.Len() < 40; i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z':
			b.WriteByte(c - 'a' + 'A')
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9' && b.Len() > 0:
			b.WriteByte(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	switch s := strings.Trim(b.String(), "_"); s {
	case "":
		return "SECRET"
	case "PWD", "OLDPWD", "PATH", "HOME", "IFS", "ENV", "CDPATH", "MAIL", "SHELL", "USER", "LD_PRELOAD",
		"LD_LIBRARY_PATH":
		return "THE_" + s
	default:
		return s
	}
}

func isForm(m *wire.Message) bool {
	media, _, _ := mime.ParseMediaType(m.Get("Content-Type"))
	return media == "application/x-www-form-urlencoded"
}

// formField decodes a parameter of a form.
func formField(pair string) wire.Field {
	name, value, _ := strings.Cut(pair, "=")
	return wire.Field{Name: unescape(name), Value: unescape(value)}
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func sameHost(host, raw string) bool {
	u, err := url.Parse(raw)
	return err != nil || strings.EqualFold(u.Host, host)
}
