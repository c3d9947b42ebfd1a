package flows

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"fob/tokens"
)

// authorization is an authorization request on its way.
type authorization struct {
	params   url.Values // as they were sent, extra parameters included
	url      string
	redirect string
	verifier tokens.Secret // zero without PKCE
	method   string        // PKCE method
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
	r.setInputs(a.params, passedOn...)
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
	prover, err := r.possession()
	if err != nil {
		return nil, err
	}
	if prover != nil {
		a.params.Set("dpop_jkt", prover.Key.Thumbprint())
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
