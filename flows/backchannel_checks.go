package flows

import "fob/tokens"

// The claims of an id_token about a backchannel authentication (OpenID CIBA Core 10.3.1). They are required in push
// mode, which fob does not support; a server may put them into every id_token.
const (
	claimAuthReqID = "urn:openid:params:jwt:claim:auth_req_id"
	claimRTHash    = "urn:openid:params:jwt:claim:rt_hash"
)

// backchannelChecks compares an id_token with the backchannel authentication request.
func backchannelChecks(t *decodedJWT, want idExpectation) []tokens.Check {
	return []tokens.Check{checkAuthReqID(t, want.authReqID), checkHash(tokens.CheckRTHash, t, claimRTHash, want.refresh,
		false)}
}

// checkAuthReqID shows fingerprints: with the auth_req_id itself the tokens can be requested.
func checkAuthReqID(t *decodedJWT, id tokens.Secret) tokens.Check {
	kind := tokens.CheckAuthReqID
	switch got := tokens.NewSecret(t.text(claimAuthReqID)); {
	case !t.has(claimAuthReqID):
		return kind.Skip("there is no " + claimAuthReqID + ", which is required in push mode only")
	case !got.Equal(id):
		return kind.Fail(id.Fingerprint(), got.Fingerprint(), "it belongs to another request, possibly of another user")
	}
	return kind.Pass(id.Fingerprint(), id.Fingerprint())
}
