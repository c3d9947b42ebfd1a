package flows

// RequestObject signs the authorization request, so that it cannot be changed in transit.
var RequestObject = Extension{
	ID: "jar", Name: "Signed authorization request (JAR)", Spec: "RFC 9101",
	Summary: "the authorization request is a JWT signed by the client, optionally encrypted for the server",
	Inputs: []Input{
		{
			Name: "jar", Label: "JAR", Kind: Choice, Choices: []string{"off", "signed", "encrypted"}, Default: "off",
			Implied: "signed", Spec: "RFC 9101 4", Advanced: true,
			Help: "Send the authorization request as a JWT signed with the client's key; encrypted also encrypts it " +
				"for the server.",
		},
	},
}
