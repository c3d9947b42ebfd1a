package token

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// refusal is an API's response to the token.
type refusal struct {
	source   string // of the response: "GET https://api.example/me", "pasted"; "" without one
	response *inspect.Response
	sent     tokens.Secret // the Authorization header
	dpop     bool
}

// refusalOf returns what the record of a call contains.
func refusalOf(x wire.Exchange) *refusal {
	r := &refusal{source: x.Request.Method + " " + x.Request.URL}
	r.response, r.sent, r.dpop, _ = session.RecordedResponse(x) // without a response the token alone is diagnosed
	return r
}

// The messages of a diagnosis.
type (
	// causesMsg brings why the token is rejected.
	causesMsg struct {
		n      int64
		causes []inspect.Cause
	}
	// explainMsg explains a refusal that was chosen.
	explainMsg struct{ refusal *refusal }
	// pasteResponseMsg opens the form for an API's response.
	pasteResponseMsg struct{}
)

// diagnosis is why an API rejects the shown token.
type diagnosis struct {
	ctx     *pane.Context
	table   *widget.Table
	refusal *refusal // what is explained; nil: nothing yet
	next    *refusal // what is explained once its token has been read
	causes  []inspect.Cause
	work    pane.Work
}

func (d *diagnosis) forget() {
	d.refusal, d.next = nil, nil
	d.work.Drop()
	d.set(nil)
}

func (d *diagnosis) set(causes []inspect.Cause) {
	d.causes = causes
	d.table.SetRows(len(causes), func(i int) []widget.Cell {
		st := d.ctx.Styles
		style, word := st.Warn, "perhaps"
		if causes[i].Certain {
			style, word = st.Bad, "because"
		}
		return []widget.Cell{{Text: word, Style: style}, {Text: causes[i].Title, Style: st.Text},
			{Text: causes[i].Evidence, Style: st.Dim}}
	}, nil)
}

// refusalOf returns what is explained already, else the last rejected call that was made with the token. Without one
// the token alone is diagnosed.
func (d *diagnosis) refusalOf(token tokens.Secret) *refusal {
	if d.refusal != nil {
		return d.refusal
	}
	for _, x := range d.ctx.Service.RefusedCalls() {
		if session.SentWith(x, token) {
			return refusalOf(x)
		}
	}
	return &refusal{}
}

// start looks for the causes with all evidence there is by now.
func (d *diagnosis) start(s *shownToken, introspection []byte) tea.Cmd {
	svc, r := d.ctx.Service, session.Refusal{Report: s.report, Response: d.refusal.response, Sent: d.refusal.sent,
		DPoPSent: d.refusal.dpop, Introspection: introspection, KeysFetched: s.fetched, Minted: s.minted != nil}
	if s.stored() {
		r.Session, r.Kind = s.session, s.kind
	}
	return d.work.Start(d.ctx, "looking for the causes", func(_ context.Context, n int64) tea.Msg {
		return causesMsg{n, svc.DiagnoseRefusal(r)}
	})
}

// chooseResponse asks for the API's response: to be pasted, or that of a rejected call.
func (d *diagnosis) chooseResponse(token tokens.Secret) tea.Cmd {
	const most = 20
	calls := d.ctx.Service.RefusedCalls()
	calls = calls[:min(len(calls), most)]
	if len(calls) == 0 {
		d.ctx.Request(pasteResponseMsg{})
		return nil
	}
	items := []widget.Item{{Label: "paste",
		Text: "paste the API's response: what curl -i or -v prints, a HAR entry, or the body alone"}}
	for _, x := range calls {
		host, path := pane.HostPath(x.Request.URL)
		text := x.Started.Local().Format("15:04:05") + " " + x.Request.Method + " " + host + path
		item := widget.Item{Label: pane.Status(x.Response.Status), Text: tokens.VisibleLine(text)}
		if !session.SentWith(x, token) {
			item.Text += " (with another token)"
		}
		items = append(items, item)
	}
	choose := func(i int) tea.Cmd {
		if i == 0 {
			d.ctx.Request(pasteResponseMsg{})
		} else {
			d.ctx.Request(explainMsg{refusalOf(calls[i-1])})
		}
		return nil
	}
	return pane.Send(pane.ChooseMsg{Title: "Which response is to be explained?", Items: items, Choose: choose})
}

const fieldResponse = "response"

