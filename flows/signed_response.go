package flows

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"fob/flows/redirect"
	"fob/tokens"
)

// stateFinder returns a function that finds the state in an authorization response, for the listener that waits for it:
// as a parameter, or inside a signed response, which is validated later. An encrypted response that cannot be decrypted
// is accepted as the awaited one, so that the user learns why.
func (r *Run) stateFinder(awaited func() string) func(url.Values) []string {
	return func(p url.Values) []string {
		if !p.Has("response") {
			return p["state"]
		}
		raw := p.Get("response")
		if isJWE(raw) {
			plain, _, err := r.decryptJWE(raw)
			if err != nil {
				return []string{awaited()}
			}
			raw = plain
		}
		t, err := decodeJWT(raw)
		if err != nil || !t.has("state") {
			return nil
		}
		return []string{t.text("state")}
	}
}

// responseParams returns the parameters of an authorization response. A signed response is validated first (JARM 2.4):
// all checks are recorded in the ledger, and the error is the first violation.
func (r *Run) responseParams(ctx context.Context, c *redirect.Callback, a *authorization) (url.Values, error) {
	if !c.Params.Has("response") {
		if a.wantsSigned && !c.Params.Has("error") {
			return nil, r.Check(tokens.CheckJARMSignature.Fail("a response signed by the server", "plain parameters",
				"a signed response was requested, and this one could have been changed in transit"))
		}
		return c.Params, nil
	}
	raw := c.Params.Get("response")
	if len(c.Params["response"]) > 1 {
		return nil, r.Check(tokens.CheckJARMSignature.Fail(validSignature, "several responses", "one is allowed"))
	}
	if isJWE(raw) {
		plain, _, err := r.decryptJWE(raw)
		if err != nil {
			return nil, r.Check(tokens.CheckJARMSignature.Fail(validSignature, "a response that cannot be read",
				err.Error()))
		}
		raw = plain
	}
	t, err := decodeJWT(raw)
	if err != nil {
		return nil, r.Check(tokens.CheckJARMSignature.Fail(validSignature, "a response that cannot be read",
			err.Error()))
	}
	r.Step(Step{
		From: Browser, To: Fob, Title: "The browser returns with a signed response (" + c.Via + ")", Spec: "JARM 2.3",
		Meaning: "The whole response is one JWT; nothing in it is trusted before its signature is verified.",
	})
	return t.params(), r.checkAll(r.jarmChecks(ctx, t)...)
}

// jarmChecks makes the checks of JARM 2.4, except for the state.
func (r *Run) jarmChecks(ctx context.Context, t *decodedJWT) []tokens.Check {
	announced, _ := r.Provider.List("authorization_signing_alg_values_supported")
	return []tokens.Check{
		signatureCheck(tokens.CheckJARMSignature, t, r.verify(ctx, t, announced)),
		r.jwtIssuerCheck(tokens.CheckJARMIssuer, t,
			"the response comes from another server, and its code must not be sent to this one"),
		r.jwtAudienceCheck(tokens.CheckJARMAudience, t, "it was issued for another client"),
		r.jwtExpiryCheck(tokens.CheckJARMExpiry, t),
	}
}

// jwtIssuerCheck, jwtAudienceCheck and jwtExpiryCheck check the claims that every JWT of the server has.
func (r *Run) jwtIssuerCheck(kind tokens.CheckKind, t *decodedJWT, because string) tokens.Check {
	if iss := t.text("iss"); r.Provider.Issuer == "" || iss == "" || !r.Provider.AcceptsIssuer(iss) {
		return kind.Fail(r.Provider.Issuer, t.shown("iss"), because)
	}
	return kind.Pass(r.Provider.Issuer, t.text("iss"))
}

func (r *Run) jwtAudienceCheck(kind tokens.CheckKind, t *decodedJWT, because string) tokens.Check {
	aud, _ := t.list("aud")
	if !slices.Contains(aud, r.Client.ID) {
		return kind.Fail(r.Client.ID, t.shown("aud"), because)
	}
	return kind.Pass(r.Client.ID, strings.Join(aud, ", "))
}

func (r *Run) jwtExpiryCheck(kind tokens.CheckKind, t *decodedJWT) tokens.Check {
	now := r.now()
	at, ok := t.time("exp")
	switch {
	case !ok:
		return t.timeFailure(kind, "exp", "a time in seconds", "exp is required")
	case !now.Before(at.Add(r.skew())):
		return kind.Fail("after "+formatTime(now), formatTime(at),
			r.withClockNote("it expired "+tokens.Ago(now.Sub(at))))
	}
	return kind.Pass("after "+formatTime(now), formatTime(at))
}

// jwtClaims are about the JWT itself; the others are the parameters of the response.
var jwtClaims = []string{"iss", "aud", "exp", "iat", "nbf", "jti"}

// params returns the claims of a signed response as parameters.
func (t *decodedJWT) params() url.Values {
	out := url.Values{}
	for name, raw := range t.claims {
		if slices.Contains(jwtClaims, name) {
			continue
		}
		var n json.Number
		switch s := jsonString(raw); {
		case s != "":
			out.Set(name, s)
		case json.Unmarshal(raw, &n) == nil && n != "":
			out.Set(name, n.String())
		}
	}
	return out
}
