package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/widget"
)

// printReport prints a report.
func (a *app) printReport(r *inspect.Report) error {
	if err := a.printSummary(r); err != nil {
		return err
	}
	if err := a.printRows("HEADER", r.HeaderRows()); err != nil {
		return err
	}
	if err := a.printRows("CLAIM", r.Rows()); err != nil {
		return err
	}
	if err := a.printDisclosures(r); err != nil {
		return err
	}
	if err := a.printFindings(r.Findings); err != nil || r.Nested == nil {
		return err
	}
	if _, err := fmt.Fprintln(a.stdout, "\nThe token inside:"); err != nil {
		return err
	}
	return a.printReport(r.Nested)
}

// disclosed returns a disclosed value for one line: a string without quotes, anything else as JSON, both truncated.
func disclosed(raw json.RawMessage) string {
	const most = 2000
	text := ""
	if len(raw) > 32*most || json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// printSummary prints what the token is, the verdict, its expiry, the reason, and what to do.
func (a *app) printSummary(r *inspect.Report) error {
	var b strings.Builder
	fmt.Fprintln(&b, tokens.VisibleLine(r.Title))
	row := func(name, text string) {
		if text == "" {
			return
		}
		b.WriteString(a.hanging(name+": "+tokens.VisibleLine(text), 4))
	}
	outcome, why := r.Verdict()
	row("verdict", verdictText(r, outcome, why))
	if outcome != inspect.OutcomeExpired {
		row(expiry(r))
	}
	row("do", whatToDo(r, outcome, why))
	if e := r.Err; e != nil && e.Message == why {
		row("broken", fmt.Sprintf("at byte %d", e.Offset))
	} else if e != nil {
		row("broken", fmt.Sprintf("at byte %d: %s", e.Offset, e.Message))
	}
	if r.Kind == inspect.KindOpaque {
		s := r.Token.Shape
		row("shape", fmt.Sprintf("%s · at most %.0f bits", s, s.Bits))
	}
	truncated := r.Err != nil && r.Token != nil && r.Token.Sizes.Signature == 0 // "broken" already reports it
	isReason := outcome != inspect.OutcomeGood && r.Signature != nil &&
		strings.TrimPrefix(why, "signature: ") == r.Signature.Reason
	if s := r.Signature; s != nil && r.Decryption == nil && !truncated && !isReason {
		row("signature", s.Verdict.Words()+signatureDetail(s))
	}
	if r.Signature != nil {
		for _, w := range r.Signature.Warnings {
			row("  warning", w)
		}
	}
	if d := r.Decryption; d != nil && d.Reason != why {
		row("decryption", d.Verdict.Words()+": "+d.Reason)
	}
	if r.SD != nil && r.SD.Undisclosed > 0 {
		row("withheld", fmt.Sprintf("%d digests without a disclosure: withheld claims, or decoys", r.SD.Undisclosed))
	}
	if r.Token != nil && r.Token.SD != nil && r.Token.SD.Binding != nil {
		row("key binding", r.Token.SD.Binding.Verdict.Words()+": "+r.Token.SD.Binding.Reason)
	}
	for _, c := range r.Cleaned {
		row("removed", c)
	}
	for _, o := range r.Others {
		row("also in it", otherText(o))
	}
	printCertificates(&b, r.Certificates)
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

// otherText describes a further token in one line: what it is, its subject, and its verdict.
func otherText(o inspect.Other) string {
	text := strings.TrimPrefix(o.Name+" · "+o.Title, " · ")
	if o.Subject != "" {
		text += " · sub " + o.Subject
	}
	if o.Verdict == inspect.OutcomeGood {
		return text + " · good"
	}
	return text + " · " + string(o.Verdict) + ": " + o.Reason
}

// verdictText describes the verdict on the whole token.
func verdictText(r *inspect.Report, outcome inspect.Outcome, why string) string {
	switch outcome {
	case inspect.OutcomeGood:
		return "good"
	case inspect.OutcomeExpired:
		return why // it begins with "expired"
	case inspect.OutcomeBad:
		if r.Token != nil && r.Token.NoToken != "" {
			return why
		}
		return "BAD: " + why
	}
	if r.Decryption != nil && r.Decryption.Verdict == tokens.CannotTell && strings.HasPrefix(why, "no key") {
		why = "it is encrypted, and only the owner of the private key can decrypt it"
	}
	return "cannot tell: " + why
}

// hanging returns a line with a newline; on a terminal it is wrapped, with the further lines indented.
func (a *app) hanging(line string, indent int) string {
	if w := a.tableWidth(); w > 0 && widget.Width(line) > w {
		first := strings.TrimRight(widget.Wrap(line, w)[0], " ")
		margin := "\n" + strings.Repeat(" ", indent)
		line = first + margin + strings.Join(widget.Wrap(strings.TrimLeft(line[len(first):], " "), w-indent), margin)
	}
	return line + "\n"
}

// expiry returns when the token expires or expired.
func expiry(r *inspect.Report) (name, text string) {
	for _, t := range r.Times {
		if t.Claim == "exp" {
			if name = "expires"; strings.HasSuffix(t.Relative, "ago") {
				name = "expired"
			}
			text = t.Relative + ", at " + t.Local
		}
	}
	return name, text
}

// whatToDo returns what to do about a verdict that is not good.
func whatToDo(r *inspect.Report, outcome inspect.Outcome, why string) string {
	switch {
	case outcome == inspect.OutcomeGood:
		return ""
	case outcome == inspect.OutcomeCannotTell && r.Nested != nil:
		return "verify it with its signer's keys: --issuer URL or --jwks FILE|URL, besides the key that decrypts it"
	case outcome == inspect.OutcomeCannotTell && r.Decryption != nil && !r.IsSymmetricJWE():
		return "decrypt it with the private key: --key-file"
	case r.Kind == inspect.KindAuthorizationResponse:
		return "paste it into the sign-in that waits for it (fob login); if none does, sign in again: " +
			"a code can be used only once"
	case r.Kind == inspect.KindAuthorizationRequest:
		return "open it in a browser to sign in, or start a sign-in with fob login"
	case r.Token != nil && r.Token.NoToken != "":
		return "nothing, if it is yours; if it contains a secret and was sent to you, have the secret replaced: " +
			"others know it now"
	case r.Kind == inspect.KindOpaque && r.Token.Shape.IsKey():
		return "ask its issuer: it is not a token of an authorization server, and introspection does not support it"
	case r.Kind == inspect.KindClaims:
		return "get the whole token, from the Authorization header that the proxy received"
	case outcome == inspect.OutcomeCannotTell && (r.Kind == inspect.KindOpaque || r.IsSymmetricJWE()):
		return "introspect it: fob introspect @FILE --as PROFILE, with the client of a profile, or i in the workbench"
	}
	do := ""
	for _, f := range r.Findings {
		switch {
		case f.Message == why || f.ID == "signature-bad" && why == "signature: "+r.Signature.Reason:
			return f.Do
		case do == "" && f.Severity == inspect.Error && outcome == inspect.OutcomeBad:
			do = f.Do
		}
	}
	return do
}

// signatureDetail returns the reason of the verdict on a signature, else the algorithm and key.
func signatureDetail(s *inspect.Signature) string {
	if s.Reason != "" {
		return ": " + s.Reason
	}
	text := ""
	if s.Alg != "" {
		text += ", " + s.Alg
	}
	if s.Kid != "" {
		text += ", kid " + s.Kid
	}
	return text
}

func (a *app) printRows(title string, list []inspect.Row) error {
	if len(list) == 0 {
		return nil
	}
	rows := [][]string{{title, "VALUE", "MEANING"}}
	for _, r := range list {
		text := []string{r.Meaning, r.Note}
		if r.Level == "bad" || r.Level == "warning" { // errors first
			text = []string{r.Level + ": " + r.Note, r.Meaning}
		}
		text = slices.DeleteFunc(text, func(s string) bool { return s == "" })
		meaning := strings.Join(text, " · ")
		rows = append(rows, []string{r.Name, r.Value, meaning})
	}
	if _, err := fmt.Fprintln(a.stdout); err != nil {
		return err
	}
	return a.tableWithin(rows, a.tableWidth())
}

// printUse prints what follows from an access token for its users.
func (a *app) printUse(u *inspect.Use) error {
	rows := [][]string{{"IN USE", "WHAT FOLLOWS", "SPEC"}}
	for _, f := range u.Facts(a.now()) {
		rows = append(rows, []string{f.Topic, f.Text, f.Spec})
	}
	if _, err := fmt.Fprintln(a.stdout); err != nil {
		return err
	}
	return a.tableWithin(rows, a.tableWidth())
}

// printDisclosures prints the disclosures of an SD-JWT, and the path of each (RFC 9901 4.2).
func (a *app) printDisclosures(r *inspect.Report) error {
	if r.Token == nil || r.Token.SD == nil || len(r.Token.SD.Disclosures) == 0 {
		return nil
	}
	rows := [][]string{{"DISCLOSED", "VALUE", "PATH"}}
	for _, d := range r.Token.SD.Disclosures {
		name, path := d.Name, d.Path
		if name == "" {
			name = "(array element)"
		}
		switch {
		case d.Error != "":
			path = "bad: " + d.Error
		case path == "":
			path = "bad: the token has no digest of it"
		}
		rows = append(rows, []string{name, disclosed(d.Value), path})
	}
	if _, err := fmt.Fprintln(a.stdout); err != nil {
		return err
	}
	return a.tableWithin(rows, a.tableWidth())
}

func (a *app) printFindings(list []inspect.Finding) error {
	if len(list) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("\n")
	for _, f := range list {
		line := fmt.Sprintf("%s: %s", f.Severity, f.Message)
		if f.Spec != "" {
			line += " (" + f.Spec + ")"
		}
		b.WriteString(a.hanging(tokens.VisibleLine(line), 2))
		if f.Do != "" && f.Severity != inspect.Info {
			b.WriteString(a.hanging("  "+tokens.VisibleLine(f.Do), 2))
		}
	}
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

// printCertificates prints the certificate chain of x5c, which was not used for the verdict.
func printCertificates(b *strings.Builder, chain []inspect.Certificate) {
	for i, c := range chain {
		if c.Error != "" {
			fmt.Fprintf(b, "certificate %d: %s\n", i+1, c.Error)
			continue
		}
		fmt.Fprintf(b, "certificate %d: %s, by %s, until %s, %s, signed %s\n", i+1, c.Subject, c.Issuer,
			c.NotAfter.Format("2 Jan 2006"), c.Key, c.Signed)
	}
}
