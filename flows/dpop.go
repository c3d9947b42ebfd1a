package flows

import (
	"cmp"
	"errors"
	"slices"

	"fob/flows/dpop"
	"fob/flows/wire"
	"fob/tokens"
)

// dpopEndpoints are the endpoints to which a proof of possession is sent with the client's own requests (RFC 9449 5
// and 10.1). Userinfo takes one with the access token.
var dpopEndpoints = []string{"token", "par"}

// possession makes the proofs of the run; nil when it uses no DPoP. The first call makes the key where there is none.
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

// newDPoPKey makes the key and leaves it in the run, to be kept with the tokens.
func (r *Run) newDPoPKey() (dpop.Key, error) {
	key, err := dpop.NewKey(cmp.Or(r.value("dpop_alg"), "ES256"))
	if err != nil {
		return key, err
	}
	if r.DPoPKey, err = key.Secret(); err != nil {
		return key, err
	}
	r.Step(Step{
		From: Fob, To: Fob, Title: "Make a key to bind the tokens to", Spec: "RFC 9449 3",
		Meaning: "The key " + key.Thumbprint() + " (" + key.Alg() +
			") stays here; whoever steals a token that is bound to it cannot use it.",
	})
	return key, nil
}

// prove adds a proof to a request to an endpoint that takes one. The prover is nil when it does not.
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

// nonceStep reports an exchange that was refused for want of a nonce.
func (r *Run) nonceStep(x *exchange) {
	r.exchangeStep(Step{
		Title: "The " + endpointLabel(x.req.Endpoint) + " endpoint wants a nonce of its own in the proof",
		Spec:  "RFC 9449 8",
		Meaning: "A proof with the server's nonce cannot have been made in advance; fob sends the request once more " +
			"with it.",
	}, x, nil)
}

// resource is how requests with an access token are sent, and the scheme of their Authorization field: with a proof
// each where the token is bound to the run's key (RFC 9449 7.1), as they are where it is a bearer token (RFC 6750 2.1).
// wanted is reported as a step when the server asks for a nonce.
func (r *Run) resourceClient(set tokens.Set, wanted Step) (client wire.Doer, scheme string, err error) {
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
		wanted.From, wanted.To, wanted.Exchange = Fob, AuthorizationServer, resp.Exchange
		r.Step(wanted)
	}}, dpop.Header, nil
}
