package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows/registration"
	"fob/flows/session"
	"fob/tokens"
)

const registerLong = `Register a client at a provider (RFC 7591) and save it as the profile NAME. Its client
secret, if it gets one, and its registration access token are stored in the vault.

The default is a public client with a loopback redirect URI, for the authorization code
grant with PKCE. --metadata changes that, and NAME= removes a member; a list is JSON or
words separated by spaces. What the provider registered differently is printed.`

// maxMetadata is the size limit of a file of client metadata, in bytes.
const maxMetadata = 1 << 20

const metadataHelp = "client metadata, repeatable: `NAME=VALUE`, the value as JSON or as text, or a FILE with a " +
	"JSON object"

// registerFlags are the flags of provider register.
type registerFlags struct {
	metadata         []string
	scope, api, key  string
	token, statement *secretFlags
	tls              tlsFlags
	json             bool
}

func (a *app) registerCmd() *cobra.Command {
	r := &registerFlags{}
	cmd := &cobra.Command{
		Use:   "register ISSUER|PROFILE NAME",
		Short: "Register a client and save it as a profile",
		Long:  registerLong,
		Example: "  fob provider register https://login.example.com mine --scope 'openid email'\n" +
			"  fob provider register https://login.example.com svc --token-env INITIAL \\\n" +
			"      --metadata 'grant_types=[\"client_credentials\"]' --metadata redirect_uris= \\\n" +
			"      --metadata token_endpoint_auth_method=client_secret_basic",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: a.completeProfile,
		Annotations:       changing("registers a client"),
		RunE: a.verb(func(ctx context.Context, args []string) error {
			return a.register(ctx, args[0], args[1], r)
		}),
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&r.metadata, "metadata", nil, metadataHelp)
	f.StringVar(&r.scope, "scope", "", "the scope to register, and to request with this profile")
	f.StringVar(&r.api, "api", "", "the base `URL` of API calls with this profile")
	f.StringVar(&r.key, "new-key", "",
		"generate a key for this `ALG`, register the public key, store the private key in the keyring")
	r.token = addSecretFlags(cmd, "token", "initial access token")
	r.statement = addSecretFlags(cmd, "software-statement", "software statement")
	addTLSFlags(cmd, &r.tls)
	_ = cmd.RegisterFlagCompletionFunc("new-key", completeWords(keyAlgs...))
	_ = cmd.RegisterFlagCompletionFunc("metadata", completeMembers)
	jsonFlag(cmd, &r.json)
	return cmd
}

func (a *app) register(ctx context.Context, server, name string, r *registerFlags) error {
	if err := r.tls.check(ctx, a); err != nil {
		return err
	}
	metadata := registration.NativeClient(name, []string{registration.LoopbackRedirect}, r.scope)
	change, err := a.metadataChange(ctx, r.metadata)
	if err != nil {
		return err
	}
	change(metadata)
	req := session.RegisterRequest{Server: server, Profile: name, Metadata: metadata, API: r.api, KeyAlg: r.key,
		TLS: r.tls.Options}
	if r.scope != "" {
		req.Values = map[string]string{"scope": r.scope}
	}
	if req.InitialAccessToken, err = r.token.read(ctx, a); err != nil {
		return err
	}
	if req.SoftwareStatement, err = r.statement.read(ctx, a); err != nil {
		return err
	}
	svc, err := a.service(ctx)
	if err != nil {
		return err
	}
	if warning := svc.RegistrationWarning(); warning != "" {
		a.note("warning: %s", warning)
	}
	c, err := svc.Register(ctx, req)
	if err != nil {
		if c != nil {
			a.note("The client %s was registered.", c.ID)
		}
		return err
	}
	if err := a.printClient(name, c, r.json); err != nil {
		return err
	}
	a.note("The client was registered and is the profile %s. Try it: fob login %[1]s", name)
	return nil
}

func (a *app) registrationCmd() *cobra.Command {
	var metadata []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "registration PROFILE",
		Short: "Show or change the registration of a client",
		Long: "Show the registration of a profile's client, which must have been registered by fob\n" +
			"(RFC 7592). With --metadata it is changed first: NAME= removes a member. A new client\n" +
			"secret in the response replaces the stored one.",
		Example: "  fob provider registration mine --json | jq .metadata\n" +
			"  fob provider registration mine --metadata client_name='My tool'",
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeProfile,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			return a.registration(ctx, args[0], metadata, asJSON)
		}),
	}
	cmd.Flags().StringArrayVar(&metadata, "metadata", nil, metadataHelp)
	_ = cmd.RegisterFlagCompletionFunc("metadata", completeMembers)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) registration(ctx context.Context, name string, metadata []string, asJSON bool) error {
	if len(metadata) > 0 && a.global.readOnly {
		return usagef("--metadata changes a registration: not allowed with --read-only")
	}
	svc, err := a.service(ctx)
	if err != nil {
		return err
	}
	var c *registration.Client
	if len(metadata) == 0 {
		c, err = svc.Registration(ctx, name)
	} else {
		var change func(registration.Metadata)
		if change, err = a.metadataChange(ctx, metadata); err != nil {
			return err
		}
		c, err = svc.UpdateRegistration(ctx, name, change)
	}
	if err != nil {
		return err
	}
	return a.printClient(name, c, asJSON)
}

