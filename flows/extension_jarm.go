package flows

// SignedResponse asks for an authorization response that the server signs.
var SignedResponse = Extension{
	ID: "jarm", Name: "Signed authorization response (JARM)", Spec: "JARM",
	Summary: "the authorization response is a JWT signed by the server, so that nobody on the way can change or " +
		"replace it",
	Inputs: []Input{
		{
			Name: "jarm", Label: "JARM", Kind: Bool, Spec: "JARM 2.3", Advanced: true,
			Help: "Ask for the authorization response as a signed JWT, whatever the response mode.",
		},
	},
}
