package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows"
	"fob/flows/profile"
	"fob/tokens"
	"fob/tokens/shell"
)

const profileLong = `Manage the profile file: the providers and clients you use, and their defaults.

It contains no secrets: a client secret is stored in the keyring, or the profile names
the environment variable, file or command that it is read from.`

func (a *app) profileCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "List, show, add, edit and remove profiles",
		Long:  profileLong,
		Example: "  fob profile add acme --issuer https://login.example.com --client-id cli --scope 'openid email'\n" +
			"  fob profile edit",
		Args: onlySubcommands,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return fmt.Errorf("profile needs one of list, show, add, edit, rm, key, document")
		},
	}
	cmd.AddCommand(a.profileListCmd(), a.profileShowCmd(), a.profileAddCmd(), a.profileEditCmd(),
		a.profileRemoveCmd(), a.profileKeyCmd(), a.profileDocumentCmd())
	return cmd
}

// profileJSON is a profile as list and show print it with --json.
type profileJSON struct {
	Name          string                         `json:"name"`
	Issuer        string                         `json:"issuer"`
	ClientID      string                         `json:"client_id"`
	ClientSecret  string                         `json:"client_secret_from,omitempty"` // its source, never the secret
	AuthMethod    string                         `json:"auth_method,omitempty"`
	Grant         string                         `json:"grant,omitempty"`
	Values        map[string]string              `json:"values,omitempty"`
	Params        map[string]map[string][]string `json:"params,omitempty"`
	Endpoints     map[string]string              `json:"endpoints,omitempty"`
	RedirectURI   string                         `json:"redirect_uri,omitempty"`
	RedirectPorts []int                          `json:"redirect_ports,omitempty"`
	API           string                         `json:"api,omitempty"`
	TLS           tlsJSON                        `json:"tls,omitzero"`
	Proxy         string                         `json:"proxy,omitempty"`
	Line          int                            `json:"line,omitempty"` // in the file
}

// tlsJSON is a profile's TLS settings, named as in the file.
type tlsJSON struct {
	CA         string `json:"ca,omitempty"`
	Cert       string `json:"cert,omitempty"`
	Key        string `json:"key,omitempty"`
	Passphrase string `json:"passphrase_from,omitempty"` // its source, never the secret
	Insecure   bool   `json:"insecure,omitempty"`

	InsecureHTTP bool `json:"insecure_http,omitempty"`
}

func toProfileJSON(p profile.Profile) profileJSON {
	return profileJSON{
		Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: secretSource(p.ClientSecret),
		AuthMethod: p.AuthMethod, Grant: p.Grant, Values: p.Values, Params: p.Params, Endpoints: p.Endpoints,
		RedirectURI: p.RedirectURI, RedirectPorts: p.RedirectPorts, API: p.API,
		TLS: tlsJSON{CA: p.TLS.CA, Cert: p.TLS.Cert, Key: p.TLS.Key, Passphrase: secretSource(p.TLS.Passphrase),
			Insecure: p.TLS.Insecure, InsecureHTTP: p.TLS.InsecureHTTP}, Proxy: p.Proxy, Line: p.Line,
	}
}

func secretSource(r *profile.Ref) string {
	switch {
	case r == nil:
		return ""
	case r.Env != "":
		return "environment variable " + r.Env
	case r.File != "":
		return "file " + r.File
	case len(r.Command) > 0:
		// Arguments of a command may be secret: print only its name.
		return "command " + r.Command[0]
	}
	return "keyring"
}

