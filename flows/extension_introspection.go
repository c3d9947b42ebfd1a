package flows

// SignedIntrospection asks for introspection answers that the server signs.
var SignedIntrospection = Extension{
	ID: "introspection_jwt", Name: "Signed introspection", Spec: "RFC 9701",
	Summary: "the answer of the introspection endpoint is a signed JWT that can be shown to somebody else",
	Inputs: []Input{
		{
			Name: "introspection_jwt", Label: "Signed introspection", Kind: Bool, Spec: "RFC 9701 4", Advanced: true,
			Help: "Ask for the answers of the introspection endpoint as signed JWTs, and check them.",
		},
	},
}
