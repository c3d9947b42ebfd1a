package flows

// SignedIntrospection requests signed introspection responses.
var SignedIntrospection = Extension{
	ID: "introspection_jwt", Name: "Signed introspection", Spec: "RFC 9701",
	Summary: "the introspection response is a signed JWT that can be shown to others as proof",
	Inputs: []Input{
		{
			Name: "introspection_jwt", Label: "Signed introspection", Kind: Bool, Spec: "RFC 9701 4", Advanced: true,
			Help: "Request introspection responses as signed JWTs, and validate them.",
		},
	},
}
