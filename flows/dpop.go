package flows

import (
	"cmp"
	"errors"
	"slices"

	"fob/flows/dpop"
	"fob/flows/wire"
	"fob/tokens"
)

// dpopEndpoints are the endpoints that get a DPoP proof with the client's own requests (RFC 9449 5 and 10.1). Userinfo
// gets one with the access token.
var dpopEndpoints = []string{"token", "par"}

// dpopProver returns what makes the DPoP proofs of the run; nil when it does not use DPoP. The first call generates the
// key if the run has none.
func (r *Run) dpopProver() (*dpop.Prover, error) {
	if r.prover != nil {
		return r.prover, nil
	}
	var key dpop.Key
	var err error
	switch {
	case !r.DPoPKey.IsZero():
		key, err = dpop.ParseKey(r.DPoPKey)
	case r.value("dpop") == "true":
		key, err = r.newDPoPKey()
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if r.Nonces == nil {
		r.Nonces = dpop.NewNonces()
	}
	r.prover = &dpop.Prover{Key: key, Nonces: r.Nonces, Now: r.now, Rand: r.Rand}
	return r.prover, nil
}

// newDPoPKey generates the key and sets it in the run, to be stored with the tokens.
func (r *Run) newDPoPKey() (dpop.Key, error) {
	key, err := dpop.NewKey(cmp.Or(r.value("dpop_alg"), "ES256"))
	if err != nil {
		return key, err
	}
	if r.DPoPKey, err = key.Secret(); err != nil {
		return key, err
	}
	r.Step(Step{
		From: Fob, To: Fob, Title: "Generate a key to bind the tokens to", Spec: "RFC 9449 3",
		Meaning: "The key " + key.Thumbprint() + " (" + key.Alg() +
			") stays here, and a stolen token that is bound to it cannot be used.",
	})
	return key, nil
}

// addProof adds a DPoP proof to a request. The prover is nil when the endpoint or the run does not use DPoP.
func (r *Run) addProof(req *TokenRequest) (*dpop.Prover, error) {
	if !slices.Contains(dpopEndpoints, req.Endpoint) {
		return nil, nil
	}
	p, err := r.dpopProver()
	if p == nil || err != nil {
		return nil, err
	}
	proof, err := p.Proof("POST", req.URL, tokens.Secret{})
	if err != nil {
		return nil, err
	}
	req.Header.Set(dpop.Header, proof.Reveal())
	req.Secrets = append(req.Secrets, proof)
	return p, nil
}

// nonceStep reports an exchange that was rejected because the proof had no nonce.
func (r *Run) nonceStep(x *exchange) {
	r.exchangeStep(Step{
		Title:   "The " + endpointLabel(x.req.Endpoint) + " endpoint requires its nonce in the proof",
		Spec:    "RFC 9449 8",
		Meaning: "A proof with the server's nonce cannot be made in advance; fob sends the request again with it.",
	}, x, nil)
}

// resourceClient returns the client for requests with an access token and their Authorization scheme: with a DPoP proof
// for each request if the token is bound to the run's key (RFC 9449 7.1), else Bearer (RFC 6750 2.1). nonceStep is
// reported when the server requires a nonce.
func (r *Run) resourceClient(set tokens.Set, nonceStep Step) (client wire.Doer, scheme string, err error) {
	if !set.IsType(dpop.Header) {
		return r.HTTP, "Bearer", nil
	}
	p, err := r.dpopProver()
	if err != nil {
		return nil, "", err
	}
	if p == nil {
		return nil, "", errors.New("the token is bound to a DPoP key, and the session has none: sign in again")
	}
	return &dpop.Doer{Prover: p, Token: set.AccessToken, Next: r.HTTP, OnNonceRequired: func(resp *wire.Response) {
		nonceStep.From, nonceStep.To, nonceStep.Exchange = Fob, AuthorizationServer, resp.Exchange
		r.Step(nonceStep)
	}}, dpop.Header, nil
}
