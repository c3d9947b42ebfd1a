// Package calls is the pane that calls an API with the selected session's access token, and shows the response: status,
// time, headers, body, and why the API rejected the call.
package calls

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/calls"
	"fob/flows/explain/doctor"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// The views of a response, by the names on their tabs.
const (
	viewBody    = "Body"
	viewHeaders = "Headers"
	viewTiming  = "Timing"
	viewHistory = "History"
)

var views = []string{viewBody, viewHeaders, viewTiming, viewHistory}

// maxHistory bounds the calls of each session, and so the bodies in memory.
const maxHistory = 50

// call is one call that was made.
type call struct {
	at        time.Time
	draft     draft
	response  *calls.Response
	override  tokenOverride // the token, if it was not the session's
	body      string        // indented; redacted if the response repeats a secret
	syntax    widget.Syntax
	err       error
	diagnosis *doctor.Diagnosis // why the API rejected the call, if its challenges name an error
}

// Pane makes calls.
type Pane struct {
	ctx      *pane.Context
	session  vault.Meta
	form     *widget.Form
	editing  bool
	work     pane.Work
	history  map[string][]call // by session ID, the newest first
	seen     map[string]bool   // sessions that were selected before, by ID
	shown    *call
	view     string
	text     *widget.TextWindow
	table    *widget.Table
	top      int           // lines above the response at the last View
	override tokenOverride // replaces the session's token in the next call
}

// tokenOverride is a token of no session, for one call.
type tokenOverride struct {
	token tokens.Secret // zero: the session's is used
	name  string
}

// responseMsg brings the response to a call.
type responseMsg struct {
	n       int64
	session string
	call    call
}

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	return &Pane{ctx: ctx, view: viewBody, history: map[string][]call{}, seen: map[string]bool{}, form: newForm(ctx),
		text: widget.NewTextWindow(ctx.Styles),
		table: widget.NewTable(ctx.Styles,
			widget.Column{Title: "time", Min: 8, Drop: 2}, widget.Column{Title: "method", Min: 7},
			widget.Column{Title: "URL", Min: 16, Flex: 1}, widget.Column{Title: "status", Min: 6},
			widget.Column{Title: "took", Min: 9, Right: true, Drop: 1}, widget.Column{Title: "size", Min: 8,
				Right: true, Drop: 3}),
	}
}

// Scope implements pane.Pane.
func (p *Pane) Scope() keys.Scope { return keys.Calls }

// Title implements pane.Pane.
func (p *Pane) Title() string { return "Calls" }

// Editing implements pane.Pane.
func (p *Pane) Editing() bool {
	return p.editing || p.text.Editing() || p.view == viewHistory && p.table.Editing()
}

// Update implements pane.Pane.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case pane.SelectedMsg:
		p.selectSession(m.Meta)
		return nil
	case responseMsg:
		p.handleResponse(m)
		return nil
	case pane.CallWithTokenMsg:
		p.override = tokenOverride{m.Token, m.Name}
		return nil
	case retryMsg:
		return p.send()
	case pane.ClickMsg:
		return p.click(m.Y)
	case tea.KeyMsg:
		return p.key(m)
	}
	return p.work.Update(msg)
}

// selectSession shows another session: its calls, and its API unless a URL has been typed.
func (p *Pane) selectSession(m vault.Meta) {
	if m.ID == p.session.ID {
		p.session = m
		return
	}
	p.session = m
	// The first call of a session that began with an API's address goes to that API. Otherwise what was typed stays:
	// the same call with another token.
	if session.LoginAPI(m) != "" && !p.seen[m.ID] && !p.editing {
		p.form = newForm(p.ctx)
	}
	p.seen[m.ID] = true
	if !p.form.Touched(fieldURL) {
		p.form.SetFields(fields(p.api())...)
	}
	p.show(nil)
	if list := p.history[m.ID]; len(list) > 0 {
		p.show(&list[0])
	}
	p.listHistory()
}

// api is the base URL of calls with the session.
func (p *Pane) api() string { return p.ctx.Service.APIBaseURL(p.session) }

