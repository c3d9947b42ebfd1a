package flows

import "slices"

// Extension is a spec that can be added to a run by its inputs. Like a grant it is data: the form, the flags, the
// profile keys and the docs of the grants that take it are made from the same declaration.
type Extension struct {
	ID      string // "dpop"
	Name    string // as a person reads it
	Summary string // one line: what it is for
	Spec    string // "RFC 9449"
	Inputs  []Input
}

// Extensions lists every extension, in the order in which its inputs stand on a form. Adding one is adding a file and a
// line here, and naming it where a grant is declared.
func Extensions() []Extension {
	return []Extension{
		PushedRequest,
		RequestObject,
		SignedResponse,
		DPoP,
		ClientAuthentication,
		SignedIntrospection,
		RichRequest,
		ClaimsRequest,
	}
}

// The extensions that grants take: those of every grant with a token endpoint, those of an authorization request, and
// both.
var (
	tokenExtensions         = []Extension{RichRequest, DPoP, ClientAuthentication, SignedIntrospection}
	authorizationExtensions = []Extension{ClaimsRequest, PushedRequest, RequestObject, SignedResponse}
	codeExtensions          = slices.Concat(authorizationExtensions, tokenExtensions)
)

// declare joins a grant's own inputs with those of the extensions that it takes.
func withExtensions(own []Input, extensions ...Extension) []Input {
	all := slices.Clone(own)
	for _, e := range extensions {
		all = append(all, e.Inputs...)
	}
	return all
}

// Takes reports whether the grant declares the inputs of an extension.
func (g Grant) Takes(e Extension) bool {
	for _, in := range e.Inputs {
		if !slices.ContainsFunc(g.Inputs, func(have Input) bool { return have.Name == in.Name }) {
			return false
		}
	}
	return len(e.Inputs) > 0
}
