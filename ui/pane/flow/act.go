package flow

import (
	"context"
	"errors"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/wire"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// Disabled implements pane.Pane.
func (p *Pane) Disabled(a keys.Action) string {
	prompt := p.run.prompt()
	if p.stage != running {
		prompt = nil
	}
	switch a {
	case keys.FlowCancel:
		if p.stage != running || p.run.done {
			return "nothing is running"
		}
	case keys.FlowSend, keys.FlowEdit, keys.FlowSendAll:
		if p.stage != running || p.run.waiting() == nil {
			return "no request waits to be sent"
		}
	case keys.FlowBrowser, keys.FlowCopyURL, keys.FlowQR:
		if prompt == nil || prompt.URL == "" {
			return "there is no page to open"
		}
	case keys.FlowCopyOTP:
		if prompt == nil || prompt.UserCode.IsZero() {
			return "there is no user code"
		}
	case keys.FlowPaste:
		if prompt == nil || !prompt.CanPaste {
			return "no redirect is awaited"
		}
	case keys.FlowAgain:
		if p.stage != running || !p.run.done {
			return "no run has ended"
		}
	case keys.FlowExport:
		if p.stage != running || len(p.run.steps) == 0 {
			return "there is no run yet"
		}
		if p.act.Running() {
			return p.act.Busy()
		}
	case keys.FlowWhy:
		if p.stage != running || !p.run.done || p.run.err == nil {
			return "no run has failed"
		}
		if errors.Is(p.run.err, context.Canceled) {
			return "the run was cancelled, and nothing failed"
		}
	case keys.FlowFix:
		if p.stage != running || !p.run.done {
			return "no run has failed"
		}
		if _, ok := p.advice(); !ok {
			return "there is nothing that fob could do"
		}
	case keys.FlowKeep:
		if p.stage != running || p.run.result.StoreErr == nil {
			return "everything is stored"
		}
		if p.act.Running() {
			return p.act.Busy()
		}
	case keys.FlowCopy:
		if p.stage != running || p.run.result.Set.AccessToken.IsZero() {
			return "there is no token yet"
		}
	case keys.Open:
		if p.stage == running && !p.exchange.IsOpen() && !p.opens() {
			return "this step has no exchange to show"
		}
	case keys.Filter:
		if p.stage == running && !p.exchange.IsOpen() && len(p.run.steps) == 0 {
			return "there are no steps yet"
		}
	}
	return ""
}

// doRun carries out an action while a run is shown.
func (p *Pane) doRun(a keys.Action) tea.Cmd {
	prompt := p.run.prompt()
	switch a {
	case keys.FlowCancel:
		if p.run.waiting() != nil {
			p.decide(decision{err: wire.ErrAborted})
			return nil
		}
		p.run.work.Cancel()
	case keys.FlowSend:
		p.decide(decision{})
	case keys.FlowSendAll:
		p.decide(decision{all: true})
	case keys.FlowEdit:
		p.editHeld()
	case keys.FlowBrowser:
		return p.openBrowser(prompt)
	case keys.FlowCopyURL:
		return pane.Send(pane.CopyMsg{What: "URL", Text: prompt.URL})
	case keys.FlowCopyOTP:
		return pane.Send(pane.CopyMsg{What: "user code", Secret: prompt.UserCode})
	case keys.FlowPaste:
		p.pasting, p.paste = true, widget.Input{Placeholder: "the whole URL on which the browser ended"}
	case keys.FlowQR:
		p.qr = !p.qr
	case keys.FlowAgain:
		p.stage = filling
		if p.run.err == nil {
			p.stage = picking
			break
		}
		p.focusWrong()
	case keys.FlowKeep:
		return p.keep()
	case keys.FlowExport:
		return p.export()
	case keys.FlowWhy:
		m, _ := p.ShownError()
		m.Requested = true
		return pane.Send(m)
	case keys.FlowFix:
		return p.fix()
	case keys.FlowCopy:
		return pane.Send(pane.CopyMsg{What: "access token", Secret: p.run.result.Set.AccessToken})
	case keys.Open:
		return p.open()
	case keys.Right, keys.Left:
		if !p.exchange.IsOpen() {
			p.unfold(a == keys.Right)
			return nil
		}
		p.exchange.Do(a)
	default:
		p.move(a)
	}
	return nil
}

func (p *Pane) move(a keys.Action) {
	if p.hidden > 0 {
		p.scrollAlone(a)
		return
	}
	if p.exchange.IsOpen() {
		p.exchange.Do(a)
		return
	}
	if p.steps.Do(a) {
		p.follow = p.steps.Cursor() == len(p.entries)-1
	}
}

// open opens what is under the cursor: the steps of a group, an exchange. On the last line of a run that has succeeded
// it goes to the token.
func (p *Pane) open() tea.Cmd {
	if p.exchange.IsOpen() {
		p.exchange.Back()
		return nil
	}
	e, ok := p.entry()
	switch {
	case p.opensToken():
		p.ctx.Request(pane.SelectMsg{ID: p.run.result.Meta.ID, Open: true})
	case ok && e.group():
		p.unfold(!e.open)
	case ok && e.last().Exchange != nil:
		p.exchange.Show(p.ctx.Styles, *e.last().Exchange)
	}
	return nil
}

// opens reports whether enter has something to open now.
func (p *Pane) opens() bool {
	e, ok := p.entry()
	return p.opensToken() || ok && (e.group() || e.last().Exchange != nil)
}

// opensToken reports whether enter goes to the token now.
func (p *Pane) opensToken() bool {
	e, ok := p.entry()
	stored := p.run.done && p.run.err == nil && p.run.result.StoreErr == nil
	return stored && (!ok || p.steps.Cursor() == len(p.entries)-1 || !e.group() && e.last().Exchange == nil)
}

// unfold shows the steps of the group under the cursor, or puts them away; of another entry it opens the exchange.
func (p *Pane) unfold(open bool) {
	e, ok := p.entry()
	switch {
	case !ok:
	case e.group():
		p.unfolded[e.at] = open
		p.refold()
	case e.child && !open:
		for i := p.steps.Cursor(); i >= 0; i-- {
			if g := p.entries[i]; g.group() {
				p.unfolded[g.at] = false
				p.refold()
				p.steps.Select(i)
				return
			}
		}
	case open && e.last().Exchange != nil:
		p.exchange.Show(p.ctx.Styles, *e.last().Exchange)
	}
}

// entry is the line under the cursor.
func (p *Pane) entry() (entry, bool) {
	i := p.steps.Cursor()
	if i < 0 || i >= len(p.entries) {
		return entry{}, false
	}
	return p.entries[i], true
}

// refold makes the lines of the run anew. The cursor stays, or goes with the newest.
func (p *Pane) refold() {
	p.entries = fold(p.run.steps, p.run.dropped, p.unfolded)
	if p.run.done && p.run.err != nil && p.follow {
		p.follow = false
		defer p.selectFailure()
	}
	p.steps.SetRows(len(p.entries), p.entryRow, func(i int) string { return p.entries[i].text() })
	if p.follow {
		p.steps.Select(len(p.entries) - 1)
	}
}

// selectFailure puts the cursor on the step that ended the run.
func (p *Pane) selectFailure() {
	for i := len(p.entries) - 1; i >= 0; i-- {
		s := p.entries[i].last()
		if s.Err != "" || s.Check != nil && s.Check.Outcome == tokens.Failed {
			p.steps.Select(i)
			return
		}
	}
	p.steps.Select(len(p.entries) - 1)
}

// keep tries again to store tokens that could not be stored.
func (p *Pane) keep() tea.Cmd {
	svc, result := p.ctx.Service, p.run.result
	return p.act.Start("storing the tokens", p.ctx.Now(), func(ctx context.Context, n int64) tea.Msg {
		return keptMsg{n, svc.RetryStore(ctx, result)}
	})
}

// keptMsg says whether storing again has worked.
type keptMsg struct {
	n   int64
	err error
}

func (p *Pane) kept(m keptMsg) tea.Cmd {
	if !p.act.Done(m.n) || p.run == nil {
		return nil
	}
	p.run.result.StoreErr = m.err
	if m.err != nil {
		return pane.Send(pane.Failed("Storing the tokens", m.err))
	}
	return tea.Batch(pane.Send(pane.ToastMsg{Text: "the tokens are stored"}), pane.Send(pane.ReloadMsg{}))
}

// openBrowser opens the page again.
func (p *Pane) openBrowser(prompt *flows.Prompt) tea.Cmd {
	svc, target := p.ctx.Service, prompt.URL
	if prompt.CompleteURL != "" {
		target = prompt.CompleteURL
	}
	return p.act.Run("opening a browser", p.ctx.Now(), func(ctx context.Context) []tea.Msg {
		if err := svc.OpenBrowser(ctx, target); err != nil {
			return []tea.Msg{pane.Failed("Opening a browser", err)}
		}
		return []tea.Msg{pane.ToastMsg{Text: "a browser was started"}}
	})
}

// runKey takes keys while a field of the run has the focus.
func (p *Pane) runKey(k tea.KeyMsg) tea.Cmd {
	switch {
	case p.edit != nil:
		p.editKey(k)
	case p.exchange.IsOpen():
		p.exchange.Key(k)
	case p.pasting && k.Type == tea.KeyEnter:
		p.pasting = false
		return p.hand(p.paste.Value())
	case p.pasting:
		p.paste.Update(k)
	default:
		p.steps.Update(k)
	}
	return nil
}

// hand gives the run a redirect URL that the person has pasted.
func (p *Pane) hand(text string) tea.Cmd {
	text = strings.TrimSpace(text)
	if text == "" || p.run.prompt() == nil {
		return nil
	}
	select {
	case p.run.paste <- text:
		return nil
	default:
		return pane.Send(pane.ToastMsg{Text: "a pasted URL is being looked at already"})
	}
}

// Paste implements pane.Paster: a redirect URL pasted while one is awaited goes to the run.
func (p *Pane) Paste(text string) (tea.Cmd, bool) {
	prompt := p.run.prompt()
	text = strings.TrimSpace(text)
	isAnswer := strings.Contains(text, "state=") || strings.Contains(text, "code=") ||
		strings.Contains(text, "error=") || strings.Contains(text, "response=")
	if p.stage != running || prompt == nil || !prompt.CanPaste || !isAnswer {
		return nil, false
	}
	p.pasting = false
	return p.hand(text), true
}

// NeedsTick implements pane.Ticker: a code that expires counts down, and a run shows how long it takes.
func (p *Pane) NeedsTick() bool { return p.run != nil && !p.run.done }
