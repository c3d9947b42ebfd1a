package flows

// DPoP binds the tokens to a key that only fob has, so that a stolen token cannot be used.
var DPoP = Extension{
	ID: "dpop", Name: "DPoP", Spec: "RFC 9449",
	Summary: "the tokens are bound to a key, and every request with a token has a proof of possession of the key",
	Inputs: []Input{
		{
			Name: "dpop", Label: "DPoP", Kind: Bool, Spec: "RFC 9449 4", Advanced: true,
			Help: "Bind the tokens to a new key of this session, and send a proof with every request that gets or " +
				"uses them.",
		},
		{
			Name: "dpop_alg", Label: "DPoP algorithm", Kind: Choice, Choices: []string{"ES256", "ES384", "ES512",
				"EdDSA", "PS256", "RS256"}, Default: "ES256",
			Spec: "RFC 9449 4.2", Advanced: true,
			Help: "The type of the new key, and the signature algorithm of its proofs.",
		},
	},
}
