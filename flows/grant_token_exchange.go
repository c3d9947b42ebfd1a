package flows

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"fob/tokens"
)

// TokenExchange exchanges a token for another one (RFC 8693).
var TokenExchange = Grant{
	ID:        "token_exchange",
	Name:      "Token exchange",
	Summary:   "a token is exchanged for another one: for another API, for less scope, or to act on behalf of a user",
	Spec:      "RFC 8693",
	GrantType: "urn:ietf:params:oauth:grant-type:token-exchange",
	Inputs: withExtensions([]Input{
		{
			Name: "subject_token", Label: "Subject token", Kind: SecretRef, Required: true, Spec: "RFC 8693 2.1",
			Help: "The token of the party on whose behalf the new token is requested.",
		},
		{
			Name: "subject_token_type", Label: "Subject token type", Kind: Choice, Choices: tokenTypeNames(""),
			Default: "access_token", Spec: "RFC 8693 3",
			Help: "What the subject token is.",
		},
		{
			Name: "actor_token", Label: "Actor token", Kind: SecretRef, Spec: "RFC 8693 2.1", Advanced: true,
			Help: "The token of the party that acts on the subject's behalf (delegation); without it, impersonation.",
		},
		{
			Name: "actor_token_type", Label: "Actor token type", Kind: Choice, Choices: tokenTypeNames(""),
			Default: "access_token", Spec: "RFC 8693 3", Advanced: true,
			Help: "What the actor token is.",
		},
		{
			Name: "requested_token_type", Label: "Requested token type", Kind: Choice, Choices: tokenTypeNames(anyType),
			Default: anyType, Spec: "RFC 8693 3", Advanced: true,
			Help: "The type of the new token; with any the server decides.",
		},
		scopeInput(""), notAdvanced(resourceInput), notAdvanced(audienceInput),
	}, tokenExtensions...),
	Run: runTokenExchange,
}

// anyType lets the server choose the type of the new token.
const anyType = "any"

// tokenTypes are the token type identifiers (RFC 8693 3), by the names that the inputs use.
var tokenTypes = []struct{ name, urn string }{
	{"access_token", typeAccess}, {"refresh_token", typeRefresh}, {"id_token", typeID},
	{"jwt", typeJWT}, {"saml1", typeSAML1}, {"saml2", typeSAML2},
	{"device_secret", typeDeviceSecret},
	{"id-jag", "urn:ietf:params:oauth:token-type:id-jag"}, // Identity Assertion JWT Authorization Grant, a draft
}

// tokenTypeNames returns first, unless it is "", and the names of the types.
func tokenTypeNames(first string) []string {
	var names []string
	if first != "" {
		names = append(names, first)
	}
	for _, t := range tokenTypes {
		names = append(names, t.name)
	}
	return names
}

// tokenTypeURN returns the identifier of a type's name. An unknown name is returned unchanged, as an identifier.
func tokenTypeURN(name string) string {
	for _, t := range tokenTypes {
		if t.name == name {
			return t.urn
		}
	}
	return name
}

// notAdvanced returns the input with Advanced off.
func notAdvanced(in Input) Input {
	in.Advanced = false
	return in
}

func runTokenExchange(ctx context.Context, r *Run) (tokens.Set, error) {
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}}
	secrets := r.setToken(form, "subject_token")
	secrets = append(secrets, r.setToken(form, "actor_token")...)
	if t := r.value("requested_token_type"); t != "" && t != anyType {
		form.Set("requested_token_type", tokenTypeURN(t))
	}
	r.setAccessParams(form)
	set, err := r.tokenRequest(ctx, form, Step{
		Title:   "Exchange the token for another one",
		Meaning: exchangeMeaning(form),
		Spec:    "RFC 8693 2.1",
	}, secrets...)
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkTokenExchange(ctx, form, set)
}

// setToken sets a token and its type in a form, and returns the token as a secret.
func (r *Run) setToken(form url.Values, name string) []tokens.Secret {
	token := tokens.NewSecret(r.value(name))
	if token.IsZero() {
		return nil
	}
	form.Set(name, token.Reveal())
	form.Set(name+"_type", tokenTypeURN(cmp.Or(r.value(name+"_type"), "access_token")))
	return []tokens.Secret{token}
}

