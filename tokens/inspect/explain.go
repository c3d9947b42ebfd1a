package inspect

import (
	_ "embed" // claims.txt
	"strings"
	"sync"
)

//go:embed claims.txt
var claimsText string

// explanation is one line of claims.txt.
type explanation struct{ title, meaning, spec string }

// explanations parses claims.txt once, when the first claim is explained.
var explanations = sync.OnceValue(func() map[string]explanation {
	m := map[string]explanation{}
	for line := range strings.Lines(claimsText) {
		fields := strings.Split(line, " | ")
		if strings.HasPrefix(line, "# ") || len(fields) != 4 {
			continue
		}
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		m[fields[0]] = explanation{fields[1], fields[2], fields[3]}
	}
	return m
})

// ExplainClaim returns the name of a claim in words, its meaning and where it is defined. ok is false for a claim that
// is neither in the IANA registry nor of a vendor in claims.txt.
func ExplainClaim(name string) (title, meaning, spec string, ok bool) {
	e, ok := explanations()[name]
	if !ok {
		e, ok = family(name)
	}
	return e.title, e.meaning, e.spec, ok
}

// family returns the explanation of the claims with the longest common prefix.
func family(name string) (e explanation, ok bool) {
	longest := 0
	for beginning, one := range families() {
		if len(beginning) > longest && strings.HasPrefix(name, beginning) {
			e, ok, longest = one, true, len(beginning)
		}
	}
	return e, ok
}

// families are the explanations whose name ends with a star, by the name without it.
var families = sync.OnceValue(func() map[string]explanation {
	m := map[string]explanation{}
	for name, e := range explanations() {
		if beginning, ok := strings.CutSuffix(name, "*"); ok {
			m[beginning] = e
		}
	}
	return m
})

// ExplainHeader is ExplainClaim for a header parameter.
func ExplainHeader(name string) (title, meaning, spec string, ok bool) {
	e, ok := explanations()["header."+name]
	return e.title, e.meaning, e.spec, ok
}
