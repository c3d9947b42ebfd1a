package flows

import (
	"slices"

	"fob/tokens"
)

// authorizationInputs returns the inputs of a grant that uses the authorization endpoint. mode is the default response
// mode of its response types, and own are the grant's own inputs, which come first.
func authorizationInputs(mode string, own ...Input) []Input {
	return slices.Concat(own, []Input{
		{
			Name: "prompt", Label: "Prompt", Kind: List, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "What the server must ask the user for: login, consent, select_account, or none.",
		},
		{
			Name: "login_hint", Label: "Login hint", Kind: Text, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "Who will sign in, often an e-mail address; the sign-in page is filled in with it.",
		},
		{
			Name: "id_token_hint", Label: "ID token hint", Kind: SecretRef, Token: tokens.ID,
			Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "An id_token of the user who should sign in; without PAR it is in the URL that the browser opens.",
		},
		{
			Name: "max_age", Label: "Max age", Kind: Seconds, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "The maximum age of the sign-in in seconds; after an older one the user has to sign in again.",
		},
		{
			Name: "acr_values", Label: "ACR values", Kind: List, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "How strongly the user has to authenticate, in the server's own values, the preferred one first.",
		},
		{
			Name: "ui_locales", Label: "UI locales", Kind: List, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "The languages of the sign-in page, the preferred one first: fr-CA fr en.",
		},
		responseModeInput(mode),
		resourceInput,
		audienceInput,
	})
}

// passThroughInputs are sent unchanged as parameters of the authorization request.
var passThroughInputs = []string{"scope", "prompt", "login_hint", "max_age", "acr_values", "ui_locales",
	"id_token_hint"}

func responseModeInput(def string) Input {
	return Input{
		Name: "response_mode", Label: "Response mode", Kind: Choice, Default: def, Advanced: true,
		Choices: []string{"query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"},
		Spec:    "OAuth 2.0 Multiple Response Types 2.1, JARM 2.3",
		Help: "How the response is returned: in the query or the fragment of the redirect URI, or as a form; with " +
			"jwt, as one signed JWT.",
	}
}
