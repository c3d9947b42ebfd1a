package main

import (
	"errors"
	"fmt"
	"strings"

	"fob/flows/explain/doctor"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/shell"
)

// maxCauses is how many causes are printed: less likely ones are noise on a terminal.
const maxCauses = 3

// diagnosis returns what is known about an error besides its text: what it is about, the likely causes and how to
// distinguish them, and what to do next; "" if nothing is known.
func (a *app) diagnosis(err error) string {
	if exitCode(err) == exitInterrupted || a.svc == nil {
		return ""
	}
	d, ok := a.svc.Diagnose(err, a.errContext)
	if !ok {
		return ""
	}
	width := a.textWidth()
	var b strings.Builder
	line := func(indent, text string) {
		b.WriteString(wrapped(tokens.VisibleLine(text), indent, width) + "\n")
	}
	var network *wire.Error
	if !errors.As(err, &network) { // its text says the same
		line("  ", d.Title)
	}
	if d.About != nil {
		line("  ", aboutLine(*d.About))
	}
	b.WriteString(causeLines(d.Causes, err.Error(), width))
	if len(d.Next) > 0 {
		line("  ", "next: "+d.Next[0].Text)
		if command := d.Next[0].CommandLine(d.Command); command != "" {
			// on one line, so that it can be copied
			b.WriteString("    " + shell.ForCurrentShell(tokens.VisibleLine(command)) + "\n")
		}
	}
	return b.String()
}

// causeLines returns the likeliest causes, without those that the error text contains.
func causeLines(causes []doctor.Cause, errText string, width int) string {
	const indent = "       "
	var b strings.Builder
	n := 0
	for _, c := range causes {
		if n == maxCauses || strings.Contains(errText, c.Text) {
			continue
		}
		if n++; n == 1 {
			b.WriteString("  likely causes:\n")
		}
		text := c.Text
		if c.HowToTell != "" {
			text += " To check: " + c.HowToTell
		}
		text = wrapped(tokens.VisibleLine(text), indent, width)
		fmt.Fprintf(&b, "    %d. %s\n", n, strings.TrimPrefix(text, indent))
	}
	return b.String()
}

func aboutLine(about doctor.About) string {
	switch {
	case about.Missing:
		return "about: " + about.Name + ", which was not sent"
	case about.Value == "":
		return "about: " + about.Name
	}
	return "about: " + about.Name + "=" + about.Value
}
