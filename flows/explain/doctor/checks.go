package doctor

import (
	"cmp"
	"strings"

	"fob/tokens"
)

// checkEntry explains a failed check.
type checkEntry struct {
	causes []cause
	next   []act
	about  string
	clock  bool
}

// checkEntries are by the ID of the check.
var checkEntries = []map[tokens.CheckKind]checkEntry{signInChecks, responseFormChecks, responseChecks}

func checkEntryFor(id tokens.CheckKind) (known checkEntry) {
	for _, entries := range checkEntries {
		if e, ok := entries[id]; ok {
			return e
		}
	}
	return checkEntry{}
}

var clockNext = doAction("Set this machine's clock right, then try again.", DoCommand+"=fob doctor")

// reportToOperators is the action where only the server can be fixed.
var reportToOperators = []act{{text: "Report it to the server's operators: {why}."}}

// malformedTime returns the claim of a check that failed because a time is not a NumericDate. The clocks are not a
// cause then.
func malformedTime(c tokens.Check) (claim string, ok bool) {
	claim, _, ok = strings.Cut(c.Because, " must be a NumericDate")
	return claim, ok
}

// ifReceived and ifBecause weigh by words in what the check received, or in its reason.
func ifReceived(yes, no int, words ...string) func(*evidence) int {
	return func(ev *evidence) int {
		for _, w := range words {
			if strings.Contains(strings.ToLower(ev.check.Received), w) {
				return yes
			}
		}
		return no
	}
}

func ifBecause(yes, no int, words ...string) func(*evidence) int {
	return func(ev *evidence) int {
		for _, w := range words {
			if strings.Contains(strings.ToLower(ev.check.Because), w) {
				return yes
			}
		}
		return no
	}
}

func ifNothingReceived(yes int) func(*evidence) int {
	return func(ev *evidence) int {
		if ev.check.Received == "" {
			return yes
		}
		return 0
	}
}

// checkDiagnosis explains a failed check.
func checkDiagnosis(c tokens.Check, ctx Context) Diagnosis {
	ev := &evidence{Context: ctx, err: noOAuthError, sent: ctx.Sent, check: c}
	known := checkEntryFor(c.ID)
	if claim, ok := malformedTime(c); ok {
		text := "The server does not write " + claim + " as a number of seconds."
		known = checkEntry{causes: []cause{{text: text, tell: "{why}.", likely: 95}}, next: reportToOperators}
	}
	d := Diagnosis{Title: "Failed check: " + c.Title + ".", Code: string(c.ID), Spec: c.Spec,
		Messages: visibleLines("expected "+cmp.Or(c.Expected, "nothing"), "received "+cmp.Or(c.Received, "nothing"),
			c.Because),
		Causes: ev.causes(known.causes), Next: ev.actions(known.next), About: ev.parameterOf(known.about)}
	if known.clock && clockDeviates(ctx) {
		d.Causes = append(d.Causes, Cause{Likely: 97, Text: clockSentence(ctx.ClockOffset),
			HowToTell: "Compare this machine's clock with a trusted one."})
	}
	if len(d.Causes) == 0 {
		d.Causes = []Cause{{Likely: 50, Text: "The server violates " + c.Spec +
			", or the response was changed in transit.", HowToTell: "Open the exchange and compare."}}
	}
	if len(ctx.Edited) > 0 {
		d.Causes = append(d.Causes, Cause{Likely: 99, Text: "A request was edited before it was sent: " +
			strings.Join(ctx.Edited, ", ") + ".", HowToTell: "Send it unchanged."})
	}
	if ctx.Session != "" { // a failed sign-in is not stored, so there is no ledger to show
		d.Next = append(d.Next, Action{Text: "See the whole ledger of the run.",
			Do: map[string]string{DoCommand: "fob show --ledger " + ctx.Session}})
	}
	return sorted(d)
}
