package inspect

import (
	"net/url"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/secretname"
)

// describeAuthorization recognises the request that sends a person to the authorization server, and the response that
// comes back through the browser (RFC 6749 4.1, 4.2). It returns false if the text is neither.
func (t *Token) describeAuthorization() bool {
	raw, values := authorizationIn(t.Raw)
	switch has := values.Has; {
	case raw == "":
		return false
	case has("code"):
		t.Kind = KindAuthorizationResponse
		t.NoToken = "this is an authorization response, not a token: its code (" +
			fingerprint(values.Get("code"), secretname.Secret) +
			") is exchanged for tokens by the client that asked for it, " +
			"once and within minutes (RFC 6749 4.1.2)" + shownOf(values, "state", "iss")
	case has("error"):
		t.Kind = KindAuthorizationResponse
		t.NoToken = "this is an authorization response, not a token: the authorization server rejected the request, " +
			shown(values.Get("error")) + shownWords(values) + " (RFC 6749 4.1.2.1)" +
			shownOf(values, "error_uri", "state", "iss")
	default:
		t.Kind = KindAuthorizationRequest
		t.NoToken = "this is an authorization request, not a token: it sends a person to sign in" + ofServer(raw) +
			" (RFC 6749 4.1.1)" + shownOf(values, "client_id", "response_type", "redirect_uri", "scope", "state")
	}
	return true
}

// authorizationIn returns the word of a text that is an authorization request or response, with its parameters; "" for
// none.
func authorizationIn(text string) (word string, values url.Values) {
	const maxTried = 40
	if len(text) > maxShape || !strings.Contains(text, "=") {
		return "", nil
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'`<>", r) })
	for _, word := range words[:min(len(words), maxTried)] {
		inURL, values := parametersOf(word)
		has := values.Has
		switch {
		case has("error") && (inURL || has("state") || has("error_description")):
			return word, values
		case has("grant_type"):
		case has("code") && (inURL || has("state") || has("iss")),
			has("client_id") && (has("response_type") || has("redirect_uri") || has("request_uri")):
			return word, values
		}
	}
	return "", nil
}

// parametersOf returns the parameters of a URL, in its query and its fragment, or of a form.
func parametersOf(raw string) (inURL bool, values url.Values) {
	rest, fragment, _ := strings.Cut(raw, "#")
	_, query, hasQuery := strings.Cut(rest, "?")
	if inURL = hasQuery || fragment != ""; !inURL {
		query = rest
	}
	values = url.Values{}
	for _, part := range []string{query, fragment} {
		if _, params, ok := strings.Cut(part, "?"); ok { // in an application that routes by its fragment
			part = params
		}
		// A URL that was copied out of a page has entities in it. Of a malformed query the valid parameters count.
		parsed, _ := url.ParseQuery(strings.ReplaceAll(part, "&amp;", "&"))
		for name, list := range parsed {
			values[name] = append(values[name], list...)
		}
	}
	return inURL, values
}

// shownOf returns parameters that are not secret, with their values.
func shownOf(values url.Values, names ...string) string {
	var list []string
	for _, name := range names {
		if v := values.Get(name); v != "" {
			list = append(list, name+" "+shown(v))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "; " + strings.Join(slices.Clip(list), ", ")
}

// shownWords returns the error_description.
func shownWords(values url.Values) string {
	if words := values.Get("error_description"); words != "" {
		return `: "` + shown(words) + `"`
	}
	return ""
}

// shown returns a text from outside without what looks secret in it.
func shown(text string) string {
	if len(text) > maxNamed {
		text = text[:maxNamed]
	}
	return tokens.VisibleLine(tokens.Clip(masked(text, secretsIn(text)), 300))
}

// ofServer names the server of an authorization request.
func ofServer(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		return " at " + tokens.VisibleLine(tokens.Clip(u.Host, 100))
	}
	return ""
}

func isAuthorization(text string) bool {
	word, _ := authorizationIn(text)
	return word != ""
}
