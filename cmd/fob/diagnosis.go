package main

import (
	"errors"
	"fmt"
	"strings"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/tokens"
	"fob/tokens/vault"
)

// maxCauses is how many causes are told: what is less likely is noise on a terminal.
const maxCauses = 3

// knows keeps what a verb knows of the session that it works with, for the diagnosis of what may fail.
func (a *app) knows(m vault.Meta) {
	a.told.Grant, a.told.ClientID, a.told.AuthMethod = m.Grant, m.ClientID, m.AuthMethod
	a.told.Command = "fob login"
	switch {
	case m.Profile != "":
		a.told.Command += " " + shellWord(m.Profile)
	case m.Issuer != "":
		a.told.Command += " --issuer " + shellWord(m.Issuer) + " --client-id " + shellWord(m.ClientID) + " --grant " + shellWord(m.Grant)
	}
}

// evidence is what is known of the run that an error ended: what the service recorded of it, and what the verb knows.
func (a *app) evidence(err error) doctor.Context {
	c := a.told
	if a.made != nil {
		if recorded := a.made.DiagnosisContext(err); recorded.ClientID != "" {
			c = recorded
			c.Command = a.told.Command
		}
	}
	if c.AuthMethod == "" {
		c.AuthMethod = methodSent(err)
	}
	return c
}

// methodSent is the ID of the method by which the client authenticated in a request that was refused, as far as the request
// shows it; "" when it does not.
func methodSent(err error) string {
	var refused *flows.OAuthError
	if !errors.As(err, &refused) {
		return ""
	}
	for _, f := range refused.Sent {
		for _, m := range flows.AuthMethods() {
			if f.Name == "Authorization" && strings.Contains(f.Value, "("+m.ID+")") {
				return m.ID
			}
		}
	}
	return ""
}

// diagnosis is what is known of an error beside its own words: what it is about, the likely causes and how to tell them
// apart, and what to do next; "" when nothing is.
func (a *app) diagnosis(err error) string {
	d, ok := doctor.Diagnose(err, a.evidence(err))
	if !ok || exitCode(err) == exitInterrupted {
		return ""
	}
	width := a.textWidth()
	var b strings.Builder
	line := func(indent, text string) {
		b.WriteString(wrapped(tokens.VisibleLine(text), indent, width) + "\n")
	}
	line("  ", d.Title)
	if d.About != nil {
		line("  ", aboutLine(*d.About))
	}
	b.WriteString(causeLines(d.Causes, err.Error(), width))
	if len(d.Next) > 0 {
		line("  ", "next: "+d.Next[0].Text)
		if command := a.commandOf(d.Next[0]); command != "" {
			b.WriteString("    " + tokens.VisibleLine(command) + "\n") // whole, so that it can be copied
		}
	}
	return b.String()
}

// causeLines are the likeliest causes. What the error says itself is not said again.
func causeLines(causes []doctor.Cause, said string, width int) string {
	const indent = "       "
	var b strings.Builder
	n := 0
	for _, c := range causes {
		if n == maxCauses || strings.Contains(said, c.Text) {
			continue
		}
		if n++; n == 1 {
			b.WriteString("  likely causes:\n")
		}
		text := c.Text
		if c.HowToTell != "" {
			text += " To tell: " + c.HowToTell
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

// commandOf is an action as a command line, where it can be one: a flag is put behind the login that failed.
func (a *app) commandOf(action doctor.Action) string {
	base := a.told.Command
	if base == "" {
		base = "fob login"
	}
	for key, value := range action.Do {
		switch key {
		case doctor.DoCommand, doctor.DoRegister, doctor.DoOpen:
			return value // a URI to register or to open stands on its line like a command
		case doctor.DoAuthMethod:
			return base + " --auth-method " + shellWord(value)
		case doctor.DoGrant:
			return base + " --grant " + shellWord(value)
		case doctor.DoIssuer:
			return base + " --issuer " + shellWord(value)
		case doctor.DoDrop:
			return base + " --param " + shellWord(value)
		case doctor.DoInput:
			name, text, _ := strings.Cut(value, "=")
			return base + " --" + flagName(name) + "=" + shellWord(text)
		case doctor.DoSetting:
			if !strings.Contains(base, " --issuer ") { // a login with a profile
				return "fob profile edit"
			}
		}
	}
	return ""
}

// withoutHint is the error's text without the hint of an OAuth error, which the diagnosis says better.
func withoutHint(err error) string {
	var refused *flows.OAuthError
	text := err.Error()
	if errors.As(err, &refused) && refused.Hint != "" {
		text = strings.Replace(text, "\n  "+refused.Hint, "", 1)
	}
	return text
}
