package tokens

import (
	"cmp"
	"fmt"
	"strings"
)

// Outcome is the result of a check.
type Outcome string

// The outcomes of a check. Skipped carries the reason in Because. Warned is a failed check that the spec does not
// make a MUST, or a choice that is allowed but unwise.
const (
	Passed  Outcome = "passed"
	Warned  Outcome = "warning"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// Check is one line of the ledger: what was checked, by which section of which spec, what was expected and what
// was received. Expected and Received never contain a secret: callers pass fingerprints.
type Check struct {
	ID       CheckKind `json:"id"`
	Title    string    `json:"title"`
	Spec     string    `json:"spec"`
	Must     bool      `json:"must"`
	Outcome  Outcome   `json:"outcome"`
	Expected string    `json:"expected,omitempty"`
	Received string    `json:"received,omitempty"`
	Because  string    `json:"because,omitempty"`
}

// Ledger is the list of checks of a run, in the order in which they were made.
type Ledger []Check

// Count returns how many checks have an outcome.
func (l Ledger) Count(o Outcome) int {
	n := 0
	for _, c := range l {
		if c.Outcome == o {
			n++
		}
	}
	return n
}

// Violations returns the failed checks that the spec makes a MUST.
func (l Ledger) Violations() Ledger {
	var v Ledger
	for _, c := range l {
		if c.Must && c.Outcome == Failed {
			v = append(v, c)
		}
	}
	return v
}

// Summary returns the ledger in one line: "14 passed · 1 warning · 0 failed".
func (l Ledger) Summary() string {
	s := fmt.Sprintf("%d passed · %d warning", l.Count(Passed), l.Count(Warned))
	if l.Count(Warned) != 1 {
		s += "s"
	}
	s += fmt.Sprintf(" · %d failed", l.Count(Failed))
	if n := l.Count(Skipped); n > 0 {
		s += fmt.Sprintf(" · %d skipped", n)
	}
	return s
}

// CheckError means that a check which a spec makes a MUST has failed: the run stops, and no access token or id_token
// of it is stored.
type CheckError struct{ Check Check }

func (e *CheckError) Error() string {
	c := e.Check
	var b strings.Builder
	fmt.Fprintf(&b, "check failed: %s [%s] (%s)", c.Title, c.ID, c.Spec)
	fmt.Fprintf(&b, "\n  expected: %s\n  received: %s", cmp.Or(c.Expected, "nothing"), cmp.Or(c.Received, "nothing"))
	if c.Because != "" {
		fmt.Fprintf(&b, "\n  %s", c.Because)
	}
	return b.String()
}

// Verdict is the result of a verification: good, bad, or cannot tell.
type Verdict string

// The three verdicts.
const (
	Good       Verdict = "good"
	Bad        Verdict = "bad"
	CannotTell Verdict = "cannot-tell"
)

// Words returns the verdict as it is shown: "cannot tell".
func (v Verdict) Words() string { return strings.ReplaceAll(string(v), "-", " ") }
