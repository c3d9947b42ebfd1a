package doctor

import (
	"cmp"
	"strings"

	"fob/tokens"
)

// checkEntry is what is known of a failed check.
type checkEntry struct {
	causes []cause
	next   []act
	about  string
	clock  bool
}

// checkEntries are by the check's ID: of a sign-in, and of what is bound to it or asked afterwards.
var checkEntries = []map[string]checkEntry{signInChecks, formChecks, answerChecks}

func checkEntryOf(id string) (known checkEntry) {
	for _, entries := range checkEntries {
		if e, ok := entries[id]; ok {
			return e
		}
	}
	return checkEntry{}
}

var clockNext = do("Set this machine's clock right, then try again.", DoCommand+"=fob doctor")

// tellOperators is what is left where only the server can mend it.
var tellOperators = []act{{text: "Report it to the server's operators: {why}."}}

// malformedTime names the claim of a check that failed because a time is no NumericDate: the clocks are no cause then.
func malformedTime(c tokens.Check) (claim string, ok bool) {
	claim, _, ok = strings.Cut(c.Because, " must be a NumericDate")
	return claim, ok
}

// received and because of the check stand in the evidence's error, as code and description.
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

func nothingReceived(yes int) func(*evidence) int {
	return func(ev *evidence) int {
		if ev.check.Received == "" {
			return yes
		}
		return 0
	}
}

// checkDiagnosis explains a check that failed.
func checkDiagnosis(c tokens.Check, ctx Context) Diagnosis {
	ev := &evidence{Context: ctx, err: noError, sent: ctx.Sent, check: c}
	known := checkEntryOf(c.ID)
	if claim, ok := malformedTime(c); ok {
		text := "The server does not write " + claim + " as a number of seconds."
		known = checkEntry{causes: []cause{{text: text, tell: "{why}.", likely: 95}}, next: tellOperators}
	}
	d := Diagnosis{Title: "A check failed: " + c.Title + ".", Code: c.ID, Spec: c.Spec,
		Said:   said("expected "+cmp.Or(c.Expected, "nothing"), "received "+cmp.Or(c.Received, "nothing"), c.Because),
		Causes: ev.causes(known.causes), Next: ev.actions(known.next), About: ev.aboutOf(known.about)}
	if known.clock && clockIsOff(ctx) {
		d.Causes = append(d.Causes, Cause{Likely: 97, Text: clockWords(ctx.ClockOffset), HowToTell: "Compare this machine's clock with a trusted one."})
	}
	if len(d.Causes) == 0 {
		d.Causes = []Cause{{Likely: 50, Text: "The server does not keep to " + c.Spec + ", or the answer was changed on its way.", HowToTell: "Open the exchange and compare."}}
	}
	if len(ctx.Edited) > 0 {
		d.Causes = append(d.Causes, Cause{Likely: 99, Text: "A request was edited before it left: " + strings.Join(ctx.Edited, ", ") + ".", HowToTell: "Send it unchanged."})
	}
	d.Next = append(d.Next, Action{Text: "See the whole ledger of the run.", Do: map[string]string{DoCommand: "fob show --ledger " + cmp.Or(ctx.Session, "SESSION")}})
	return sorted(d)
}
