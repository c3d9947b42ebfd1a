package dpop

import (
	"context"
	"io"
	"net/http"

	"fob/flows/wire"
	"fob/tokens"
)

// Doer sends requests with an access token, each with its own proof (RFC 9449 7). If the resource server requires a
// nonce, the request is sent once more.
type Doer struct {
	Prover *Prover
	Token  tokens.Secret
	Next   wire.Doer
	// OnNonceRequired is called with a response that requires a nonce, before the request is sent again; it may be nil.
	OnNonceRequired func(*wire.Response)
}

// Do implements wire.Doer.
func (d *Doer) Do(ctx context.Context, r *wire.Request) (*wire.Response, error) {
	if !d.Token.IsZero() && r.Header.Get("Authorization") == "" {
		return d.Next.Do(ctx, r) // the proof belongs to the access token, which is not sent (RFC 9449 7)
	}
	first := *r
	if r.Stream != nil {
		first.Stream = func(head *wire.Response) io.Writer {
			if head.Status == http.StatusUnauthorized || head.Status == http.StatusBadRequest {
				return nil // it may require a nonce
			}
			return r.Stream(head)
		}
	}
	resp, retry, err := d.sendOnce(ctx, &first)
	if err != nil || !retry {
		return resp, err
	}
	if d.OnNonceRequired != nil {
		d.OnNonceRequired(resp)
	}
	resp, _, err = d.sendOnce(ctx, r)
	return resp, err
}

func (d *Doer) sendOnce(ctx context.Context, r *wire.Request) (resp *wire.Response, retry bool, err error) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	proof, err := d.Prover.Proof(method, r.URL, d.Token)
	if err != nil {
		return nil, false, err
	}
	withProof := *r
	withProof.Header = r.Header.Clone()
	if withProof.Header == nil {
		withProof.Header = http.Header{}
	}
	withProof.Header.Set(Header, proof.Reveal())
	withProof.Secrets = append(append([]tokens.Secret(nil), r.Secrets...), proof)
	resp, err = d.Next.Do(ctx, &withProof)
	if err != nil {
		return resp, false, err
	}
	return resp, d.Prover.HandleResponse(r.URL, resp), nil
}
