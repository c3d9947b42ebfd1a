package flows

// RequestObject signs the authorization request, so that nobody on the way can change it.
var RequestObject = Extension{
	ID: "jar", Name: "Signed authorization request (JAR)", Spec: "RFC 9101",
	Summary: "the authorization request is a JWT signed by the client, and encrypted for the server where that is " +
		"asked for",
	Inputs: []Input{
		{
			Name: "jar", Label: "JAR", Kind: Choice, Choices: []string{"off", "signed", "encrypted"}, Default: "off",
			Implied: "signed", Spec: "RFC 9101 4", Advanced: true,
			Help: "Send the authorization request as a JWT signed with the client's key; encrypted wraps it for the " +
				"server's eyes alone.",
		},
	},
}
