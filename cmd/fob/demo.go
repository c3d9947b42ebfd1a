package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows"
	"fob/flows/demo"
	"fob/flows/profile"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
)

const demoLong = `Open the workbench on a provider of its own: an authorization server and an API on
this machine's loopback, with users, clients and faults that can be switched on.
It needs no account, and touches neither your configuration nor your keyring.

With --serve only the provider runs: one JSON line on standard output says where
it is and which clients it knows, then it waits for a signal.

Faults:
`

const demoExample = `  fob demo
  fob demo --fault slow-down --fault wrong-at-hash
  fob demo --serve --auto-consent --addr 127.0.0.1:8080`

// demoScope is all that the demo provider's users can grant; each client gets what it may have of it.
const (
	demoScope        = "openid profile email offline_access api:read api:write"
	demoServiceScope = "api:read api:write"
)

type demoFlags struct {
	config demo.Config
	serve  bool
}

func (a *app) demoCmd() *cobra.Command {
	d := &demoFlags{}
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "Try it: the workbench on an embedded provider",
		Long:    demoLong + faultHelp(),
		Example: demoExample,
		Args:    cobra.NoArgs,
		RunE:    a.longVerb(func(ctx context.Context, _ []string) error { return a.demo(ctx, d) }),
	}
	f := cmd.Flags()
	f.BoolVar(&d.serve, "serve", false, "run only the provider: print one JSON line, then wait for a signal")
	f.StringVar(&d.config.Addr, "addr", "127.0.0.1:0", "`HOST:PORT` on loopback; port 0 is any free one")
	f.StringArrayVar(&d.config.Faults, "fault", nil, "switch the fault `NAME` on, repeatable")
	f.BoolVar(&d.config.AutoConsent, "auto-consent", false, "sign alice in and approve without a page")
	f.DurationVar(&d.config.AccessLifetime, "access-lifetime", 0, "let access tokens live for this `TIME` (default 2m)")
	f.BoolVar(&d.config.TLS, "tls", false,
		"with --serve, speak HTTPS alone, by a certificate authority of its own that the line names")
	a.screenFlags(cmd)
	_ = cmd.RegisterFlagCompletionFunc("fault", completeFault)
	return cmd
}

func completeFault(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	for _, f := range demo.Catalogue() {
		names = append(names, cobra.CompletionWithDesc(f.Name, f.Title))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func faultHelp() string {
	var rows []string
	width := 0
	for _, f := range demo.Catalogue() {
		width = max(width, len(f.Name))
	}
	for _, f := range demo.Catalogue() {
		rows = append(rows, "  "+f.Name+strings.Repeat(" ", width-len(f.Name)+2)+f.Title)
	}
	return strings.Join(rows, "\n")
}

func (a *app) demo(ctx context.Context, d *demoFlags) error {
	known := map[string]bool{}
	for _, f := range demo.Catalogue() {
		known[f.Name] = true
	}
	for _, name := range d.config.Faults {
		if !known[name] {
			return usagef("--fault %q is not known: fob demo --help lists them", tokens.VisibleLine(name))
		}
	}
	if d.config.TLS && !d.serve {
		return usagef("--tls needs --serve: the workbench would not know the demo's certificate authority")
	}
	if !d.serve {
		if err := a.checkScreen(); err != nil {
			return err
		}
	}
	d.config.Now = a.now
	server, err := demo.Start(d.config)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	if d.serve {
		if err := a.printJSON(server.Description()); err != nil {
			return err
		}
		<-ctx.Done() // a signal is how this ends, and no failure
		return nil
	}
	svc, err := a.demoService(ctx, server)
	if err != nil {
		return err
	}
	return a.openWorkbench(ctx, svc, demoProfile, "demo")
}

// demoProfile is the profile of the demo's public client.
const demoProfile = "demo"

// demoService is a service that lives in memory and knows the demo's clients as profiles.
func (a *app) demoService(ctx context.Context, server *demo.Server) (*session.Service, error) {
	svc, err := a.memoryService(profile.NewMemory())
	if err != nil {
		return nil, err
	}
	seen, taken := map[string]bool{}, map[string]bool{}
	for _, c := range server.Description().Clients {
		kind := c.AuthMethod + " " + firstGrant(c.Grants)
		if seen[kind] || !needsOnlySecret(c) {
			continue // one client for each simple way to authenticate and first grant is enough to choose from
		}
		seen[kind] = true
		p := profile.Profile{
			Name: c.ClientID, Issuer: server.Issuer(), ClientID: c.ClientID, AuthMethod: c.AuthMethod,
			Grant: firstGrant(c.Grants), API: server.API(), Values: map[string]string{"scope": demoServiceScope},
		}
		if c.AuthMethod == "none" {
			p.Values = map[string]string{"scope": demoScope}
			if len(taken) == 0 {
				p.Name = demoProfile
			}
		} else if g, ok := confidentialUserGrant(c.Grants); ok && taken[p.Grant] && !taken[g] {
			// The next client with a secret is the one for people, who have other scopes than services.
			p.Grant, p.Values = g, map[string]string{"scope": demoScope}
		}
		taken[p.Grant] = true
		if err := svc.AddProfile(ctx, p, c.ClientSecret); err != nil {
			return nil, err
		}
	}
	return svc, nil
}

// simple reports whether a client needs no more than a name and a secret. Those with keys and certificates are set up
// by hand, from the line that --serve prints.
func needsOnlySecret(c demo.ClientInfo) bool {
	return c.AuthMethod == "none" || strings.HasPrefix(c.AuthMethod, "client_secret_") && !c.ClientSecret.IsZero() &&
		offersAuth(c.AuthMethod)
}

// offersAuth reports whether fob knows this way of client authentication.
func offersAuth(method string) bool {
	return slices.ContainsFunc(flows.AuthMethods(), func(m flows.AuthMethod) bool { return m.ID == method })
}

// firstGrant is the first of a client's grant types that is offered as a way to log in.
func firstGrant(types []string) string {
	for _, t := range types {
		for _, g := range offeredGrants() {
			if g.GrantType == t {
				return g.ID
			}
		}
	}
	return ""
}

// confidentialUserGrant is the first of a client's grant types that only a client with a secret has, and with which a person signs
// in.
func confidentialUserGrant(types []string) (grant string, ok bool) {
	for _, g := range offeredGrants() {
		if g.Confidential && g.NeedsUser && slices.Contains(types, g.GrantType) {
			return g.ID, true
		}
	}
	return "", false
}

// memoryService is a service that touches neither the configuration nor the keyring. A nil file is an empty one.
func (a *app) memoryService(file *profile.File) (*session.Service, error) {
	if file == nil {
		file = profile.NewMemory()
	}
	store, err := vault.Open(vault.Config{Backend: vault.NewMemory(), Now: a.now})
	if err != nil {
		return nil, err
	}
	return session.New(session.Options{Store: store, Profiles: file, Now: a.now, Getenv: a.getenv, Browser: a.browser})
}
