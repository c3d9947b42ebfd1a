package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows/export"
	"fob/flows/wire"
	"fob/tokens"
)

// editFlags change or stop the requests of a run before they are sent.
type editFlags struct {
	edits []string
	step  bool
}

func (h *editFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&h.edits, "edit", nil,
		"change a request before it is sent, repeatable: `ENDPOINT.NAME=VALUE` sets, += adds, -ENDPOINT.NAME "+
			"removes; ENDPOINT.header.NAME is a header")
	f.BoolVar(&h.step, "step", false, "show each request before it is sent, and ask whether to send, edit or abort it")
}

// read returns the hook that --step calls before each request, and the edits. With either, the printer prints the
// steps.
func (h *editFlags) read(ctx context.Context, a *app, p *stepPrinter) (wire.Before, []wire.Edit, error) {
	var edits []wire.Edit
	for _, text := range h.edits {
		edit, err := wire.ParseEdit(text, wire.Endpoints())
		if err != nil {
			return nil, nil, usagef("--edit: %w", err)
		}
		edits = append(edits, edit)
	}
	p.steps = p.steps || h.step || len(edits) > 0
	if !h.step {
		return nil, edits, nil
	}
	if a.global.noInput || !a.tty.in {
		return nil, nil, usagef("--step asks before each request, which needs a terminal: use --edit")
	}
	if a.paste == nil {
		a.paste = newPaster()
	}
	a.paste.start(ctx, a.stdin) // the one reader of standard input
	return (&stepper{a: a}).before, edits, nil
}

// stepper asks about each request on the terminal.
type stepper struct {
	a   *app
	all bool // send the rest without asking
}

// before implements wire.Before.
func (s *stepper) before(ctx context.Context, p wire.Pending) (*wire.Request, error) {
	if s.all {
		return p.Request, nil
	}
	s.show(p)
	for {
		answer, err := s.a.askLine(ctx, "[s]end, send a[l]l, [e]dit, show as [c]url or [a]bort? ")
		if err != nil {
			return nil, fmt.Errorf("asking whether to send it: %w", err)
		}
		switch strings.ToLower(answer) {
		case "s", "send":
			return p.Request, nil
		case "l", "all", "send all":
			s.all = true
			return p.Request, nil
		case "c", "curl":
			_, _ = fmt.Fprintln(s.a.stderr, tokens.Visible(export.Curl(&wire.Exchange{Request: p.Shown}, nil)))
		case "a", "abort":
			return nil, wire.ErrAborted
		case "e", "edit":
			edit, err := s.askEdit(ctx, p.Request.Endpoint)
			if err != nil {
				return nil, err
			}
			if _, changes := edit.Apply(p.Request); !changes {
				s.a.note("%s changes nothing in this request.", edit)
				continue
			}
			return wire.Chain(wire.NewEditor([]wire.Edit{edit}).Before, s.before)(ctx, p) // show it again, changed
		}
	}
}

// askEdit asks for an edit until one is valid.
func (s *stepper) askEdit(ctx context.Context, endpoint string) (wire.Edit, error) {
	for {
		text, err := s.a.askLine(ctx, "NAME=VALUE sets, NAME+=VALUE adds, -NAME removes, header.NAME=VALUE sets a "+
			"header: ")
		if err != nil {
			return wire.Edit{}, fmt.Errorf("asking for the edit: %w", err)
		}
		rest, removes := strings.CutPrefix(text, "-")
		rest = endpoint + "." + strings.TrimPrefix(rest, endpoint+".")
		if removes {
			rest = "-" + rest
		}
		edit, err := wire.ParseEdit(rest, nil)
		if err == nil {
			return edit, nil
		}
		s.a.note("%v", err)
	}
}

// show prints a request with one parameter a line and secrets as fingerprints.
func (s *stepper) show(p wire.Pending) {
	m := p.Shown
	address, query, _ := strings.Cut(m.URL, "?")
	var b strings.Builder
	fmt.Fprintf(&b, "\nAbout to be sent (%s):\n  %s %s\n", tokens.VisibleLine(p.Request.Endpoint), m.Method,
		tokens.VisibleLine(address))
	writeParameters(&b, "  ? ", query)
	isForm := false
	for _, f := range m.Header {
		fmt.Fprintf(&b, "  %s\n", tokens.VisibleLine(f.Name+": "+f.Value))
		isForm = isForm || strings.EqualFold(f.Name, "Content-Type") &&
			strings.HasPrefix(f.Value, "application/x-www-form-urlencoded")
	}
	switch {
	case m.Body == "":
	case isForm:
		writeParameters(&b, "    ", m.Body)
	default:
		for line := range strings.Lines(m.Body) {
			b.WriteString("    " + tokens.VisibleLine(strings.TrimRight(line, "\n")) + "\n")
		}
	}
	_, _ = fmt.Fprint(s.a.stderr, b.String())
}

func writeParameters(b *strings.Builder, indent, text string) {
	for _, pair := range strings.Split(text, "&") {
		if pair == "" {
			continue
		}
		if plain, err := url.QueryUnescape(pair); err == nil {
			pair = plain
		}
		b.WriteString(indent + tokens.VisibleLine(pair) + "\n")
	}
}
