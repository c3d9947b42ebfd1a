package flows

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"fob/tokens"
)

// TokenExchange trades one token for another (RFC 8693).
var TokenExchange = Grant{
	ID:        "token_exchange",
	Name:      "Token exchange",
	Summary:   "a token is traded for another: for another API, for less, or to act on somebody's behalf",
	Spec:      "RFC 8693",
	GrantType: "urn:ietf:params:oauth:grant-type:token-exchange",
	Inputs: withExtensions([]Input{
		{
			Name: "subject_token", Label: "Subject token", Kind: SecretRef, Required: true, Spec: "RFC 8693 2.1",
			Help: "The token of the one in whose name the new token is asked for.",
		},
		{
			Name: "subject_token_type", Label: "Subject token type", Kind: Choice, Choices: tokenTypeNames(""),
			Default: "access_token", Spec: "RFC 8693 3",
			Help: "What the subject token is.",
		},
		{
			Name: "actor_token", Label: "Actor token", Kind: SecretRef, Spec: "RFC 8693 2.1", Advanced: true,
			Help: "The token of the one who acts on the subject's behalf (delegation); none means impersonation.",
		},
		{
			Name: "actor_token_type", Label: "Actor token type", Kind: Choice, Choices: tokenTypeNames(""),
			Default: "access_token", Spec: "RFC 8693 3", Advanced: true,
			Help: "What the actor token is.",
		},
		{
			Name: "requested_token_type", Label: "Requested token type", Kind: Choice, Choices: tokenTypeNames(anyType),
			Default: anyType, Spec: "RFC 8693 3", Advanced: true,
			Help: "What the new token shall be; any leaves it to the server.",
		},
		scopeInput(""), notAdvanced(resourceInput), notAdvanced(audienceInput),
	}, tokenExtensions...),
	Run: runTokenExchange,
}

// anyType leaves the type of the new token to the server.
const anyType = "any"

// tokenTypes are the types of token that can be named, by the names that the inputs have for them.
var tokenTypes = []struct{ name, urn string }{
	{"access_token", typeAccess}, {"refresh_token", typeRefresh}, {"id_token", typeID},
	{"jwt", typeJWT}, {"saml1", typeSAML1}, {"saml2", typeSAML2},
	{"device_secret", typeDeviceSecret},
	{"id-jag", "urn:ietf:params:oauth:token-type:id-jag"}, // Identity Assertion JWT Authorization Grant, a draft
}

// tokenTypeNames are the names of the types; a first one that is not "" goes before them.
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

// tokenTypeURN is the identifier of a type's name. What is no name is taken for an identifier.
func tokenTypeURN(name string) string {
	for _, t := range tokenTypes {
		if t.name == name {
			return t.urn
		}
	}
	return name
}

// openly is an input that is not folded away.
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
		Title:   "Trade the token for another",
		Meaning: exchangeMeaning(form),
		Spec:    "RFC 8693 2.1",
	}, secrets...)
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkTokenExchange(ctx, form, set)
}

// setToken puts a token and its type into a form.
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
		return "The actor asks for a token with which it acts on the subject's behalf, and both stand in it " +
			"(delegation)."
	}
	return "fob hands in a token and gets one for another purpose; who uses the new one is the subject to the API " +
		"(impersonation)."
}

// checkTokenExchange makes the checks of an exchange's answer (RFC 8693 2.2.1).
func (r *Run) checkTokenExchange(ctx context.Context, form url.Values, set tokens.Set) (tokens.Set, error) {
	asked := form.Get("requested_token_type")
	first := r.Check(checkIssuedType(asked, set))
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
		opened, err := r.decryptIDToken(set.IDToken)
		if set.IDToken = opened; err == nil {
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

// isUsableToken reports whether the issued token is one to call an API with, as far as the answer says.
func isUsableToken(set tokens.Set) bool {
	switch {
	case set.IsType(tokenTypeNA):
		return false
	case set.IssuedTokenType == "", set.IssuedTokenType == typeAccess, set.IssuedTokenType == typeJWT:
		return true
	}
	return set.TokenType != "" // the server calls it usable, whatever else it is
}

// tokenTypeNA is the token_type of a token that is no access token (RFC 8693 2.2.1).
const tokenTypeNA = "N_A"

// checkTokenTypeNA is the check of token_type for a token that nobody calls an API with.
func checkTokenTypeNA(set tokens.Set) tokens.Check {
	kind := tokens.CheckTokenType
	switch {
	case set.IsType(tokenTypeNA) && set.IssuedTokenType == typeAccess:
		return kind.Fail("Bearer", set.TokenType,
			"the server says that it issued an access token, and that nothing can be accessed with it")
	case set.IsType(tokenTypeNA):
		c := kind.Pass(tokenTypeNA, set.TokenType)
		c.Because = "the new token is no access token: it is for trading again, or for somebody else"
		return c
	}
	return kind.Warn(tokenTypeNA, set.TokenType,
		"the server left out token_type; the new token is not known to be an access token")
}

// checkIssuedType holds the type of the new token against the one that was asked for.
func checkIssuedType(asked string, set tokens.Set) tokens.Check {
	kind := tokens.CheckIssuedTokenType
	got := set.IssuedTokenType
	switch {
	case got == "" && asked == "":
		return kind.Warn("a type", "",
			"the server left out issued_token_type, which RFC 8693 2.2.1 requires; it is taken as an access token")
	case got == "":
		return kind.Fail(asked, "", "the server left out issued_token_type, which RFC 8693 2.2.1 requires")
	case asked == "" || got == asked:
		return kind.Pass(asked, got)
	case isEither(asked, got, typeAccess, typeJWT) && looksLikeJWT(set.AccessToken):
		c := kind.Pass(asked, got)
		c.Because = "an access token that is a JWT is both (RFC 8693 3)"
		return c
	}
	return kind.Fail(asked, got, "the server issued something else than was asked for")
}

func isEither(a, b, x, y string) bool { return a == x && b == y || a == y && b == x }

func looksLikeJWT(token tokens.Secret) bool { return strings.Count(token.Reveal(), ".") == 2 }
