package flows

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"fob/flows/redirect"
	"fob/tokens"
)

// AuthorizationCode sends a person's browser to the authorization server and trades the code that it brings back for
// tokens (RFC 6749 4.1, OpenID Connect Core 3.1).
var AuthorizationCode = Grant{
	ID:        "authorization_code",
	Name:      "Authorization code",
	Summary:   "a person signs in with a browser; the usual way",
	Spec:      "RFC 6749 4.1",
	NeedsUser: true,
	GrantType: "authorization_code",
	Inputs: []Input{
		scopeInput("openid"),
		{
			Name: "prompt", Label: "Prompt", Kind: List, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "What the server has to ask the person: login, consent, select_account, or none.",
		},
		{
			Name: "login_hint", Label: "Login hint", Kind: Text, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "Who is going to sign in, often an e-mail address, so that the page is filled in.",
		},
		{
			Name: "max_age", Label: "Max age", Kind: Seconds, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "How many seconds ago the person may have signed in at most; an older sign-in is asked for again.",
		},
		{
			Name: "acr_values", Label: "ACR values", Kind: List, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "How strongly the person has to sign in, in the server's own words, the preferred one first.",
		},
		{
			Name: "ui_locales", Label: "UI locales", Kind: List, Spec: "OpenID Connect Core 3.1.2.1", Advanced: true,
			Help: "The languages of the sign-in page, the preferred one first: fr-CA fr en.",
		},
		pkceInput,
		{
			Name: "response_mode", Label: "Response mode", Kind: Choice, Choices: []string{"query", "fragment", "form_post"}, Default: "query",
			Spec: "OAuth 2.0 Multiple Response Types 2.1", Advanced: true,
			Help: "How the answer comes back: in the address's query, in its fragment, or as a form.",
		},
		resourceInput,
		audienceInput,
	},
	Run: runAuthorizationCode,
}

// authorizationWait is how long the browser may stay away.
const authorizationWait = 15 * time.Minute

// authorization is an authorization request on its way.
type authorization struct {
	params   url.Values // as they were sent, extra parameters included
	url      string
	redirect string
	verifier tokens.Secret // zero without PKCE
	method   string        // PKCE method
}

func runAuthorizationCode(ctx context.Context, r *Run) (set tokens.Set, err error) {
	if _, err := r.needEndpoint("authorization"); err != nil {
		return tokens.Set{}, err
	}
	if _, err := r.needEndpoint("token"); err != nil {
		return tokens.Set{}, err
	}
	listener, err := redirect.Listen(r.Redirect)
	if err != nil {
		return tokens.Set{}, err
	}
	defer func() { _ = listener.Close() }()
	a, err := r.newAuthorization(listener.URI())
	if err != nil {
		return tokens.Set{}, err
	}
	if err := r.checkAll(r.pkceChecks(a.method)...); err != nil {
		return tokens.Set{}, err
	}
	r.openBrowser(ctx, a)
	callback, err := r.awaitCallback(ctx, listener, a)
	if err != nil {
		return tokens.Set{}, err
	}
	// The browser is kept waiting until it is known whether it worked.
	defer func() { listener.Finish(outcome(err)) }()
	code, err := r.readCallback(callback, a)
	if err != nil {
		return tokens.Set{}, err
	}
	return r.exchangeCode(ctx, a, code)
}

// newAuthorization makes the authorization request (RFC 6749 4.1.1).
func (r *Run) newAuthorization(redirectURI string) (*authorization, error) {
	a := &authorization{redirect: redirectURI, method: orDefault(r.value("pkce"), pkceS256)}
	state, err := r.random()
	if err != nil {
		return nil, err
	}
	a.params = url.Values{
		"response_type": {"code"}, "client_id": {r.Client.ID}, "redirect_uri": {redirectURI}, "state": {state},
	}
	r.setInputs(a.params, "scope", "prompt", "login_hint", "max_age", "acr_values", "ui_locales")
	r.setList(a.params, "resource", "audience")
	if mode := r.value("response_mode"); mode != "" && mode != "query" {
		a.params.Set("response_mode", mode)
	}
	if r.asks("openid") {
		nonce, err := r.random()
		if err != nil {
			return nil, err
		}
		a.params.Set("nonce", nonce)
	}
	if a.method != pkceNone {
		verifier, err := r.random()
		if err != nil {
			return nil, err
		}
		a.verifier = tokens.NewSecret(verifier)
		challenge(a.params, a.method, verifier)
	}
	r.Params.Apply("authorization", a.params)
	a.url, err = addQuery(r.Provider.AuthorizationEndpoint, a.params, r.Params["authorization"])
	if err != nil {
		return nil, err
	}
	r.Step(Step{
		From: Fob, To: Fob, Title: "Make up the values that tie the answer to this run", Spec: "RFC 6749 10.12, RFC 7636 4.1",
		Meaning: madeUp(a),
	})
	return a, nil
}