func (a *app) unregisterCmd() *cobra.Command {
	return &cobra.Command{
		Use: "unregister PROFILE", Short: "Delete the registration of a client and its profile",
		Long: "Delete the registration of a profile's client, which must have been registered by fob\n" +
			"(RFC 7592 2.3): the client, its secret and its tokens are then invalid. The profile is\nremoved.",
		Example: "  fob provider unregister mine", Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeProfile,
		Annotations: changing("ends a registration"),
		RunE: a.verb(func(ctx context.Context, args []string) error {
			svc, err := a.service(ctx)
			if err != nil {
				return err
			}
			if err := svc.Unregister(ctx, args[0]); err != nil {
				return err
			}
			a.note("The registration of the client of %s and the profile were removed.", args[0])
			return nil
		}),
	}
}

// completeMembers completes the names of client metadata.
func completeMembers(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	for _, m := range registration.Members() {
		names = append(names, cobra.CompletionWithDesc(m.Name+"=", m.Help))
	}
	return names, cobra.ShellCompDirectiveNoSpace
}

// metadataChange parses the values of --metadata and returns a function that applies them in order to a client's
// metadata.
func (a *app) metadataChange(ctx context.Context, given []string) (func(registration.Metadata), error) {
	var changes []func(registration.Metadata)
	for _, text := range given {
		name, value, isMember := strings.Cut(text, "=")
		if !isMember {
			if file, isFile := fileArg(text); isFile {
				text = file
			}
			more, err := a.metadataFile(ctx, text)
			if err != nil {
				return nil, usagef("--metadata: %w", err)
			}
			changes = append(changes, func(m registration.Metadata) { maps.Copy(m, more) })
			continue
		}
		var parsed any
		switch {
		case name == "":
			return nil, usagef("--metadata: a member needs a name: NAME=VALUE")
		case value == "":
			changes = append(changes, func(m registration.Metadata) { delete(m, name) })
			continue
		}
		// The value of a declared member is parsed by its type; another is JSON, else text.
		if m, declared := registration.MemberByName(name); declared {
			var err error
			if parsed, err = m.Parse(value); err != nil {
				return nil, usagef("--metadata %s: %w", tokens.VisibleLine(name), err)
			}
		} else if json.Unmarshal([]byte(value), &parsed) != nil {
			parsed = value
		}
		changes = append(changes, func(m registration.Metadata) { m[name] = parsed })
	}
	return func(m registration.Metadata) {
		for _, change := range changes {
			change(m)
		}
	}, nil
}

func (a *app) metadataFile(ctx context.Context, name string) (registration.Metadata, error) {
	data, err := a.readText(ctx, name, maxMetadata)
	if err != nil {
		return nil, err
	}
	var m registration.Metadata
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: expected a JSON object of client metadata: %w", nameOfFile(name), err)
	}
	if m == nil {
		return nil, errors.New(nameOfFile(name) + ": expected a JSON object of client metadata")
	}
	return m, nil
}

// clientJSON is what provider register and registration print with --json. It contains no secrets.
type clientJSON struct {
	Profile       string                     `json:"profile"`
	ClientID      string                     `json:"client_id"`
	AuthMethod    string                     `json:"auth_method"`
	HasSecret     bool                       `json:"has_client_secret"`
	SecretExpires *string                    `json:"client_secret_expires_at"` // RFC 3339; null if none
	Managed       bool                       `json:"managed"`                  // fob can show, change and delete it
	Metadata      map[string]json.RawMessage `json:"metadata"`
}

// printClient prints a registered client, and notes what was registered differently than requested.
func (a *app) printClient(name string, c *registration.Client, asJSON bool) error {
	for _, warning := range c.Warnings {
		a.note("warning: %s", tokens.VisibleLine(warning))
	}
	for _, change := range c.Changed {
		switch requested := cmp.Or(change.Requested, "nothing"); change.Registered {
		case "":
			a.note("note: the provider did not register %s (requested: %s)", change.Name, requested)
		default:
			a.note("note: the provider registered %s as %s (requested: %s)", change.Name, change.Registered, requested)
		}
	}
	metadata := c.Shown()
	out := clientJSON{
		Profile: name, ClientID: c.ID, AuthMethod: c.AuthMethod, HasSecret: !c.Secret.IsZero(),
		SecretExpires: rfc3339(c.SecretExpires), Managed: c.Management.URI != "", Metadata: metadata,
	}
	if asJSON {
		return a.printJSON(out)
	}
	rows := [][2]string{{"profile", name}, {"client", c.ID}, {"auth method", c.AuthMethod}}
	if out.HasSecret {
		rows = append(rows, [2]string{"client secret", "in the vault"},
			[2]string{"secret expires", a.moment(c.SecretExpires)})
	}
	for _, member := range slices.Sorted(maps.Keys(metadata)) {
		rows = append(rows, [2]string{member, tokens.VisibleLine(string(compacted(metadata[member])))})
	}
	return a.pairs(rows...)
}
