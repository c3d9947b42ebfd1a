package flows

import (
	"context"
	"net/url"

	"fob/tokens"
)

// ResourceOwnerPassword exchanges a user's password for tokens (RFC 6749 4.3).
var ResourceOwnerPassword = Grant{
	ID:      "password",
	Name:    "Resource owner password",
	Summary: "a user's name and password are sent to the token endpoint; for servers that still need it",
	Spec:    "RFC 6749 4.3",
	Deprecated: "it must not be used (RFC 9700 2.4): the client sees the password, users learn to type it anywhere, " +
		"and second factors, passkeys and single sign-on do not work with it",
	NeedsUser: true,
	GrantType: "password",
	Inputs: withExtensions([]Input{
		{
			Name: "username", Label: "User name", Kind: Text, Required: true, Spec: "RFC 6749 4.3.2",
			Help: "The name that the user signs in with.",
		},
		{
			Name: "password", Label: "Password", Kind: Password, Required: true, Spec: "RFC 6749 4.3.2",
			Help: "The user's password; it is sent once and never stored.",
		},
		scopeInput("openid"), resourceInput, audienceInput,
	}, tokenExtensions...),
	Run: runPassword,
}

func runPassword(ctx context.Context, r *Run) (tokens.Set, error) {
	password := tokens.NewGuessable(r.Values["password"]) // not trimmed
	form := url.Values{"grant_type": {"password"}, "username": {r.value("username")}, "password": {password.Reveal()}}
	r.setAccessParams(form)
	set, err := r.tokenRequest(ctx, form, Step{
		Title: "Exchange the user's password for tokens",
		Meaning: "fob has the password and could do anything with it: this grant must not be used any more for that " +
			"reason.",
		Spec: "RFC 6749 4.3.2, RFC 9700 2.4",
	}, password)
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkSignIn(ctx, set, signIn{request: form, noNonce: "the password grant has no nonce",
		idTokenOptional: "the password grant is not part of OpenID Connect, so it need not return one (RFC 6749 " +
			"4.3.3)"})
}
