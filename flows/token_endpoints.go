package flows

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"fob/flows/calls"
	"fob/flows/wire"
	"fob/tokens"
)

// hint is the token_type_hint of a kind (RFC 7009 2.1); "" where no value is registered for it.
func tokenTypeHint(kind tokens.Kind) string {
	switch kind {
	case tokens.Access:
		return "access_token"
	case tokens.Refresh:
		return "refresh_token"
	}
	return ""
}

// Introspect asks the authorization server about a token, authenticating as the client (RFC 7662). It yields the answer
// as received and what it says as JSON, which differ when the answer is signed: then its checks are entered in the
// ledger (RFC 9701 5). The error is an *OAuthError, a *ResponseError, a *wire.Error, an *EndpointError or a
// *tokens.CheckError.
func (r *Run) Introspect(ctx context.Context, token tokens.Secret, kind tokens.Kind) (resp *wire.Response, says []byte,
	err error) {
	form := url.Values{"token": {token.Reveal()}}
	if h := tokenTypeHint(kind); h != "" {
		form.Set("token_type_hint", h)
	}
	accept := ""
	if r.value("introspection_jwt") == "true" {
		accept = introspectionMedia
	}
	x, err := r.sendAccepting(ctx, "introspection", accept, form, token)
	signed := err == nil && isSignedIntrospection(x.resp)
	if err == nil && !signed {
		_, err = r.readObject(x)
	}
	step := Step{
		Title: "Ask the authorization server about the token", Spec: "RFC 7662 2.1",
		Meaning: "The server says whether the token is active; it says no more than that to a client that may not " +
			"know.",
	}
	if accept != "" {
		step.Spec = "RFC 9701 4"
		step.Meaning += " A signed answer can be shown to somebody else as proof of what the server said."
	}
	r.exchangeStep(step, x, err)
	switch {
	case err != nil:
		return nil, nil, err
	case signed:
		says, err = r.signedIntrospection(ctx, x)
	case accept != "":
		const why = "the server answered in plain JSON although a signed answer was asked for"
		says, err = x.object.JSON, r.Check(tokens.CheckAnswerSignature.Skip(why))
	default:
		says = x.object.JSON
	}
	if err == nil {
		err = r.Check(checkActive(says))
	}
	return x.resp, says, err
}

// Revoke tells the authorization server that a token must not be accepted any more (RFC 7009). A token that the server
// does not know counts as revoked (RFC 7009 2.2).
func (r *Run) Revoke(ctx context.Context, token tokens.Secret, kind tokens.Kind) error {
	form := url.Values{"token": {token.Reveal()}}
	if h := tokenTypeHint(kind); h != "" {
		form.Set("token_type_hint", h)
	}
	x, err := r.send(ctx, "revocation", form, token)
	if err == nil {
		err = r.readRevocation(x)
	}
	r.exchangeStep(Step{
		Title: "Revoke the " + string(kind) + " token", Spec: "RFC 7009 2.1",
		Meaning: "From now on the server refuses the token; an API that judges a JWT by itself may accept it until " +
			"it expires.",
	}, x, err)
	return err
}

// readRevocation takes any 2xx as done: the body has no meaning (RFC 7009 2.2), unless it is an error after all.
func (r *Run) readRevocation(x *exchange) error {
	if x.resp.Status >= 200 && x.resp.Status < 300 {
		if o, err := x.resp.Object(); err == nil {
			if e := x.oauthError(o); e != nil {
				return e
			}
		}
		return nil
	}
	_, err := r.readObject(x)
	return err
}

// Userinfo asks who the person is (OpenID Connect Core 5.3). It yields the answer as received and the claims as JSON,
// which differ when the answer is signed; a signed answer is verified first. The answer must be about the subject of
// the id_token: that check is entered in the ledger, and its failure is a *tokens.CheckError.
func (r *Run) Userinfo(ctx context.Context, set tokens.Set) (resp *wire.Response, claims []byte, err error) {
	x, claims, err := r.requestUserinfo(ctx, set)
	r.exchangeStep(Step{
		Title: "Ask who the person is", Spec: "OpenID Connect Core 5.3.1",
		Meaning: "The userinfo endpoint answers with the claims that the access token gives a right to.",
	}, x, err)
	if err == nil && claims == nil {
		claims, err = r.verifiedClaims(ctx, x)
	}
	if err != nil {
		return nil, nil, err
	}
	var members map[string]json.RawMessage
	_ = json.Unmarshal(claims, &members)
	return x.resp, claims, r.Check(checkUserinfoSubject(set.IDToken, jsonString(members["sub"])))
}

