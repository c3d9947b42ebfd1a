package doctor

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"fob/flows"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/shell"
)

// responseDiagnosis explains a response that is not an OAuth response.
func responseDiagnosis(e *flows.ResponseError, c Context) Diagnosis {
	d := Diagnosis{Title: "The " + e.Endpoint + " endpoint did not return a valid OAuth response.", Spec: "RFC 6749 5",
		Messages: append(visibleLines(e.What, e.Note, e.Excerpt), fieldLines(e.Details, e.Support)...)}
	what := strings.ToLower(strings.Join(append([]string{e.What, e.Excerpt}, fieldLines(e.Details, nil)...), " "))
	put := func(likely int, text, tell string) {
		d.Causes = append(d.Causes, Cause{Text: text, HowToTell: tell, Likely: likely})
	}
	if e.RetryAfter > 0 {
		d.Next = append(d.Next, waitFor(e.RetryAfter))
	}
	switch {
	case e.Status == 404 || e.Status == 405 || e.Status == 410:
		put(90, "The address is not that of the endpoint.",
			"Compare "+e.URL+" with the metadata; a base path, a realm or a version may be missing.")
		d.Next = append(d.Next, Action{Text: "Read the metadata again.",
			Do: map[string]string{DoCommand: "fob provider " + issuerOf(c)}})
	case e.Status == 407 || strings.Contains(what, "proxy"):
		put(90, "A proxy responded in the server's place.", "Its page names it.")
		d.Next = append(d.Next, Action{Text: "Set another proxy, or none.", Do: map[string]string{DoSetting: "proxy"}})
	case e.Status == 415 || e.Status == 406:
		put(85, "The server does not accept a form, or does not return JSON.",
			"Look at Content-Type and Accept of the request.")
	case e.Status == 429:
		put(90, "Too many requests.", "Retry-After says how long to wait, where the server sends it.")
		if e.RetryAfter == 0 {
			d.Next = append(d.Next, Action{Text: "Try again in a minute.", Do: map[string]string{DoWait: "60"}})
		}
	case e.Status >= 500:
		put(80, fmt.Sprintf("The server failed (HTTP %d).", e.Status), "Its status page or its logs.")
		if e.RetryAfter == 0 {
			d.Next = append(d.Next, Action{Text: "Try again in a minute.", Do: map[string]string{DoWait: "60"}})
		}
	case strings.Contains(what, "redirect to"):
		put(85, "The endpoint redirects, and fob sends no secret after a redirect.",
			"The address may have moved, or lack a slash at its end; a gateway may require its own sign-in.")
		d.Next = append(d.Next, Action{Text: "Use the address that it redirects to as issuer or endpoint, if you " +
			"trust it.",
			Do: map[string]string{DoSetting: "endpoints"}})
	case strings.Contains(what, "neither a code nor an error"):
		put(70, "The browser came back from somewhere else than the sign-in.",
			"Look at the address that it came back with.")
		put(40, "The response is in the fragment or in a posted form.", "Set response_mode to query.")
	case strings.Contains(e.Note, "an access token "):
		put(85, "The server puts the access token elsewhere than the spec does: "+e.Note+".",
			"RFC 6749 5.1 has it at the top of the response.")
		d.Next = append(d.Next, Action{Text: "Report it to the server's operators, or ask for another kind of token " +
			"that the " +
			"server returns as the spec requires."})
	case strings.Contains(what, "without an access_token"):
		put(70, "The server returned something that is not a token response, such as its own error format.",
			"Open the exchange.")
	case strings.Contains(what, "empty"):
		put(70, "The server or a gateway returned an empty response.",
			"Look at the status and the header of the response.")
	}
	addVendorDiagnosis(&d, e, c)
	if strings.Contains(what, "html") && e.Status < 500 && e.Status != 404 {
		put(75, "The response is a web page: a gateway, a sign-in page or a firewall is in front of the server.",
			"Read its beginning: it mostly names itself.")
	}
	if len(d.Causes) == 0 {
		put(50, "The endpoint belongs to another service, or uses another protocol.", "Open the exchange.")
	}
	d.Next = append(d.Next, Action{Text: "Open the exchange and read the response."})
	return sorted(d)
}

