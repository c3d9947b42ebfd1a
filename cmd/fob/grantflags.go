package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows"
	"fob/tokens"
)

// inputFlags are the flags made from what the grants declare: one for each input name, whichever grants take it.
// Nothing here knows a grant: a new one brings its flags along.
type inputFlags struct {
	cmd        *cobra.Command
	values     map[string]*inputValue     // by input name
	secrets    map[string]*secretFlags    // by input name
	secretRefs map[string]*secretRefFlags // by input name
}

// inputValue is the value of one input flag.
type inputValue struct {
	input     flows.Input
	text      string
	set       bool
	rawSecret bool // of a secret: it was given itself, where only the place that it is held in may stand
}

func (v *inputValue) String() string { return v.text }

// Type names the value in help.
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
		return "PLACE:NAME"
	case flows.JSON:
		return "JSON"
	}
	return "TEXT"
}

// Set takes a value. A list may be given in one piece or by repeating the flag. A secret is refused later, by read: the
// flag library would repeat it in its complaint.
func (v *inputValue) Set(s string) error {
	if _, _, named := flows.ParseSecretRef(s); v.input.Kind == flows.SecretRef && !named {
		v.rawSecret = true
		return nil
	}
	if v.set && v.input.Kind == flows.List {
		s = v.text + " " + s
	}
	v.text, v.set = s, true
	return nil
}

// offeredGrants are the grants that a login can be asked for.
func offeredGrants() []flows.Grant {
	var list []flows.Grant
	for _, g := range flows.Grants() {
		if !g.Hidden {
			list = append(list, g)
		}
	}
	return list
}

// addInputFlags gives cmd a flag for every input that an offered grant declares.
func addInputFlags(cmd *cobra.Command) *inputFlags { return addInputFlagsOf(cmd, offeredGrants()) }

// addInputFlagsOf gives cmd a flag for every input that one of the grants declares.
func addInputFlagsOf(cmd *cobra.Command, grants []flows.Grant) *inputFlags {
	f := &inputFlags{cmd: cmd, values: map[string]*inputValue{}, secrets: map[string]*secretFlags{},
		secretRefs: map[string]*secretRefFlags{}}
	takers := map[string][]string{}
	var order []flows.Input
	for _, g := range grants {
		for _, in := range g.Inputs {
			if takers[in.Name] == nil {
				order = append(order, in)
			} else {
				addChoices(order, in)
			}
			takers[in.Name] = append(takers[in.Name], g.ID)
		}
	}
	for _, in := range order {
		f.add(in, takers[in.Name], len(takers[in.Name]) == len(grants))
	}
	return f
}

// addChoices adds what another grant offers for an input of the same name.
func addChoices(inputs []flows.Input, more flows.Input) {
	for i := range inputs {
		if inputs[i].Name != more.Name {
			continue
		}
		for _, c := range more.Choices {
			if !contains(inputs[i].Choices, c) {
				inputs[i].Choices = append(slices.Clip(inputs[i].Choices), c)
			}
		}
	}
}

// flagName is an input's name as a flag: max_age becomes max-age.
func flagName(input string) string { return strings.ReplaceAll(input, "_", "-") }

func (f *inputFlags) add(in flows.Input, takers []string, all bool) {
	name := flagName(in.Name)
	if f.cmd.Flags().Lookup(name) != nil {
		return // the verb has a flag of its own for it
	}
	if in.Kind == flows.Password {
		f.secrets[in.Name] = addSecretFlags(f.cmd, name, lowerFirst(in.Label))
		return
	}
	v := &inputValue{input: in}
	f.values[in.Name] = v
	help := strings.TrimSuffix(lowerFirst(in.Help), ".")
	if in.Kind == flows.JSON {
		help += "; @FILE reads it from there"
	}
	if len(in.Choices) > 0 {
		help += ": " + strings.Join(in.Choices, ", ")
	}
	if in.Kind == flows.SecretRef {
		help += "; where it is: " + strings.Join(flows.SecretSources(), ":NAME, ") + ":NAME"
	}
	if !all {
		help += " (" + strings.Join(takers, ", ") + ")"
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
	// "PKCE" and "URL" stay as they are.
	if len(s) < 2 || (s[1] >= 'A' && s[1] <= 'Z') {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// read returns the values that were given. With grant known, an input that it does not take is a mistake.
func (f *inputFlags) read(ctx context.Context, a *app, grant string) (flows.Values, error) {
	values := flows.Values{}
	for name, v := range f.values {
		if v.rawSecret {
			return nil, usagef("--%s takes no secret: in the arguments it stands in the process list and in the "+
				"shell's history\n"+
				"  name where it is held: %s:NAME; change that secret if it was a real one", flagName(name),
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
		place, err := p.read(ctx, a)
		if err != nil {
			return nil, err
		}
		if place != "" {
			values[name] = place
		}
	}
	for name, s := range f.secrets {
		secret, err := s.read(ctx, a)
		if err != nil {
			return nil, err
		}
		if !secret.IsZero() {
			values[name] = secret.Reveal() // goes on to the run, which sends it
		}
	}
	g, known := flows.GrantByID(grant)
	if !known {
		return values, nil
	}
	return values, checkInputs(g, values)
}

// read is the value as it was given. JSON may stand in a file; a file's path is made whole, since a renewal may run
// elsewhere, and what comes by standard input is the secret itself, for there is nothing to read again.
func (v *inputValue) read(ctx context.Context, a *app) (string, error) {
	if name, isFile := fileArg(v.text); isFile && v.input.Kind == flows.JSON {
		data, err := a.readText(ctx, name, maxSecret)
		if err != nil {
			return "", usagef("--%s: %w", flagName(v.input.Name), err)
		}
		return string(data), nil
	}
	place, name, _ := flows.ParseSecretRef(v.text)
	if v.input.Kind != flows.SecretRef || place != flows.SecretFromFile {
		return v.text, nil
	}
	if name == "-" {
		secret, err := (&secretFlags{what: lowerFirst(v.input.Label), file: "-"}).fromFile(ctx, a)
		return secret.Reveal(), err // goes on to the run, which sends it
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flagName(v.input.Name), err)
	}
	return flows.SecretFromFile + ":" + path, nil
}

// ask asks for what the grant requires, must not be seen, and was not given; have is what the profile says. Where there
// is nobody to ask, what is missing is said by the login itself.
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
		values[in.Name] = secret.Reveal() // goes on to the run, which sends it
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
	for _, name := range sortedKeys(values) {
		in, ok := takes[name]
		if !ok {
			return usagef("the grant %s does not take --%s: it takes %s", g.ID, flagName(name),
				strings.Join(flagNames, " "))
		}
		if in.Kind == flows.Choice && !contains(in.Choices, values[name]) {
			return usagef("--%s %q is not known: use %s", flagName(name), tokens.VisibleLine(values[name]),
				strings.Join(in.Choices, ", "))
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

// parseParams reads the flags --param.
func parseParams(list []string) (flows.Params, error) {
	params, err := flows.ParseParams(list)
	if err != nil {
		return nil, usagef("--param %w", err)
	}
	return params, nil
}

// grantHelp lists the grants for help.
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
