package flows

import (
	"cmp"
	"context"

	"fob/tokens"
)

// Hybrid gets a code and tokens from the authorization endpoint, and exchanges the code for more (OpenID Connect Core
// 3.3).
var Hybrid = Grant{
	ID:      "hybrid",
	Name:    "Hybrid",
	Summary: "the browser returns a code and tokens; the code is exchanged for tokens as usual",
	Spec:    "OpenID Connect Core 3.3",
	Deprecated: "PKCE and nonce give the same protection without tokens in the browser; use the authorization code " +
		"grant (RFC 9700 2.1.1 and 2.1.2)",
	NeedsUser: true,
	// There is no grant type for it: its clients register authorization_code and implicit (OpenID Connect Dynamic
	// Client Registration 2).
	ResponseTypes: []string{"code id_token", "code token", "code id_token token"},
	Inputs: withExtensions(authorizationInputs("fragment", scopeInput("openid"),
		responseTypeInput("code id_token", "code token", "code id_token token"), pkceInput), codeExtensions...),
	Run: runHybrid,
}

func runHybrid(ctx context.Context, r *Run) (tokens.Set, error) {
	if _, err := r.requireEndpoint("token"); err != nil {
		return tokens.Set{}, err
	}
	responseType := cmp.Or(r.value("response_type"), "code id_token")
	return r.authorize(ctx, responseType, func(a *authorization, f *frontChannel) (tokens.Set, error) {
		set, err := r.exchangeCode(ctx, a, f.code)
		if err != nil {
			return set, err
		}
		if err := r.Check(checkBothChannels(f.set.IDToken, set.IDToken)); err != nil {
			return tokens.Set{}, err
		}
		if set.IDToken.IsZero() {
			set.IDToken = f.set.IDToken
		}
		return set, nil
	})
}

// checkBothChannels compares the two id_tokens of a hybrid run, which were each validated before (OpenID Connect Core
// 3.3.3.6).
func checkBothChannels(front, back tokens.Secret) tokens.Check {
	kind := tokens.CheckBothChannels
	one, err1 := decodeJWT(front.Reveal())
	other, err2 := decodeJWT(back.Reveal())
	if err1 != nil || err2 != nil {
		return kind.Skip("only one of the endpoints returned an id_token")
	}
	for _, name := range []string{"iss", "sub"} {
		if one.text(name) != other.text(name) {
			return kind.Fail(one.shown(name), other.shown(name),
				"the "+name+" from the token endpoint differs from the one from the authorization endpoint")
		}
	}
	return kind.Pass(one.shown("sub"), other.shown("sub"))
}
