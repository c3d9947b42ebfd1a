package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"fob/tokens"
	"fob/tokens/files"
)

// maxSecret is the size limit of a secret, in bytes.
const maxSecret = 64 << 10

// secretFlags are the flags for one secret: it is read from a variable, a file, standard input or a prompt. It is never
// a flag's value, which would be visible in the process list and the shell's history.
type secretFlags struct {
	name        string // in the names of the flags: "client-secret"
	what        string // for people: "client secret"
	env         string
	file        string
	ask         bool
	usedAsValue bool // the secret was given as the value of a flag, which is rejected
}

// addSecretFlags adds to cmd --NAME-env, --NAME-file and --NAME-ask, and a --NAME that is rejected with an explanation.
func addSecretFlags(cmd *cobra.Command, name, what string) *secretFlags {
	s := &secretFlags{name: name, what: what}
	f := cmd.Flags()
	f.StringVar(&s.env, name+"-env", "", "read the "+what+" from the environment variable `VAR`")
	f.StringVar(&s.file, name+"-file", "", "read the "+what+" from the `FILE`; - is standard input")
	f.BoolVar(&s.ask, name+"-ask", false, "ask for the "+what+" on the terminal, without echo")
	f.Var(rejectedValue{&s.usedAsValue}, name, "rejected: use one of the flags above")
	_ = f.MarkHidden(name)
	cmd.MarkFlagsMutuallyExclusive(name+"-env", name+"-file", name+"-ask")
	_ = cmd.MarkFlagFilename(name + "-file")
	return s
}

// rejectedValue is a flag value that is discarded, so that an error message cannot contain it.
type rejectedValue struct{ used *bool }

func (r rejectedValue) String() string   { return "" }
func (r rejectedValue) Type() string     { return "string" }
func (r rejectedValue) Set(string) error { *r.used = true; return nil }

// isSet reports whether a flag names the source of the secret.
func (s *secretFlags) isSet() bool { return s.env != "" || s.file != "" || s.ask }

// check returns an error if the secret was given as a flag's value.
func (s *secretFlags) check() error {
	if !s.usedAsValue {
		return nil
	}
	return usagef("--%s is rejected: arguments are visible in the process list and the shell's history\n"+
		"  use --%[1]s-env VAR, --%[1]s-file FILE (- is standard input) or --%[1]s-ask; replace the secret if it "+
		"was a real one", s.name)
}

// read returns the secret from the source that the flags name; zero without flags.
func (s *secretFlags) read(ctx context.Context, a *app) (tokens.Secret, error) {
	if err := s.check(); err != nil {
		return tokens.Secret{}, err
	}
	switch {
	case s.env != "":
		v := a.getenv(s.env)
		if v == "" {
			return tokens.Secret{}, usagef("the %s: the environment variable %s is not set or empty", s.what, s.env)
		}
		return tokens.NewSecret(v), nil
	case s.file != "":
		return s.fromFile(ctx, a)
	case s.ask:
		return s.prompt(ctx, a)
	}
	return tokens.Secret{}, nil
}

func (s *secretFlags) fromFile(ctx context.Context, a *app) (tokens.Secret, error) {
	data, err := a.readText(ctx, s.file, maxSecret)
	if err != nil {
		return tokens.Secret{}, usagef("the %s: %w", s.what, err)
	}
	// Editors and echo end a file with a newline that is not part of the secret.
	v := strings.TrimRight(string(data), "\r\n")
	if v == "" {
		return tokens.Secret{}, usagef("the %s: %s is empty", s.what, nameOfFile(s.file))
	}
	return tokens.NewSecret(v), nil
}

// prompt asks for the secret without echo.
func (s *secretFlags) prompt(ctx context.Context, a *app) (tokens.Secret, error) {
	if a.global.noInput || !a.tty.in {
		return tokens.Secret{}, usagef("the %s is required and cannot be asked for without a terminal: "+
			"use --%[2]s-env VAR or --%[2]s-file FILE", s.what, s.name)
	}
	v, err := a.readSecret(ctx, func() {
		_, _ = fmt.Fprintf(a.stderr, "%s: ", strings.ToUpper(s.what[:1])+s.what[1:])
	})
	_, _ = fmt.Fprintln(a.stderr)
	if err != nil {
		return tokens.Secret{}, fmt.Errorf("reading the %s from the terminal: %w", s.what, err)
	}
	if len(v) == 0 {
		return tokens.Secret{}, usagef("the %s is empty", s.what)
	}
	return tokens.NewSecret(string(v)), nil
}

// readFile reads at most limit bytes of a file, or of standard input for "-". It returns when ctx ends, even from a
// pipe.
func (a *app) readFile(ctx context.Context, name string, limit int64) ([]byte, error) {
	if name != "-" {
		data, _, err := files.Read(ctx, name, limit)
		return data, err
	}
	data, err := withinContext(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(a.stdin, limit+1)) })
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", nameOfFile(name), err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is longer than %d bytes", nameOfFile(name), limit)
	}
	return data, nil
}

// fileArg returns the file that an argument names instead of a value: @FILE, or file:FILE, since @ has another meaning
// in PowerShell.
func fileArg(arg string) (name string, ok bool) {
	if name, ok = strings.CutPrefix(arg, "@"); !ok {
		name, ok = strings.CutPrefix(arg, "file:")
	}
	return name, ok
}

// readText is readFile for text, in any encoding that Windows uses.
func (a *app) readText(ctx context.Context, name string, limit int64) ([]byte, error) {
	data, err := a.readFile(ctx, name, limit)
	return files.Text(data), err
}

func nameOfFile(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// maxPaste is the size limit of a pasted redirect URL: its fragment may contain whole tokens.
const maxPaste = 1 << 20

// paster reads the lines that the user pastes, from when a run asks for them.
type paster struct {
	lines   chan string
	ended   chan struct{} // closed when there is nothing more to read
	started bool
}

func newPaster() *paster { return &paster{lines: make(chan string), ended: make(chan struct{})} }

// start reads standard input in the background; later calls do nothing. Reading ends with ctx or the input. A blocked
// read cannot be cancelled and ends with the process.
func (p *paster) start(ctx context.Context, in io.Reader) {
	if p.started {
		return
	}
	p.started = true
	go func() {
		defer close(p.ended)
		scan := bufio.NewScanner(in)
		scan.Buffer(make([]byte, 0, 4096), maxPaste)
		for scan.Scan() {
			line := strings.TrimSpace(scan.Text())
			if line == "" {
				continue
			}
			select {
			case p.lines <- line:
			case <-ctx.Done():
				return
			}
		}
	}()
}

var errCannotAsk = errors.New("cannot ask without a terminal, or with --no-input")

// askLine asks a question on the terminal and returns the line that the user types. It returns early when ctx ends.
func (a *app) askLine(ctx context.Context, question string) (string, error) {
	if a.global.noInput || !a.tty.in {
		return "", errCannotAsk
	}
	_, _ = fmt.Fprint(a.stderr, question)
	if a.paste != nil && a.paste.started { // two readers of standard input would split lines
		select {
		case line := <-a.paste.lines:
			return line, nil
		case <-a.paste.ended:
			return "", io.EOF
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return withinContext(ctx, func() (string, error) {
		line, err := bufio.NewReader(io.LimitReader(a.stdin, 4096)).ReadString('\n')
		return strings.TrimSpace(line), err
	})
}

// withinContext returns the result of a read that cannot be cancelled, or the error of ctx. An abandoned read ends with
// the process.
func withinContext[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := read()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
