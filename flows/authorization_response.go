package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fob/flows/redirect"
	"fob/tokens"
)

// authorizationWait is how long to wait for the authorization response.
const authorizationWait = 15 * time.Minute

// awaitCallback waits for an authorization response with the state that was sent.
func (r *Run) awaitCallback(ctx context.Context, l *redirect.Listener, a *authorization) (*redirect.Callback, error) {
	ctx, cancel := context.WithTimeout(ctx, authorizationWait)
	defer cancel()
	callback, err := l.Await(ctx, a.params.Get("state"), r.Paste, func(why string) {
		r.Step(Step{
			From: Browser, To: Fob, Title: "Ignored a request that is not the response: " + why,
			Spec: "RFC 8252 8.10",
			Meaning: "Any process on this machine can send requests to the redirect URI; only the response to this " +
				"run is accepted.",
		})
	})
	var wrong *redirect.StateError
	var unreadable *redirect.UnreadableError
	switch {
	case errors.As(err, &wrong) && !errors.Is(err, context.Canceled):
		because := "the response belongs to another sign-in, or was injected (CSRF)"
		if wrong.Detail != "" {
			because += ": " + wrong.Detail
		}
		return nil, r.Check(tokens.CheckState.Fail(wrong.Expected, wrong.Received, because))
	case errors.As(err, &unreadable) && !errors.Is(err, context.Canceled):
		return nil, fmt.Errorf("waiting for the browser at %s: %w", a.redirect, err)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("waiting for the browser at %s: no response from the browser in time; start again, or "+
			"paste the redirect URL; where the browser shows an error about the redirect URI, use the registered one "+
			"(--redirect-uri, redirect_uri in the profile): %w", a.redirect, err)
	case err != nil:
		return nil, fmt.Errorf("waiting for the browser at %s: %w", a.redirect, err)
	}
	return callback, nil
}

// frontChannel is the content of the authorization response, which came through the browser.
type frontChannel struct {
	code   tokens.Secret
	set    tokens.Set // of implicit and hybrid response types; may be empty
	signed bool       // the response was a JWT that names its issuer
}

// validateCallback validates the authorization response (RFC 6749 4.1.2, RFC 9207, JARM 2.4) and returns what the
// response type asks for.
func (r *Run) validateCallback(ctx context.Context, c *redirect.Callback, a *authorization) (*frontChannel, error) {
	params, err := r.responseParams(ctx, c, a)
	if err != nil {
		return nil, err
	}
	oauthErr := r.redirectError(params, a.params, a.url)
	r.callbackStep(c.Via, a, oauthErr)
	if err := r.Check(checkState(a.params.Get("state"), params["state"])); err != nil {
		return nil, err
	}
	// Compare the issuer before the rest is used, and before the code is sent anywhere (RFC 9207 2.4).
	f := &frontChannel{signed: c.Params.Has("response")}
	if err := r.Check(r.checkCallbackIssuer(params["iss"], otherIssuerSource(params, a, f.signed))); err != nil {
		return nil, err
	}
	if oauthErr != nil {
		return nil, oauthErr
	}
	return f, r.readFrontChannel(f, params, a)
}

func (r *Run) callbackStep(via string, a *authorization, oauthErr *OAuthError) {
	step := Step{
		From: Browser, To: Fob, Title: "The browser returns with a code (" + via + ")", Spec: "RFC 6749 4.1.2",
		Meaning: "The code can be exchanged once for tokens. It comes through the browser, so it is not a token " +
			"itself.",
	}
	if a.responseType != "code" {
		step.Title, step.Spec = "The browser returns with "+strings.Join(strings.Fields(a.responseType),
			" and ")+" ("+via+")", "OAuth 2.0 Multiple Response Types 3 and 5"
		step.Meaning = "These values were in the browser, where scripts, history and extensions can see them."
	}
	if a.responseType == responseTypeNone {
		step.Title, step.Spec = "The browser returns without a token, as requested ("+via+")",
			"OAuth 2.0 Multiple Response Types 4"
		step.Meaning = "The user is signed in and gave consent; the response says only that."
	}
	if oauthErr != nil {
		step.Title, step.Spec, step.Err = "The browser returns with an error ("+via+")", "RFC 6749 4.1.2.1",
			oauthErr.Error()
		step.Meaning = "The authorization server ended the sign-in and reports why."
	}
	r.Step(step)
}

// responseTypeParams are the response parameters by value of the response type.
var responseTypeParams = map[string]string{"code": "code", "token": "access_token", "id_token": "id_token"}

