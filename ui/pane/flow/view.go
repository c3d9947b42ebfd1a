package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fob/flows"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// View implements pane.Pane.
func (p *Pane) View(width, height int) string {
	p.width, p.hidden = width, 0
	p.providers.Styles, p.picker.Styles, p.steps.Styles = p.ctx.Styles, p.ctx.Styles, p.ctx.Styles
	switch p.stage {
	case choosing:
		return p.viewProviders(width, height)
	case picking:
		return p.viewGrants(width, height)
	case filling:
		return p.viewForm(width, height)
	}
	if p.edit != nil {
		return p.viewEdit(width, height)
	}
	if p.exchange.IsOpen() {
		return p.exchange.View(p.ctx.Styles, width, height)
	}
	return p.viewRun(width, height)
}

func (p *Pane) viewProviders(width, height int) string {
	st := p.ctx.Styles
	lines := []string{st.Strong.Render("Get tokens from which provider?"), ""}
	if height > 2 {
		lines = append(lines, p.providers.View(width, height-2, p.ctx.Focused(p.Scope())))
	}
	return pane.Fit(lines, width, height)
}

// provider is how the chosen one is called.
func (p *Pane) provider() string {
	if p.profile.Name == "" {
		return "another provider"
	}
	return tokens.VisibleLine(p.profile.Name)
}

// leastGrants are the lines that the list of grants keeps on a small screen, its header among them.
const leastGrants = 5

func (p *Pane) viewGrants(width, height int) string {
	st := p.ctx.Styles
	lines := []string{st.Strong.Render("Which flow?") + st.Dim.Render("  for "+p.provider()), ""}
	var foot []string
	if i := p.picker.Cursor(); i >= 0 {
		foot = p.grantNote(p.grants[i], width)
	}
	if work := p.drafting.View(st, p.ctx.Now()); work != "" {
		foot = append(foot, work)
	} else if p.unknown != nil {
		foot = append(foot, st.Warn.Render("what it supports is not known: "+tokens.VisibleLine(pane.ErrorText(p.unknown))))
	}
	if height-len(lines)-len(foot)-1 < leastGrants { // the list matters more than what is said of one grant
		lines = lines[:1]
		foot = foot[min(1, len(foot)):]
		foot = foot[:max(0, min(len(foot), height-len(lines)-1-leastGrants))]
	}
	room := min(height-len(lines)-len(foot)-1, len(p.grants)+2)
	if room > 0 {
		lines = append(lines, p.picker.View(width, room, p.ctx.Focused(p.Scope())))
	}
	return pane.Fit(append(append(lines, ""), foot...), width, height)
}

// grantNote says more of the grant under the cursor.
func (p *Pane) grantNote(g flows.Grant, width int) []string {
	st := p.ctx.Styles
	who := "no person is involved"
	if g.NeedsUser {
		who = "a person signs in"
	}
	note := []string{st.Strong.Render(g.Name) + st.Dim.Render(" · "+g.Spec+" · "+who)}
	for _, l := range widget.Wrap(g.Summary, width) {
		note = append(note, st.Dim.Render(l))
	}
	if g.Deprecated != "" {
		for _, l := range widget.Wrap("Deprecated: "+g.Deprecated, width) {
			note = append(note, st.Warn.Render(l))
		}
	}
	return note
}

func (p *Pane) viewForm(width, height int) string {
	st := p.ctx.Styles
	p.form.Styles = st
	head := st.Strong.Render(p.grant.Name) + st.Dim.Render(" · "+p.provider()+" · "+p.grant.Spec)
	lines := []string{head, ""}
	if work := p.drafting.View(st, p.ctx.Now()); work != "" {
		lines[1] = work
	}
	if height > 2 {
		lines = append(lines, p.form.View(width, height-2))
	}
	return pane.Fit(lines, width, height)
}

// viewRun draws the steps, what the selected one means, and what the person has to do or what came of it: below each
// other, or beside the steps on a wide screen.
func (p *Pane) viewRun(width, height int) string {
	head := p.runHead(width)
	p.top = len(head)
	room := height - len(head)
	if pane.IsWide(width) && room > 3 {
		said := func(w int) []string { return append(append(p.meaning(w), ""), p.foot(w, room)...) }
		return pane.Fit(append(head, pane.Split(p.ctx.Styles, width, room, len(p.entries), p.viewSteps, said)), width,
			height)
	}
	foot := p.foot(width, height)
	if height >= smallRun || p.run.err == nil {
		foot = p.ruled(foot, width)
	}
	meaning := p.ruled(p.meaning(width), width)
	room -= len(foot) + len(meaning)
	if room < 3 { // a small screen: what has to be done matters more than what a step means
		room += len(meaning)
		meaning = nil
	}
	lines := head
	if room > 0 {
		lines = append(lines, p.viewSteps(width, room))
	}
	return pane.Fit(append(append(lines, meaning...), foot...), width, height)
}

