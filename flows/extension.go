package flows

import "slices"

// Extension is a spec that a run uses when its inputs say so. Like a grant it is data: the form, the flags, the profile
// keys and the docs of the grants that use it are made from the same declaration.
type Extension struct {
	ID      string // "dpop"
	Name    string // for the user
	Summary string // its purpose, in one line
	Spec    string // "RFC 9449"
	Inputs  []Input
}

// Extensions returns every extension, in the order of the form. To add one, add a file and a line here, and name it in
// the grants that use it.
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

// The extensions of every grant with a token endpoint, of an authorization request, and of both.
var (
	tokenExtensions         = []Extension{RichRequest, DPoP, ClientAuthentication, SignedIntrospection}
	authorizationExtensions = []Extension{ClaimsRequest, PushedRequest, RequestObject, SignedResponse}
	codeExtensions          = slices.Concat(authorizationExtensions, tokenExtensions)
)

// withExtensions returns a grant's own inputs followed by those of its extensions.
func withExtensions(own []Input, extensions ...Extension) []Input {
	all := slices.Clone(own)
	for _, e := range extensions {
		all = append(all, e.Inputs...)
	}
	return all
}

// Takes reports whether the grant has the inputs of an extension.
func (g Grant) Takes(e Extension) bool {
	for _, in := range e.Inputs {
		if !slices.ContainsFunc(g.Inputs, func(have Input) bool { return have.Name == in.Name }) {
			return false
		}
	}
	return len(e.Inputs) > 0
}