func exchangeMeaning(form url.Values) string {
	if form.Has("actor_token") {
		return "The actor requests a token to act on the subject's behalf, and the token names both (delegation)."
	}
	return "fob exchanges a token for one with another purpose; to the API its bearer is the subject (impersonation)."
}

// checkTokenExchange checks a token exchange response (RFC 8693 2.2.1).
func (r *Run) checkTokenExchange(ctx context.Context, form url.Values, set tokens.Set) (tokens.Set, error) {
	requested := form.Get("requested_token_type")
	first := r.Check(checkIssuedType(requested, set))
	usable := isUsableToken(set)
	checks := append(r.tokenChecks(set), resourceChecks(form["resource"], set)...)
	if !usable {
		checks = []tokens.Check{checkTokenTypeNA(set)}
	}
	checks = append(checks, checkScope(form.Get("scope"), set))
	checks = append(checks, detailsChecks(form.Get("authorization_details"), set)...)
	if err := r.checkAll(checks...); first == nil {
		first = err
	}
	if !set.IDToken.IsZero() {
		decrypted, err := r.decryptIDToken(set.IDToken)
		if set.IDToken = decrypted; err == nil {
			err = r.checkIDToken(ctx, idExpectation{raw: set.IDToken.Reveal(), accessToken: set.AccessToken,
				noNonce: "a token exchange has no nonce"})
		}
		if first == nil {
			first = err
		}
	}
	if first != nil {
		return tokens.Set{}, first
	}
	return set, nil
}

// isUsableToken reports whether the issued token can be used to call an API, by the response.
func isUsableToken(set tokens.Set) bool {
	switch {
	case set.IsType(tokenTypeNA):
		return false
	case set.IssuedTokenType == "", set.IssuedTokenType == typeAccess, set.IssuedTokenType == typeJWT:
		return true
	}
	return set.TokenType != "" // with a token_type it can be used
}

// tokenTypeNA is the token_type of a token that is not an access token (RFC 8693 2.2.1).
const tokenTypeNA = "N_A"

// checkTokenTypeNA checks the token_type of a token that cannot be used to call an API.
func checkTokenTypeNA(set tokens.Set) tokens.Check {
	kind := tokens.CheckTokenType
	switch {
	case set.IsType(tokenTypeNA) && set.IssuedTokenType == typeAccess:
		return kind.Fail("Bearer", set.TokenType,
			"the response contradicts itself: an access token that cannot be used to access anything")
	case set.IsType(tokenTypeNA):
		c := kind.Pass(tokenTypeNA, set.TokenType)
		c.Because = "the new token is not an access token: it is for another exchange, or for another party"
		return c
	}
	return kind.Warn(tokenTypeNA, set.TokenType,
		"token_type is missing; the new token may not be an access token")
}

// checkIssuedType compares the type of the new token with the requested one.
func checkIssuedType(requested string, set tokens.Set) tokens.Check {
	kind := tokens.CheckIssuedTokenType
	got := set.IssuedTokenType
	switch {
	case got == "" && requested == "":
		return kind.Warn("a type", "",
			"issued_token_type is missing, which RFC 8693 2.2.1 requires; it is read as an access token")
	case got == "":
		return kind.Fail(requested, "", "issued_token_type is missing, which RFC 8693 2.2.1 requires")
	case requested == "" || got == requested:
		return kind.Pass(requested, got)
	case isEither(requested, got, typeAccess, typeJWT) && looksLikeJWT(set.AccessToken):
		c := kind.Pass(requested, got)
		c.Because = "an access token that is a JWT is both (RFC 8693 3)"
		return c
	}
	return kind.Fail(requested, got, "the server issued another type than the requested one")
}

func isEither(a, b, x, y string) bool { return a == x && b == y || a == y && b == x }

func looksLikeJWT(token tokens.Secret) bool { return strings.Count(token.Reveal(), ".") == 2 }
