// Package calls is the pane that calls an API with the selected session's access token, and shows what came back:
// status, time, headers, body, and what a refusal means.
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

// The views of an answer, by the names on their tabs.
const (
	viewBody    = "Body"
	viewHeaders = "Headers"
	viewTiming  = "Timing"
	viewHistory = "History"
)

var views = []string{viewBody, viewHeaders, viewTiming, viewHistory}

// maxHistory bounds the calls kept for each session, and so the bodies in memory.
const maxHistory = 50

// call is one call that was made.
type call struct {
	at       time.Time
	draft    draft
	response *calls.Response
	with     once   // the token, where it was not the session's
	body     string // laid out, redacted where the answer repeats a secret
	syntax   widget.Syntax
	err      error
	known    *doctor.Diagnosis // why the API refused, where its challenges say
}

// Pane makes calls.
type Pane struct {
	ctx     *pane.Context
	session vault.Meta
	form    *widget.Form
	editing bool
	work    pane.Work
	history map[string][]call // by session id, the newest first
	begun   map[string]bool   // sessions that were looked at, by id
	shown   *call
	view    string
	text    *widget.TextWindow
	table   *widget.Table
	top     int  // lines above the answer at the last View
	once    once // a token for the next call in place of the session's
}

// once is a token that is no session's, for one call.
type once struct {
	token tokens.Secret // zero: there is none
	name  string
}

// sentMsg brings the answer to a call.
type sentMsg struct {
	n       int64
	session string
	call    call
}

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	return &Pane{ctx: ctx, view: viewBody, history: map[string][]call{}, begun: map[string]bool{}, form: newForm(ctx),
		text: widget.NewTextWindow(ctx.Styles),
		table: widget.NewTable(ctx.Styles,
			widget.Column{Title: "time", Min: 8, Drop: 2}, widget.Column{Title: "method", Min: 7},
			widget.Column{Title: "URL", Min: 16, Flex: 1}, widget.Column{Title: "status", Min: 6},
			widget.Column{Title: "took", Min: 9, Right: true, Drop: 1}, widget.Column{Title: "size", Min: 8, Right: true, Drop: 3}),
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
	case sentMsg:
		p.take(m)
		return nil
	case pane.CallWithTokenMsg:
		p.once = once{m.Token, m.Name}
		return nil
	case againMsg:
		return p.send()
	case pane.ClickMsg:
		return p.click(m.Y)
	case tea.KeyMsg:
		return p.key(m)
	}
	return p.work.Update(msg)
}

// selectSession turns to another session: its calls, and its API where the person has typed no URL.
func (p *Pane) selectSession(m vault.Meta) {
	if m.ID == p.session.ID {
		p.session = m
		return
	}
	p.session = m
	// The first call of a session that was started from an API's address is to that API. Else what was typed stays: the
	// same call with another token.
	if session.LoginAPI(m) != "" && !p.begun[m.ID] && !p.editing {
		p.form = newForm(p.ctx)
	}
	p.begun[m.ID] = true
	if !p.form.Touched(fieldURL) {
		p.form.SetFields(fields(p.api())...)
	}
	p.show(nil)
	if list := p.history[m.ID]; len(list) > 0 {
		p.show(&list[0])
	}
	p.listHistory()
}

// api is where calls with the session begin.
func (p *Pane) api() string { return p.ctx.Service.APIBaseURL(p.session) }

// click puts the cursor where the mouse was pressed.
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

// formTop is where the form begins.
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
	svc, id, now, with := p.ctx.Service, p.session.ID, p.ctx.Now(), p.once
	p.once = once{}
	return p.work.Start(d.method+" "+tokens.VisibleLine(request.URL), now, func(ctx context.Context, n int64) tea.Msg {
		c := call{at: now, draft: d, with: with}
		if with.token.IsZero() {
			c.response, c.err = svc.Call(ctx, id, request)
		} else {
			c.response, c.err = svc.CallWithToken(ctx, id, with.token, request)
		}
		response := c.response
		if known, ok := svc.DiagnoseCall(ctx, id, response); ok {
			c.known = &known
		}
		if response != nil {
			c.body, c.syntax = layOut(response)
		}
		return sentMsg{n, id, c}
	})
}

