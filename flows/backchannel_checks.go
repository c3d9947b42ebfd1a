package flows

import "fob/tokens"

// The claims by which an id_token speaks of a backchannel authentication (OpenID CIBA Core 10.3.1). They are required
// where the server pushes the tokens, which fob does not take; a server may put them into every id_token.
const (
	claimAuthReqID = "urn:openid:params:jwt:claim:auth_req_id"
	claimRTHash    = "urn:openid:params:jwt:claim:rt_hash"
)

// backchannelChecks hold an id_token against the backchannel authentication that it answers.
func backchannelChecks(t *decodedJWT, want idExpectation) []tokens.Check {
	return []tokens.Check{checkAuthReqID(t, want.authReqID), checkHash(tokens.CheckRTHash, t, claimRTHash, want.refresh,
		false)}
}

// checkAuthReqID shows fingerprints: whoever knows the number can ask for the tokens.
func checkAuthReqID(t *decodedJWT, id tokens.Secret) tokens.Check {
	kind := tokens.CheckAuthReqID
	switch got := tokens.NewSecret(t.text(claimAuthReqID)); {
	case !t.has(claimAuthReqID):
		return kind.Skip("there is no " + claimAuthReqID + ", which is required where tokens are pushed alone")
	case !got.Equal(id):
		return kind.Fail(id.Fingerprint(), got.Fingerprint(), "it answers another request, perhaps somebody else's")
	}
	return kind.Pass(id.Fingerprint(), id.Fingerprint())
}