// click moves the cursor to where the mouse was pressed.
func (p *Pane) click(y int) tea.Cmd {
	switch {
	case p.editing:
		if p.form.Click(y-formTop) == widget.FormSubmitted {
			p.editing = false
			return p.send()
		}
	case p.view == viewHistory:
		p.table.Click(y - p.top)
	}
	return nil
}

// formTop is the number of lines above the form.
const formTop = 2

func (p *Pane) key(k tea.KeyMsg) tea.Cmd {
	switch {
	case p.editing:
		if p.form.Update(k) == widget.FormSubmitted {
			p.editing = false
			return p.send()
		}
	case p.view == viewHistory:
		p.table.Update(k)
	default:
		p.text.Update(k)
	}
	return nil
}

// send makes the call that the form describes.
func (p *Pane) send() tea.Cmd {
	d := readDraft(p.form)
	request, err := d.request(p.api())
	if err != nil {
		p.editing = true
		return pane.Send(pane.Failed("Reading the request", err))
	}
	svc, id, now, override := p.ctx.Service, p.session.ID, p.ctx.Now(), p.override
	p.override = tokenOverride{}
	what := d.method + " " + tokens.VisibleLine(request.URL)
	return p.work.Start(p.ctx, what, func(ctx context.Context, n int64) tea.Msg {
		c := call{at: now, draft: d, override: override}
		if override.token.IsZero() {
			c.response, c.err = svc.Call(ctx, id, request)
		} else {
			c.response, c.err = svc.CallWithToken(ctx, id, override.token, request)
		}
		if diagnosis, ok := svc.DiagnoseCall(ctx, id, c.response); ok {
			c.diagnosis = &diagnosis
		}
		if c.response != nil {
			c.body, c.syntax = readableBody(c.response)
		}
		return responseMsg{n, id, c}
	})
}

// readableBody is the body for reading. If it repeats a secret, it is the recorded one, with fingerprints in place of
// secrets.
func readableBody(r *calls.Response) (string, widget.Syntax) {
	body := r.Body
	if r.EchoesSecret && r.Exchange != nil && r.Exchange.Response != nil {
		body = []byte(r.Exchange.Response.Body)
	}
	if r.Encoded {
		return fmt.Sprintf("[%d bytes, encoded with %s, which fob does not decode]", r.Size, r.Encoding), widget.Plain
	}
	syntax := widget.Plain
	if json.Valid(body) && len(body) > 0 {
		syntax = widget.JSON
	}
	return calls.Pretty(body, r.Header.Get("Content-Type")), syntax
}

// handleResponse keeps a call, and shows it if it is the awaited one.
func (p *Pane) handleResponse(m responseMsg) {
	list := append([]call{m.call}, p.history[m.session]...)
	p.history[m.session] = list[:min(len(list), maxHistory)]
	p.listHistory()
	if !p.work.Done(m.n) || m.session != p.session.ID {
		return
	}
	if p.view == viewHistory {
		p.view = viewBody
	}
	p.show(&p.history[m.session][0])
}

// show shows a call; nil for none.
func (p *Pane) show(c *call) {
	p.shown = c
	p.fill()
}

// fill puts the shown view's text into the window.
func (p *Pane) fill() {
	switch {
	case p.shown == nil || p.shown.response == nil:
		p.text.SetText("", widget.Plain)
	case p.view == viewBody:
		p.text.SetText(p.shown.body, p.shown.syntax)
	case p.view == viewHeaders:
		p.text.SetText(headerText(p.shown.response), widget.HTTP)
	}
}

// headerText is the header of the response as it was recorded: secrets as fingerprints.
func headerText(r *calls.Response) string {
	var b strings.Builder
	if r.Exchange != nil && r.Exchange.Response != nil {
		for _, f := range r.Exchange.Response.Header {
			b.WriteString(f.Name + ": " + f.Value + "\n")
		}
	}
	return b.String()
}

// Back implements pane.Pane.
func (p *Pane) Back() bool {
	switch {
	case p.editing:
		p.editing = false
	case p.work.Cancel():
	case !p.override.token.IsZero():
		p.override = tokenOverride{}
	case p.view == viewHistory && p.table.Back(), p.view != viewHistory && p.text.Back():
	case p.view != viewBody:
		p.view = viewBody
		p.fill()
	default:
		return false
	}
	return true
}

