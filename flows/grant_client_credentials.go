package flows

import (
	"context"
	"net/url"

	"fob/tokens"
)

// ClientCredentials gets a token for the client itself (RFC 6749 4.4).
var ClientCredentials = Grant{
	ID:           "client_credentials",
	Name:         "Client credentials",
	Summary:      "a program gets a token in its own name; nobody signs in",
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
		Title: "Ask for a token in the client's own name",
		Meaning: "fob proves to the token endpoint that it is the client; the token that comes back stands for the " +
			"client, not for a person.",
		Spec: "RFC 6749 4.4.2",
	})
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkSignIn(ctx, set, signIn{request: form, noNonce: "nobody signs in",
		idTokenOptional: "nobody signs in, so this grant need not bring one"})
}