func (a *app) profileListCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List the profiles", Example: "  fob profile list --json",
		Args: cobra.NoArgs,
		RunE: a.verb(func(ctx context.Context, _ []string) error {
			file, err := a.allProfiles(ctx)
			if err != nil {
				return err
			}
			return a.printProfiles(file, asJSON)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array, for machines")
	return cmd
}

func (a *app) printProfiles(file *profile.File, asJSON bool) error {
	list := file.List()
	if asJSON {
		out := make([]profileJSON, 0, len(list))
		for _, p := range list {
			out = append(out, toProfileJSON(p))
		}
		return a.printJSON(out)
	}
	if len(list) == 0 {
		a.note("There are no profiles in %s: fob profile add adds one.", file.Path())
		return nil
	}
	rows := [][]string{{"PROFILE", "ISSUER", "CLIENT", "GRANT"}}
	for _, p := range list {
		rows = append(rows, []string{p.Name, p.Issuer, p.ClientID, p.Grant})
	}
	return a.tableWithin(rows, a.tableWidth())
}

func (a *app) profileShowCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Show a profile", Example: "  fob profile show acme", Args: cobra.ExactArgs(1),
		ValidArgsFunction: a.completeProfile,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			file, err := a.profiles(ctx)
			if err != nil {
				return err
			}
			p, err := file.Get(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(toProfileJSON(p))
			}
			return a.printProfile(file, p)
		}),
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) printProfile(file *profile.File, p profile.Profile) error {
	list := [][2]string{
		{"profile", p.Name}, {"issuer", p.Issuer}, {"client", p.ClientID},
		{"client secret", secretSource(p.ClientSecret)},
		{"auth method", p.AuthMethod}, {"grant", p.Grant}, {"redirect URI", p.RedirectURI}, {"API", p.API},
		{"proxy", p.Proxy},
		{"CA", p.TLS.CA}, {"certificate", p.TLS.Cert}, {"key", p.TLS.Key},
		{"key passphrase", secretSource(p.TLS.Passphrase)},
	}
	for _, port := range p.RedirectPorts {
		list = append(list, [2]string{"redirect port", fmt.Sprint(port)})
	}
	if p.TLS.Insecure {
		list = append(list, [2]string{"insecure", "certificates are not verified"})
	}
	if p.TLS.InsecureHTTP {
		list = append(list, [2]string{"insecure HTTP", "secrets are sent over plain http to other machines"})
	}
	for _, name := range slices.Sorted(maps.Keys(p.Values)) {
		list = append(list, [2]string{name, p.Values[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(p.Endpoints)) {
		list = append(list, [2]string{name + " endpoint", p.Endpoints[name]})
	}
	for _, endpoint := range slices.Sorted(maps.Keys(p.Params)) {
		for _, name := range slices.Sorted(maps.Keys(p.Params[endpoint])) {
			list = append(list, [2]string{endpoint + "." + name, strings.Join(p.Params[endpoint][name], ", ")})
		}
	}
	if p.Line > 0 {
		list = append(list, [2]string{"defined in", fmt.Sprintf("%s:%d", file.Path(), p.Line)})
	}
	return a.pairs(list...)
}

// profileAdd are the flags of profile add.
type profileAdd struct {
	p                             profile.Profile
	secret                        *secretFlags
	keepSecret                    bool
	command                       []string
	inputs                        *inputFlags
	params                        []string
	endpoints                     map[string]string
	replace                       bool
	passphraseEnv, passphraseFile string // source of the passphrase of the client certificate
}

func (a *app) profileAddCmd() *cobra.Command {
	var add profileAdd
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a profile",
		Long: "Add a profile. --client-secret-env and --client-secret-file are stored as the source of\nthe secret; " +
			"with --keep-secret, or with --client-secret-ask, the secret itself is stored\nin the keyring. " +
			"The inputs of the grants are flags, as in fob login.",
		Example: "  fob profile add acme --issuer https://login.example.com --client-id cli --scope 'openid email'\n" +
			"  fob profile add ci --issuer https://login.example.com --client-id ci --grant client_credentials " +
			"--client-secret-ask",
		Args:        cobra.ExactArgs(1),
		Annotations: changing("changes the configuration"),
		RunE:        a.verb(func(ctx context.Context, args []string) error { return a.profileAdd(ctx, args[0], &add) }),
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&add.p.Issuer, "issuer", "", "the provider's issuer `URL`")
	f.StringVar(&add.p.ClientID, "client-id", "", "the client's `ID` at the provider")
	add.secret = addSecretFlags(cmd, "client-secret", "client secret")
	f.BoolVar(&add.keepSecret, "keep-secret", false, "read the secret now and store it in the keyring")
	f.StringArrayVar(&add.command, "client-secret-command", nil,
		"`WORD` of a command that prints the client secret, repeated for each word")
	f.StringVar(&add.p.AuthMethod, "auth-method", "",
		"how the client authenticates: "+strings.Join(flows.AuthMethodIDs(), ", "))
	f.StringVar(&add.p.Grant, "grant", "", "the default `GRANT`: "+strings.Join(grantIDs(), ", "))
	f.StringVar(&add.p.API, "api", "", "the base `URL` of API calls")
	f.StringVar(&add.p.RedirectURI, "redirect-uri", "",
		"the complete redirect `URI`, if the provider requires a fixed one")
	f.IntSliceVar(&add.p.RedirectPorts, "port", nil, "`PORT`s to listen on for the redirect, tried in order")
	f.StringToStringVar(&add.endpoints, "endpoint", nil, "`NAME=URL` of an endpoint, for a provider without metadata")
	f.StringArrayVar(&add.params, "param", nil, "extra parameter `ENDPOINT.NAME=VALUE`, repeatable")
	f.StringVar(&add.p.TLS.CA, "ca", "", "PEM `FILE` of additional certificate authorities to trust")
	f.StringVar(&add.p.TLS.Cert, "cert", "", certHelp)
	f.StringVar(&add.p.TLS.Key, "key", "", keyHelp)
	f.StringVar(&add.passphraseEnv, "cert-passphrase-env", "",
		"read the passphrase of the certificate from the environment variable `VAR`")
	f.StringVar(&add.passphraseFile, "cert-passphrase-file", "",
		"read the passphrase of the certificate from the `FILE`")
	cmd.MarkFlagsMutuallyExclusive("cert-passphrase-env", "cert-passphrase-file")
	f.StringVar(&add.p.Proxy, "proxy", "", "proxy `URL`, or none")
	f.BoolVar(&add.p.TLS.Insecure, "insecure", false, "accept any certificate: only for tests")
	addHTTPFlag(cmd, &add.p.TLS.InsecureHTTP)
	f.BoolVar(&add.replace, "replace", false, "replace a profile of the same name")
	add.inputs = addInputFlags(cmd)
	_ = cmd.RegisterFlagCompletionFunc("grant", completeWords(grantIDs()...))
	_ = cmd.RegisterFlagCompletionFunc("auth-method", completeWords(flows.AuthMethodIDs()...))
	return cmd
}

func (a *app) profileAdd(ctx context.Context, name string, add *profileAdd) error {
	p := add.p
	p.Name = name
	if p.Issuer == "" && len(add.endpoints) == 0 {
		return usagef("the provider is missing: use --issuer URL, or give its endpoints with --endpoint NAME=URL")
	}
	if p.ClientID == "" {
		return usagef("the client is missing: use --client-id ID")
	}
	p.Endpoints = add.endpoints
	values, err := add.inputs.read(ctx, a, p.Grant)
	if err != nil {
		return err
	}
	for input := range add.inputs.secrets {
		if _, given := values[input]; given {
			return usagef("--%s: a profile stores no passwords: use this flag with fob login", flagName(input))
		}
	}
	for input, v := range add.inputs.values {
		_, _, isRef := flows.ParseSecretRef(values[input])
		if v.input.Kind == flows.SecretRef && values[input] != "" && !isRef {
			return usagef("--%s: a profile stores no secrets, only their source, which cannot be standard input",
				flagName(input))
		}
	}
	p.Values = values
	if p.Params, err = profileParams(add.params); err != nil {
		return err
	}
	if err := absolute(&p.TLS.CA, &p.TLS.Cert, &p.TLS.Key, &add.passphraseFile); err != nil {
		return err
	}
	if add.passphraseEnv != "" || add.passphraseFile != "" {
		p.TLS.Passphrase = &profile.Ref{Env: add.passphraseEnv, File: add.passphraseFile}
	}
	if p.TLS.Cert == "" && (p.TLS.Key != "" || p.TLS.Passphrase != nil) {
		return usagef("--key and --cert-passphrase-… need a certificate: use --cert")
	}
	secret, err := add.clientSecret(ctx, a, &p)
	if err != nil {
		return err
	}
	svc, err := a.service(ctx)
	if err != nil {
		return err
	}
	save := svc.AddProfile
	if add.replace {
		save = svc.ReplaceProfile
	}
	err = save(ctx, p, secret)
	if errors.Is(err, profile.ErrExists) {
		return usagef("the profile %s already exists: --replace replaces it, fob profile edit changes it",
			tokens.VisibleLine(name))
	}
	if err != nil {
		return err
	}
	a.note("Profile %s was added. Try it: fob login %[1]s", name)
	return nil
}

func profileParams(list []string) (map[string]map[string][]string, error) {
	params, err := parseParams(list)
	if err != nil || len(params) == 0 {
		return nil, err
	}
	return params, nil
}

// clientSecret sets the source of the secret in p, or returns the secret that is to be stored.
func (add *profileAdd) clientSecret(ctx context.Context, a *app, p *profile.Profile) (tokens.Secret, error) {
	s := add.secret
	if err := s.check(); err != nil {
		return tokens.Secret{}, err
	}
	switch {
	case len(add.command) > 0 && s.isSet():
		return tokens.Secret{}, usagef("the client secret has more than one source: use a command, a variable, " +
			"a file or a prompt")
	case len(add.command) > 0:
		p.ClientSecret = &profile.Ref{Command: add.command}
	case s.ask, s.isSet() && (add.keepSecret || s.file == "-"):
		return s.read(ctx, a)
	case s.env != "":
		p.ClientSecret = &profile.Ref{Env: s.env}
	case s.file != "":
		path := s.file
		if err := absolute(&path); err != nil {
			return tokens.Secret{}, err
		}
		p.ClientSecret = &profile.Ref{File: path}
	}
	return tokens.Secret{}, nil
}

func (a *app) profileRemoveCmd() *cobra.Command {
	return &cobra.Command{
		Use: "rm NAME", Aliases: []string{"remove"}, Short: "Remove a profile and its stored client secret",
		Example: "  fob profile rm acme", Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeProfile,
		Annotations: changing("changes the configuration"),
		RunE: a.verb(func(ctx context.Context, args []string) error {
			svc, err := a.service(ctx)
			if err != nil {
				return err
			}
			if err := svc.RemoveProfile(ctx, args[0]); err != nil {
				return err
			}
			a.note("Profile %s was removed. Its sessions are kept: fob list.", args[0])
			return nil
		}),
	}
}

func (a *app) profileEditCmd() *cobra.Command {
	return &cobra.Command{
		Use: "edit", Short: "Open the profile file in $EDITOR, then check it",
		Long: "Open the profile file in $VISUAL or $EDITOR, else in the system's editor, then check it.\n" +
			"Errors are printed with line and column (exit code 2).",
		Example: "  EDITOR=nano fob profile edit", Args: cobra.NoArgs,
		Annotations: changing("changes the configuration"),
		RunE:        a.longVerb(func(ctx context.Context, _ []string) error { return a.profileEdit(ctx) }),
	}
}

// newProfileFile returns the initial content of the profile file for an editor.
func newProfileFile() string {
	return `# The profiles of fob. Never write a secret in this file: name its source.
#
# version: 1
# profiles:
#   acme:
#     issuer: https://login.example.com
#     client_id: my-app
#     client_secret: {env: ACME_SECRET}   # or {file: PATH} or {command: [pass, acme]}
#     scope: openid email
#
# Grants: ` + strings.Join(grantIDs(), ", ") + "\n"
}

// editor returns the command of the editor: VISUAL or EDITOR with arguments, else an installed editor; empty without
// one. A path with spaces is quoted, or is an existing program without quotes, which is common on Windows.
func (a *app) editor(goos string, look func(string) (string, error)) []string {
	named := cmp.Or(strings.TrimSpace(a.getenv("VISUAL")), strings.TrimSpace(a.getenv("EDITOR")))
	switch {
	case named == "" && (!a.tty.in || a.global.noInput): // no user to edit
		return nil
	case named == "":
		usual := []string{"editor", "nano", "vi"}
		if goos == "windows" {
			usual = []string{"notepad.exe"}
		}
		for _, name := range usual {
			if _, err := look(name); err == nil {
				return []string{name}
			}
		}
		return nil
	}
	if _, err := look(named); err == nil {
		return []string{named}
	}
	if goos == "windows" { // where \ separates folders
		return shell.Words(strings.ReplaceAll(named, `\`, `\\`))
	}
	return shell.Words(named)
}

func (a *app) profileEdit(ctx context.Context) error {
	words := a.editor(runtime.GOOS, exec.LookPath)
	if len(words) == 0 {
		return usagef("no editor found: set EDITOR, for example EDITOR=nano")
	}
	path, err := profile.DefaultPath(a.getenv)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("creating the folder of the profile file: %w", err)
		}
		if err := os.WriteFile(path, []byte(newProfileFile()), 0o600); err != nil {
			return fmt.Errorf("creating the profile file: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, words[0], append(words[1:], path)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.stdin, a.stderr, a.stderr
	cmd.Env = a.environ()
	err = withCoreLimit(cmd.Start)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return fmt.Errorf("editing %s with %s: %w", path, words[0], err)
	}
	file, err := a.allProfiles(ctx)
	if err != nil {
		return err
	}
	a.note("%s is valid: %d profiles.", path, len(file.List()))
	return nil
}