func (p *Pane) viewSteps(width, height int) string {
	p.width = width
	return p.steps.View(width, height, p.ctx.Focused(p.Scope()))
}

// ruled puts a rule above lines, if there are any.
func (p *Pane) ruled(lines []string, width int) []string {
	if len(lines) == 0 {
		return nil
	}
	return append([]string{p.ctx.Styles.Line.Render(strings.Repeat("─", width))}, lines...)
}

func (p *Pane) runHead(width int) []string {
	st, r := p.ctx.Styles, p.run
	state := st.Info.Render("running")
	switch {
	case r.done && errors.Is(r.err, context.Canceled):
		state = st.Warn.Render("cancelled")
	case r.done && r.err != nil:
		state = st.Bad.Render("did not work")
	case r.done:
		state = st.Good.Render("done")
	}
	left := st.Strong.Render(r.grant.Name) + st.Dim.Render(" · "+p.provider()+" · ") + state
	right := st.Dim.Render(widget.Elapsed(r.elapsed(p.ctx.Now())))
	if !r.done {
		cancels := st.Key.Render("ctrl+c") + st.Dim.Render(" cancels")
		right += "  " + cancels
		if widget.Width(left)+widget.Width(right) >= width { // the key matters more than the time
			right = cancels
		}
	}
	if widget.Width(left) > width { // what came of the run matters more than whose it is
		left = st.Strong.Render(r.grant.Name) + st.Dim.Render(" · ") + state
	}
	lines := []string{widget.Spread(left, right, width)}
	if width >= lanesFrom {
		lines = append(lines, st.Header.Render("  "+strings.Repeat(" ", timeWidth)+laneHeads()+"  step"))
	}
	return lines
}

// timeWidth is the width of a step's time since the start, with the gap behind it.
const timeWidth = 8

// timeFrom is the pane width from which the time is shown.
const timeFrom = 56

// entryRow draws an entry in one line: when, between whom, what, and what came of it at the end.
func (p *Pane) entryRow(i int) []widget.Cell {
	e, st := p.entries[i], p.ctx.Styles
	s := e.last()
	when := ""
	if p.width >= timeFrom {
		when = st.Dim.Render(widget.PadLeft(since(s.At.Sub(p.run.started)), timeWidth-2) + "  ")
	}
	between := lanes(st, s.From, s.To)
	if p.width < lanesFrom {
		who := shortName(s.From)
		if s.To != s.From {
			who += " → " + shortName(s.To)
		}
		between = st.Accent.Render(widget.Pad(who, 14))
	}
	look, came := st.Text, p.came(e)
	if quiet(s) {
		look = st.Dim
	}
	title := e.title()
	switch {
	case e.open:
		title = "▾ " + title
	case e.group():
		title = "▸ " + title
	case e.child:
		title = "  " + title
	}
	room := p.width - 2 - widget.Width(when+between) - 2
	title = widget.Clip(title, room-widget.Width(came)-1)
	return []widget.Cell{{Text: when + between + "  " + widget.Spread(look.Render(title), came, room)}}
}

// came is what came of an entry, in one word: a check's outcome, an answer's status.
func (p *Pane) came(e entry) string {
	st, s := p.ctx.Styles, e.last()
	switch {
	case e.group() && e.checks():
		return ""
	case e.group():
		return st.Dim.Render(pane.Plural(len(e.steps), "time"))
	case s.Check != nil:
		return st.Level(string(s.Check.Outcome)).Render(string(s.Check.Outcome))
	case s.Exchange != nil && s.Exchange.Response != nil:
		status := s.Exchange.Response.Status
		look := pane.StatusStyle(st, status)
		if s.Err == "" && status >= 400 {
			look = st.Dim // an answer that the flow reckons with
		}
		if len(s.Edited) > 0 {
			return st.Warn.Render("edited ") + look.Render(fmt.Sprint(status))
		}
		return look.Render(fmt.Sprint(status))
	case s.Err != "":
		return st.Bad.Render("failed")
	case len(s.Edited) > 0:
		return st.Warn.Render("edited")
	}
	return ""
}

// since is a time since the start of the run: "0.12 s", "42.0 s", "2m 05s".
func since(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", max(0, d.Seconds()))
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return widget.Elapsed(d)
}

