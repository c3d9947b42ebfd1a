package flows

import (
	"slices"
	"strings"

	"fob/tokens"
)

// checkTokenType says whether the token is of the type that this run can use. A run without proof of possession can
// use a bearer token and nothing else: RFC 6749 7.1 forbids using a type that is not understood.
func checkTokenType(set tokens.Set) tokens.Check {
	switch {
	case set.TokenType == "":
		return tokens.CheckTokenType.Warn("Bearer", "", "the server left out token_type, which RFC 6749 5.1 requires; it is taken as Bearer")
	case set.IsType("Bearer"):
		return tokens.CheckTokenType.Pass("Bearer", set.TokenType)
	}
	return tokens.CheckTokenType.Fail("Bearer", set.TokenType, "a token of this type cannot be sent as a bearer token")
}

// checkScope compares the scope that was granted with the one that was asked for.
func checkScope(asked string, set tokens.Set) tokens.Check {
	want := tokens.SplitScope(asked)
	switch {
	case len(want) == 0:
		c := tokens.CheckScope.Skip("no scope was asked for")
		c.Received = set.Scope
		return c
	case set.Scope == "":
		c := tokens.CheckScope.Pass(asked, "")
		c.Because = "the server said nothing, which means as asked (RFC 6749 5.1)"
		return c
	}
	missing, more := difference(want, tokens.SplitScope(set.Scope))
	if len(missing) > 0 {
		return tokens.CheckScope.Fail(asked, set.Scope, "not granted: "+strings.Join(missing, " "))
	}
	c := tokens.CheckScope.Pass(asked, set.Scope)
	if len(more) > 0 {
		c.Because = "granted beyond what was asked: " + tokens.VisibleLine(strings.Join(more, " "))
	}
	return c
}

func difference(want, have []string) (missing, more []string) {
	for _, s := range want {
		if !slices.Contains(have, s) {
			missing = append(missing, s)
		}
	}
	for _, s := range have {
		if !slices.Contains(want, s) {
			more = append(more, s)
		}
	}
	return missing, more
}
