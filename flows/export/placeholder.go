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

// piece is a part of a word: a literal, or a variable in place of a secret.
type piece struct {
	literal  string
	variable string
}

// fingerprint matches a redacted secret, as it is or encoded in a form or a URL. The patterns are compiled when a run
// is first exported, so that other verbs do not pay for them.
var fingerprint = lazyRegexp(`sha256(?::|%3A)([0-9a-f]{8})(?:[ +]|%20)([0-9]{1,9})(?:[ +]|%20)B\b`)

// jsonMember matches a member whose value is a fingerprint or hidden.
var jsonMember = lazyRegexp(`"([A-Za-z0-9_.-]{1,80})"\s*:\s*"(sha256:[0-9a-f]{8} [0-9]{1,9} B|` + tokens.Hidden + `)"`)

func lazyRegexp(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// placeholders names the variables for secrets. Each fingerprint has one variable, so that a token of one response is
// the token of the next request.
type placeholders struct {
	byFingerprint map[string]string // by the hash and length of the fingerprint
	taken         map[string]bool
	order         []string
	used          map[string]bool
}

func newPlaceholders() *placeholders {
	return &placeholders{byFingerprint: map[string]string{}, taken: map[string]bool{}, used: map[string]bool{}}
}

// collect finds the names of the secrets in a message: the first name of a secret names its variable.
func (p *placeholders) collect(m *wire.Message) {
	if m == nil {
		return
	}
	for _, f := range m.Header {
		if name := headerVariable(f); name != "" {
			p.nameFingerprints(f.Value, name)
		}
	}
	if _, query, ok := strings.Cut(m.URL, "?"); ok {
		p.collectForm(query)
	}
	for _, found := range jsonMember().FindAllStringSubmatch(m.Body, -1) {
		p.nameFingerprints(found[2], found[1])
	}
	if isForm(m) {
		p.collectForm(m.Body)
	}
}

func (p *placeholders) collectForm(form string) {
	for _, pair := range formPairs(form) {
		p.nameFingerprints(pair.Value, pair.Name)
	}
}

// nameFingerprints names every fingerprint in a text.
func (p *placeholders) nameFingerprints(text, name string) {
	for _, found := range fingerprint().FindAllStringSubmatch(text, -1) {
		p.variable(found[1]+" "+found[2], name)
	}
}

// variable returns the variable of a fingerprint, which is called name if it has none yet.
func (p *placeholders) variable(hash, name string) string {
	if v := p.byFingerprint[hash]; v != "" {
		return v
	}
	base := variableName(name)
	v := base
	for n := 2; p.taken[v]; n++ {
		v = base + "_" + strconv.Itoa(n)
	}
	p.byFingerprint[hash], p.taken[v] = v, true
	return v
}

// reference returns a reference to the variable and lists it as needed.
func (p *placeholders) reference(v string) piece {
	if !p.used[v] {
		p.used[v] = true
		p.order = append(p.order, v)
	}
	return piece{variable: v}
}

// hidden returns the variable of a secret without a fingerprint: two of one name cannot be distinguished.
func (p *placeholders) hidden(name string) piece {
	v := variableName(name)
	p.taken[v] = true
	return p.reference(v)
}

// pieces splits a text at its secrets. name is the name of its parameter or header.
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
			p.reference(p.variable(text[at[2]:at[3]]+" "+text[at[4]:at[5]], name)))
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

// headerVariable returns a name for the secret in a header field, or "".
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
