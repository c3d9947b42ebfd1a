package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fob/flows/session"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// view draws the run, or the editor or the exchange that covers it.
func (v *runView) view(width, height int) string {
	v.prompts.hidden = 0
	switch {
	case v.editor != nil:
		return v.editor.view(v.ctx.Styles, width, height)
	case v.exchange.IsOpen():
		return v.exchange.View(v.ctx.Styles, width, height)
	}
	return v.viewSteps(width, height)
}

// viewSteps draws the steps, the meaning of the selected one, and the prompt or the result of the run: below each
// other, or beside the steps on a wide screen.
func (v *runView) viewSteps(width, height int) string {
	lines := v.head(width)
	v.top = len(lines)
	room := height - len(lines)
	if pane.IsWide(width) && room > 3 {
		detail := func(w int) []string { return append(append(v.meaning(w), ""), v.foot(w, room)...) }
		split := pane.Split(v.ctx.Styles, width, room, len(v.steps.entries), v.steps.view, detail)
		return pane.Fit(append(lines, split), width, height)
	}
	foot := v.foot(width, height)
	if height >= smallRun || v.run.err == nil {
		foot = ruled(v.ctx.Styles, foot, width)
	}
	meaning := ruled(v.ctx.Styles, v.meaning(width), width)
	room -= len(foot) + len(meaning)
	if room < 3 { // on a small screen, what to do is more important than what a step means
		room += len(meaning)
		meaning = nil
	}
	if room > 0 {
		lines = append(lines, v.steps.view(width, room))
	}
	return pane.Fit(append(append(lines, meaning...), foot...), width, height)
}

// ruled puts a rule above lines, if there are any.
func ruled(st *theme.Styles, lines []string, width int) []string {
	if len(lines) == 0 {
		return nil
	}
	return append([]string{st.Line.Render(strings.Repeat("─", width))}, lines...)
}

func (v *runView) head(width int) []string {
	st, r := v.ctx.Styles, v.run
	state := st.Info.Render("running")
	switch {
	case r.done && errors.Is(r.err, context.Canceled):
		state = st.Warn.Render("cancelled")
	case r.done && r.err != nil:
		state = st.Bad.Render("did not work")
	case r.done:
		state = st.Good.Render("done")
	}
	name := st.Strong.Render(r.grant.Name)
	left := name + st.Dim.Render(" · "+providerName(r.request.Profile)+" · ") + state
	right := st.Dim.Render(widget.Elapsed(r.elapsed(v.ctx.Now())))
	if !r.done {
		cancels := st.Key.Render("ctrl+c") + st.Dim.Render(" cancels")
		right += "  " + cancels
		if widget.Width(left)+widget.Width(right) >= width { // the key is more important than the time
			right = cancels
		}
	}
	if widget.Width(left) > width { // the state is more important than the provider
		left = name + st.Dim.Render(" · ") + state
	}
	lines := []string{widget.Spread(left, right, width)}
	if width >= lanesFrom {
		lines = append(lines, st.Header.Render("  "+strings.Repeat(" ", timeWidth)+laneHeads()+"  step"))
	}
	return lines
}

// meaning explains the selected entry: one sentence and its section of the spec, a check's expected and received, or
// the checks of a group.
func (v *runView) meaning(width int) []string {
	st := v.ctx.Styles
	e, ok := v.steps.selected()
	if !ok {
		return nil
	}
	s := e.last()
	if e.group() && e.checks() {
		return checkList(st, e, width)
	}
	var failed *tokens.CheckError
	if errors.As(v.run.err, &failed) && s.Check != nil && s.Check.ID == failed.Check.ID ||
		v.run.err != nil && s.Err != "" {
		return nil // the result of the run explains it
	}
	lines := widget.WrapStyled(st.Strong, e.title(), width)
	if s.Check != nil {
		return append(lines, pane.FactLines(st, pane.CheckFacts(*s.Check), width)...)
	}
	text := tokens.VisibleLine(s.Meaning)
	if s.Spec != "" {
		text += "  (" + s.Spec + ")"
	}
	lines = append(lines, widget.WrapStyled(st.Dim, text, width)...)
	if len(s.Edited) > 0 {
		edited := "edited before it was sent: " + tokens.VisibleLine(strings.Join(s.Edited, ", "))
		lines = append(lines, widget.WrapStyled(st.Warn, edited, width)...)
	}
	switch {
	case s.Exchange != nil && v.opensToken():
		lines = append(lines, pane.KeyHint(st, keys.Right, "shows the exchange"))
	case s.Exchange != nil && !e.group():
		lines = append(lines, pane.KeyHint(st, keys.Open, "shows the exchange"))
	}
	return lines
}

// maxListed is how many checks of a group are listed below the steps.
const maxListed = 4