// addVendorDiagnosis adds what a vendor means by an error that is not an OAuth error.
func addVendorDiagnosis(d *Diagnosis, e *flows.ResponseError, c Context) {
	if len(e.Details) == 0 {
		return
	}
	ev := newEvidence(&flows.OAuthError{Details: e.Details, URL: e.URL, Endpoint: e.Endpoint, Status: e.Status}, c)
	v, found := vendorEntryFor(ev)
	if !found || v.says == "" {
		return
	}
	d.Title, d.Vendor = ev.fill(v.title), vendors[v.vendor]
	d.Causes, d.Next = append(ev.causes(v.causes), d.Causes...), append(ev.actions(v.next), d.Next...)
}

// endpointDiagnosis explains an endpoint that is missing from the metadata, or that is not a URL there.
func endpointDiagnosis(e *flows.EndpointError, c Context) Diagnosis {
	if e.URL != "" {
		return unusableEndpoint(e, c)
	}
	return sorted(Diagnosis{Title: "The server names no " + e.Endpoint + " endpoint.", Spec: "RFC 8414 2",
		Causes: []Cause{
			{Likely: 75, Text: "The server does not offer this.", HowToTell: "Its metadata lists what it offers."},
			{Likely: 40, Text: "The metadata leaves it out.",
				HowToTell: "The server's docs name the address; a profile can name it too."},
		},
		Next: []Action{{Text: "Name the endpoint in the profile, if there is one.",
			Do: map[string]string{DoSetting: "endpoints." + e.Endpoint}},
			{Text: "See what the server offers.", Do: map[string]string{DoCommand: "fob provider " + issuerOf(c)}}}})
}

// unusableEndpoint explains an endpoint that is not a URL: a path, a host without a scheme.
func unusableEndpoint(e *flows.EndpointError, c Context) Diagnosis {
	d := Diagnosis{Title: "The server names an address that cannot be requested.",
		Spec: "RFC 8414 2, OpenID Connect Discovery 3", Messages: visibleLines(e.URL),
		Causes: []Cause{{Likely: 90, HowToTell: "fob provider shows the metadata as it came.",
			Text: "The metadata gives the " + e.Endpoint + " endpoint as " + visibleLine(e.URL) +
				", which is not an absolute URL."}},
		Next: []Action{{Text: "Report it to the server's operators: every endpoint has to be an absolute URL."}}}
	if e.Suggestion == "" || c.Provider == nil {
		return sorted(d)
	}
	// A profile that names one endpoint must name all: the metadata's endpoints are not used then.
	words := []string{"fob profile add NAME --issuer " + shell.Word(issuerOf(c))}
	if c.ClientID != "" {
		words = append(words, "--client-id "+shell.Word(visibleLine(c.ClientID)))
	}
	for _, name := range append(flows.EndpointNames(), "jwks") {
		u := c.Provider.Endpoint(name)
		if name == "jwks" {
			u = c.Provider.JWKSURI
		}
		if _, meant := c.Provider.InvalidEndpoint(name); meant != "" {
			u = meant
		}
		if u != "" {
			words = append(words, "--endpoint "+shell.Word(name+"="+visibleLine(u)))
		}
	}
	d.Next = append([]Action{{Text: "Until the server's metadata is fixed, name the endpoints in a profile.",
		Do: map[string]string{DoCommand: strings.Join(words, " ")}}}, d.Next...)
	return sorted(d)
}

// discoveryDiagnosis explains metadata that was not found.
func discoveryDiagnosis(e *provider.DiscoveryError, c Context) Diagnosis {
	d := Diagnosis{Title: "The server's metadata was not found.", Spec: "RFC 8414 3, OpenID Connect Discovery 4",
		Messages: visibleLines(e.Hint)}
	redirected, found := "", false
	for _, a := range e.Attempts {
		d.Messages = append(d.Messages, visibleLine(a.URL+": "+a.What))
		if a.Status >= 300 && a.Status < 400 && redirected == "" {
			redirected = a.What
		}
		found = found || a.Status == 200
	}
	if v, ev, ok := vendorEntryOfAttempts(e, c); ok {
		d.Title, d.Vendor = ev.fill(v.title), vendors[v.vendor]
		d.Causes = ev.causes(v.causes)
	}
	if redirected != "" {
		d.Causes = append(d.Causes, Cause{Likely: 85, Text: "The issuer has moved: it redirects.",
			HowToTell: visibleLine(redirected)})
	}
	if found {
		d.Causes = append(d.Causes, Cause{Likely: 80, Text: "A web page is at the metadata's address: the address is " +
			"a site's and not an issuer's.", HowToTell: "Open it in a browser."})
	}
	d.Causes = append(d.Causes,
		Cause{Likely: 65, Text: "The issuer lacks its path: a tenant, a realm or a version.",
			HowToTell: "Its docs or a token's iss spell it out."},
		Cause{Likely: 35, Text: "The server publishes no metadata.",
			HowToTell: "Then a profile must name the endpoints."})
	d.Next = []Action{{Text: "Spell the issuer as the server does.", Do: map[string]string{DoSetting: "issuer"}},
		{Text: "Name the endpoints by hand.", Do: map[string]string{DoSetting: "endpoints"}}}
	return sorted(d)
}

