package flows

import (
	"encoding/json"
	"slices"
	"strings"

	"fob/flows/dpop"
	"fob/tokens"
)

// tokenChecks are the checks of the access token of any token response: that its type is one that this run can use, and
// that it is bound to what the run can prove to have.
func (r *Run) tokenChecks(set tokens.Set) []tokens.Check {
	checks := append(responseFormChecks(set), r.checkTokenType(set))
	if !r.DPoPKey.IsZero() {
		checks = append(checks, r.checkDPoPBinding(set))
	}
	if r.Client.Certificate != nil {
		checks = append(checks, r.checkCertificateBinding(set))
	}
	return checks
}

// checkTokenType holds the token's type against what this run can use. A run without proof of possession can use a
// bearer token and nothing else: RFC 6749 7.1 forbids using a type that is not understood. A run with it takes no
// bearer token: the protection that was asked for would be lost without a word (RFC 9449 5).
func (r *Run) checkTokenType(set tokens.Set) tokens.Check {
	switch {
	case r.DPoPKey.IsZero():
		return checkBearer(set)
	case set.IsType(dpop.Header):
		return tokens.CheckTokenType.Pass(dpop.Header, set.TokenType)
	}
	return tokens.CheckTokenType.Fail(dpop.Header, set.TokenType,
		"a proof was sent, and the server did not bind the token to its key: whoever steals it can use it")
}

// checkBearer holds a token that nothing can bind, such as one that came through the browser, against the one type that
// it can have.
func checkBearer(set tokens.Set) tokens.Check {
	const want = "Bearer"
	switch {
	case set.TokenType == "":
		return tokens.CheckTokenType.Warn(want, "",
			"the server left out token_type, which RFC 6749 5.1 requires; it is taken as Bearer")
	case set.IsType(want):
		return tokens.CheckTokenType.Pass(want, set.TokenType)
	}
	return tokens.CheckTokenType.Fail(want, set.TokenType, "a token of this type cannot be sent as a bearer token")
}

// checkDPoPBinding compares the key that the access token names with the run's.
func (r *Run) checkDPoPBinding(set tokens.Set) tokens.Check {
	kind := tokens.CheckDPoPBinding
	p, err := r.dpopProver()
	switch {
	case err != nil || p == nil:
		return kind.Skip("the key of the run cannot be read")
	case !set.IsType(dpop.Header):
		return kind.Skip("the token is no DPoP token, so nothing binds it")
	}
	got, isJWT := confirmation(set.AccessToken, "jkt")
	switch {
	case !isJWT:
		return kind.Skip("the access token is no JWT that can be read here; introspection tells")
	case got == "":
		return kind.Fail(p.Key.Thumbprint(), "", "the token names no key (cnf.jkt), so nothing binds it (RFC 9449 6.1)")
	}
	return compareBinding(kind, p.Key.Thumbprint(), got,
		"the token is bound to another key, and no proof made here can go with it")
}

// compareBinding compares what a token is bound to with what this run can prove to have.
func compareBinding(kind tokens.CheckKind, want, got, because string) tokens.Check {
	if got != want {
		return kind.Fail(want, tokens.Clip(got, 200), because)
	}
	return kind.Pass(want, got)
}

// CheckBinding enters in the ledger whether an access token is bound to what its holder can prove to have, by what an
// introspection answer says of it (RFC 9449 6.2, RFC 8705 3.2): the one way to tell for a token that cannot be read
// here. holder is the run of the client that the token belongs to, which need not be the one that asked.
func (r *Run) CheckBinding(says []byte, holder *Run) error {
	return r.checkAll(holder.introspectedBinding(says)...)
}

