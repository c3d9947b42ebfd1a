// Package export writes a run for sharing: as a report in Markdown, as a Mermaid sequence diagram and as an HTTP
// archive. It also writes one request as a curl command.
//
// It uses only redacted records, so that the files can be shared: a secret is a fingerprint, and in a command a shell
// variable. Text from outside is escaped for the format and cannot add markup, diagrams or commands. The package reads
// no clock, sends nothing and opens no file.
//
// Formats: CommonMark with GFM tables, Mermaid sequenceDiagram, HAR 1.2.
package export

import (
	"io"
	"time"

	"fob/flows"
	"fob/flows/wire"
	"fob/tokens"
)

// Run is a run that has ended, successfully or not.
type Run struct {
	Session  string // label or ID of the session, or the profile of a run without one; may be empty
	Grant    string // ID or name of the grant; may be empty, as the two below
	Issuer   string
	ClientID string
	Steps    []flows.Step
	Ledger   tokens.Ledger // nil: the checks among the steps
	Err      string        // why the run ended without tokens; "" if it succeeded
}

// Format is a file format for a run.
type Format struct {
	ID        string // as the user selects it: "markdown"
	Name      string // as the user sees it
	Extension string // of files, with the dot
	Write     func(w io.Writer, r Run) error
}

// Formats returns the formats in display order.
func Formats() []Format {
	return []Format{
		{"markdown", "Markdown report", ".md", markdown},
		{"mermaid", "Mermaid sequence diagram", ".mmd", mermaid},
		{"har", "HTTP archive (HAR)", ".har", har},
	}
}

// FormatByID returns a format by its ID.
func FormatByID(id string) (Format, bool) {
	for _, f := range Formats() {
		if f.ID == id {
			return f, true
		}
	}
	return Format{}, false
}

// har writes the run's exchanges as an HTTP archive.
func har(w io.Writer, r Run) error { return wire.WriteHAR(w, r.Exchanges()) }

// Exchanges returns the run's exchanges in the order of its steps, each once.
func (r Run) Exchanges() []wire.Exchange {
	var list []wire.Exchange
	seen := map[*wire.Exchange]bool{}
	for _, s := range r.Steps {
		if s.Exchange != nil && !seen[s.Exchange] {
			seen[s.Exchange] = true
			list = append(list, *s.Exchange)
		}
	}
	return list
}

// ledger returns the run's checks: Ledger, else those among the steps.
func (r Run) ledger() tokens.Ledger {
	if r.Ledger != nil {
		return r.Ledger
	}
	var l tokens.Ledger
	for _, s := range r.Steps {
		if s.Check != nil {
			l = append(l, *s.Check)
		}
	}
	return l
}

// timing returns when the run began and how long its steps took.
func (r Run) timing() (begun time.Time, took time.Duration) {
	for _, s := range r.Steps {
		if s.At.IsZero() {
			continue
		}
		if begun.IsZero() {
			begun = s.At
		}
		took = s.At.Sub(begun)
	}
	return begun, took
}
