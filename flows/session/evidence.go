package session

import (
	"net/url"
	"strings"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/wire"
)

// addCodeEvidence is what the steps of a run tell of its code: where it was asked to be sent, how old it was when it
// was traded in, and how often it was sent.
func addCodeEvidence(c *doctor.Context, steps []flows.Step) {
	var came flows.Step
	for _, s := range steps {
		switch {
		case s.Prompt != nil && s.Prompt.URL != "":
			if u, err := url.Parse(s.Prompt.URL); err == nil && u.Query().Has("redirect_uri") {
				c.AuthorizationRedirectURI = u.Query().Get("redirect_uri")
			}
		case s.From == flows.Browser && s.To == flows.Fob:
			came = s
		case s.Exchange == nil:
		case s.Exchange.Endpoint == "par":
			if redirect := formParams(*s.Exchange).Get("redirect_uri"); redirect != "" {
				c.AuthorizationRedirectURI = redirect
			}
		case s.Exchange.Endpoint == "token" && formParams(*s.Exchange).Has("code") && !requestsNonce(*s.Exchange):
			c.CodeUses++
			if !came.At.IsZero() {
				c.CodeAge = s.Exchange.Started.Sub(came.At)
			}
		}
	}
}

// formParams are the parameters of a recorded request; none where it is no form.
func formParams(x wire.Exchange) url.Values {
	form, err := url.ParseQuery(x.Request.Body)
	if err != nil {
		return url.Values{}
	}
	return form
}

// requestsNonce reports whether a request was refused before anything in it was spent (RFC 9449 8).
func requestsNonce(x wire.Exchange) bool {
	return x.Response != nil && x.Response.Status >= 400 && strings.Contains(x.Response.Body, "use_dpop_nonce")
}
