package flows

// PushedRequest sends the authorization request to the server first, so that the browser carries only a reference.
var PushedRequest = Extension{
	ID: "par", Name: "Pushed authorization request", Spec: "RFC 9126",
	Summary: "the authorization request goes to the server directly; the browser carries a reference to it",
	Inputs: []Input{
		{
			Name: "par", Label: "PAR", Kind: Choice, Choices: []string{"auto", "always", "never"}, Default: "auto",
			Implied: "always", Spec: "RFC 9126 2", Advanced: true,
			Help: "Push the authorization request to the server first; auto does so when the server requires it.",
		},
	},
}
