package explain

import (
	"strings"

	"fob/tokens"
)

// mayRepeat are the parameters that a request may hold more than once (RFC 8707 2, RFC 8693 2.1). All others must not be
// repeated (RFC 6749 3.1 and 3.2).
var mayRepeat = map[string]bool{"resource": true, "audience": true}

// together notes what can be seen only when parameters are looked at beside each other.
func (e *explainer) together() {
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
			e.worsen(i, "it is there more than once, which RFC 6749 3.1 and 3.2 forbid")
		}
	}
	e.pkce(request)
	e.clientAuthentication(request)
	e.authorizationRequest(request)
}

// worsen makes a row bad and adds the reason.
func (e *explainer) worsen(i int, why string) {
	e.rows[i].Verdict = tokens.Bad
	e.remark(i, why)
}

func (e *explainer) remark(i int, note string) {
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

// pkce looks at challenge and method together (RFC 7636 4.3).
func (e *explainer) pkce(request map[string][]int) {
	challenge, at, ok := e.value(request, "code_challenge")
	method, methodAt, said := e.value(request, "code_challenge_method")
	switch {
	case !ok && said:
		e.worsen(methodAt, "there is no code_challenge that it could be the method of")
	case !ok:
	case !said:
		e.remark(at, "without code_challenge_method it is plain: the verifier itself travels (RFC 7636 4.3)")
	case method == "S256" && len(challenge) != 43:
		e.worsen(at, "with S256 it is a hash of 43 characters (RFC 7636 4.2)")
	}
}

// clientAuthentication finds a client that authenticates in more than one way at once (RFC 6749 2.3).
func (e *explainer) clientAuthentication(request map[string][]int) {
	var ways []int
	for i, r := range e.rows {
		if r.Where == InHeader && strings.EqualFold(r.Name, "Authorization") && strings.HasPrefix(strings.ToLower(r.Value), "basic ") {
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
		e.worsen(i, "the client authenticates in more than one way in this request, which RFC 6749 2.3 forbids")
	}
}

// authorizationRequest looks at what an authorization request needs beside what it has.
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
			e.worsen(at, "an id_token from this endpoint needs a nonce (OpenID Connect Core 3.2.2.1)")
		case w == "code" && len(words) == 1 && !has("code_challenge"):
			e.remark(at, "there is no code_challenge: a stolen code can be used by others (RFC 9700 2.1.1)")
		}
	}
	if !has("state") && !has("nonce") && !has("code_challenge") {
		e.remark(at, "nothing in the request ties the answer to this browser: neither state nor nonce nor code_challenge (RFC 9700 4.7.1)")
	}
	if scope, scopeAt, ok := e.value(request, "scope"); ok && strings.Contains(responseType, "id_token") && !strings.Contains(" "+scope+" ", " openid ") {
		e.worsen(scopeAt, "an id_token is asked for without the scope openid (OpenID Connect Core 3.1.2.1)")
	}
}
