package flows

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/wwwauth"
)

// tokenTypeHint returns the token_type_hint of a kind (RFC 7009 2.1); "" when no value is registered for it.
func tokenTypeHint(kind tokens.Kind) string {
	switch kind {
	case tokens.Access:
		return "access_token"
	case tokens.Refresh:
		return "refresh_token"
	}
	return ""
}

// Introspect sends an introspection request, authenticated as the client (RFC 7662). It returns the response as
// received and its JSON, which differ when the response is signed: then its checks are recorded in the ledger (RFC 9701
// 5). The error is an *OAuthError, a *ResponseError, a *wire.Error, an *EndpointError or a *tokens.CheckError.
func (r *Run) Introspect(ctx context.Context, token tokens.Secret, kind tokens.Kind) (resp *wire.Response,
	introspection []byte, err error) {
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
		Meaning: "The server reports whether the token is active; to a client without the right to know more it " +
			"reports only that.",
	}
	if accept != "" {
		step.Spec = "RFC 9701 4"
		step.Meaning += " A signed response can be shown to others as proof."
	}
	r.exchangeStep(step, x, err)
	switch {
	case err != nil:
		return nil, nil, err
	case signed:
		introspection, err = r.signedIntrospection(ctx, x)
	case accept != "":
		const why = "the response is plain JSON although a signed one was requested"
		introspection, err = x.object.JSON, r.Check(tokens.CheckAnswerSignature.Skip(why))
	default:
		introspection = x.object.JSON
	}
	if err == nil {
		err = r.Check(checkActive(introspection))
	}
	return x.resp, introspection, err
}

// Revoke revokes a token at the authorization server (RFC 7009). A token that the server does not know counts as
// revoked (RFC 7009 2.2).
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
		Meaning: "From now on the server rejects the token; an API that validates a JWT by itself may accept it " +
			"until it expires.",
	}, x, err)
	return err
}

// readRevocation accepts any 2xx: the body has no meaning (RFC 7009 2.2), unless it is an OAuth error.
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

// Userinfo requests the user's claims (OpenID Connect Core 5.3). It returns the response as received and the claims as
// JSON, which differ when the response is signed; a signed response is verified first. Its sub must be that of the
// id_token: the check is recorded in the ledger, and its failure is a *tokens.CheckError.
func (r *Run) Userinfo(ctx context.Context, set tokens.Set) (resp *wire.Response, claims []byte, err error) {
	x, claims, err := r.requestUserinfo(ctx, set)
	r.exchangeStep(Step{
		Title: "Request the user's claims", Spec: "OpenID Connect Core 5.3.1",
		Meaning: "The userinfo endpoint returns the claims that the access token's scope allows.",
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

// requestUserinfo sends the userinfo request. The claims of a signed or encrypted response are nil: verifiedClaims
// returns them.
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
		Title: "The userinfo endpoint requires its nonce in the proof", Spec: "RFC 9449 9",
		Meaning: "A proof with the server's nonce cannot be made in advance; fob sends the request again with it.",
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

// challengeError returns the error of a WWW-Authenticate header (RFC 6750 3), with the members of the body as details;
// nil when there is no error in it.
func (x *exchange) challengeError() *OAuthError {
	if x.resp.Status < 400 {
		return nil
	}
	for _, c := range wwwauth.Parse(x.resp.Header.Values("WWW-Authenticate")) {
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

// verifiedClaims returns the claims of a userinfo response that is signed, encrypted, or both, when it can be decrypted
// and its signature is valid (OpenID Connect Core 5.3.2 and 5.3.4).
func (r *Run) verifiedClaims(ctx context.Context, x *exchange) ([]byte, error) {
	raw := strings.TrimSpace(string(x.resp.Body))
	if isJWE(raw) {
		const expected = "a JWE for a key of this client"
		plain, how, err := r.decryptJWE(raw)
		if err != nil {
			return nil, r.Check(tokens.CheckUserinfoOpened.Fail(expected, "a userinfo response that cannot be "+
				"decrypted",
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
		return nil, r.responseError(x, "a signed userinfo response that cannot be read: "+err.Error(), false)
	}
	announced, _ := r.Provider.List("userinfo_signing_alg_values_supported")
	signature := signatureCheck(tokens.CheckUserinfoSigned, t, r.verify(ctx, t, announced))
	return t.payload, r.checkAll(signature, r.checkUserinfoIssuer(t), r.checkUserinfoAudience(t))
}

// checkUserinfoIssuer and checkUserinfoAudience reject another JWT as the response. Both claims are required since
// errata set 2 of Core, and were recommended before: a missing one is a warning, a wrong one a violation.
func (r *Run) checkUserinfoIssuer(t *decodedJWT) tokens.Check {
	if !t.has("iss") {
		return tokens.CheckUserinfoIssuer.Warn(r.Provider.Issuer, "",
			"iss is missing, which a signed response must have")
	}
	return r.jwtIssuerCheck(tokens.CheckUserinfoIssuer, t, "the response comes from another issuer")
}

func (r *Run) checkUserinfoAudience(t *decodedJWT) tokens.Check {
	if !t.has("aud") {
		return tokens.CheckUserinfoTarget.Warn(r.Client.ID, "", "aud is missing, which a signed response must have")
	}
	return r.jwtAudienceCheck(tokens.CheckUserinfoTarget, t, "the response was issued for another client")
}

func checkUserinfoSubject(idToken tokens.Secret, sub string) tokens.Check {
	kind := tokens.CheckUserinfoSubject
	if sub == "" {
		return kind.Fail("a subject", "", "sub is required in a userinfo response")
	}
	t, err := decodeJWT(idToken.Reveal())
	if err != nil {
		return kind.Skip("the session has no id_token to compare with")
	}
	if want := t.text("sub"); want != sub {
		return kind.Fail(want, sub, "the response is about another user and must not be used")
	}
	return kind.Pass(sub, sub)
}
