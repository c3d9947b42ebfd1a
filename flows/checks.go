package flows

import (
	"encoding/json"
	"slices"
	"strings"

	"fob/flows/dpop"
	"fob/tokens"
)

// tokenChecks checks the access token of any token response: that this run supports its type, and that it is bound to
// the run's DPoP key and client certificate.
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

// checkTokenType checks that this run supports the token's type. A run without DPoP supports bearer tokens only: RFC
// 6749 7.1 forbids using an unknown type. A run with DPoP rejects a bearer token, since the requested protection would
// be lost silently (RFC 9449 5).
func (r *Run) checkTokenType(set tokens.Set) tokens.Check {
	switch {
	case r.DPoPKey.IsZero():
		return checkBearer(set)
	case set.IsType(dpop.Header):
		return tokens.CheckTokenType.Pass(dpop.Header, set.TokenType)
	}
	return tokens.CheckTokenType.Fail(dpop.Header, set.TokenType,
		"a proof was sent, and the server did not bind the token to its key: a thief can use the token")
}

// checkBearer checks that a token is a bearer token: the only type that a run without DPoP supports, and the only one
// of an authorization response.
func checkBearer(set tokens.Set) tokens.Check {
	const want = "Bearer"
	switch {
	case set.TokenType == "":
		return tokens.CheckTokenType.Warn(want, "",
			"token_type is missing, which RFC 6749 5.1 requires; it is read as Bearer")
	case set.IsType(want):
		return tokens.CheckTokenType.Pass(want, set.TokenType)
	}
	return tokens.CheckTokenType.Fail(want, set.TokenType, "a token of this type cannot be sent as a bearer token")
}

// checkDPoPBinding compares the access token's cnf.jkt with the run's DPoP key (RFC 9449 6.1).
func (r *Run) checkDPoPBinding(set tokens.Set) tokens.Check {
	kind := tokens.CheckDPoPBinding
	p, err := r.dpopProver()
	switch {
	case err != nil || p == nil:
		return kind.Skip("the DPoP key of the run cannot be read")
	case !set.IsType(dpop.Header):
		return kind.Skip("the token is not a DPoP token, so it is not bound")
	}
	got, isJWT := confirmation(set.AccessToken, "jkt")
	switch {
	case !isJWT:
		return kind.Skip("the access token is not a readable JWT; use introspection")
	case got == "":
		return kind.Fail(p.Key.Thumbprint(), "",
			"cnf.jkt is missing in the token, so it is not bound to a key (RFC 9449 6.1)")
	}
	return compareBinding(kind, p.Key.Thumbprint(), got,
		"the token is bound to another key, so no proof made here is valid for it")
}

// compareBinding compares the thumbprint that a token is bound to with the run's.
func compareBinding(kind tokens.CheckKind, want, got, because string) tokens.Check {
	if got != want {
		return kind.Fail(want, tokens.Clip(got, 200), because)
	}
	return kind.Pass(want, got)
}

// CheckBinding records in the ledger whether an access token is bound to the key and the certificate of its client, by
// the introspection response (RFC 9449 6.2, RFC 8705 3.2): the only way for a token that cannot be decoded. holder is
// the run of the client that the token belongs to, which can be another client than the one that requested.
func (r *Run) CheckBinding(introspection []byte, holder *Run) error {
	return r.checkAll(holder.introspectedBinding(introspection)...)
}

func (r *Run) introspectedBinding(introspection []byte) []tokens.Check {
	var response struct {
		Active bool                       `json:"active"`
		CNF    map[string]json.RawMessage `json:"cnf"`
	}
	if json.Unmarshal(introspection, &response) != nil || !response.Active {
		return nil
	}
	compare := func(kind tokens.CheckKind, want, member, because string) tokens.Check {
		if got := jsonString(response.CNF[member]); got != "" {
			return compareBinding(kind, want, got, because)
		}
		return kind.Skip("the response does not report the token's binding (cnf." + member + ")")
	}
	var checks []tokens.Check
	if p, err := r.dpopProver(); !r.DPoPKey.IsZero() && err == nil && p != nil {
		checks = append(checks, compare(tokens.CheckDPoPBinding, p.Key.Thumbprint(), "jkt",
			"the token is bound to another key, so no proof made here is valid for it"))
	}
	if r.Client.Certificate != nil {
		checks = append(checks, compare(tokens.CheckMTLSBinding, r.Client.thumbprint(), "x5t#S256",
			"the token is bound to another certificate, so the API will reject it"))
	}
	return checks
}