// readFrontChannel reads the code and the tokens that the response type asks for. Each must be present once.
func (r *Run) readFrontChannel(f *frontChannel, params url.Values, a *authorization) error {
	if a.responseType == responseTypeNone {
		return nil // other parameters were not requested
	}
	for _, word := range strings.Fields(a.responseType) {
		name := responseTypeParams[word]
		switch values := params[name]; {
		case len(values) > 1:
			return &ResponseError{Endpoint: "authorization", What: "more than one " + name +
				", which RFC 6749 3.1 forbids"}
		case a.responseType == "code" && params.Get(name) == "":
			return &ResponseError{Endpoint: "authorization", What: "neither a code nor an error"}
		case params.Get(name) == "":
			return &ResponseError{Endpoint: "authorization", What: "no " + name +
				", although the response type asks for one"}
		}
	}
	if a.hasResponseType("code") {
		f.code = tokens.NewSecret(params.Get("code"))
	}
	if a.responseType == "code" {
		return nil
	}
	members := map[string]any{}
	for _, name := range []string{"access_token", "token_type", "expires_in", "scope", "id_token"} {
		if v := params.Get(name); v != "" {
			members[name] = v
		}
	}
	if n, err := strconv.ParseUint(params.Get("expires_in"), 10, 63); err == nil {
		members["expires_in"] = n // a parameter is a string
	}
	body, err := json.Marshal(members)
	if err != nil {
		return err
	}
	f.set, err = tokens.ParseSet(body, r.now())
	if err != nil && !errors.Is(err, tokens.ErrNoToken) {
		return &ResponseError{Endpoint: "authorization", What: "parameters that cannot be read: " +
			tokens.VisibleLine(err.Error())}
	}
	return nil
}

// checkFrontChannelTokens checks the tokens that came through the browser (OpenID Connect Core 3.2.2.11 and 3.3.2.11).
func (r *Run) checkFrontChannelTokens(ctx context.Context, f *frontChannel, a *authorization) error {
	if a.responseType == "code" {
		return nil
	}
	first := r.Check(checkFrontChannel(a))
	if !f.set.AccessToken.IsZero() {
		if err := r.checkAll(append(responseFormChecks(f.set), checkBearer(f.set))...); first == nil {
			first = err
		}
	}
	if !f.set.IDToken.IsZero() {
		decrypted, err := r.decryptIDToken(f.set.IDToken)
		f.set.IDToken = decrypted
		if err == nil {
			want := r.expectation(f.set, signIn{request: a.params, code: f.code, nonce: a.params.Get("nonce")})
			want.frontChannel = true
			err = r.checkIDToken(ctx, want)
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// checkFrontChannel warns when the response type returns an access token through the browser.
func checkFrontChannel(a *authorization) tokens.Check {
	if a.hasResponseType("token") {
		return tokens.CheckFrontChannel.Warn("a response type without token", a.responseType,
			"an access token in a redirect can leak from the browser, and an attacker can inject another one")
	}
	return tokens.CheckFrontChannel.Pass("a response type without token", a.responseType)
}

func checkState(sent string, received []string) tokens.Check {
	got := strings.Join(received, ", ")
	switch {
	case sent == "":
		return tokens.CheckState.Skip("an extra parameter removed the state")
	case len(received) != 1 || received[0] != sent:
		return tokens.CheckState.Fail(sent, got, "the response belongs to another sign-in, or was injected (CSRF)")
	}
	return tokens.CheckState.Pass(sent, got)
}

// otherIssuerSource returns what else in the response names the issuer, so that an iss parameter is not needed (RFC
// 9207 4); "" when nothing does. Both are checked before the code is sent anywhere.
func otherIssuerSource(params url.Values, a *authorization, signed bool) string {
	switch {
	case signed:
		return "the signed response"
	case a.hasResponseType("id_token") && params.Get("id_token") != "":
		return "the id_token in the response"
	}
	return ""
}

func (r *Run) checkCallbackIssuer(received []string, otherSource string) tokens.Check {
	want, got := r.Provider.Issuer, strings.Join(received, ", ")
	switch {
	case len(received) == 0 && otherSource != "":
		return tokens.CheckCallbackIssuer.Skip(otherSource + " names the issuer, which does the same (RFC 9207 4)")
	case len(received) == 0 && r.Provider.CallbackIssuer:
		return tokens.CheckCallbackIssuer.Fail(want, "",
			"the server announces that it sends iss, and iss is missing in this response")
	case len(received) == 0:
		return tokens.CheckCallbackIssuer.Skip("the server sends no iss and does not announce it")
	case want == "":
		return tokens.CheckCallbackIssuer.Skip("the issuer of the authorization server is unknown")
	case len(received) > 1 || !r.Provider.AcceptsIssuer(received[0]):
		return tokens.CheckCallbackIssuer.Fail(want, got,
			"the code comes from another server and must not be sent to this one")
	}
	return tokens.CheckCallbackIssuer.Pass(want, got)
}

// redirectOutcome is what the browser's page shows. It shows success only after every check has passed.
func redirectOutcome(err error) redirect.Outcome {
	if err == nil {
		return redirect.Outcome{OK: true, Heading: "Signed in", Text: "You can close this page and go back to fob."}
	}
	o := redirect.Outcome{Heading: "Sign-in failed"}
	var check *tokens.CheckError
	var oauthErr *OAuthError
	switch {
	case errors.As(err, &check):
		o.Text = "Failed check: " + check.Check.Title + " (" + string(check.Check.ID) +
			"). Nothing was stored. fob shows the details."
	case errors.As(err, &oauthErr):
		o.Text = strings.TrimSpace("The authorization server rejected the request: " + oauthErr.Code + ". " +
			oauthErr.Description)
	default:
		o.Text = "The code could not be exchanged for tokens. fob shows why."
	}
	return o
}
