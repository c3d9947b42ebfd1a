package flows

import (
	"context"
	"net/url"

	"fob/tokens"
)

// ResourceOwnerPassword trades a person's password for tokens (RFC 6749 4.3).
var ResourceOwnerPassword = Grant{
	ID:      "password",
	Name:    "Resource owner password",
	Summary: "a person's name and password are sent to the token endpoint; for servers that are not rid of it yet",
	Spec:    "RFC 6749 4.3",
	Deprecated: "it must not be used (RFC 9700 2.4): the client sees the password, people learn to type it anywhere, " +
		"and no second factor, passkey or single sign-on can take part",
	NeedsUser: true,
	GrantType: "password",
	Inputs: withExtensions([]Input{
		{
			Name: "username", Label: "User name", Kind: Text, Required: true, Spec: "RFC 6749 4.3.2",
			Help: "The name that the person signs in with.",
		},
		{
			Name: "password", Label: "Password", Kind: Password, Required: true, Spec: "RFC 6749 4.3.2",
			Help: "The person's password; it is sent once and kept nowhere.",
		},
		scopeInput("openid"), resourceInput, audienceInput,
	}, tokenExtensions...),
	Run: runPassword,
}

func runPassword(ctx context.Context, r *Run) (tokens.Set, error) {
	password := tokens.NewGuessable(r.Values["password"]) // with the space around it, if there is any
	form := url.Values{"grant_type": {"password"}, "username": {r.value("username")}, "password": {password.Reveal()}}
	r.setAccessParams(form)
	set, err := r.tokenRequest(ctx, form, Step{
		Title: "Trade the person's password for tokens",
		Meaning: "fob has the password and could do anything with it: that is why this grant is not to be used any " +
			"more.",
		Spec: "RFC 6749 4.3.2, RFC 9700 2.4",
	}, password)
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkSignIn(ctx, set, signIn{request: form, noNonce: "the password grant has no nonce",
		idTokenOptional: "the password grant is none of OpenID Connect, so no id_token is due (RFC 6749 4.3.3)"})
}