// checkCertificateBinding compares the access token's cnf.x5t#S256 with the client certificate (RFC 8705 3.1). The
// server decides for each client whether tokens are bound, so a token without it is a warning at most.
func (r *Run) checkCertificateBinding(set tokens.Set) tokens.Check {
	kind := tokens.CheckMTLSBinding
	want := r.Client.thumbprint()
	got, isJWT := confirmation(set.AccessToken, "x5t#S256")
	announced, _ := r.Provider.Bool("tls_client_certificate_bound_access_tokens")
	switch {
	case !isJWT:
		return kind.Skip("the access token is not a readable JWT; use introspection")
	case got == "" && announced:
		return kind.Warn(want, "",
			"the server announces certificate-bound tokens, and cnf.x5t#S256 is missing in this one")
	case got == "":
		return kind.Skip(
			"cnf.x5t#S256 is missing in the token, and the server does not announce certificate-bound tokens")
	}
	return compareBinding(kind, want, got, "the token is bound to another certificate, so the API will reject it")
}

// confirmation returns a member of an access token's cnf claim (RFC 7800 3.1); isJWT is false when the token cannot be
// decoded.
func confirmation(token tokens.Secret, member string) (value string, isJWT bool) {
	t, err := decodeJWT(token.Reveal())
	if err != nil {
		return "", false
	}
	var cnf map[string]json.RawMessage
	_ = json.Unmarshal(t.claims["cnf"], &cnf)
	return jsonString(cnf[member]), true
}

// checkScope compares the granted scope with the requested one.
func checkScope(requested string, set tokens.Set) tokens.Check {
	want := tokens.SplitScope(requested)
	switch {
	case len(want) == 0:
		c := tokens.CheckScope.Skip("no scope was requested")
		c.Received = set.Scope
		return c
	case set.Scope == "":
		c := tokens.CheckScope.Pass(requested, "")
		c.Because = "scope is missing in the response, so it is as requested (RFC 6749 5.1)"
		return c
	}
	missing, extra := difference(want, tokens.SplitScope(set.Scope))
	if len(missing) > 0 {
		return tokens.CheckScope.Fail(requested, set.Scope, "not granted: "+strings.Join(missing, " "))
	}
	c := tokens.CheckScope.Pass(requested, set.Scope)
	if len(extra) > 0 {
		c.Because = "granted beyond the request: " + tokens.VisibleLine(strings.Join(extra, " "))
	}
	return c
}

// resourceChecks compares the audience of the access token with the requested resources; nil when no resource was
// requested. A server may use another name for a resource, so a difference is a warning (RFC 9068 3).
func resourceChecks(requested []string, set tokens.Set) []tokens.Check {
	kind := tokens.CheckTarget
	if len(requested) == 0 {
		return nil
	}
	t, err := decodeJWT(set.AccessToken.Reveal())
	if err != nil {
		return []tokens.Check{kind.Skip("the access token is not a readable JWT; use introspection")}
	}
	aud, _ := t.list("aud")
	expected, received := strings.Join(requested, " "), tokens.Clip(strings.Join(aud, " "), 200)
	if missing, _ := difference(requested, aud); len(missing) > 0 {
		return []tokens.Check{kind.Fail(expected, received, "its aud does not name: "+strings.Join(missing, " "))}
	}
	return []tokens.Check{kind.Pass(expected, received)}
}

// checkRequestLifetime checks expires_in of a pushed authorization, device authorization or backchannel authentication
// response. instead says what fob does when it is missing.
func checkRequestLifetime(m map[string]json.RawMessage, instead string) tokens.Check {
	kind := tokens.CheckRequestLife
	const expected = "a number of seconds"
	raw := m["expires_in"]
	lifetime, ok, err := tokens.ParseLifetime(raw)
	switch {
	case raw == nil:
		return kind.Fail(expected, "", "expires_in is required; "+instead)
	case err != nil || !ok || lifetime <= 0:
		return kind.Fail(expected, tokens.Clip(string(raw), 200), "expires_in cannot be used; "+instead)
	case lifetime >= tokens.MaxLifetime:
		return kind.Fail(expected, tokens.Clip(string(raw), 200), "more than a hundred years, and is capped there")
	}
	return kind.Pass(expected, tokens.Span(lifetime))
}

func difference(want, have []string) (missing, extra []string) {
	for _, s := range want {
		if !slices.Contains(have, s) {
			missing = append(missing, s)
		}
	}
	for _, s := range have {
		if !slices.Contains(want, s) {
			extra = append(extra, s)
		}
	}
	return missing, extra
}
