package flows

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"fob/tokens"
)

// authorization is an authorization request and what is needed to validate its response.
type authorization struct {
	responseType string     // that this run asks for
	params       url.Values // as sent, extra parameters included, also inside a request object
	url          string     // that the browser opens
	edited       []string   // what the user changed in url
	redirect     string
	verifier     tokens.Secret // zero without PKCE
	method       string        // PKCE method
	wantsSigned  bool          // the response must be a JWT (JARM)
}

// hasResponseType reports whether the response type contains a value: code, token, id_token.
func (a *authorization) hasResponseType(word string) bool {
	return slices.Contains(strings.Fields(a.responseType), word)
}

// newAuthorizationRequest makes the authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1 and 3.2.2.1).
func (r *Run) newAuthorizationRequest(redirectURI, responseType string) (*authorization, error) {
	a := &authorization{responseType: responseType, redirect: redirectURI, method: pkceNone}
	state, err := r.random()
	if err != nil {
		return nil, err
	}
	a.params = url.Values{
		"response_type": {responseType}, "client_id": {r.Client.ID}, "redirect_uri": {redirectURI}, "state": {state},
	}
	r.setInputs(a.params, passThroughInputs...)
	r.setJSON(a.params, "claims", "authorization_details")
	r.setList(a.params, "resource", "audience")
	r.setResponseMode(a)
	if err := r.bindAuthorization(a); err != nil {
		return nil, err
	}
	r.Params.Apply("authorization", a.params)
	r.Step(Step{
		From: Fob, To: Fob, Title: "Generate the values that bind the response to this run",
		Spec:    "RFC 6749 10.12, RFC 7636 4.1",
		Meaning: bindingMeaning(a),
	})
	return a, nil
}

// bindAuthorization adds what binds the response to this run: nonce, PKCE challenge, the thumbprint of the DPoP key.
func (r *Run) bindAuthorization(a *authorization) error {
	if (r.requestsScope("openid") && a.responseType != responseTypeNone) || a.hasResponseType("id_token") {
		nonce, err := r.random()
		if err != nil {
			return err
		}
		a.params.Set("nonce", nonce)
	}
	if !a.hasResponseType("code") {
		return nil
	}
	if a.method = cmp.Or(r.value("pkce"), pkceS256); a.method != pkceNone {
		verifier, err := r.random()
		if err != nil {
			return err
		}
		a.verifier = tokens.NewSecret(verifier)
		addCodeChallenge(a.params, a.method, verifier)
	}
	prover, err := r.dpopProver()
	if prover != nil {
		a.params.Set("dpop_jkt", prover.Key.Thumbprint())
	}
	return err
}

// setResponseMode sends response_mode, unless it is the default of the response type.
func (r *Run) setResponseMode(a *authorization) {
	defaultMode := "query"
	if a.responseType != "code" && a.responseType != responseTypeNone {
		defaultMode = "fragment"
	}
	mode := cmp.Or(r.value("response_mode"), defaultMode)
	a.wantsSigned = mode == "jwt" || strings.HasSuffix(mode, ".jwt")
	if r.value("jarm") == "true" && !a.wantsSigned {
		a.wantsSigned = true
		if mode += ".jwt"; mode == defaultMode+".jwt" {
			mode = "jwt"
		}
	}
	if mode != defaultMode {
		a.params.Set("response_mode", mode)
	}
}

// buildAuthorizationURL sets the URL that the browser opens. The parameters are in the URL itself, in a request object
// (RFC 9101), pushed to the server (RFC 9126), or both of these.
func (r *Run) buildAuthorizationURL(ctx context.Context, a *authorization) error {
	push := r.usesPAR()
	sent := a.params
	var err error
	if wrap := r.value("jar"); wrap != "" && wrap != "off" {
		if sent, err = r.wrapRequest(ctx, a, wrap == "encrypted", push); err != nil {
			return err
		}
	}
	if push {
		if sent, err = r.pushRequest(ctx, sent); err != nil {
			return err
		}
	}
	if a.url, err = addQuery(r.Provider.AuthorizationEndpoint, sent, r.Params["authorization"]); err != nil {
		return err
	}
	return r.editAuthorizationRequest(ctx, a)
}

func bindingMeaning(a *authorization) string {
	s := "The response must repeat the random state, which shows that it belongs to this run."
	if a.params.Get("nonce") != "" {
		s += " The id_token must repeat the random nonce for the same reason."
	}
	if a.method != pkceNone {
		s += " The random verifier stays here, and only its challenge is sent, so that a stolen code cannot be used."
	}
	return s
}

// addQuery adds parameters to an endpoint's URL. The endpoint keeps its own query (RFC 6749 3.1), except for the names
// that are set, replaced or dropped here.
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

// openBrowser opens the authorization URL in the browser, if there is one, and shows it to the user.
func (r *Run) openBrowser(ctx context.Context, a *authorization) error {
	p := &Prompt{URL: a.url, CanPaste: r.Paste != nil}
	r.launchBrowser(ctx, p, a.url)
	r.Step(Step{
		From: Fob, To: Browser, Title: "Send the browser to the authorization endpoint", Spec: "RFC 6749 4.1.1",
		Prompt: p, Edited: a.edited,
		Meaning: "The user signs in at the authorization server and not here, so fob never sees the password.",
	})
	if p.CanPaste {
		return nil
	}
	return r.requireAttended(p)
}

// ErrUnattended means that a user has to sign in and the run must not wait for one.
var ErrUnattended = errors.New("a user has to sign in")

// requireAttended returns ErrUnattended when the run is unattended and the page could not be opened.
func (r *Run) requireAttended(p *Prompt) error {
	if !r.Unattended || p.Opened {
		return nil
	}
	why := cmp.Or(p.OpenErr, "no browser may be opened")
	return fmt.Errorf("waiting for the sign-in: %w, and this run does not wait for one: %s", ErrUnattended, why)
}

// launchBrowser opens a URL in the browser and records in the prompt whether it did.
func (r *Run) launchBrowser(ctx context.Context, p *Prompt, target string) {
	if r.Browser == nil {
		return
	}
	if err := r.Browser(ctx, target); err != nil {
		p.OpenErr = tokens.VisibleLine(err.Error())
		return
	}
	p.Opened = true
}