func (r *Run) introspectedBinding(says []byte) []tokens.Check {
	var answer struct {
		Active bool                       `json:"active"`
		CNF    map[string]json.RawMessage `json:"cnf"`
	}
	if json.Unmarshal(says, &answer) != nil || !answer.Active {
		return nil
	}
	held := func(kind tokens.CheckKind, want, member, because string) tokens.Check {
		if got := jsonString(answer.CNF[member]); got != "" {
			return compareBinding(kind, want, got, because)
		}
		return kind.Skip("the answer says nothing of what binds the token (cnf." + member + ")")
	}
	var checks []tokens.Check
	if p, err := r.dpopProver(); !r.DPoPKey.IsZero() && err == nil && p != nil {
		checks = append(checks, held(tokens.CheckDPoPBinding, p.Key.Thumbprint(), "jkt",
			"the token is bound to another key, and no proof made here can go with it"))
	}
	if r.Client.Certificate != nil {
		checks = append(checks, held(tokens.CheckMTLSBinding, r.Client.thumbprint(), "x5t#S256",
			"the token is bound to another certificate, and the API will refuse it here"))
	}
	return checks
}

// checkCertificateBinding compares the certificate that the access token names with the connection's. That a token is
// bound is the server's choice for each client, so a token that names none is a warning at most.
func (r *Run) checkCertificateBinding(set tokens.Set) tokens.Check {
	kind := tokens.CheckMTLSBinding
	want := r.Client.thumbprint()
	got, isJWT := confirmation(set.AccessToken, "x5t#S256")
	announced, _ := r.Provider.Bool("tls_client_certificate_bound_access_tokens")
	switch {
	case !isJWT:
		return kind.Skip("the access token is no JWT that can be read here; introspection tells")
	case got == "" && announced:
		return kind.Warn(want, "",
			"the server announces tokens that are bound to the client certificate, and this one names none "+
				"(cnf.x5t#S256)")
	case got == "":
		return kind.Skip("the token names no certificate, and the server does not announce that it would")
	}
	return compareBinding(kind, want, got, "the token is bound to another certificate, and the API will refuse it here")
}

// confirmation is a member of an access token's cnf claim (RFC 7800 3.1); looksLikeJWT is false when the token cannot
// be read.
func confirmation(token tokens.Secret, member string) (value string, isJWT bool) {
	t, err := decodeJWT(token.Reveal())
	if err != nil {
		return "", false
	}
	var cnf map[string]json.RawMessage
	_ = json.Unmarshal(t.claims["cnf"], &cnf)
	return jsonString(cnf[member]), true
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

// resourceChecks compare the audience of the access token with the resources that it was asked for; none when there
// were none. A server may mean one resource by another name, so that it differs is a warning (RFC 9068 3).
func resourceChecks(asked []string, set tokens.Set) []tokens.Check {
	kind := tokens.CheckTarget
	if len(asked) == 0 {
		return nil
	}
	t, err := decodeJWT(set.AccessToken.Reveal())
	if err != nil {
		return []tokens.Check{kind.Skip("the access token is no JWT that can be read here; introspection tells")}
	}
	aud, _ := t.list("aud")
	expected, received := strings.Join(asked, " "), tokens.Clip(strings.Join(aud, " "), 200)
	if missing, _ := difference(asked, aud); len(missing) > 0 {
		return []tokens.Check{kind.Fail(expected, received, "its aud does not name: "+strings.Join(missing, " "))}
	}
	return []tokens.Check{kind.Pass(expected, received)}
}

// checkRequestLifetime is the check of expires_in in an answer that says how long a request is kept: a pushed one, that
// of a device, a backchannel authentication. instead says what fob does without it.
func checkRequestLifetime(m map[string]json.RawMessage, instead string) tokens.Check {
	kind := tokens.CheckRequestLife
	const expected = "a number of seconds"
	raw := m["expires_in"]
	life, ok, err := tokens.ParseLifetime(raw)
	switch {
	case raw == nil:
		return kind.Fail(expected, "", "expires_in is required; "+instead)
	case err != nil || !ok || life <= 0:
		return kind.Fail(expected, tokens.Clip(string(raw), 200), "expires_in cannot be used; "+instead)
	case life >= tokens.MaxLifetime:
		return kind.Fail(expected, tokens.Clip(string(raw), 200), "more than a hundred years, as far as it is believed")
	}
	return kind.Pass(expected, tokens.Span(life))
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
