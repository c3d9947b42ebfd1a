package export

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
)

// piece is a part of a word: a literal, or a variable in whose place a secret stood.
type piece struct {
	literal  string
	variable string
}

// fingerprint finds where a secret was redacted, as it is or as a form or a URL writes it. The patterns are compiled when
// a run is first exported, so that no other verb pays for them.
var fingerprint = compiled(`sha256(?::|%3A)([0-9a-f]{8})(?:[ +]|%20)([0-9]{1,9})(?:[ +]|%20)B\b`)

// jsonMember finds a member whose value is a fingerprint or hidden.
var jsonMember = compiled(`"([A-Za-z0-9_.-]{1,80})"\s*:\s*"(sha256:[0-9a-f]{8} [0-9]{1,9} B|` + tokens.Hidden + `)"`)

func compiled(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// placeholders names the variables that stand for secrets. One fingerprint is one variable wherever it stands, so that a
// token of one answer is the token of the next request.
type placeholders struct {
	byPrint map[string]string // by the fingerprint's hash and length
	taken   map[string]bool
	order   []string
	used    map[string]bool
}

func newPlaceholders() *placeholders {
	return &placeholders{byPrint: map[string]string{}, taken: map[string]bool{}, used: map[string]bool{}}
}

// learn reads the names of the secrets in a message, so that the first name that one stands under is its variable's.
func (p *placeholders) learn(m *wire.Message) {
	if m == nil {
		return
	}
	for _, f := range m.Header {
		if name := headerVariable(f); name != "" {
			p.nameIn(f.Value, name)
		}
	}
	if _, query, ok := strings.Cut(m.URL, "?"); ok {
		p.learnForm(query)
	}
	for _, found := range jsonMember().FindAllStringSubmatch(m.Body, -1) {
		p.nameIn(found[2], found[1])
	}
	if isForm(m) {
		p.learnForm(m.Body)
	}
}

func (p *placeholders) learnForm(form string) {
	for _, pair := range formPairs(form) {
		p.nameIn(pair.Value, pair.Name)
	}
}

// nameIn names every fingerprint in a text.
func (p *placeholders) nameIn(text, name string) {
	for _, found := range fingerprint().FindAllStringSubmatch(text, -1) {
		p.variable(found[1]+" "+found[2], name)
	}
}

// variable is the variable of a fingerprint, named after name unless it has one.
func (p *placeholders) variable(print, name string) string {
	if v := p.byPrint[print]; v != "" {
		return v
	}
	base := variableName(name)
	v := base
	for n := 2; p.taken[v]; n++ {
		v = base + "_" + strconv.Itoa(n)
	}
	p.byPrint[print], p.taken[v] = v, true
	return v
}

// use notes that a command needs the variable.
func (p *placeholders) use(v string) piece {
	if !p.used[v] {
		p.used[v] = true
		p.order = append(p.order, v)
	}
	return piece{variable: v}
}

// hidden is the variable of a secret without a fingerprint: two of one name cannot be told apart.
func (p *placeholders) hidden(name string) piece {
	v := variableName(name)
	p.taken[v] = true
	return p.use(v)
}

// pieces cuts a text at the secrets in it. name is what stands before it: a parameter, a header.
func (p *placeholders) pieces(text, name string) []piece {
	if _, secret := redact.Parameter(name, ""); secret && text == tokens.Hidden {
		return []piece{p.hidden(name)}
	}
	var list []piece
	for {
		at := fingerprint().FindStringSubmatchIndex(text)
		if at == nil {
			return append(list, piece{literal: text})
		}
		list = append(list, piece{literal: text[:at[0]]},
			p.use(p.variable(text[at[2]:at[3]]+" "+text[at[4]:at[5]], name)))
		text = text[at[1]:]
	}
}

// jsonPieces is pieces for a JSON body, where each secret is named by its member.
func (p *placeholders) jsonPieces(text string) []piece {
	var list []piece
	for {
		at := jsonMember().FindStringSubmatchIndex(text)
		if at == nil {
			return append(list, p.pieces(text, "secret")...)
		}
		list = append(list, p.pieces(text[:at[4]], "secret")...)
		list = append(list, p.pieces(text[at[4]:at[5]], text[at[2]:at[3]])...)
		text = text[at[5]:]
	}
}

// headerVariable names the secret in a header field by what it is.
func headerVariable(f wire.Field) string {
	name := strings.ToLower(f.Name)
	scheme, _, _ := strings.Cut(f.Value, " ")
	switch {
	case name == "authorization" && strings.EqualFold(scheme, "basic"):
		return "client_secret"
	case name == "authorization":
		return "access_token"
	case name == "dpop":
		return "dpop_proof"
	}
	if _, secret := redact.Parameter(name, ""); secret {
		return name
	}
	return ""
}
