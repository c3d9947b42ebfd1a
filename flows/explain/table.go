package explain

import (
	"strings"
	"sync"
)

// Params lists everything that is explained, for the docs.
func Params() []Entry {
	var all []Entry
	for _, t := range tables {
		for _, p := range t.params {
			all = append(all, Entry{Where: t.where, In: t.in, Param: p})
		}
	}
	return all
}

// Entry is a declared parameter and its place.
type Entry struct {
	Where string // as Row.Where
	// "request", "response", "metadata", "client metadata", "registration response", "request header", "response
	// header"
	In string
	Param
}

// Expects describes well-formed values; "" without a rule.
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
	{"response", InResponse, responseMembers},
	{"registration response", InResponse, registrationMembers},
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

// tablesFor returns the tables to search, the likeliest first.
func tablesFor(where, endpoint string) []string {
	switch where {
	case InHeader:
		return []string{"request header"}
	case InResponseHeader:
		return []string{"response header"}
	case InResponse:
		switch endpoint {
		case "registration":
			return []string{"registration response", "client metadata"}
		case "metadata":
			return []string{"metadata", "client metadata"}
		case "":
			return []string{"response", "metadata", "registration response", "client metadata"}
		}
		return []string{"response"}
	}
	if endpoint == "registration" {
		return []string{"client metadata", "request"}
	}
	return []string{"request"}
}

func find(where, name, endpoint string) (Param, bool) {
	exact := where == InHeader || where == InResponseHeader // field names have no case, parameters have
	for _, in := range tablesFor(where, endpoint) {
		if p, ok := index()[in][strings.ToLower(name)]; ok && (exact || p.Name == name) {
			return p, true
		}
	}
	return Param{}, false
}