// requestUserinfo is the exchange with the userinfo endpoint. The claims of a signed or encrypted answer are nil: they
// are known once it is verified.
func (r *Run) requestUserinfo(ctx context.Context, set tokens.Set) (*exchange, []byte, error) {
	endpoint, err := r.requireEndpoint("userinfo")
	if err != nil {
		return nil, nil, err
	}
	target, err := addQuery(endpoint, r.userinfoParams(), r.Params["userinfo"])
	if err != nil {
		return nil, nil, err
	}
	client, scheme, err := r.resourceClient(set, Step{
		Title: "The userinfo endpoint wants a nonce of its own in the proof", Spec: "RFC 9449 9",
		Meaning: "A proof with the server's nonce cannot have been made in advance; fob sends the request once more " +
			"with it.",
	})
	if err != nil {
		return nil, nil, err
	}
	token := set.AccessToken
	header := http.Header{"Accept": {"application/json"}, "Authorization": {scheme + " " + token.Reveal()}}
	x := &exchange{req: &TokenRequest{Endpoint: "userinfo", URL: endpoint, Form: url.Values{}, Header: header,
		Secrets: []tokens.Secret{token}}}
	x.resp, err = client.Do(ctx, &wire.Request{Endpoint: wire.EndpointUserinfo, Method: http.MethodGet, URL: target,
		Header: header, Secrets: x.req.Secrets})
	x.at = r.now()
	if err != nil {
		return x, nil, err
	}
	if e := x.challengeError(); e != nil {
		return x, nil, e
	}
	if x.resp.Status == http.StatusOK && strings.Contains(strings.ToLower(x.resp.Header.Get("Content-Type")), "jwt") {
		return x, nil, nil
	}
	if _, err := r.readObject(x); err != nil {
		return x, nil, err
	}
	return x, x.object.JSON, nil
}

func (r *Run) userinfoParams() url.Values {
	v := url.Values{}
	r.Params.Apply("userinfo", v)
	return v
}

// challengeError reads the error of a WWW-Authenticate header (RFC 6750 3); nil when there is none. What the body says
// beside it is kept as well.
func (x *exchange) challengeError() *OAuthError {
	if x.resp.Status < 400 {
		return nil
	}
	for _, c := range calls.ParseChallenges(x.resp.Header.Values("WWW-Authenticate")) {
		code := c.Params["error"]
		if code == "" {
			continue
		}
		description := c.Params["error_description"]
		e := &OAuthError{
			Code: x.errorCode(code), Description: x.visible(description), URI: x.visible(c.Params["error_uri"]),
			Support: x.support(),
			Status:  x.resp.Status, Endpoint: x.req.Endpoint, URL: tokens.VisibleLine(x.req.URL),
			Sent: x.sentFields(), Challenge: &c, RetryAfter: retryAfter(x.resp.Header, x.at),
			ClockOffset: clockOffset(x),
		}
		if o, err := x.resp.Object(); err == nil {
			e.Details = x.details(o, []string{"error", "error_uri"})
		}
		return x.attachUnmasked(e, code, description)
	}
	return nil
}

// verifiedClaims are the claims of a userinfo answer that is signed, encrypted, or both: what is encrypted must be for
// the client, and a signature must be good (OpenID Connect Core 5.3.2 and 5.3.4).
func (r *Run) verifiedClaims(ctx context.Context, x *exchange) ([]byte, error) {
	raw := strings.TrimSpace(string(x.resp.Body))
	if isJWE(raw) {
		const expected = "a JWE for a key of this client"
		plain, how, err := r.decryptJWE(raw)
		if err != nil {
			return nil, r.Check(tokens.CheckUserinfoOpened.Fail(expected, "a userinfo answer that cannot be read",
				err.Error()))
		}
		_ = r.Check(tokens.CheckUserinfoOpened.Pass(expected, how))
		if json.Valid([]byte(plain)) {
			return []byte(plain),
				r.Check(tokens.CheckUserinfoSigned.Skip(
					"it is encrypted and not signed; it came from the server directly, over TLS"))
		}
		raw = plain
	}
	t, err := decodeJWT(raw)
	if err != nil {
		return nil, r.responseError(x, "a signed userinfo that cannot be read: "+err.Error(), false)
	}
	announced, _ := r.Provider.List("userinfo_signing_alg_values_supported")
	signature := signatureCheck(tokens.CheckUserinfoSigned, t, r.verify(ctx, t, announced))
	return t.payload, r.checkAll(signature, r.checkUserinfoIssuer(t), r.checkUserinfoAudience(t))
}

// checkUserinfoIssuer and checkUserinfoAudience keep another JWT from passing for the answer. A server must put both
// claims into it since errata set 2 of Core, and should before: one that is missing is a warning, one that is wrong is
// refused.
func (r *Run) checkUserinfoIssuer(t *decodedJWT) tokens.Check {
	if !t.has("iss") {
		return tokens.CheckUserinfoIssuer.Warn(r.Provider.Issuer, "",
			"there is no iss, which a signed answer must have")
	}
	return r.jwtIssuerCheck(tokens.CheckUserinfoIssuer, t, "the answer comes from somebody else")
}

func (r *Run) checkUserinfoAudience(t *decodedJWT) tokens.Check {
	if !t.has("aud") {
		return tokens.CheckUserinfoTarget.Warn(r.Client.ID, "", "there is no aud, which a signed answer must have")
	}
	return r.jwtAudienceCheck(tokens.CheckUserinfoTarget, t, "the answer was made for another client")
}

func checkUserinfoSubject(idToken tokens.Secret, sub string) tokens.Check {
	kind := tokens.CheckUserinfoSubject
	if sub == "" {
		return kind.Fail("a subject", "", "sub is required in a userinfo answer")
	}
	t, err := decodeJWT(idToken.Reveal())
	if err != nil {
		return kind.Skip("the session has no id_token to compare with")
	}
	if want := t.text("sub"); want != sub {
		return kind.Fail(want, sub, "the answer is about somebody else and must not be used")
	}
	return kind.Pass(sub, sub)
}
