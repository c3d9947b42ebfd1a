package session

import (
	"net/url"
	"strings"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/wire"
)

// addCodeEvidence adds what the steps of a run show about its code: the redirect URI of the authorization request, the
// code's age when it was exchanged, and how often it was sent.
func addCodeEvidence(c *doctor.Context, steps []flows.Step) {
	var callback flows.Step
	for _, s := range steps {
		switch {
		case s.Prompt != nil && s.Prompt.URL != "":
			if u, err := url.Parse(s.Prompt.URL); err == nil && u.Query().Has("redirect_uri") {
				c.AuthorizationRedirectURI = u.Query().Get("redirect_uri")
			}
		case s.From == flows.Browser && s.To == flows.Fob:
			callback = s
		case s.Exchange == nil:
		case s.Exchange.Endpoint == "par":
			if redirect := formParams(*s.Exchange).Get("redirect_uri"); redirect != "" {
				c.AuthorizationRedirectURI = redirect
			}
		case s.Exchange.Endpoint == "token" && formParams(*s.Exchange).Has("code") && !requestsNonce(*s.Exchange):
			c.CodeUses++
			if !callback.At.IsZero() {
				c.CodeAge = s.Exchange.Started.Sub(callback.At)
			}
		}
	}
}

// formParams returns the form parameters of a recorded request; empty if its body is no form.
func formParams(x wire.Exchange) url.Values {
	form, err := url.ParseQuery(x.Request.Body)
	if err != nil {
		return url.Values{}
	}
	return form
}

// requestsNonce reports whether a request was rejected only for its missing nonce, so that nothing in it was used (RFC
// 9449 8).
func requestsNonce(x wire.Exchange) bool {
	return x.Response != nil && x.Response.Status >= 400 && strings.Contains(x.Response.Body, "use_dpop_nonce")
}