// Cancel implements pane.Canceller.
func (p *Pane) Cancel() bool { return p.work.Cancel() }

// Disabled implements pane.Pane.
func (p *Pane) Disabled(a keys.Action) string {
	switch a {
	case keys.CallSend, keys.CallCurl:
		switch {
		case p.session.ID == "" && p.override.token.IsZero():
			return "no session is selected"
		case p.form.Value(fieldURL) == "":
			return "there is no URL yet"
		case a == keys.CallSend && p.work.Running():
			return "busy"
		}
	case keys.CallCopy, keys.CallInspect:
		if p.shown == nil || p.shown.response == nil {
			return "there is no response yet"
		}
	case keys.CallView, keys.Filter:
		if p.shown == nil {
			return "there is no response yet"
		}
	case keys.CallWhy:
		if p.shown == nil || p.shown.response == nil || p.shown.response.Status < 400 ||
			p.shown.response.Exchange == nil {
			return "no call was rejected"
		}
	case keys.CallStepUp:
		if len(p.stepUpValues()) == 0 {
			return "the API requires no other sign-in"
		}
	case keys.CallNext, keys.CallPrev:
		if p.shown == nil || !p.text.Searching() {
			return "search the response first with /"
		}
	}
	return ""
}

// Do implements pane.Pane.
func (p *Pane) Do(a keys.Action) tea.Cmd {
	switch a {
	case keys.CallEdit:
		p.editing = true
	case keys.CallSend:
		return p.send()
	case keys.CallView, keys.Right:
		p.cycleView(1)
	case keys.Left:
		p.cycleView(-1)
	case keys.CallCopy:
		return p.copyBody()
	case keys.CallCurl:
		command, err := p.curl()
		if err != nil {
			p.editing = true
			return pane.Send(pane.Failed("Writing the curl command", err))
		}
		return pane.Send(pane.CopyMsg{What: "curl command", Text: command})
	case keys.CallInspect:
		return p.inspect()
	case keys.CallWhy:
		p.ctx.Request(pane.RejectedCallMsg{Exchange: *p.shown.response.Exchange, Token: p.shown.override.token})
		p.ctx.Request(pane.FocusMsg{Scope: keys.Token})
	case keys.CallStepUp:
		p.ctx.Request(pane.SignInMsg{Session: p.session, Values: p.stepUpValues(),
			Why: "filled in as the API requires: ctrl+x signs in"})
	case keys.CallNext:
		p.text.NextMatch(1)
	case keys.CallPrev:
		p.text.NextMatch(-1)
	case keys.Open:
		p.openRow()
	default:
		if p.view == viewHistory {
			p.table.Do(a)
		} else {
			p.text.Do(a)
		}
	}
	return nil
}

func (p *Pane) cycleView(d int) {
	if p.shown == nil {
		return
	}
	p.view = views[(p.tabIndex()+d+len(views))%len(views)]
	p.fill()
}

// openRow edits the request, or shows a call of the history.
func (p *Pane) openRow() {
	if p.view != viewHistory {
		p.editing = true
		return
	}
	i, list := p.table.Cursor(), p.history[p.session.ID]
	if i < 0 || i >= len(list) {
		return
	}
	list[i].draft.fill(p.form)
	p.view = viewBody
	p.show(&list[i])
}

// copyBody copies the body unchanged; one that repeats a token is copied as a secret.
func (p *Pane) copyBody() tea.Cmd {
	r := p.shown.response
	if r.EchoesSecret {
		return pane.Send(pane.CopyMsg{What: "body, which repeats a token", Secret: tokens.NewSecret(string(r.Body))})
	}
	return pane.Send(pane.CopyMsg{What: "body", Text: string(r.Body)})
}

// inspect shows the token in the response.
func (p *Pane) inspect() tea.Cmd {
	body := p.shown.response.Body
	return func() tea.Msg {
		found := findToken(body)
		if found.IsZero() {
			return pane.ToastMsg{Text: "the response contains no token that fob recognizes"}
		}
		return pane.InspectMsg{Raw: found}
	}
}
