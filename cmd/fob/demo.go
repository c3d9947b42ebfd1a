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

const demoLong = `Open the workbench with an embedded provider: an authorization server and an API on
the loopback interface, with users, clients and faults that can be enabled. It needs
no account, and uses neither your configuration nor your keyring.

With --serve only the provider runs: it prints one JSON line with its address and its
clients on standard output, then waits for a signal.

Faults:
`

const demoExample = `  fob demo
  fob demo --fault slow-down --fault wrong-at-hash
  fob demo --serve --auto-consent --addr 127.0.0.1:8080`

// demoScope is every scope that the demo's users can grant; each client gets those that it is allowed.
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
		Short:   "Try fob: the workbench with an embedded provider",
		Long:    demoLong + faultHelp(),
		Example: demoExample,
		Args:    cobra.NoArgs,
		RunE:    a.longVerb(func(ctx context.Context, _ []string) error { return a.demo(ctx, d) }),
	}
	f := cmd.Flags()
	f.BoolVar(&d.serve, "serve", false, "run only the provider: print one JSON line, then wait for a signal")
	f.StringVar(&d.config.Addr, "addr", "127.0.0.1:0", "loopback `HOST:PORT` to listen on; port 0 is any free port")
	f.StringArrayVar(&d.config.Faults, "fault", nil, "enable the fault `NAME`, repeatable")
	f.BoolVar(&d.config.AutoConsent, "auto-consent", false, "sign alice in and approve without showing a page")
	f.DurationVar(&d.config.AccessLifetime, "access-lifetime", 0,
		"lifetime of access tokens, a `DURATION` (default 2m)")
	f.BoolVar(&d.config.TLS, "tls", false,
		"with --serve, use HTTPS only, with a certificate authority of its own, which the JSON line names")
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
	exists := map[string]bool{}
	for _, f := range demo.Catalogue() {
		exists[f.Name] = true
	}
	for _, name := range d.config.Faults {
		if !exists[name] {
			return usagef("--fault %q does not exist: fob demo --help lists the faults", tokens.VisibleLine(name))
		}
	}
	if d.config.TLS && !d.serve {
		return usagef("--tls needs --serve: the workbench does not trust the demo's certificate authority")
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
		<-ctx.Done() // ending on a signal is no error
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

// demoService returns a service that stores nothing and has the demo's clients as profiles.
func (a *app) demoService(ctx context.Context, server *demo.Server) (*session.Service, error) {
	svc, err := a.memoryService(profile.NewMemory())
	if err != nil {
		return nil, err
	}
	seen, taken := map[string]bool{}, map[string]bool{}
	for _, c := range server.Description().Clients {
		kind := c.AuthMethod + " " + firstGrant(c.Grants)
		if seen[kind] || !needsOnlySecret(c) {
			continue // one client for each authentication method and first grant is enough to choose from
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
			// The next client with a secret is for users, whose scopes differ from those of services.
			p.Grant, p.Values = g, map[string]string{"scope": demoScope}
		}
		taken[p.Grant] = true
		if err := svc.AddProfile(ctx, p, c.ClientSecret); err != nil {
			return nil, err
		}
	}
	return svc, nil
}

// needsOnlySecret reports whether a client has no credentials beyond an ID and a secret. Clients with keys and
// certificates are configured by hand, from the line that --serve prints.
func needsOnlySecret(c demo.ClientInfo) bool {
	return c.AuthMethod == "none" || strings.HasPrefix(c.AuthMethod, "client_secret_") && !c.ClientSecret.IsZero() &&
		offersAuth(c.AuthMethod)
}

// offersAuth reports whether fob supports a client authentication method.
func offersAuth(method string) bool {
	return slices.ContainsFunc(flows.AuthMethods(), func(m flows.AuthMethod) bool { return m.ID == method })
}

// firstGrant returns the first of a client's grant types that a login can use.
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

// confidentialUserGrant returns the first of a client's grant types that needs a client secret and a user who signs in.
func confidentialUserGrant(types []string) (grant string, ok bool) {
	for _, g := range offeredGrants() {
		if g.Confidential && g.NeedsUser && slices.Contains(types, g.GrantType) {
			return g.ID, true
		}
	}
	return "", false
}

// memoryService returns a service without keyring and without configuration, except for the given profiles. A nil file
// is an empty one.
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
