package main

import (
	"cmp"
	"context"
	"strings"

	"fob/flows"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/shell"
)

// askedByAPI are the inputs of a login that an API's metadata and challenge fill in.
var askedByAPI = []string{"resource", "scope", "dpop"}

// apiStart is what an API's address says of a login.
type apiStart struct {
	profile string            // to log in with; "" for none
	values  map[string]string // the inputs that the API asks for
	api     string            // where calls begin
	checks  tokens.Ledger     // the checks of the API's metadata
}

// startFromAPI finds out from an API's address who gives tokens for it (RFC 9728), and with which resource and scope.
// What the flags do not say about issuer and client is filled in.
func (a *app) startFromAPI(ctx context.Context, svc *session.Service, name string, l *loginFlags) (apiStart, error) {
	observe := func(flows.Step) {}
	if l.steps {
		observe = a.newStepPrinter(ctx, true).observe
	}
	start, err := svc.FetchResourceMetadata(ctx,
		session.ResourceMetadataRequest{Address: l.api, Profile: name, TLS: l.tls.Options}, observe)
	if err != nil {
		return apiStart{}, err
	}
	d, err := svc.DraftFromAPI(ctx, start, name, l.grant)
	if err != nil {
		return apiStart{}, err
	}
	from := apiStart{profile: d.Profile, api: d.API, checks: d.Resource.Checks, values: map[string]string{}}
	if name == "" && l.clientID != "" {
		from.profile = "" // who names a client means that one, by itself
	}
	if from.profile == "" {
		l.issuer = d.Issuer
	}
	if from.profile == "" && l.clientID == "" {
		return apiStart{}, a.noClientError(svc, start, d, l)
	}
	for _, input := range askedByAPI {
		if v := d.Values[input]; v != "" {
			from.values[input] = v
		}
	}
	a.note("%s takes tokens of %s for the resource %s.", l.api, d.Issuer, d.Resource.Resource)
	if name == "" && from.profile != "" {
		a.noteClient(start, d)
	}
	return from, nil
}

// noteClient says as which profile's client a login goes on, and which others could be named.
func (a *app) noteClient(start *session.APIDiscovery, d session.Draft) {
	others := ""
	if server, err := start.Server(d.Issuer); err == nil {
		var names []string
		for _, p := range server.Profiles {
			if p.Name != d.Profile {
				names = append(names, p.Name)
			}
		}
		if len(names) > 0 {
			others = "; to be another client, name its profile: " + strings.Join(names, ", ")
		}
	}
	a.note("Logging in as the profile %s by %s, for %s%s.", d.Profile, d.Grant.ID,
		cmp.Or(d.Values["scope"], "no scope"),
		others)
}

// noClientError says how to become a client of the server that gives tokens for an API: with every value that is known.
func (a *app) noClientError(svc *session.Service, start *session.APIDiscovery, d session.Draft, l *loginFlags) error {
	server, err := start.Server(d.Issuer)
	if err != nil {
		return err
	}
	line := func(words ...string) string {
		words = append(words, tlsWords(wire.Options{}, l.tls.Options)...)
		for i, w := range words {
			words[i] = shell.Word(w)
		}
		return shell.ForCurrentShell(strings.Join(words, " "))
	}
	var ways []string
	profile := svc.FreeProfileName(l.api)
	if server.SupportsRegistration() {
		ways = append(ways, "register one:\n  "+line("fob", "provider", "register", d.Issuer, profile, "--api",
			l.api)+"\n  "+line("fob", "login", profile, "--api", l.api))
	}
	if server.SupportsClientDocuments() {
		ways = append(ways, "be a client by the URL of its metadata document (fob profile document --help): "+
			"--client-id https://…")
	}
	ways = append(ways, "give the ID of a client that was registered there: --client-id ID")
	fits := "no profile is a client"
	if len(server.Profiles) > 0 {
		fits = "no profile is a client for the grant " + d.Grant.ID
	}
	return usagef("%s takes tokens of %s, where %s:\n%s", tokens.VisibleLine(l.api), tokens.VisibleLine(d.Issuer), fits,
		strings.Join(ways, "\nor "))
}
