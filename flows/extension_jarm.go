package flows

// SignedResponse requests a signed authorization response.
var SignedResponse = Extension{
	ID: "jarm", Name: "Signed authorization response (JARM)", Spec: "JARM",
	Summary: "the authorization response is a JWT signed by the server, so that it cannot be changed or replaced in " +
		"transit",
	Inputs: []Input{
		{
			Name: "jarm", Label: "JARM", Kind: Bool, Spec: "JARM 2.3", Advanced: true,
			Help: "Request the authorization response as a signed JWT, in any response mode.",
		},
	},
}
