package flows

import (
	"slices"

	"fob/tokens"
)

// authorizationInputs are the inputs of the grants that begin at the authorization endpoint; mode is the response mode
// that the response type has by itself, and own are the inputs of the grant that come first.
func authorizationInputs(mode string, own ...Input) []Input {
	return slices.Concat(own, []Input{
		{
			Name: "prompt", Label: "Prompt", Kind: List, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "What the server has to ask the person: login, consent, select_account, or none.",
		},
		{
			Name: "login_hint", Label: "Login hint", Kind: Text, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "Who is going to sign in, often an e-mail address, so that the page is filled in.",
		},
		{
			Name: "id_token_hint", Label: "ID token hint", Kind: SecretRef, Token: tokens.ID,
			Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "An id_token of the person who is to sign in; without PAR it stands in the address that the " +
				"browser is sent to.",
		},
		{
			Name: "max_age", Label: "Max age", Kind: Seconds, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "How many seconds ago the person may have signed in at most; an older sign-in is asked for again.",
		},
		{
			Name: "acr_values", Label: "ACR values", Kind: List, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "How strongly the person has to sign in, in the server's own words, the preferred one first.",
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

// passThroughInputs are the inputs that become parameters of the authorization request as they are.
var passThroughInputs = []string{"scope", "prompt", "login_hint", "max_age", "acr_values", "ui_locales",
	"id_token_hint"}

func responseModeInput(def string) Input {
	return Input{
		Name: "response_mode", Label: "Response mode", Kind: Choice, Default: def, Advanced: true,
		Choices: []string{"query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"},
		Spec:    "OAuth 2.0 Multiple Response Types 2.1, JARM 2.3",
		Help: "How the answer comes back: in the address's query, in its fragment, or as a form; with jwt, as one " +
			"signed JWT.",
	}
}
