package demo

import "fob/tokens"

// The faults of extensions and further grants: a client meets them only when it uses what Needs names.
const (
	faultDPoPNonce        = "dpop-nonce"
	faultDPoPNonceAPI     = "dpop-nonce-api"
	faultDPoPNonceRefused = "dpop-nonce-refused"
	faultWrongDPoPBinding = "wrong-dpop-binding"
	faultDPoPAsBearer     = "dpop-as-bearer"
	faultWrongMTLSBinding = "wrong-mtls-binding"
)

const (
	needsDPoP = "DPoP"
)

var dpopFaults = []Fault{
	{Name: faultDPoPNonce, Title: "DPoP nonce wanted", Needs: needsDPoP,
		What:  "The authorization server wants its nonce in every DPoP proof: a client should take it from the refusal and try once more.",
		Error: "use_dpop_nonce"},
	{Name: faultDPoPNonceAPI, Title: "DPoP nonce wanted by the API", Needs: needsDPoP,
		What:  "The API and the userinfo endpoint want a nonce in every DPoP proof: a client should take it from the challenge and try once more.",
		Error: "use_dpop_nonce"},
	{Name: faultDPoPNonceRefused, Title: "DPoP nonce never good", Needs: needsDPoP,
		What:  "Every nonce in a DPoP proof is refused, and a new one offered: a client should give up after one more try.",
		Error: "use_dpop_nonce"},
	{Name: faultWrongDPoPBinding, Title: "token bound to another key", Needs: needsDPoP,
		What:  "The access token is bound to a DPoP key that nobody has.",
		Check: tokens.CheckDPoPBinding.ID},
	{Name: faultDPoPAsBearer, Title: "DPoP token called Bearer", Needs: needsDPoP,
		What:  "The token response says token_type Bearer, although a proof came and the token is bound.",
		Check: tokens.CheckTokenType.ID},
}
