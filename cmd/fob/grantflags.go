package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows"
	"fob/tokens"
)

// inputFlags are the flags for the inputs of the grants: one for each input name. They are generated from the
// declarations of the grants, so that a new grant brings its flags.
type inputFlags struct {
	cmd        *cobra.Command
	values     map[string]*inputValue     // by input name
	secrets    map[string]*secretFlags    // by input name
	secretRefs map[string]*secretRefFlags // by input name
}

// inputValue is the value of one input flag; it implements pflag.Value.
type inputValue struct {
	input     flows.Input
	text      string
	set       bool
	rawSecret bool // the secret itself was given, where only a reference to it is allowed
}

func (v *inputValue) String() string { return v.text }

// Type returns the placeholder of the value in help.
func (v *inputValue) Type() string {
	switch v.input.Kind {
	case flows.Bool:
		return "bool"
	case flows.Seconds:
		return "SECONDS"
	case flows.File:
		return "FILE"
	case flows.List:
		return "LIST"
	case flows.Choice:
		return "CHOICE"
	case flows.SecretRef:
		return "SOURCE:NAME"
	case flows.JSON:
		return "JSON"
	}
	return "TEXT"
}

// Set stores a value. A list may be given at once or by repeating the flag. A raw secret is rejected later, by read:
// pflag would print it in its error.
func (v *inputValue) Set(s string) error {
	if _, _, isRef := flows.ParseSecretRef(s); v.input.Kind == flows.SecretRef && !isRef {
		v.rawSecret = true
		return nil
	}
	if v.set && v.input.Kind == flows.List {
		s = v.text + " " + s
	}
	v.text, v.set = s, true
	return nil
}

// offeredGrants returns the grants that a login can use.
func offeredGrants() []flows.Grant {
	var list []flows.Grant
	for _, g := range flows.Grants() {
		if !g.Hidden {
			list = append(list, g)
		}
	}
	return list
}

// addInputFlags adds to cmd a flag for every input of the offered grants.
func addInputFlags(cmd *cobra.Command) *inputFlags { return addInputFlagsOf(cmd, offeredGrants()) }

// addInputFlagsOf adds to cmd a flag for every input of the given grants.
func addInputFlagsOf(cmd *cobra.Command, grants []flows.Grant) *inputFlags {
	f := &inputFlags{cmd: cmd, values: map[string]*inputValue{}, secrets: map[string]*secretFlags{},
		secretRefs: map[string]*secretRefFlags{}}
	usedBy := map[string][]string{}
	var order []flows.Input
	for _, g := range grants {
		for _, in := range g.Inputs {
			if usedBy[in.Name] == nil {
				order = append(order, in)
			} else {
				addChoices(order, in)
			}
			usedBy[in.Name] = append(usedBy[in.Name], g.ID)
		}
	}
	for _, in := range order {
		f.add(in, usedBy[in.Name], len(usedBy[in.Name]) == len(grants))
	}
	return f
}

// addChoices adds the choices of another grant for an input of the same name.
func addChoices(inputs []flows.Input, more flows.Input) {
	for i := range inputs {
		if inputs[i].Name != more.Name {
			continue
		}
		for _, c := range more.Choices {
			if !slices.Contains(inputs[i].Choices, c) {
				inputs[i].Choices = append(slices.Clip(inputs[i].Choices), c)
			}
		}
	}
}

// flagName returns the flag of an input: max-age for max_age.
func flagName(input string) string { return strings.ReplaceAll(input, "_", "-") }

func (f *inputFlags) add(in flows.Input, usedBy []string, all bool) {
	name := flagName(in.Name)
	if f.cmd.Flags().Lookup(name) != nil {
		return // the verb has its own flag for it
	}
	if in.Kind == flows.Password {
		f.secrets[in.Name] = addSecretFlags(f.cmd, name, lowerFirst(in.Label))
		return
	}
	v := &inputValue{input: in}
	f.values[in.Name] = v
	help := strings.TrimSuffix(lowerFirst(in.Help), ".")
	if in.Kind == flows.JSON {
		help += "; @FILE reads it from a file"
	}
	if len(in.Choices) > 0 {
		help += ": " + strings.Join(in.Choices, ", ")
	}
	if in.Kind == flows.SecretRef {
		help += "; its source: " + strings.Join(flows.SecretSources(), ":NAME, ") + ":NAME"
	}
	if !all {
		help += " (" + strings.Join(usedBy, ", ") + ")"
	}
	flag := f.cmd.Flags().VarPF(v, name, "", help)
	if in.Kind == flows.SecretRef {
		f.secretRefs[in.Name] = addSecretRefFlags(f.cmd, name, lowerFirst(in.Label))
	}
	if in.Kind == flows.Bool {
		flag.NoOptDefVal = "true"
	}
	if in.Implied != "" {
		flag.NoOptDefVal = in.Implied
	}
	if len(in.Choices) > 0 {
		_ = f.cmd.RegisterFlagCompletionFunc(name, completeWords(in.Choices...))
	}
}

