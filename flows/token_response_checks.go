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

// readTokens reads a token response (RFC 6749 5.1). A response without an access token is an error; the set then has
// what else is in it, since that may be a refresh token which replaces the old one.
func (r *Run) readTokens(x *exchange) (tokens.Set, error) {
	if _, err := r.readObject(x); err != nil {
		return tokens.Set{}, err
	}
	set, err := tokens.ParseSet(x.object.JSON, x.at)
	switch {
	case errors.Is(err, tokens.ErrNoToken):
		e := r.responseError(x, "a token response without an access_token", false)
		e.Note = describeMembers(x.object)
		return set, e
	case err != nil:
		return tokens.Set{}, r.responseError(x, "an invalid token response: "+x.visible(err.Error()), false)
	}
	r.serverDate, r.dateReceived = serverDate(x.resp), x.at
	return set, nil
}

// describeMembers lists the members of a response, and the paths in it to a member called access token.
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
		s += "; there is an access token at " + tokens.VisibleLine(strings.Join(found[:min(len(found), 5)], ", "))
	}
	return s
}

// accessTokenPaths returns the paths in a JSON value to strings called access token, with any separators and case.
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

// responseFormChecks checks the form of a token response: that its access token can be sent in a header, and that its
// members have the types of the spec.
func responseFormChecks(set tokens.Set) []tokens.Check {
	checks := []tokens.Check{checkAccessToken(set), checkExpiresIn(set)}
	for _, deviation := range set.Warnings {
		if deviation.Member != "expires_in" {
			checks = append(checks, tokens.CheckResponseTypes.Warn(deviation.Member+" as "+deviation.Expected,
				deviation.Received, deviation.Because))
		}
	}
	return checks
}

func checkExpiresIn(set tokens.Set) tokens.Check {
	kind := tokens.CheckExpiresIn
	for _, deviation := range set.Warnings {
		if deviation.Member == "expires_in" {
			return kind.Warn(deviation.Expected, deviation.Received, "expires_in: "+deviation.Because)
		}
	}
	if set.ExpiresAt.IsZero() {
		return kind.Skip(
			"expires_in is missing, which RFC 6749 5.1 only recommends: the expiry of the access token is unknown")
	}
	return kind.Pass("a number of seconds", tokens.Span(set.ExpiresAt.Sub(set.ReceivedAt)))
}

// checkAccessToken checks that an access token can be sent in a header: RFC 6749 allows visible ASCII and spaces only,
// RFC 6750 no space. It describes what is wrong and never shows the token.
func checkAccessToken(set tokens.Set) tokens.Check {
	const expected = "only letters, digits and - . _ ~ + /, then any = signs"
	kind, text := tokens.CheckAccessToken, set.AccessToken.Reveal()
	if set.IsType("N_A") {
		return kind.Skip(
			"the token is not an access token (token_type N_A, RFC 8693 2.2.1), so it is not sent in a header")
	}
	if strings.TrimSpace(text) != text {
		return kind.Fail(expected, "white space around the access token",
			"it cannot be sent in a header; the server must be fixed")
	}
	words := strings.Fields(text)
	if i := slices.IndexFunc(words, isScheme); i >= 0 && len(words) > 1 {
		return kind.Fail(expected, "an access token that contains its scheme: "+words[i],
			"an API would receive \"Bearer Bearer …\" and reject it; the server must be fixed")
	}
	for _, c := range text {
		switch {
		case c == '\r' || c == '\n':
			return kind.Fail(expected, "an access token with a line break in it",
				"the header would end there and another one begin")
		case unicode.IsControl(c):
			return kind.Fail(expected, fmt.Sprintf("an access token with the control character U+%04X in it", c),
				"it cannot be sent in a header")
		case c > unicode.MaxASCII:
			return kind.Fail(expected, fmt.Sprintf("an access token with the character U+%04X in it", c),
				"RFC 6749 A.12 allows ASCII only")
		}
	}
	body := strings.TrimRight(text, "=")
	if i := strings.IndexFunc(body, notToken68); i >= 0 || body == "" {
		received := "only = signs"
		if i >= 0 {
			received = fmt.Sprintf("the character %q in the access token", body[i])
		}
		return kind.Warn(expected, received, "RFC 6750 2.1 does not allow it in a header, and some APIs reject it")
	}
	return kind.Pass(expected, "as expected")
}

func isScheme(word string) bool {
	return strings.EqualFold(word, "Bearer") || strings.EqualFold(word, "DPoP") || strings.EqualFold(word, "Token")
}

// notToken68 reports whether a character is not allowed in b64token (RFC 6750 2.1).
func notToken68(c rune) bool {
	return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._~+/", c))
}

// checkActive checks that active of an introspection response is true or false.
func checkActive(introspection []byte) tokens.Check {
	const expected = "active: true or false"
	kind := tokens.CheckActive
	var response map[string]json.RawMessage
	_ = json.Unmarshal(introspection, &response)
	raw, present := response["active"]
	switch text := string(raw); {
	case !present:
		return kind.Fail(expected, "", "active is required: without it the state of the token is unknown")
	case text != "true" && text != "false":
		return kind.Fail(expected, "active: "+tokens.Clip(text, 40),
			"it is not a boolean: a client that reads any text as true would accept a revoked token")
	default:
		return kind.Pass(expected, "active: "+text)
	}
}