func madeUp(a *authorization) string {
	s := "A random state comes back with the browser and shows that the answer belongs to this run."
	if a.params.Get("nonce") != "" {
		s += " A random nonce comes back in the id_token and does the same for it."
	}
	if a.method != pkceNone {
		s += " A random verifier stays here; only its challenge travels, so that a stolen code is worth nothing."
	}
	return s
}

// addQuery adds parameters to an endpoint's URL, which keeps a query of its own (RFC 6749 3.1) but for the names that
// are set, replaced or dropped here.
func addQuery(endpoint string, params url.Values, extra map[string][]string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("the authorization endpoint %q is not a URL: %w", tokens.VisibleLine(endpoint), err)
	}
	var kept []string
	for _, pair := range strings.Split(u.RawQuery, "&") {
		raw, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(raw)
		_, replaced := extra[name]
		if pair == "" || (err == nil && (params.Has(name) || replaced)) {
			continue
		}
		kept = append(kept, pair)
	}
	if q := params.Encode(); q != "" {
		kept = append(kept, q)
	}
	u.RawQuery, u.Fragment, u.RawFragment = strings.Join(kept, "&"), "", ""
	return u.String(), nil
}

// openBrowser starts the browser, where there is one to start, and tells the person where to go.
func (r *Run) openBrowser(ctx context.Context, a *authorization) {
	p := &Prompt{URL: a.url, CanPaste: r.Paste != nil}
	r.open(ctx, p, a.url)
	r.Step(Step{
		From: Fob, To: Browser, Title: "Send the browser to the authorization endpoint", Spec: "RFC 6749 4.1.1", Prompt: p,
		Meaning: "The person signs in at the authorization server and not here, so fob never sees the password.",
	})
}

// open starts the browser at a URL and notes in the prompt whether it did.
func (r *Run) open(ctx context.Context, p *Prompt, target string) {
	if r.Browser == nil {
		return
	}
	if err := r.Browser(ctx, target); err != nil {
		p.OpenErr = tokens.VisibleLine(err.Error())
		return
	}
	p.Opened = true
}

// awaitCallback waits for the browser to come back with the state that was sent.
func (r *Run) awaitCallback(ctx context.Context, l *redirect.Listener, a *authorization) (*redirect.Callback, error) {
	ctx, cancel := context.WithTimeout(ctx, authorizationWait)
	defer cancel()
	callback, err := l.Await(ctx, a.params.Get("state"), r.Paste, func(why string) {
		r.Step(Step{
			From: Browser, To: Fob, Title: "A request that is not the answer was ignored: " + why, Spec: "RFC 8252 8.10",
			Meaning: "Anything on this machine can send requests to the redirect URI; only the awaited answer counts.",
		})
	})
	var wrong *redirect.StateError
	switch {
	case errors.As(err, &wrong) && !errors.Is(err, context.Canceled):
		return nil, r.Check(tokens.CheckState.Fail(wrong.Expected, wrong.Received, "the answer belongs to another sign-in, or somebody slipped it in"))
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("waiting for the browser at %s: nobody came back in time; start again, or paste the redirect URL: %w", a.redirect, err)
	case err != nil:
		return nil, fmt.Errorf("waiting for the browser at %s: %w", a.redirect, err)
	}
	return callback, nil
}