// layOut makes a body readable. One that repeats a secret is shown as it was recorded, with fingerprints in its place.
func layOut(r *calls.Response) (string, widget.Syntax) {
	body := r.Body
	if r.EchoesSecret && r.Exchange != nil && r.Exchange.Response != nil {
		body = []byte(r.Exchange.Response.Body)
	}
	if r.Encoded {
		return fmt.Sprintf("[%d bytes, encoded with %s, which is not undone here]", r.Size, r.Encoding), widget.Plain
	}
	syntax := widget.Plain
	if json.Valid(body) && len(body) > 0 {
		syntax = widget.JSON
	}
	return calls.Pretty(body, r.Header.Get("Content-Type")), syntax
}

// take keeps an answer, and shows it when it is the awaited one.
func (p *Pane) take(m sentMsg) {
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

// show puts a call on the screen; nil: none.
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

// headerText is the answer's fields, as they were recorded: secrets as fingerprints.
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
	case !p.once.token.IsZero():
		p.once = once{}
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
		case p.session.ID == "" && p.once.token.IsZero():
			return "no session is selected"
		case p.form.Value(fieldURL) == "":
			return "there is no URL yet"
		case a == keys.CallSend && p.work.Running():
			return "busy"
		}
	case keys.CallCopy, keys.CallInspect:
		if p.shown == nil || p.shown.response == nil {
			return "there is no answer yet"
		}
	case keys.CallView, keys.Filter:
		if p.shown == nil {
			return "there is no answer yet"
		}
	case keys.CallWhy:
		if p.shown == nil || p.shown.response == nil || p.shown.response.Status < 400 || p.shown.response.Exchange == nil {
			return "the API has refused nothing"
		}
	case keys.CallStepUp:
		if len(p.asked()) == 0 {
			return "the API asks for no other sign-in"
		}
	case keys.CallNext, keys.CallPrev:
		if p.shown == nil || !p.text.Searching() {
			return "search the answer first with /"
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
		p.turn(1)
	case keys.Left:
		p.turn(-1)
	case keys.CallCopy:
		return p.copyBody()
	case keys.CallCurl:
		return pane.Send(pane.CopyMsg{What: "curl command", Text: readDraft(p.form).curl(p.api(), p.bearer())})
	case keys.CallInspect:
		return p.inspect()
	case keys.CallWhy:
		p.ctx.Request(pane.RejectedCallMsg{Exchange: *p.shown.response.Exchange, Token: p.shown.with.token})
		p.ctx.Request(pane.FocusMsg{Scope: keys.Token})
	case keys.CallStepUp:
		p.ctx.Request(pane.SignInMsg{Session: p.session, Values: p.asked(),
			Why: "filled in as the API asks: ctrl+x signs in"})
	case keys.CallNext:
		p.text.NextMatch(1)
	case keys.CallPrev:
		p.text.NextMatch(-1)
	case keys.Open:
		p.open()
	default:
		if p.view == viewHistory {
			p.table.Do(a)
		} else {
			p.text.Do(a)
		}
	}
	return nil
}

func (p *Pane) turn(d int) {
	if p.shown == nil {
		return
	}
	p.view = views[(p.tab()+d+len(views))%len(views)]
	p.fill()
}

// open edits the request, or goes back to a call of the history.
func (p *Pane) open() {
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

// copyBody hands the answer to the clipboard as it came; one that repeats a token is treated as a secret.
func (p *Pane) copyBody() tea.Cmd {
	r := p.shown.response
	if r.EchoesSecret {
		return pane.Send(pane.CopyMsg{What: "body, which repeats a token", Secret: tokens.NewSecret(string(r.Body))})
	}
	return pane.Send(pane.CopyMsg{What: "body", Text: string(r.Body)})
}

// inspect looks for a token in the answer.
func (p *Pane) inspect() tea.Cmd {
	body := p.shown.response.Body
	return func() tea.Msg {
		found := findToken(body)
		if found.IsZero() {
			return pane.ToastMsg{Text: "the answer holds no token that fob can recognise"}
		}
		return pane.InspectMsg{Raw: found}
	}
}