// vendorEntryOfAttempts finds the vendor's entry for the errors of the metadata requests.
func vendorEntryOfAttempts(e *provider.DiscoveryError, c Context) (vendorEntry, *evidence, bool) {
	var words []string
	for _, a := range e.Attempts {
		words = append(words, a.What)
	}
	ev := newEvidence(&flows.OAuthError{Description: strings.Join(words, " "), URL: e.Issuer}, c)
	v, found := vendorEntryFor(ev)
	return v, ev, found && v.says != ""
}

// resourceDiagnosis explains an API whose authorization servers were not found.
func resourceDiagnosis(e *provider.ResourceError, _ Context) Diagnosis {
	d := Diagnosis{Title: "The API does not say which authorization server it trusts.", Spec: "RFC 9728 3, 5",
		Messages: visibleLines(e.Hint)}
	for _, a := range e.Attempts {
		d.Messages = append(d.Messages, visibleLine(a.URL+": "+a.What))
	}
	put := func(likely int, text, tell string) {
		d.Causes = append(d.Causes, Cause{Text: text, HowToTell: tell, Likely: likely})
	}
	switch {
	case e.Status >= 200 && e.Status < 300:
		put(80, "This address needs no token.", "It responded without one.")
	case e.Status == 404:
		put(75, "The address is not the API's.", "Its path may be missing or misspelled.")
	}
	put(60, "The API publishes no metadata: most do not.", "Its docs name the authorization server.")
	put(30, "A gateway before the API responds in its place.", "Look at the header of the response.")
	d.Next = []Action{{Text: "Name the issuer by hand.", Do: map[string]string{DoSetting: "issuer"}}}
	return sorted(d)
}

// networkCauses are the causes of a request without a response, by phase.
var networkCauses = map[wire.Phase]struct {
	title  string
	causes []Cause
	next   []Action
}{
	wire.PhaseDNS: {"The host name was not found.",
		[]Cause{{"The host is misspelled.", "Compare it with the provider's docs.", 60},
			{"The name is of an internal network.", "Is the VPN up?", 55},
			{"This machine is offline, or needs a proxy.",
				"Does any other name work?", 45}},
		[]Action{{"Spell the issuer as the server does.", map[string]string{DoSetting: "issuer"}}}},
	wire.PhaseConnect: {"No connection to the host.",
		[]Cause{{"Nothing listens at that port.", "Is the server up, and is the port right?", 65},
			{"A firewall drops or refuses the connection.", "Does it work from another network?", 50},
			{"A proxy is needed.", "Does a browser on this machine reach it?", 40}},
		[]Action{{"Start the server, or correct the address.", map[string]string{DoSetting: "issuer"}},
			{"Set the proxy.", map[string]string{DoSetting: "proxy"}}}},
	wire.PhaseProxy: {"The proxy rejected the request.",
		[]Cause{{"The proxy requires credentials, or does not allow the host.",
			"Its response has a status that says which.", 75}, {"The proxy itself cannot be reached.",
			"Does its address work?", 50}},
		[]Action{{"Set another proxy, or none.", map[string]string{DoSetting: "proxy=none"}}}},
	wire.PhaseTLS: {"There is no trusted TLS connection.",
		[]Cause{{"The certificate is signed by an authority that this machine does not know: a company's own, or an " +
			"inspecting proxy's.", "The error names the issuer.", 60},
			{"The certificate is for another name, or has expired.", "The error says which.", 50},
			{"The server requires a client certificate.", "The error mentions a required certificate.", 35}},
		[]Action{{"Name the authority's certificate as the CA file.", map[string]string{DoSetting: "ca_file"}}}},
	wire.PhaseTimeout: {"The server did not respond in time.",
		[]Cause{{"The server is slow or overloaded.", "Does a second try work?", 55}, {"A firewall drops the packets.",
			"The error says in which phase the time ran out.", 50}},
		[]Action{{"Try again.", map[string]string{DoWait: "5"}}}},
	wire.PhaseBody: {"The response was cut short.", []Cause{{"The server or a proxy closed the connection too soon.",
		"Does a second try work?", 65}},
		[]Action{{"Try again.", map[string]string{DoWait: "5"}}}},
	wire.PhaseSetup: {"A setting cannot be used.",
		[]Cause{{"A file that the profile names cannot be read, or has the wrong format.", "The error names it.", 85}},
		[]Action{{"Set it right in the profile.", map[string]string{DoSetting: "tls"}}}},
	wire.PhaseCleartext: {"The request was not sent: a secret would have crossed the network unencrypted.",
		[]Cause{{"The address is plain http on another machine.", "Does it respond at https?", 90}}, nil},
	wire.PhaseAborted: {"The request was not sent.",
		[]Cause{{"It was aborted here, before it was sent.", "Step mode or an edit did it.", 95}}, nil},
	wire.PhaseCancelled: {"The run was cancelled.", []Cause{{"It was cancelled here.", "", 95}}, nil},
	wire.PhaseRequest: {"The request could not be built.",
		[]Cause{{"The address or a header holds something that HTTP does not allow.", "The error says what.", 85}},
		nil},
}

