package main

import (
	"fmt"
	"strings"

	"fob/tokens"
	"fob/tokens/inspect"
)

// printReport lays a report out for a person.
func (a *app) printReport(r *inspect.Report) error {
	var b strings.Builder
	fmt.Fprintln(&b, tokens.VisibleLine(r.Title))
	for _, c := range r.Cleaned {
		fmt.Fprintf(&b, "removed: %s\n", tokens.VisibleLine(c))
	}
	if r.Err != nil {
		fmt.Fprintf(&b, "broken at byte %d: %s\n", r.Err.Offset, tokens.VisibleLine(r.Err.Message))
	}
	if s := r.Signature; s != nil {
		fmt.Fprintf(&b, "signature: %s%s\n", s.Verdict, tokens.VisibleLine(because(s)))
		for _, w := range s.Warnings {
			fmt.Fprintf(&b, "  warning: %s\n", tokens.VisibleLine(w))
		}
	}
	if d := r.Decryption; d != nil {
		fmt.Fprintf(&b, "decryption: %s: %s\n", d.Verdict, tokens.VisibleLine(d.Reason))
	}
	printCertificates(&b, r.Certificates)
	if _, err := fmt.Fprint(a.stdout, b.String()); err != nil {
		return err
	}
	if err := a.printRows("HEADER", r.HeaderRows()); err != nil {
		return err
	}
	if err := a.printRows("CLAIM", r.Rows()); err != nil {
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

// because is what stands behind a verdict: the reason, or at least with what it was reached.
func because(s *inspect.Signature) string {
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
		meaning := r.Meaning
		if r.Note != "" {
			meaning = strings.TrimPrefix(meaning+" · "+r.Note, " · ")
		}
		if r.Level == "bad" || r.Level == "warning" {
			meaning = r.Level + ": " + meaning
		}
		rows = append(rows, []string{r.Name, r.Value, meaning})
	}
	if _, err := fmt.Fprintln(a.stdout); err != nil {
		return err
	}
	return a.table(rows)
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
		b.WriteString(tokens.VisibleLine(line) + "\n")
		if f.Do != "" && f.Severity != inspect.Info {
			b.WriteString("  " + tokens.VisibleLine(f.Do) + "\n")
		}
	}
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

// printCertificates shows the chain of x5c, which nothing was judged by.
func printCertificates(b *strings.Builder, chain []inspect.Certificate) {
	for i, c := range chain {
		if c.Error != "" {
			fmt.Fprintf(b, "certificate %d: %s\n", i+1, c.Error)
			continue
		}
		fmt.Fprintf(b, "certificate %d: %s, by %s, until %s, %s, signed %s\n", i+1, c.Subject, c.Issuer, c.NotAfter.Format("2 Jan 2006"), c.Key, c.Signed)
	}
}
