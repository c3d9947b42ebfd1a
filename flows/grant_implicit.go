package flows

import (
	"cmp"
	"context"

	"fob/tokens"
)

// responseTypeNone requests no code and no token (OAuth 2.0 Multiple Response Types 4).
const responseTypeNone = "none"

// Implicit gets tokens from the authorization endpoint, through the browser (RFC 6749 4.2, OpenID Connect Core 3.2).
var Implicit = Grant{
	ID:      "implicit",
	Name:    "Implicit",
	Summary: "tokens are returned in the redirect URL; to try what an old client does",
	Spec:    "RFC 6749 4.2, OpenID Connect Core 3.2",
	Deprecated: "access tokens in a redirect leak and can be injected; use the authorization code grant (RFC 9700 " +
		"2.1.2)",
	NeedsUser: true,
	GrantType: "implicit",
	Inputs: withExtensions(authorizationInputs("fragment", scopeInput("openid"), responseTypeInput("id_token token",
		"id_token", "token", responseTypeNone)),
		PushedRequest, RequestObject, SignedResponse, ClientAuthentication),
	Run: runImplicit,
}

// responseTypeInput is the choice of a grant's response types; the first is the default.
func responseTypeInput(choices ...string) Input {
	return Input{
		Name: "response_type", Label: "Response type", Kind: Choice, Choices: choices, Default: choices[0],
		Spec: "OAuth 2.0 Multiple Response Types 3 and 5",
		Help: "What the authorization endpoint returns; none, where it is offered, asks for the user's consent and " +
			"returns no token.",
	}
}

func runImplicit(ctx context.Context, r *Run) (tokens.Set, error) {
	responseType := cmp.Or(r.value("response_type"), "id_token token")
	return r.authorize(ctx, responseType, func(a *authorization, f *frontChannel) (tokens.Set, error) {
		if responseType == responseTypeNone {
			return f.set, r.Check(tokens.CheckScope.Skip("no token was requested, so the response does not report " +
				"the granted scope"))
		}
		return f.set, r.Check(checkScope(a.params.Get("scope"), f.set))
	})
}
