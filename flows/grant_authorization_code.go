package flows

import (
	"context"
	"net/url"

	"fob/tokens"
)

// AuthorizationCode sends the user's browser to the authorization server and exchanges the returned code for tokens
// (RFC 6749 4.1, OpenID Connect Core 3.1).
var AuthorizationCode = Grant{
	ID:        "authorization_code",
	Name:      "Authorization code",
	Summary:   "a user signs in with a browser; the usual way",
	Spec:      "RFC 6749 4.1",
	NeedsUser: true,
	GrantType: "authorization_code",
	Inputs:    withExtensions(authorizationInputs("query", scopeInput("openid"), pkceInput), codeExtensions...),
	Run:       runAuthorizationCode,
}

func runAuthorizationCode(ctx context.Context, r *Run) (tokens.Set, error) {
	if _, err := r.requireEndpoint("token"); err != nil {
		return tokens.Set{}, err
	}
	return r.authorize(ctx, "code", func(a *authorization, f *frontChannel) (tokens.Set, error) {
		return r.exchangeCode(ctx, a, f.code)
	})
}

// exchangeCode exchanges the code for tokens (RFC 6749 4.1.3) and checks the response.
func (r *Run) exchangeCode(ctx context.Context, a *authorization, code tokens.Secret) (tokens.Set, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code.Reveal()}, "redirect_uri": {a.redirect}}
	secrets := []tokens.Secret{code}
	if !a.verifier.IsZero() {
		form.Set("code_verifier", a.verifier.Reveal())
		secrets = append(secrets, a.verifier)
	}
	r.setList(form, "resource")
	set, err := r.tokenRequest(ctx, form, Step{
		Title: "Exchange the code for tokens",
		Meaning: "fob calls the token endpoint directly and not through the browser, so the tokens are never in an " +
			"address bar.",
		Spec: "RFC 6749 4.1.3",
	}, secrets...)
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkSignIn(ctx, set, signIn{request: a.params, code: code, nonce: a.params.Get("nonce"),
		noNonce:   "openid was not requested, so no nonce was sent",
		resources: form["resource"]})
}
