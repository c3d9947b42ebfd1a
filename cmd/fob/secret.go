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

// maxSecret bounds what is read as a secret, in bytes.
const maxSecret = 64 << 10

// secretFlags are the ways in which a verb takes one secret: from a variable, a file, standard input or a prompt.
// Never as a flag's value: that would stand in the process list and in the shell's history.
type secretFlags struct {
	name        string // of the secret as it stands in flag names: "client-secret"
	what        string // as a person reads it: "client secret"
	env         string
	file        string
	ask         bool
	usedAsValue bool // the refused flag was used
}

// addSecretFlags gives cmd --NAME-env, --NAME-file and --NAME-ask, and a --NAME that is refused with an explanation.
func addSecretFlags(cmd *cobra.Command, name, what string) *secretFlags {
	s := &secretFlags{name: name, what: what}
	f := cmd.Flags()
	f.StringVar(&s.env, name+"-env", "", "read the "+what+" from the environment variable `VAR`")
	f.StringVar(&s.file, name+"-file", "", "read the "+what+" from the `FILE`; - is standard input")
	f.BoolVar(&s.ask, name+"-ask", false, "ask for the "+what+" on the terminal, without echo")
	f.Var(rejectedValue{&s.usedAsValue}, name, "not taken, on purpose: use one of the flags above")
	_ = f.MarkHidden(name)
	cmd.MarkFlagsMutuallyExclusive(name+"-env", name+"-file", name+"-ask")
	_ = cmd.MarkFlagFilename(name + "-file")
	return s
}

// refused is a flag that takes its value and forgets it, so that the complaint about it never repeats it.
type rejectedValue struct{ used *bool }

func (r rejectedValue) String() string   { return "" }
func (r rejectedValue) Type() string     { return "string" }
func (r rejectedValue) Set(string) error { *r.used = true; return nil }

// given reports whether a flag says where the secret is.
func (s *secretFlags) isSet() bool { return s.env != "" || s.file != "" || s.ask }

// check refuses the flag that carries the secret itself.
func (s *secretFlags) check() error {
	if !s.usedAsValue {
		return nil
	}
	return usagef("--%s is not taken: a secret in the arguments stands in the process list and in the shell's "+
		"history\n"+
		"  use --%[1]s-env VAR, --%[1]s-file FILE (- is standard input) or --%[1]s-ask; change that secret if it "+
		"was a real one", s.name)
}

// read returns the secret that the flags lead to; zero when they lead to none.
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
	// Editors and echo end a file with a newline that is no part of the secret.
	v := strings.TrimRight(string(data), "\r\n")
	if v == "" {
		return tokens.Secret{}, usagef("the %s: %s is empty", s.what, nameOfFile(s.file))
	}
	return tokens.NewSecret(v), nil
}

// prompt asks for the secret without echo.
func (s *secretFlags) prompt(ctx context.Context, a *app) (tokens.Secret, error) {
	if a.global.noInput || !a.tty.in {
		return tokens.Secret{}, usagef("the %s is needed and there is nobody to ask: use --%[2]s-env VAR or "+
			"--%[2]s-file FILE", s.what, s.name)
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

// readFile reads a file, or standard input for "-", of at most limit bytes. It ends with ctx, whatever the file is.
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

// fileArg is the file that an argument names in place of a value: @FILE, or file:FILE, since PowerShell takes an @ for
// its own.
func fileArg(arg string) (name string, ok bool) {
	if name, ok = strings.CutPrefix(arg, "@"); !ok {
		name, ok = strings.CutPrefix(arg, "file:")
	}
	return name, ok
}

// readText is readFile for text, in whatever encoding Windows wrote it.
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

// maxPaste bounds a pasted redirect URL: fragments carry whole tokens.
const maxPaste = 1 << 20

// paster reads lines that a person pastes, from the moment when the run asks for them.
type paster struct {
	lines   chan string
	ended   chan struct{} // closed when there is nothing more to read
	started bool
}

func newPaster() *paster { return &paster{lines: make(chan string), ended: make(chan struct{})} }

// start begins to read standard input; later calls do nothing. The reader ends with ctx or the input. A read that is
// under way cannot be ended; it dies with the process.
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

var errCannotAsk = errors.New("there is nobody to ask")

// askLine asks a question on the terminal and reads a line, or gives up when ctx ends.
func (a *app) askLine(ctx context.Context, question string) (string, error) {
	if a.global.noInput || !a.tty.in {
		return "", errCannotAsk
	}
	_, _ = fmt.Fprint(a.stderr, question)
	if a.paste != nil && a.paste.started { // it has standard input: two readers would tear lines apart
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

// withinContext waits for a read that knows nothing of contexts. One that is given up dies with the process.
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
