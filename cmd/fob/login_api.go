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

// inputsFromAPI are the inputs of a login that an API's metadata and challenge set.
var inputsFromAPI = []string{"resource", "scope", "dpop"}

// apiStart is the part of a login that an API's metadata sets.
type apiStart struct {
	profile string            // to log in with; "" without one
	values  map[string]string // inputs of the login
	api     string            // base URL of calls
	checks  tokens.Ledger     // of the metadata
}

// startFromAPI reads an API's metadata (RFC 9728) to find the provider that issues tokens for it, the resource and the
// scope. It sets the issuer in l unless a profile has it.
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
		from.profile = "" // --client-id selects a client without a profile
	}
	if from.profile == "" {
		l.issuer = d.Issuer
	}
	if from.profile == "" && l.clientID == "" {
		return apiStart{}, a.noClientError(svc, start, d, l)
	}
	for _, input := range inputsFromAPI {
		if v := d.Values[input]; v != "" {
			from.values[input] = v
		}
	}
	a.note("%s accepts tokens issued by %s for the resource %s.", l.api, d.Issuer, d.Resource.Resource)
	if name == "" && from.profile != "" {
		a.noteClient(start, d)
	}
	return from, nil
}

// noteClient prints the profile that a login uses, and the others that could be used.
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
			others = "; other profiles: " + strings.Join(names, ", ")
		}
	}
	a.note("Logging in with the profile %s and the grant %s, for %s%s.", d.Profile, d.Grant.ID,
		cmp.Or(d.Values["scope"], "no scope"), others)
}

// noClientError says how to get a client at the provider of an API, with complete command lines.
func (a *app) noClientError(svc *session.Service, start *session.APIDiscovery, d session.Draft, l *loginFlags) error {
	server, err := start.Server(d.Issuer)
	if err != nil {
		return err
	}
	line := func(words ...string) string {
		words = append(words, session.ConnectionFlags(wire.Options{}, l.tls.Options)...)
		for i, w := range words {
			words[i] = shell.Word(w)
		}
		return shell.ForCurrentShell(strings.Join(words, " "))
	}
	var ways []string
	profile := svc.FreeProfileName(l.api)
	if server.SupportsRegistration() {
		ways = append(ways, "register one:\n  "+line("fob", "provider", "register", d.Issuer, profile, "--api", l.api)+
			"\n  "+line("fob", "login", profile, "--api", l.api))
	}
	if server.SupportsClientDocuments() {
		ways = append(ways, "use the URL of a client ID metadata document (fob profile document --help): "+
			"--client-id https://…")
	}
	ways = append(ways, "use a client that is registered there: --client-id ID")
	problem := "no profile has a client"
	if len(server.Profiles) > 0 {
		problem = "no profile has a client for the grant " + d.Grant.ID
	}
	return usagef("%s accepts tokens issued by %s, where %s:\n%s", tokens.VisibleLine(l.api),
		tokens.VisibleLine(d.Issuer), problem, strings.Join(ways, "\nor "))
}