// causesBesideHint are the causes that are named in addition to the hint of an error.
var causesBesideHint = map[wire.Phase][]string{
	wire.PhaseDNS:     {"This machine is offline, or needs a proxy."},
	wire.PhaseConnect: {"A firewall drops or refuses the connection.", "A proxy is needed."},
	wire.PhaseTimeout: {"The server is slow or overloaded."},
}

// networkDiagnosis explains a request without a response.
func networkDiagnosis(e *wire.Error, c Context) Diagnosis {
	known, ok := networkCauses[e.Phase]
	d := Diagnosis{Title: known.title, Messages: nil, Causes: slices.Clone(known.causes),
		Next: slices.Clone(known.next)}
	if !ok {
		d.Title, d.Causes = "No response.", []Cause{{Likely: 50, Text: "The server closed the connection, or uses " +
			"another protocol.", HowToTell: "Is it the right port, and http or https?"}}
	}
	if e.Err != nil {
		d.Messages = visibleLines(e.Err.Error())
	}
	if e.Hint != "" {
		d.Causes = slices.DeleteFunc(d.Causes, func(c Cause) bool {
			return !slices.Contains(causesBesideHint[e.Phase],
				c.Text)
		})
		d.Causes = append([]Cause{{Likely: 95, Text: e.Hint}}, d.Causes...)
	}
	if u, err := url.Parse(e.URL); err == nil && e.Phase == wire.PhaseConnect && tokens.IsLoopback(u.Hostname()) {
		// No firewall or proxy is between a machine and itself.
		d.Causes = slices.DeleteFunc(d.Causes, func(c Cause) bool {
			return strings.Contains(c.Text, "firewall") || strings.Contains(c.Text, "proxy")
		})
		d.Next = slices.DeleteFunc(d.Next, func(a Action) bool { return a.Do[DoSetting] == "proxy" })
	}
	if e.Exchange != nil && e.Exchange.Endpoint == wire.EndpointAPI {
		// The address of a call is not a setting.
		d.Next = slices.DeleteFunc(d.Next, func(a Action) bool { return a.Do[DoSetting] == "issuer" })
	}
	if e.Phase == wire.PhaseTLS && clockDeviates(c) && e.Err != nil && strings.Contains(e.Err.Error(), "expired") {
		d.Causes = append(d.Causes, Cause{Likely: 97, Text: clockSentence(c.ClockOffset),
			HowToTell: "Compare this machine's clock with a trusted one."})
	}
	if e.Phase != wire.PhaseAborted && e.Phase != wire.PhaseCancelled && e.Phase != wire.PhaseCleartext {
		d.Next = append(d.Next, Action{Text: "See what works on this machine.",
			Do: map[string]string{DoCommand: "fob doctor"}})
	}
	return sorted(d)
}

func clockDeviates(c Context) bool {
	skew := c.Skew
	if skew == 0 {
		skew = tokens.DefaultSkew
	}
	return c.ClockOffset.Abs() > skew
}

func issuerOf(c Context) string {
	if c.Provider != nil && c.Provider.Issuer != "" {
		return visibleLine(c.Provider.Issuer)
	}
	if c.Issuer != "" {
		return visibleLine(c.Issuer)
	}
	return "ISSUER"
}

func sorted(d Diagnosis) Diagnosis {
	slices.SortStableFunc(d.Causes, func(a, b Cause) int { return b.Likely - a.Likely })
	return d.tidy()
}
