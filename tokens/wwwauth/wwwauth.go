// Package wwwauth parses the challenges of a WWW-Authenticate header (RFC 9110 11.6.1).
package wwwauth

import (
	"sort"
	"strings"

	"fob/tokens"
)

// Limits of a header.
const (
	maxChallengeText = 64 << 10
	maxChallenges    = 50
	maxParams        = 100
)

// token68 is the parameter name of a challenge's token68 (RFC 9110 11.2), which Negotiate and NTLM send instead of
// parameters.
const token68 = "token68"

// Challenge is a challenge of a WWW-Authenticate header (RFC 9110 11.6.1), cleaned. It may repeat a secret that was
// sent.
type Challenge struct {
	Scheme string            // as received: "Bearer", "DPoP"
	Params map[string]string // error, error_description, scope, resource_metadata, acr_values …
}

// Parse parses the WWW-Authenticate fields of a response (RFC 9110 11.6.1): a field can contain several
// challenges, and commas separate both parameters and challenges. Parameter names are in lower case; the first of a
// repeated parameter is used. Everything is cleaned. Of an invalid field it returns the challenges before the error.
func Parse(values []string) []Challenge {
	var list []Challenge
	for _, v := range values {
		if len(v) > maxChallengeText {
			v = v[:maxChallengeText]
		}
		list = append(list, (&challengeParser{text: v}).run(maxChallenges-len(list))...)
		if len(list) >= maxChallenges {
			break
		}
	}
	return list
}

// Param returns a parameter by its case-insensitive name; "" when it is missing.
func (c Challenge) Param(name string) string { return c.Params[strings.ToLower(name)] }

// String returns the challenge as one line: the scheme and its parameters, sorted by name.
func (c Challenge) String() string {
	names := make([]string, 0, len(c.Params))
	for name := range c.Params {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString(c.Scheme)
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(" " + name + `="` + c.Params[name] + `"`)
	}
	return b.String()
}

type challengeParser struct {
	text string
	i    int
}

func (p *challengeParser) run(limit int) []Challenge {
	var list []Challenge
	for len(list) < limit {
		p.skip(" \t,")
		scheme := p.token()
		if scheme == "" {
			return list
		}
		c := Challenge{Scheme: tokens.VisibleLine(scheme), Params: map[string]string{}}
		ok := true
		if p.i < len(p.text) && p.text[p.i] == ' ' {
			p.skip(" ")
			ok = p.params(&c)
		} else if p.i < len(p.text) && p.text[p.i] != ',' && p.text[p.i] != '\t' {
			return list // name=value without a scheme before it
		}
		list = append(list, c)
		if !ok {
			return list
		}
	}
	return list
}

// params reads what follows a scheme: a token68, or parameters until the next challenge. It returns false at the end of
// the field.
func (p *challengeParser) params(c *Challenge) bool {
	if value, ok := p.token68(); ok {
		c.Params[token68] = tokens.VisibleLine(value)
		return true
	}
	for len(c.Params) < maxParams {
		p.skip(" \t,")
		start := p.i
		name := p.token()
		if name == "" {
			return false
		}
		p.skip(" \t") // RFC 9110 11.2: BWS around the equals sign
		if p.i >= len(p.text) || p.text[p.i] != '=' {
			p.i = start // the next challenge's scheme
			return true
		}
		p.i++
		p.skip(" \t")
		value, ok := p.value()
		if !ok {
			return false
		}
		name = strings.ToLower(name)
		if _, repeated := c.Params[name]; !repeated {
			c.Params[tokens.VisibleLine(name)] = tokens.VisibleLine(value)
		}
		p.skip(" \t")
		if p.i < len(p.text) && p.text[p.i] != ',' {
			return false
		}
	}
	return false
}

// token68 reads a token68 that is followed by the end or a comma; otherwise it reads nothing.
func (p *challengeParser) token68() (string, bool) {
	j := p.i
	for j < len(p.text) && (isAlphaNumeric(p.text[j]) || strings.IndexByte("-._~+/", p.text[j]) >= 0) {
		j++
	}
	if j == p.i {
		return "", false
	}
	for j < len(p.text) && p.text[j] == '=' {
		j++
	}
	end := j
	for j < len(p.text) && (p.text[j] == ' ' || p.text[j] == '\t') {
		j++
	}
	if j < len(p.text) && p.text[j] != ',' {
		return "", false
	}
	value := p.text[p.i:end]
	p.i = j
	return value, true
}

func (p *challengeParser) value() (string, bool) {
	if p.i >= len(p.text) || p.text[p.i] != '"' {
		v := p.token()
		return v, v != ""
	}
	var b strings.Builder
	for p.i++; p.i < len(p.text); p.i++ {
		switch c := p.text[p.i]; {
		case c == '"':
			p.i++
			return b.String(), true
		case c == '\\' && p.i+1 < len(p.text):
			p.i++
			b.WriteByte(p.text[p.i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

func (p *challengeParser) token() string {
	start := p.i
	for p.i < len(p.text) && isTokenByte(p.text[p.i]) {
		p.i++
	}
	return p.text[start:p.i]
}

func (p *challengeParser) skip(set string) {
	for p.i < len(p.text) && strings.IndexByte(set, p.text[p.i]) >= 0 {
		p.i++
	}
}

// IsToken reports whether s is a token (RFC 9110 5.6.2).
func IsToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	return isAlphaNumeric(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

func isAlphaNumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