// newResponseEditor is the form for the API's response.
func newResponseEditor(c *pane.Context) *editor {
	form := widget.NewForm(c.Styles, "Explain", widget.Field{Name: fieldResponse, Label: "Response",
		Kind: widget.LinesField, Lines: 10, Required: true, Placeholder: "HTTP/1.1 401 Unauthorized",
		Help: "What curl -i or -v prints, a HAR entry, header lines, or the body alone. It stays on this machine.",
		Validate: func(v string) string {
			if _, _, err := session.ParseResponse([]byte(v)); err != nil {
				return tokens.VisibleLine(err.Error())
			}
			return ""
		}})
	e := &editor{title: "The API's response", form: form}
	e.done = func(v map[string]string) tea.Cmd {
		response, sent, err := session.ParseResponse([]byte(v[fieldResponse]))
		if err != nil {
			return e.fail("Reading the response", atField(fieldResponse, err))
		}
		c.Request(explainMsg{&refusal{source: "pasted", response: response, sent: sent}})
		return nil
	}
	return e
}

func causeDetail(c inspect.Cause) detail {
	level := "warning"
	if c.Certain {
		level = "bad"
	}
	return newDetail(c.Title, level, "evidence", c.Evidence, "do", c.Do)
}

// head says in one line what is explained.
func (d *diagnosis) head() string {
	st, r := d.ctx.Styles, d.refusal
	switch {
	case r == nil:
		return pane.KeyHint(st, keys.TokenWhy, "looks for the causes")
	case r.response == nil:
		return st.Dim.Render("from the token only · ") + pane.KeyHint(st, keys.TokenAnswer, "adds the API's response")
	}
	status := st.Warn.Render("of " + pane.Size(len(r.response.Body)))
	if r.response.Status != 0 {
		status = pane.StatusStyle(st, r.response.Status).Render(pane.Status(r.response.Status))
	}
	return st.Dim.Render("response ") + status + st.Dim.Render(" · "+tokens.VisibleLine(r.source)+" · ") +
		pane.KeyHint(st, keys.TokenAnswer, "changes it")
}

// noCauseLines say that no cause was found, how much that means, and what more can be asked.
func noCauseLines(st *theme.Styles, v *tokenView, width int, hints, canFetchKeys bool) []string {
	style, text := st.Good, "Nothing is wrong with the token."
	switch outcome, why := v.report.Verdict(); {
	case outcome == inspect.OutcomeGood:
	case outcome != inspect.OutcomeCannotTell:
		style = st.Warn
		text = tokens.VisibleLine("No usual cause of a rejection was found. What is wrong with the token: " + why + ".")
	case v.opaque():
		style, text = st.Warn, "Nothing that can be read here is wrong with the token: only its issuer can tell."
	default:
		style, text = st.Warn, "Nothing is wrong with the token, but its signature has not been verified."
	}
	var lines []string
	lines = append(lines, widget.WrapStyled(style, text, width)...)
	if !hints {
		return lines
	}
	lines = append(lines, "")
	if canFetchKeys && !v.opaque() {
		lines = append(lines, pane.KeyHint(st, keys.TokenKeys, "verifies the signature with the issuer's keys"))
	}
	return append(lines, pane.KeyHint(st, keys.TokenIntrospect, "asks the issuer whether it was revoked"))
}

// explain shows why the token got that response.
func (p *Pane) explain(r *refusal) tea.Cmd {
	p.editor, p.diagnosis.refusal = nil, r
	p.show(viewWhy)
	return p.findCauses()
}

// findCauses looks for the causes of the refusal that is explained.
func (p *Pane) findCauses() tea.Cmd {
	if p.shown.report == nil {
		return nil
	}
	response, _ := p.online.response(viewIntrospection)
	return p.diagnosis.start(&p.shown, response.body)
}

// explainCall explains a rejected call from the Calls pane, with the token that was sent.
func (p *Pane) explainCall(m pane.RejectedCallMsg) tea.Cmd {
	r := refusalOf(m.Exchange)
	var cmd tea.Cmd
	switch {
	case !m.Token.IsZero() && !p.shown.raw().Equal(m.Token):
		cmd = p.inspectRaw(m.Token)
	case m.Token.IsZero() && (!p.shown.stored() || p.shown.kind != tokens.Access):
		p.forget()
		p.shown.kind = tokens.Access
		cmd = p.load()
	}
	p.editor = nil
	if p.shown.report != nil {
		return p.explain(r)
	}
	p.diagnosis.next = r // explained when its token has been read
	return cmd
}