func lowerFirst(s string) string {
	// Abbreviations such as PKCE and URL stay as they are.
	if len(s) < 2 || (s[1] >= 'A' && s[1] <= 'Z') {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// read returns the given values. If the grant is not "", an input that it does not take is an error.
func (f *inputFlags) read(ctx context.Context, a *app, grant string) (flows.Values, error) {
	values := flows.Values{}
	for name, v := range f.values {
		if v.rawSecret {
			return nil, usagef("--%s takes a reference to the secret, not the secret itself: arguments are visible "+
				"in the process list and the shell's history\n"+
				"  use %s:NAME; replace the secret if it was a real one", flagName(name),
				strings.Join(flows.SecretSources(), ":NAME, "))
		}
		if !v.set {
			continue
		}
		text, err := v.read(ctx, a)
		if err != nil {
			return nil, err
		}
		values[name] = text
	}
	for name, p := range f.secretRefs {
		ref, err := p.read(ctx, a)
		if err != nil {
			return nil, err
		}
		if ref != "" {
			values[name] = ref
		}
	}
	for name, s := range f.secrets {
		secret, err := s.read(ctx, a)
		if err != nil {
			return nil, err
		}
		if !secret.IsZero() {
			values[name] = secret.Reveal() // the run sends it
		}
	}
	g, ok := flows.GrantByID(grant)
	if !ok {
		return values, nil
	}
	return values, checkInputs(g, values)
}

// read returns the value. JSON may be in a file. The path of a secret file is made absolute, since a renewal may run in
// another folder. Standard input gives the secret itself, since it cannot be read again.
func (v *inputValue) read(ctx context.Context, a *app) (string, error) {
	if name, isFile := fileArg(v.text); isFile && v.input.Kind == flows.JSON {
		data, err := a.readText(ctx, name, maxSecret)
		if err != nil {
			return "", usagef("--%s: %w", flagName(v.input.Name), err)
		}
		return string(data), nil
	}
	source, name, _ := flows.ParseSecretRef(v.text)
	if v.input.Kind != flows.SecretRef || source != flows.SecretFromFile {
		return v.text, nil
	}
	if name == "-" {
		secret, err := (&secretFlags{what: lowerFirst(v.input.Label), file: "-"}).fromFile(ctx, a)
		return secret.Reveal(), err // the run sends it
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flagName(v.input.Name), err)
	}
	return flows.SecretFromFile + ":" + path, nil
}

// ask prompts for required, masked inputs that are neither in values nor in have, the values of the profile. Without a
// terminal it does nothing: the login reports what is missing.
func (f *inputFlags) ask(ctx context.Context, a *app, g flows.Grant, have map[string]string,
	values flows.Values) error {
	if a.global.noInput || !a.tty.in {
		return nil
	}
	for _, in := range g.Inputs {
		if !in.Required || !in.Kind.Masked() || have[in.Name] != "" || values[in.Name] != "" {
			continue
		}
		secret, err := (&secretFlags{name: flagName(in.Name), what: lowerFirst(in.Label)}).prompt(ctx, a)
		if err != nil {
			return err
		}
		values[in.Name] = secret.Reveal() // the run sends it
	}
	return nil
}

func checkInputs(g flows.Grant, values flows.Values) error {
	takes := map[string]flows.Input{}
	var flagNames []string
	for _, in := range g.Inputs {
		takes[in.Name] = in
		flagNames = append(flagNames, "--"+flagName(in.Name))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		in, ok := takes[name]
		if !ok {
			return usagef("the grant %s does not take --%s: it takes %s", g.ID, flagName(name),
				strings.Join(flagNames, " "))
		}
		if in.Kind == flows.Choice && !slices.Contains(in.Choices, values[name]) {
			return usagef("--%s %q is invalid: use %s", flagName(name), tokens.VisibleLine(values[name]),
				strings.Join(in.Choices, ", "))
		}
	}
	return nil
}

// parseParams parses the values of --param.
func parseParams(list []string) (flows.Params, error) {
	params, err := flows.ParseParams(list)
	if err != nil {
		return nil, usagef("--param %w", err)
	}
	return params, nil
}

// grantHelp returns the list of grants for help.
func grantHelp() string {
	const indent, width = 23, 95
	var b strings.Builder
	for _, g := range offeredGrants() {
		text := strings.TrimSuffix(g.Summary, ".") + " (" + g.Spec + ")"
		if g.Deprecated != "" {
			text += "; deprecated: " + g.Deprecated
		}
		text = wrapped(text, strings.Repeat(" ", indent), width)
		fmt.Fprintf(&b, "  %-*s%s\n", indent-2, g.ID, text[indent:])
	}
	return b.String()
}
