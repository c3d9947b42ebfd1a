package explain

import (
	"strings"
	"sync"
)

// Params lists what is explained: every parameter of a request, header field and member of an answer, with Where it
// stands. It is for the docs.
func Params() []Entry {
	var all []Entry
	for _, t := range tables {
		for _, p := range t.params {
			all = append(all, Entry{Where: t.where, In: t.in, Param: p})
		}
	}
	return all
}

// Entry is a declared parameter and where it stands.
type Entry struct {
	Where string // as Row.Where
	In    string // "request", "answer", "metadata", "client metadata", "registration answer", "request header", "response header"
	Param
}

// Expects says in words when a value is well-formed; "" when there is no rule.
func (p Param) Expects() string {
	if p.rule == nil {
		return ""
	}
	return p.rule.expects
}

type table struct {
	in     string
	where  string
	params []Param
}

var tables = []table{
	{"request", InQuery, requestParams},
	{"answer", InResponse, responseMembers},
	{"registration answer", InResponse, registrationMembers},
	{"client metadata", InBody, clientMetadata},
	{"metadata", InResponse, serverMetadata},
	{"request header", InHeader, requestHeaders},
	{"response header", InResponseHeader, responseHeaders},
}

// index finds a parameter by its table and its name in lower case.
var index = sync.OnceValue(func() map[string]map[string]Param {
	byTable := map[string]map[string]Param{}
	for _, t := range tables {
		byName := map[string]Param{}
		for _, p := range t.params {
			byName[strings.ToLower(p.Name)] = p
		}
		byTable[t.in] = byName
	}
	return byTable
})

// lookedIn are the tables in which a name is looked for, the likeliest first.
func lookedIn(where, endpoint string) []string {
	switch where {
	case InHeader:
		return []string{"request header"}
	case InResponseHeader:
		return []string{"response header"}
	case InResponse:
		switch endpoint {
		case "registration":
			return []string{"registration answer", "client metadata"}
		case "metadata":
			return []string{"metadata", "client metadata"}
		case "":
			return []string{"answer", "metadata", "registration answer", "client metadata"}
		}
		return []string{"answer"}
	}
	if endpoint == "registration" {
		return []string{"client metadata", "request"}
	}
	return []string{"request"}
}

func find(where, name, endpoint string) (Param, bool) {
	exact := where == InHeader || where == InResponseHeader // field names have no case, parameters have
	for _, in := range lookedIn(where, endpoint) {
		if p, ok := index()[in][strings.ToLower(name)]; ok && (exact || p.Name == name) {
			return p, true
		}
	}
	return Param{}, false
}
