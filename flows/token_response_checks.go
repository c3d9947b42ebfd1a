package flows

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose/ordered"
)

// readTokens reads a token response (RFC 6749 5.1) or says what came instead.
func (r *Run) readTokens(x *exchange) (tokens.Set, error) {
	if _, err := r.readObject(x); err != nil {
		return tokens.Set{}, err
	}
	set, err := tokens.ParseSet(x.object.JSON, x.at)
	switch {
	case errors.Is(err, tokens.ErrNoToken):
		e := r.responseError(x, "a token response without an access_token", false)
		e.Note = describeMembers(x.object)
		return tokens.Set{}, e
	case err != nil:
		return tokens.Set{}, r.responseError(x, "a token response that cannot be read: "+x.visible(err.Error()), false)
	}
	r.serverDate, r.dateReceived = serverDate(x.resp), x.at
	return set, nil
}

// describeMembers names the members of an answer, and where in it something stands that is called an access token.
func describeMembers(o *wire.Object) string {
	const most = 20
	names := make([]string, 0, most)
	for _, name := range o.Names[:min(len(o.Names), most)] {
		names = append(names, tokens.VisibleLine(tokens.Clip(name, 40)))
	}
	s := "it has " + strings.Join(names, ", ")
	switch {
	case len(o.Names) == 0:
		return "it has no members"
	case len(o.Names) > most:
		s += fmt.Sprintf(" and %d more", len(o.Names)-most)
	}
	if found := accessTokenPaths(o.JSON, "", 0); len(found) > 0 {
		s += "; an access token stands at " + tokens.VisibleLine(strings.Join(found[:min(len(found), 5)], ", "))
	}
	return s
}

// accessTokenPaths are the paths in a JSON value that lead to a string called an access token, whatever its separators
// and case.
func accessTokenPaths(raw json.RawMessage, path string, depth int) (found []string) {
	if depth > maxErrorDepth {
		return nil
	}
	if o, err := ordered.Parse(raw); err == nil {
		for _, m := range o.Members {
			at := strings.TrimPrefix(path+"."+tokens.Clip(m.Name, 80), ".")
			name := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(m.Name))
			if text, _ := ordered.Text(m.Raw); text != "" && name == "accesstoken" {
				found = append(found, at)
			}
			found = append(found, accessTokenPaths(m.Raw, at, depth+1)...)
		}
	}
	items, _ := ordered.Array(raw)
	for i, item := range items[:min(len(items), 10)] {
		found = append(found, accessTokenPaths(item, fmt.Sprintf("%s[%d]", path, i), depth+1)...)
	}
	return found
}

// responseFormChecks are the checks of how a token response is written: that its access token can be sent at all, and
// that its members have the form of the spec.
func responseFormChecks(set tokens.Set) []tokens.Check {
	checks := []tokens.Check{checkAccessToken(set), checkExpiresIn(set)}
	for _, odd := range set.Odd {
		if odd.Member != "expires_in" {
			checks = append(checks, tokens.CheckResponseTypes.Warn(odd.Member+" as "+odd.Expected, odd.Received,
				odd.Because))
		}
	}
	return checks
}

func checkExpiresIn(set tokens.Set) tokens.Check {
	kind := tokens.CheckExpiresIn
	for _, odd := range set.Odd {
		if odd.Member == "expires_in" {
			return kind.Warn(odd.Expected, odd.Received, "expires_in: "+odd.Because)
		}
	}
	if set.ExpiresAt.IsZero() {
		return kind.Skip(
			"the server does not say it, which RFC 6749 5.1 only recommends: when the access token ends is " +
				"not known")
	}
	return kind.Pass("a number of seconds", tokens.Span(set.ExpiresAt.Sub(set.ReceivedAt)))
}

// checkAccessToken says whether an access token can stand in a header: of RFC 6749 it holds visible ASCII and blanks
// alone, of RFC 6750 no blank. What of it is wrong is named and never shown.
func checkAccessToken(set tokens.Set) tokens.Check {
	const expected = "letters, digits and - . _ ~ + / alone, then any = signs"
	kind, text := tokens.CheckAccessToken, set.AccessToken.Reveal()
	if set.IsType("N_A") {
		return kind.Skip("what came is no access token (token_type N_A, RFC 8693 2.2.1), so no header has to carry it")
	}
	if strings.TrimSpace(text) != text {
		return kind.Fail(expected, "white space around the access token",
			"no header can carry it as it came; the server has to mend it")
	}
	words := strings.Fields(text)
	if i := slices.IndexFunc(words, isScheme); i >= 0 && len(words) > 1 {
		return kind.Fail(expected, "an access token with its scheme written into it: "+words[i],
			"an API would receive \"Bearer Bearer …\" and refuse it; the server has to mend it")
	}
	for _, c := range text {
		switch {
		case c == '\r' || c == '\n':
			return kind.Fail(expected, "an access token with a line break in it",
				"a header would end there and another begin")
		case unicode.IsControl(c):
			return kind.Fail(expected, fmt.Sprintf("an access token with the control character U+%04X in it", c),
				"no header can carry it")
		case c > unicode.MaxASCII:
			return kind.Fail(expected, fmt.Sprintf("an access token with the character U+%04X in it", c),
				"RFC 6749 A.12 allows ASCII alone")
		}
	}
	body := strings.TrimRight(text, "=")
	if i := strings.IndexFunc(body, notToken68); i >= 0 || body == "" {
		odd := "= signs alone"
		if i >= 0 {
			odd = fmt.Sprintf("the character %q in the access token", body[i])
		}
		return kind.Warn(expected, odd, "RFC 6750 2.1 does not allow it in a header, and some APIs refuse it")
	}
	return kind.Pass(expected, "that")
}

func isScheme(word string) bool {
	return strings.EqualFold(word, "Bearer") || strings.EqualFold(word, "DPoP") || strings.EqualFold(word, "Token")
}

// notToken68 reports whether a character does not belong to b64token (RFC 6750 2.1).
func notToken68(c rune) bool {
	return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._~+/", c))
}

// checkActive says whether an introspection answer has an active that is true or false; nothing else is a verdict.
func checkActive(says []byte) tokens.Check {
	const expected = "active: true or false"
	kind := tokens.CheckActive
	var answer map[string]json.RawMessage
	_ = json.Unmarshal(says, &answer)
	raw, present := answer["active"]
	switch text := string(raw); {
	case !present:
		return kind.Fail(expected, "", "active is required: without it the answer says nothing of the token")
	case text != "true" && text != "false":
		return kind.Fail(expected, "active: "+tokens.Clip(text, 40),
			"it is no boolean: a reader that takes any text for true would accept a dead token")
	default:
		return kind.Pass(expected, "active: "+text)
	}
}
