package flows

import (
	"cmp"
	"context"

	"fob/tokens"
)

// Hybrid takes a code and tokens from the authorization endpoint, and trades the code for more (OpenID Connect Core
// 3.3).
var Hybrid = Grant{
	ID:      "hybrid",
	Name:    "Hybrid",
	Summary: "a code and tokens come back together; the code is traded for tokens as usual",
	Spec:    "OpenID Connect Core 3.3",
	Deprecated: "what it once gained PKCE and nonce give without tokens in the browser; use the authorization code " +
		"grant (RFC 9700 2.1.1 and 2.1.2)",
	NeedsUser: true,
	// It has no grant type of its own: its clients register authorization_code and implicit (OpenID Connect Dynamic
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

// checkBothChannels compares the id_tokens of a hybrid run, each of which was checked by itself (OpenID Connect Core
// 3.3.3.6).
func checkBothChannels(front, back tokens.Secret) tokens.Check {
	kind := tokens.CheckBothChannels
	one, err1 := decodeJWT(front.Reveal())
	other, err2 := decodeJWT(back.Reveal())
	if err1 != nil || err2 != nil {
		return kind.Skip("an id_token came by one way alone")
	}
	for _, name := range []string{"iss", "sub"} {
		if one.text(name) != other.text(name) {
			return kind.Fail(one.shown(name), other.shown(name),
				"the "+name+" from the token endpoint differs from the one in the browser")
		}
	}
	return kind.Pass(one.shown("sub"), other.shown("sub"))
}
