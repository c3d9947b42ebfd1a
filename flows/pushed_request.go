package flows

import (
	"context"
	"net/url"

	"fob/tokens"
)

// usesPAR reports whether the authorization request is pushed to the server first.
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

// pushRequest pushes the request to the server, authenticated as the client, and returns the parameters of the
// browser's request (RFC 9126 2 and 4).
func (r *Run) pushRequest(ctx context.Context, params url.Values) (url.Values, error) {
	x, err := r.send(ctx, "par", params)
	requestURI, lifetime := "", tokens.Check{}
	if err == nil {
		requestURI, lifetime, err = r.readRequestURI(x)
	}
	r.exchangeStep(Step{
		Title: "Push the authorization request to the server", Spec: "RFC 9126 2.1",
		Meaning: "The server gets the request from fob itself and returns a reference, so it cannot be read or " +
			"changed in the browser.",
	}, x, err)
	if err != nil {
		return nil, err
	}
	if err := r.Check(lifetime); err != nil {
		return nil, err
	}
	return url.Values{"client_id": {r.Client.ID}, "request_uri": {requestURI}}, nil
}

func (r *Run) readRequestURI(x *exchange) (requestURI string, lifetime tokens.Check, err error) {
	m, err := r.readObject(x)
	if err != nil {
		return "", lifetime, err
	}
	if requestURI = jsonString(m["request_uri"]); requestURI == "" {
		return "", lifetime, r.responseError(x, "no request_uri", false)
	}
	return requestURI, checkRequestLifetime(m, "the browser opens the request anyway"), nil
}
