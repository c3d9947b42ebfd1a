package flow

import (
	"fmt"
	"regexp"
	"strings"

	"fob/flows"
	"fob/tokens"
	"fob/ui/pane"
)

// entry is one line of the sequence: a step, or several in a row that say one thing together.
type entry struct {
	steps []flows.Step
	at    int  // the number of the first step, counted from the start of the run
	open  bool // a group whose steps stand below it
	child bool // a step of the group above
}

// last is the step that the entry stands for.
func (e entry) last() flows.Step { return e.steps[len(e.steps)-1] }

// group reports whether the entry stands for several steps.
func (e entry) group() bool { return len(e.steps) > 1 }

// checks reports whether the entry stands for checks.
func (e entry) checks() bool { return e.last().Check != nil }

// fold makes the lines of a run: checks that held stand together, and so does a question that is asked again and again.
// What failed always stands by itself.
func fold(steps []flows.Step, dropped int, open map[int]bool) []entry {
	var list []entry
	for i := 0; i < len(steps); {
		n := 1
		for i+n < len(steps) && together(steps[i], steps[i+n]) {
			n++
		}
		e := entry{steps: steps[i : i+n], at: dropped + i}
		e.open = n > 1 && open[e.at]
		list = append(list, e)
		if e.open {
			for k := range n {
				list = append(list, entry{steps: steps[i+k : i+k+1], at: dropped + i + k, child: true})
			}
		}
		i += n
	}
	return list
}

func together(a, b flows.Step) bool {
	switch {
	case a.Check != nil || b.Check != nil:
		return quiet(a) && quiet(b)
	case a.Exchange == nil || b.Exchange == nil || a.Err != "" || b.Err != "":
		return false
	}
	return again.MatchString(b.Title) && asked(a) == asked(b)
}

// quiet reports whether the step is a check that nobody has to look at.
func quiet(s flows.Step) bool {
	return s.Check != nil && (s.Check.Outcome == tokens.Passed || s.Check.Outcome == tokens.Skipped)
}

// again is how a step is marked that asks the same once more: "Ask whether the person has approved (3)".
var again = regexp.MustCompile(` \(\d+\)$`)

func asked(s flows.Step) string { return again.ReplaceAllString(s.Title, "") }

// title says what the entry is.
func (e entry) title() string {
	s := e.last()
	switch {
	case !e.group() && e.checks():
		return tokens.VisibleLine(s.Check.Title)
	case !e.group():
		return tokens.VisibleLine(s.Title)
	case !e.checks():
		return tokens.VisibleLine(asked(s))
	}
	var l tokens.Ledger
	for _, s := range e.steps {
		l = append(l, *s.Check)
	}
	text := pane.Plural(l.Count(tokens.Passed), "check") + " passed"
	switch skipped := l.Count(tokens.Skipped); {
	case skipped == len(l):
		return pane.Plural(skipped, "check") + " skipped"
	case skipped > 0:
		text += fmt.Sprintf(", %d skipped", skipped)
	}
	return text
}

// text is what the filter looks at.
func (e entry) text() string {
	var b strings.Builder
	for _, s := range e.steps {
		for _, part := range []string{string(s.From), string(s.To), s.Title, s.Meaning, s.Spec} {
			b.WriteString(part + " ")
		}
	}
	return b.String()
}