// checkList lists the checks of a group, as many as there is room for.
func checkList(st *theme.Styles, e entry, width int) []string {
	lines := []string{st.Strong.Render(e.title())}
	limit := maxListed
	if pane.IsWide(width * 2) {
		limit = len(e.steps)
	}
	for i, s := range e.steps {
		if i == limit-1 && len(e.steps) > limit {
			more := st.Dim.Render(fmt.Sprintf("and %d more   ", len(e.steps)-i))
			return append(lines, more+pane.KeyHint(st, keys.Open, "lists them"))
		}
		outcome := st.Level(string(s.Check.Outcome)).Render(widget.Pad(string(s.Check.Outcome), 8))
		spec := st.Dim.Render("  " + pane.ShortSpec(s.Check.Spec))
		lines = append(lines, widget.Clip(outcome+" "+tokens.VisibleLine(s.Check.Title)+spec, width))
	}
	return lines
}

// foot draws what the user has to do, or the result once the run has ended.
func (v *runView) foot(width, height int) []string {
	r := v.run
	switch {
	case r.done && r.err != nil:
		return v.failure(width, height)
	case r.done:
		return v.success(width)
	case r.pending() != nil:
		return pendingLines(v.ctx.Styles, r.pending().pending, width, height)
	case r.prompt() != nil:
		return v.prompts.lines(r.prompt(), width, height)
	}
	return nil
}

// smallRun is the height below which the result of a run takes the whole pane.
const smallRun = 10

// failure draws why the run has ended, as far as there is room; the diagnosis has the rest.
func (v *runView) failure(width, height int) []string {
	st := v.ctx.Styles
	problem := v.problem()
	problem.Remedies = nil // their keys are those of the notice
	if height < smallRun { // the head says that it failed, the footer has the keys
		problem.Title = ""
		return problem.Brief(st, width, height-1)
	}
	var hints []string
	if r, ok := v.firstRemedy(); ok {
		hints = append(hints, pane.KeyHint(st, keys.FlowFix, r.Does))
	}
	hints = append(hints, pane.KeyHint(st, keys.FlowAgain, "goes back to the form as you filled it in"))
	room := max(4, height*2/3-len(hints)-1)
	if pane.IsWide(width * 2) {
		room = max(4, height-len(hints)-6)
	}
	folded := len(problem.Details) > 0
	problem.Details = nil
	if folded {
		room--
	}
	lines := problem.Lines(st, width)
	if len(lines) > room {
		lines, folded = problem.Brief(st, width, room-1), true
	}
	if folded {
		lines = append(lines, pane.KeyHint(st, keys.FlowWhy, "shows all that is known"))
	}
	return append(append(lines, ""), widget.WrapItems(hints, width, 3)...)
}

// success draws the tokens received, the result of the checks, and the next key.
func (v *runView) success(width int) []string {
	st, r := v.ctx.Styles, v.run.result
	lines := storedLines(st, r, width)
	facts := []pane.Fact{{Name: "tokens", Value: "none was requested"}}
	if kinds := r.Set.Kinds(); len(kinds) > 0 {
		names := make([]string, len(kinds))
		for i, k := range kinds {
			names[i] = string(k)
		}
		facts = []pane.Fact{
			{Name: "tokens", Value: strings.Join(names, ", ")},
			{Name: "scope", Value: tokens.VisibleLine(r.Meta.Scope)},
			{Name: "expires", Value: tokens.Countdown(r.Meta.ExpiresAt, v.ctx.Now())},
		}
	}
	facts = append(facts, pane.Fact{Name: "ledger", Value: pane.LedgerSummary(st, r.Meta.Ledger)})
	lines = append(lines, pane.FactLines(st, facts, width)...)
	for _, c := range r.Meta.Ledger {
		if c.Outcome == tokens.Warned {
			lines = append(lines, widget.WrapStyled(st.Warn, "warning: "+tokens.VisibleLine(warning(c)), width)...)
		}
	}
	if v.opensToken() {
		lines = append(lines, pane.KeyHint(st, keys.Open, "opens the token"))
	}
	return lines
}

// storedLines draws whether the tokens are stored.
func storedLines(st *theme.Styles, r session.Result, width int) []string {
	if r.StoreErr == nil {
		text := "Tokens received, checked and stored"
		if len(r.Set.Kinds()) == 0 {
			text = "Agreed, without a token; stored"
		}
		return []string{st.Good.Render(text) + st.Dim.Render(" as ") + st.Strong.Render(pane.SessionName(r.Meta))}
	}
	const text = "The tokens were received and could NOT be stored: they are in memory only, and lost when fob ends."
	lines := widget.WrapStyled(st.Bad, text, width)
	lines = append(lines, widget.WrapStyled(st.Warn, tokens.VisibleLine(pane.ErrorText(r.StoreErr)), width)...)
	return append(lines, pane.KeyHint(st, keys.FlowKeep, "tries to store them again")+"   "+
		pane.KeyHint(st, keys.FlowCopy, "copies the access token"))
}

// warning is the text of a check with a warning.
func warning(c tokens.Check) string {
	why := c.Because
	if why == "" {
		why = "not so: " + c.Title
	}
	if c.ID == tokens.CheckEdited {
		why = "edited " + c.Received + ": " + why
	}
	return why
}