// readCallback judges the authorization response (RFC 6749 4.1.2, RFC 9207) and takes the code from it.
func (r *Run) readCallback(c *redirect.Callback, a *authorization) (tokens.Secret, error) {
	refused := r.redirectError(c.Params, a.params)
	step := Step{
		From: Browser, To: Fob, Title: "The browser brings back a code (" + c.Via + ")", Spec: "RFC 6749 4.1.2",
		Meaning: "The code is a claim ticket that can be used once; it travels through the browser, so it is no token yet.",
	}
	if refused != nil {
		step.Title, step.Spec, step.Err = "The browser brings back an error ("+c.Via+")", "RFC 6749 4.1.2.1", refused.Error()
		step.Meaning = "The authorization server ended the sign-in and says why."
	}
	r.Step(step)
	if err := r.Check(checkState(a.params.Get("state"), c.Params["state"])); err != nil {
		return tokens.Secret{}, err
	}
	// The issuer is compared before anything else is believed, and before the code is sent anywhere (RFC 9207 2.4).
	if err := r.Check(r.checkCallbackIssuer(c.Params["iss"])); err != nil {
		return tokens.Secret{}, err
	}
	code := c.Params["code"]
	switch {
	case refused != nil:
		return tokens.Secret{}, refused
	case len(code) > 1:
		return tokens.Secret{}, &ResponseError{Endpoint: "authorization", What: "more than one code, which RFC 6749 3.1 forbids"}
	case len(code) == 0 || code[0] == "":
		return tokens.Secret{}, &ResponseError{Endpoint: "authorization", What: "neither a code nor an error"}
	}
	return tokens.NewSecret(code[0]), nil
}

func checkState(sent string, received []string) tokens.Check {
	got := strings.Join(received, ", ")
	switch {
	case sent == "":
		return tokens.CheckState.Skip("the state was left out by a parameter of your own")
	case len(received) != 1 || received[0] != sent:
		return tokens.CheckState.Fail(sent, got, "the answer belongs to another sign-in, or somebody slipped it in")
	}
	return tokens.CheckState.Pass(sent, got)
}

func (r *Run) checkCallbackIssuer(received []string) tokens.Check {
	want, got := r.Provider.Issuer, strings.Join(received, ", ")
	switch {
	case len(received) == 0 && r.Provider.CallbackIssuer:
		return tokens.CheckCallbackIssuer.Fail(want, "", "the server announces that it sends iss, and this answer has none")
	case len(received) == 0:
		return tokens.CheckCallbackIssuer.Skip("the server sends no iss and does not announce it")
	case want == "":
		return tokens.CheckCallbackIssuer.Skip("the issuer of the authorization server is not known")
	case len(received) > 1 || !r.Provider.AcceptsIssuer(received[0]):
		return tokens.CheckCallbackIssuer.Fail(want, got, "the code comes from another server and must not be sent to this one")
	}
	return tokens.CheckCallbackIssuer.Pass(want, got)
}

// exchangeCode trades the code for tokens (RFC 6749 4.1.3) and checks what came.
func (r *Run) exchangeCode(ctx context.Context, a *authorization, code tokens.Secret) (tokens.Set, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code.Reveal()}, "redirect_uri": {a.redirect}}
	secrets := []tokens.Secret{code}
	if !a.verifier.IsZero() {
		form.Set("code_verifier", a.verifier.Reveal())
		secrets = append(secrets, a.verifier)
	}
	r.setList(form, "resource")
	set, err := r.tokenRequest(ctx, form, Step{
		Title:   "Trade the code for tokens",
		Meaning: "The token endpoint is asked directly and not through the browser, so the tokens are never in an address bar.",
		Spec:    "RFC 6749 4.1.3",
	}, secrets...)
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkSignIn(ctx, set, signIn{asked: a.params, code: code, nonce: a.params.Get("nonce"), noNonce: "openid was not asked for, so no nonce was sent"})
}

// outcome is what the browser is told: that it worked only after every check has passed.
func outcome(err error) redirect.Outcome {
	if err == nil {
		return redirect.Outcome{OK: true, Heading: "Signed in", Text: "You can close this page and go back to fob."}
	}
	o := redirect.Outcome{Heading: "Sign-in did not work"}
	var check *tokens.CheckError
	var refused *OAuthError
	switch {
	case errors.As(err, &check):
		o.Text = "This did not hold: " + check.Check.Title + " (" + check.Check.ID + "). Nothing was stored. fob shows the details."
	case errors.As(err, &refused):
		o.Text = strings.TrimSpace("The authorization server refused: " + refused.Code + ". " + refused.Description)
	default:
		o.Text = "The code could not be traded for tokens. fob shows why."
	}
	return o
}
