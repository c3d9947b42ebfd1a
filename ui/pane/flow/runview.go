package flow

import (
	"context"
	"errors"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// runView shows a run: its steps, what the user has to do, and its result.
type runView struct {
	ctx      *pane.Context
	run      *run
	steps    *stepList
	exchange pane.ExchangeView
	prompts  promptView
	editor   *requestEditor // of the pending request; nil: none
	work     pane.Work      // storing again, opening the browser, exporting
	top      int            // lines above the steps at the last view
}

func newRunView(ctx *pane.Context, r *run) *runView {
	return &runView{ctx: ctx, run: r, steps: newStepList(ctx, r), prompts: promptView{ctx: ctx}}
}

// prompt is what the user has to do now; nil: nothing.
func (v *runView) prompt() *flows.Prompt {
	if v == nil {
		return nil
	}
	return v.run.prompt()
}

// handle handles an event and reports whether it belongs to the run.
func (v *runView) handle(e event) bool {
	if !v.run.apply(e, v.ctx.Now()) {
		return false
	}
	if e.step != nil && e.step.Prompt != nil {
		v.prompts.qr = e.step.Prompt.ShownCode != "" // another device is to be used
	}
	if e.done {
		v.prompts.pasting, v.editor = false, nil
	}
	v.steps.refresh()
	return true
}

func (v *runView) editing() bool {
	return v.editor != nil || v.prompts.pasting || v.exchange.Editing() || v.steps.table.Editing()
}

func (v *runView) back() bool {
	switch {
	case v.editor != nil:
		v.editor = nil
	case v.exchange.Back():
	case v.prompts.pasting:
		v.prompts.pasting = false
	default:
		return v.steps.table.Back()
	}
	return true
}

func (v *runView) click(y int) {
	if !v.exchange.IsOpen() && v.steps.table.Click(y-v.top) {
		v.steps.follow = false
	}
}

// key handles keys while a field has the focus.
func (v *runView) key(k tea.KeyMsg) tea.Cmd {
	switch {
	case v.editor != nil:
		if r := v.editor.key(k); r != nil {
			v.decide(decision{request: r})
		}
	case v.exchange.IsOpen():
		v.exchange.Key(k)
	case v.prompts.pasting && k.Type == tea.KeyEnter:
		v.prompts.pasting = false
		return v.sendRedirect(v.prompts.field.Value())
	case v.prompts.pasting:
		v.prompts.field.Update(k)
	default:
		v.steps.table.Update(k)
	}
	return nil
}

// disabled is the reason why an action cannot be performed now; without a run, v is nil.
func (v *runView) disabled(a keys.Action) string {
	prompt := v.prompt()
	ended := v != nil && v.run.done
	failed := ended && v.run.err != nil
	switch a {
	case keys.FlowCancel:
		if v == nil || ended {
			return "nothing is running"
		}
	case keys.FlowSend, keys.FlowEdit, keys.FlowSendAll:
		if v == nil || v.run.pending() == nil {
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
			return "no redirect is expected"
		}
	case keys.FlowAgain:
		if !ended {
			return "no run has finished yet"
		}
	case keys.FlowExport:
		if v == nil || len(v.run.steps) == 0 {
			return "there is no run yet"
		}
		return v.work.Busy()
	case keys.FlowWhy:
		if failed && errors.Is(v.run.err, context.Canceled) {
			return "the run was cancelled, and nothing failed"
		}
		if !failed {
			return "no run has failed"
		}
	case keys.FlowFix:
		if !ended {
			return "no run has failed"
		}
		if _, ok := v.firstRemedy(); !ok {
			return "there is nothing that fob could do"
		}
	case keys.FlowKeep:
		if v == nil || v.run.result.StoreErr == nil {
			return "everything is stored"
		}
		return v.work.Busy()
	case keys.FlowCopy:
		if v == nil || v.run.result.Set.AccessToken.IsZero() {
			return "there is no token yet"
		}
	case keys.Open:
		if v != nil && !v.exchange.IsOpen() && !v.canOpen() {
			return "this step has no exchange to show"
		}
	case keys.Filter:
		if v != nil && !v.exchange.IsOpen() && len(v.run.steps) == 0 {
			return "there are no steps yet"
		}
	}
	return ""
}

// do performs an action.
func (v *runView) do(a keys.Action) tea.Cmd {
	prompt := v.run.prompt()
	switch a {
	case keys.FlowCancel:
		if v.run.pending() == nil {
			v.run.work.Cancel()
		}
		v.decide(decision{err: wire.ErrAborted})
	case keys.FlowSend:
		v.decide(decision{})
	case keys.FlowSendAll:
		v.decide(decision{all: true})
	case keys.FlowEdit:
		v.editor = newRequestEditor(v.ctx.Styles, v.run.pending().pending)
	case keys.FlowBrowser:
		return v.openBrowser(pageOf(prompt))
	case keys.FlowCopyURL:
		return pane.Send(pane.CopyMsg{What: "URL", Text: prompt.URL})
	case keys.FlowCopyOTP:
		return pane.Send(pane.CopyMsg{What: "user code", Secret: prompt.UserCode})
	case keys.FlowPaste:
		v.prompts.pasting = true
		v.prompts.field = widget.Input{Placeholder: "the whole URL on which the browser ended"}
	case keys.FlowQR:
		v.prompts.qr = !v.prompts.qr
	case keys.FlowKeep:
		return v.storeAgain()
	case keys.FlowExport:
		return v.export()
	case keys.FlowWhy:
		m, _ := v.shownError()
		m.Requested = true
		return pane.Send(m)
	case keys.FlowFix:
		r, _ := v.firstRemedy()
		return r.Do
	case keys.FlowCopy:
		return pane.Send(pane.CopyMsg{What: "access token", Secret: v.run.result.Set.AccessToken})
	default:
		v.navigate(a)
	}
	return nil
}

// navigate moves the cursor, or opens and closes what is under it.
func (v *runView) navigate(a keys.Action) {
	switch {
	case a == keys.Open && v.exchange.IsOpen():
		v.exchange.Back()
	case a == keys.Open:
		v.open()
	case (a == keys.Left || a == keys.Right) && !v.exchange.IsOpen():
		e, ok := v.steps.selected()
		if a == keys.Right && ok && !e.group() && e.last().Exchange != nil {
			v.exchange.Show(v.ctx.Styles, *e.last().Exchange)
			return
		}
		v.steps.unfold(a == keys.Right)
	case a != keys.Left && a != keys.Right && v.prompts.hidden > 0:
		v.prompts.scrollBy(a)
	case v.exchange.IsOpen():
		v.exchange.Do(a)
	default:
		v.steps.do(a)
	}
}

// decide sends the decision on the pending request.
func (v *runView) decide(d decision) {
	v.editor = nil
	v.run.decide(d)
}

// open opens the token at the end of a successful run, else the group or the exchange under the cursor.
func (v *runView) open() {
	e, ok := v.steps.selected()
	switch {
	case v.opensToken():
		v.ctx.Request(pane.SelectMsg{ID: v.run.result.Meta.ID, Open: true})
	case ok && e.group():
		v.steps.unfold(!e.open)
	case ok && e.last().Exchange != nil:
		v.exchange.Show(v.ctx.Styles, *e.last().Exchange)
	}
}

// canOpen reports whether enter opens something.
func (v *runView) canOpen() bool {
	e, ok := v.steps.selected()
	return v.opensToken() || ok && (e.group() || e.last().Exchange != nil)
}

// opensToken reports whether enter opens the token.
func (v *runView) opensToken() bool {
	e, ok := v.steps.selected()
	return v.run.succeeded() && (!ok || v.steps.atEnd() || !e.group() && e.last().Exchange == nil)
}

// storedMsg is the result of storing the tokens of a run again.
type storedMsg struct {
	run *run
	err error
}

// storeAgain tries again to store tokens that could not be stored.
func (v *runView) storeAgain() tea.Cmd {
	svc, r, result := v.ctx.Service, v.run, v.run.result
	return v.work.Run(v.ctx, "storing the tokens", func(ctx context.Context) ([]tea.Msg, error) {
		if err := svc.RetryStore(ctx, result); err != nil {
			return []tea.Msg{storedMsg{r, err}}, err
		}
		return []tea.Msg{storedMsg{r, nil}, pane.ToastMsg{Text: "the tokens are stored"}, pane.ReloadMsg{}}, nil
	})
}

func (v *runView) openBrowser(url string) tea.Cmd {
	svc := v.ctx.Service
	return v.work.Run(v.ctx, "opening a browser", func(ctx context.Context) ([]tea.Msg, error) {
		if err := svc.OpenBrowser(ctx, url); err != nil {
			return nil, err
		}
		return []tea.Msg{pane.ToastMsg{Text: "a browser was started"}}, nil
	})
}

// sendRedirect sends the run a redirect URL that the user pasted.
func (v *runView) sendRedirect(text string) tea.Cmd {
	text = strings.TrimSpace(text)
	if text == "" || v.run.prompt() == nil {
		return nil
	}
	select {
	case v.run.redirect <- text:
		return nil
	default:
		return pane.Send(pane.ToastMsg{Text: "a pasted URL is being checked already"})
	}
}

// shownError is the error that ended the run, with the sign-in that it is about.
func (v *runView) shownError() (m pane.ErrorMsg, ok bool) {
	r := v.run
	if !r.done || r.err == nil {
		return m, false
	}
	about := r.result.Meta
	about.Profile, about.Grant = r.request.Profile, r.grant.ID
	if about.Issuer == "" {
		about.Issuer, about.ClientID = r.request.Issuer, r.request.ClientID
	}
	return pane.ErrorMsg{What: r.grant.Name, Err: r.err, About: session.ErrorContext{Session: about},
		Retry: pane.Send(retryMsg{})}, true
}

// problem is that error as it is shown. It is prepared once, because the view is drawn many times a second.
func (v *runView) problem() pane.Problem {
	if v.run.problem == nil {
		m, _ := v.shownError()
		problem := v.ctx.Explain(m)
		v.run.problem = &problem
	}
	return *v.run.problem
}

// firstRemedy is the first step of the diagnosis that the workbench can do.
func (v *runView) firstRemedy() (r pane.Remedy, ok bool) {
	if _, failed := v.shownError(); !failed || len(v.problem().Remedies) == 0 {
		return r, false
	}
	return v.problem().Remedies[0], true
}