// meaning explains the selected entry: one sentence, its section, a check's expected and received; of a group, what it
// holds.
func (p *Pane) meaning(width int) []string {
	st := p.ctx.Styles
	e, ok := p.entry()
	if !ok {
		return nil
	}
	s := e.last()
	if e.group() && e.checks() {
		return p.checkList(e, width)
	}
	var failed *tokens.CheckError
	if errors.As(p.run.err, &failed) && s.Check != nil && s.Check.ID == failed.Check.ID ||
		p.run.err != nil && s.Err != "" {
		return nil // what came of the run says it
	}
	var lines []string
	for _, l := range widget.Wrap(e.title(), width) {
		lines = append(lines, st.Strong.Render(l))
	}
	text := tokens.VisibleLine(s.Meaning)
	if s.Check != nil {
		return append(lines, pane.FactLines(st, pane.CheckFacts(*s.Check), width)...)
	}
	if s.Spec != "" {
		text += "  (" + s.Spec + ")"
	}
	for _, l := range widget.Wrap(text, width) {
		lines = append(lines, st.Dim.Render(l))
	}
	if len(s.Edited) > 0 {
		for _, l := range widget.Wrap("edited before it left: "+tokens.VisibleLine(strings.Join(s.Edited, ", ")),
			width) {
			lines = append(lines, st.Warn.Render(l))
		}
	}
	switch {
	case s.Exchange != nil && p.opensToken():
		lines = append(lines, pane.KeyHint(st, keys.Right, "shows the exchange"))
	case s.Exchange != nil && !e.group():
		lines = append(lines, pane.KeyHint(st, keys.Open, "shows the exchange"))
	}
	return lines
}

// maxListed is how many checks of a group are named below the steps.
const maxListed = 4

// checkList names the checks of a group, as many as there is room for.
func (p *Pane) checkList(e entry, width int) []string {
	st := p.ctx.Styles
	lines := []string{st.Strong.Render(e.title())}
	most := maxListed
	if pane.IsWide(width * 2) {
		most = len(e.steps)
	}
	for i, s := range e.steps {
		if i == most-1 && len(e.steps) > most {
			lines = append(lines, st.Dim.Render(fmt.Sprintf("and %d more   ", len(e.steps)-i))+pane.KeyHint(st,
				keys.Open, "lists them"))
			break
		}
		outcome := st.Level(string(s.Check.Outcome)).Render(widget.Pad(string(s.Check.Outcome), 8))
		lines = append(lines,
			widget.Clip(outcome+" "+tokens.VisibleLine(s.Check.Title)+st.Dim.Render("  "+pane.ShortSpec(s.Check.Spec)), width))
	}
	return lines
}

// foot is the prompt while the run waits for the person, and what came of it once it has ended.
func (p *Pane) foot(width, height int) []string {
	r := p.run
	var lines []string
	switch {
	case r.done && r.err != nil:
		lines = p.failure(width, height)
	case r.done:
		lines = p.success(width)
	case r.waiting() != nil:
		lines = p.heldLines(r.waiting(), width, height)
	case r.prompt() != nil:
		lines = p.promptLines(r.prompt(), width, height)
	default:
		return nil
	}
	return lines
}

// success says what was obtained, how the checks went, and where to go on.
func (p *Pane) success(width int) []string {
	st, r := p.ctx.Styles, p.run.result
	var lines []string
	if r.StoreErr != nil {
		for _, l := range widget.Wrap("The tokens came and could NOT be stored: they are in memory only, and lost when fob ends.", width) {
			lines = append(lines, st.Bad.Render(l))
		}
		for _, l := range widget.Wrap(tokens.VisibleLine(pane.ErrorText(r.StoreErr)), width) {
			lines = append(lines, st.Warn.Render(l))
		}
		lines = append(lines, pane.KeyHint(st, keys.FlowKeep, "tries to store them again")+"   "+pane.KeyHint(st,
			keys.FlowCopy, "copies the access token"))
	} else {
		lines = append(lines,
			st.Good.Render(brought(r.Set))+st.Dim.Render(" as ")+st.Strong.Render(pane.SessionName(r.Meta)))
	}
	facts := []pane.Fact{{Name: "tokens", Value: "none was asked for"}}
	if len(r.Set.Kinds()) > 0 {
		facts = []pane.Fact{
			{Name: "tokens", Value: kinds(r.Set)},
			{Name: "scope", Value: tokens.VisibleLine(r.Meta.Scope)},
			{Name: "expires", Value: tokens.Countdown(r.Meta.ExpiresAt, p.ctx.Now())},
		}
	}
	facts = append(facts, pane.Fact{Name: "ledger", Value: pane.LedgerSummary(st, r.Meta.Ledger)})
	lines = append(lines, pane.FactLines(st, facts, width)...)
	for _, c := range r.Meta.Ledger {
		if c.Outcome == tokens.Warned {
			why := c.Because
			if why == "" {
				why = "not so: " + c.Title
			}
			if c.ID == tokens.CheckEdited.ID {
				why = "edited " + c.Received + ": " + why
			}
			for _, l := range widget.Wrap("warning: "+tokens.VisibleLine(why), width) {
				lines = append(lines, st.Warn.Render(l))
			}
		}
	}
	if p.opensToken() {
		lines = append(lines, pane.KeyHint(st, keys.Open, "opens the token"))
	}
	return lines
}

// brought is what a run has brought, in a few words.
func brought(s tokens.Set) string {
	if len(s.Kinds()) == 0 {
		return "Agreed, without a token; kept"
	}
	return "Tokens received, checked and stored"
}

func kinds(s tokens.Set) string {
	var names []string
	for _, k := range s.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}
