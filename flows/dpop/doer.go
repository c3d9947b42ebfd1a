package dpop

import (
	"context"
	"io"
	"net/http"

	"fob/flows/wire"
	"fob/tokens"
)

// Doer sends requests that use an access token, each with a proof of its own (RFC 9449 7). When the resource server asks
// for a nonce, the request is sent once more.
type Doer struct {
	Prover *Prover
	Token  tokens.Secret
	Next   wire.Doer
	// Refused is told of an answer that asked for a nonce, before the request is sent again; it may be nil.
	Refused func(*wire.Response)
}

// Do implements wire.Doer.
func (d *Doer) Do(ctx context.Context, r *wire.Request) (*wire.Response, error) {
	if !d.Token.IsZero() && r.Header.Get("Authorization") == "" {
		return d.Next.Do(ctx, r) // a proof for a token goes where the token goes (RFC 9449 7)
	}
	first := *r
	if r.Stream != nil {
		first.Stream = func(head *wire.Response) io.Writer {
			if head.Status == http.StatusUnauthorized || head.Status == http.StatusBadRequest {
				return nil // it may ask for a nonce
			}
			return r.Stream(head)
		}
	}
	resp, again, err := d.once(ctx, &first)
	if err != nil || !again {
		return resp, err
	}
	if d.Refused != nil {
		d.Refused(resp)
	}
	resp, _, err = d.once(ctx, r)
	return resp, err
}

func (d *Doer) once(ctx context.Context, r *wire.Request) (resp *wire.Response, again bool, err error) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	proof, err := d.Prover.Proof(method, r.URL, d.Token)
	if err != nil {
		return nil, false, err
	}
	proven := *r
	proven.Header = r.Header.Clone()
	if proven.Header == nil {
		proven.Header = http.Header{}
	}
	proven.Header.Set(Header, proof.Reveal())
	proven.Secrets = append(append([]tokens.Secret(nil), r.Secrets...), proof)
	resp, err = d.Next.Do(ctx, &proven)
	if err != nil {
		return resp, false, err
	}
	return resp, d.Prover.HandleResponse(r.URL, resp), nil
}
