package explain

import (
	"strings"

	"fob/tokens"
)

// mayRepeat are the parameters that may be repeated (RFC 8707 2, RFC 8693 2.1). All others must not be (RFC 6749 3.1
// and 3.2).
var mayRepeat = map[string]bool{"resource": true, "audience": true}

// checkCombinations checks the rules between parameters.
func (e *explainer) checkCombinations() {
	request := map[string][]int{}
	for i, r := range e.rows {
		if r.Where == InQuery || r.Where == InBody {
			request[r.Name] = append(request[r.Name], i)
		}
	}
	for name, at := range request {
		if len(at) < 2 || mayRepeat[name] {
			continue
		}
		for _, i := range at[1:] {
			e.markInvalid(i, "it is repeated, which RFC 6749 3.1 and 3.2 forbid")
		}
	}
	e.pkce(request)
	e.clientAuthentication(request)
	e.authorizationRequest(request)
}

// markInvalid makes a row invalid and adds the reason.
func (e *explainer) markInvalid(i int, why string) {
	e.rows[i].Verdict = tokens.Bad
	e.addNote(i, why)
}

func (e *explainer) addNote(i int, note string) {
	if e.rows[i].Note != "" {
		note = e.rows[i].Note + "; " + note
	}
	e.rows[i].Note = note
}

func (e *explainer) value(request map[string][]int, name string) (value string, at int, ok bool) {
	if list := request[name]; len(list) > 0 {
		return e.rows[list[0]].Value, list[0], true
	}
	return "", 0, false
}

// pkce checks challenge and method together (RFC 7636 4.3).
func (e *explainer) pkce(request map[string][]int) {
	challenge, at, ok := e.value(request, "code_challenge")
	method, methodAt, said := e.value(request, "code_challenge_method")
	switch {
	case !ok && said:
		e.markInvalid(methodAt, "code_challenge is missing")
	case !ok:
	case !said:
		e.addNote(at, "without code_challenge_method it is plain: the verifier itself is sent (RFC 7636 4.3)")
	case method == "S256" && len(challenge) != 43:
		e.markInvalid(at, "with S256 it is a hash of 43 characters (RFC 7636 4.2)")
	}
}

// clientAuthentication finds a client that uses more than one authentication method (RFC 6749 2.3).
func (e *explainer) clientAuthentication(request map[string][]int) {
	var ways []int
	for i, r := range e.rows {
		if r.Where == InHeader && strings.EqualFold(r.Name, "Authorization") &&
			strings.HasPrefix(strings.ToLower(r.Value), "basic ") {
			ways = append(ways, i)
		}
	}
	for _, name := range []string{"client_secret", "client_assertion"} {
		if _, at, ok := e.value(request, name); ok {
			ways = append(ways, at)
		}
	}
	if len(ways) < 2 {
		return
	}
	for _, i := range ways {
		e.markInvalid(i, "the client authenticates in more than one way in this request, which RFC 6749 2.3 forbids")
	}
}

// authorizationRequest checks what an authorization request needs in addition to its parameters.
func (e *explainer) authorizationRequest(request map[string][]int) {
	responseType, at, ok := e.value(request, "response_type")
	if !ok {
		return
	}
	has := func(name string) bool {
		return len(request[name]) > 0 || len(request["request"]) > 0 || len(request["request_uri"]) > 0
	}
	words := strings.Fields(responseType)
	for _, w := range words {
		switch {
		case w == "id_token" && !has("nonce"):
			e.markInvalid(at, "an id_token from this endpoint needs a nonce (OpenID Connect Core 3.2.2.1)")
		case w == "code" && len(words) == 1 && !has("code_challenge"):
			e.addNote(at, "code_challenge is missing: an attacker can use a stolen code (RFC 9700 2.1.1)")
		}
	}
	if !has("state") && !has("nonce") && !has("code_challenge") {
		e.addNote(at, "nothing in the request binds the response to this browser: state, nonce and code_challenge "+
			"are missing (RFC 9700 4.7.1)")
	}
	if scope, scopeAt, ok := e.value(request, "scope"); ok && strings.Contains(responseType, "id_token") &&
		!strings.Contains(" "+scope+" ", " openid ") {
		e.markInvalid(scopeAt, "an id_token is requested without the scope openid (OpenID Connect Core 3.1.2.1)")
	}
}
