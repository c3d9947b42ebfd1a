package flows

import (
	"context"
	"net/url"

	"fob/tokens"
)

// pushes reports whether the authorization request goes to the server first.
func (r *Run) usesPAR() bool {
	switch r.value("par") {
	case "always":
		return true
	case "never":
		return false
	}
	required, _ := r.Provider.Bool("require_pushed_authorization_requests")
	return required
}

// pushRequest sends the request to the server, authenticating as the client, and yields what the browser carries in its
// place (RFC 9126 2 and 4).
func (r *Run) pushRequest(ctx context.Context, params url.Values) (url.Values, error) {
	x, err := r.send(ctx, "par", params)
	reference, life := "", tokens.Check{}
	if err == nil {
		reference, life, err = r.readRequestURI(x)
	}
	r.exchangeStep(Step{
		Title: "Push the authorization request to the server", Spec: "RFC 9126 2.1",
		Meaning: "The server gets the request from fob itself and hands out a reference; nobody can read or change " +
			"it in the browser.",
	}, x, err)
	if err != nil {
		return nil, err
	}
	if err := r.Check(life); err != nil {
		return nil, err
	}
	return url.Values{"client_id": {r.Client.ID}, "request_uri": {reference}}, nil
}

func (r *Run) readRequestURI(x *exchange) (reference string, life tokens.Check, err error) {
	m, err := r.readObject(x)
	if err != nil {
		return "", life, err
	}
	if reference = jsonString(m["request_uri"]); reference == "" {
		return "", life, r.responseError(x, "no request_uri", false)
	}
	return reference, checkRequestLifetime(m, "the browser is sent off all the same"), nil
}
