package flows

import (
	"context"
	"net/url"

	"fob/tokens"
)

// ClientCredentials gets a token of the client itself (RFC 6749 4.4).
var ClientCredentials = Grant{
	ID:           "client_credentials",
	Name:         "Client credentials",
	Summary:      "a program gets a token in its own name; no user signs in",
	Spec:         "RFC 6749 4.4",
	GrantType:    "client_credentials",
	Confidential: true,
	Inputs:       withExtensions([]Input{scopeInput(""), resourceInput, audienceInput}, tokenExtensions...),
	Run:          runClientCredentials,
}

func runClientCredentials(ctx context.Context, r *Run) (tokens.Set, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	r.setAccessParams(form)
	set, err := r.tokenRequest(ctx, form, Step{
		Title:   "Request a token in the client's own name",
		Meaning: "fob authenticates as the client; the token is issued to the client, not to a user.",
		Spec:    "RFC 6749 4.4.2",
	})
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkSignIn(ctx, set, signIn{request: form, noNonce: "no user signs in",
		idTokenOptional: "no user signs in, so this grant need not return one"})
}
