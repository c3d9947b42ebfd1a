package token

import (
	"context"
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// refused is what an API answered to the token.
type refusal struct {
	source   string // where the answer comes from: "GET https://api.example/me", "what was pasted"; "" when there is none
	response *inspect.Response
	sent   tokens.Secret
	dpop   bool
}

// causesMsg brings why the token is refused.
type causesMsg struct {
	n      int64
	causes []inspect.Cause
}

// why says why the token is refused: by the last refused call that was made with it, else by the token alone.
func (p *Pane) why() tea.Cmd {
	if p.refusal == nil {
		p.refusal = &refusal{}
		token := tokens.NewSecret(p.report.Token.Raw)
		for _, x := range p.ctx.Service.RefusedCalls() {
			if session.SentWith(x, token) {
				p.refusal = refusalOf(x)
				break
			}
		}
	}
	p.show(viewWhy)
	return p.findCauses()
}

// refusalOf is what can be told from the record of a call.
func refusalOf(x wire.Exchange) *refusal {
	r := &refusal{source: x.Request.Method + " " + x.Request.URL}
	r.response, r.sent, r.dpop, _ = session.AnswerOf(x) // no answer: the token alone is looked at
	return r
}

// findCauses looks for the causes with all that is known by now.
func (p *Pane) findCauses() tea.Cmd {
	if p.report == nil {
		return nil
	}
	r := session.Refusal{Report: p.report, Answer: p.refusal.response, Sent: p.refusal.sent, DPoP: p.refusal.dpop, KeysFetched: p.fetched, Made: p.minted != nil}
	if p.pasted.IsZero() {
		r.Session, r.Kind = p.meta, p.kind
	}
	if a, ok := p.response(viewIntrospection); ok {
		r.Introspection = a.body
	}
	svc := p.ctx.Service
	return p.diagnosing.Start("looking for the causes", p.ctx.Now(), func(_ context.Context, n int64) tea.Msg {
		return causesMsg{n, svc.WhyRefused(r)}
	})
}

// explainCall explains a refused call that Calls hands over. The token must be the one that was sent.
func (p *Pane) explainCall(m pane.RefusedMsg) tea.Cmd {
	r := refusalOf(m.Exchange)
	var cmd tea.Cmd
	switch {
	case !m.Token.IsZero() && !p.raw().Equal(m.Token):
		cmd = p.inspectRaw(m.Token)
	case m.Token.IsZero() && (!p.pasted.IsZero() || p.kind != tokens.Access):
		p.forget()
		p.kind = tokens.Access
		cmd = p.load()
	}
	p.nextRefusal, p.editor = r, nil
	if p.report != nil {
		return p.explainNext()
	}
	return cmd // it is explained when it has been read
}

// explainNext explains the refusal that waited for its token to be read.
func (p *Pane) explainNext() tea.Cmd {
	p.refusal, p.nextRefusal = p.nextRefusal, nil
	p.show(viewWhy)
	return p.findCauses()
}

// chooseResponse asks for the API's answer: to be pasted, or that of a call which was refused.
func (p *Pane) chooseResponse() tea.Cmd {
	const most = 20
	list := p.ctx.Service.RefusedCalls()
	list = list[:min(len(list), most)]
	if len(list) == 0 {
		p.pasteResponse()
		return nil
	}
	token := p.raw()
	items := []widget.Item{{Label: "paste", Text: "paste the API's answer: what curl -i or -v prints, a HAR entry, or the body alone"}}
	for _, x := range list {
		host, path := pane.HostPath(x.Request.URL)
		item := widget.Item{Label: pane.Status(x.Response.Status), Text: tokens.VisibleLine(x.Started.Local().Format("15:04:05") + " " + x.Request.Method + " " + host + path)}
		if !session.SentWith(x, token) {
			item.Text += " (with another token)"
		}
		items = append(items, item)
	}
	return pane.Send(pane.ChooseMsg{Title: "Which answer is to be explained?", Items: items, Choose: func(i int) tea.Cmd {
		p.ctx.Ask(chosenMsg{func() tea.Cmd {
			if i == 0 {
				p.pasteResponse()
				return nil
			}
			p.refusal = refusalOf(list[i-1])
			p.show(viewWhy)
			return p.findCauses()
		}})
		return nil
	}})
}

const fieldResponse = "answer"

// pasteResponse opens the field for the API's answer.
func (p *Pane) pasteResponse() {
	form := widget.NewForm(p.ctx.Styles, "Explain", widget.Field{Name: fieldResponse, Label: "Answer", Kind: widget.LinesField, Lines: 10, Required: true,
		Placeholder: "HTTP/1.1 401 Unauthorized", Help: "What curl -i or -v prints, a HAR entry, header lines, or the body alone. It stays on this machine.",
		Validate: func(v string) string {
			if _, _, err := session.ParseAnswer([]byte(v)); err != nil {
				return tokens.VisibleLine(err.Error())
			}
			return ""
		}})
	p.editor = &editor{title: "The API's answer", form: form, done: func(v map[string]string) tea.Cmd {
		answer, sent, err := session.ParseAnswer([]byte(v[fieldResponse]))
		if err != nil {
			return p.editorFailed("Reading the answer", atField(fieldResponse, err))
		}
		p.editor, p.refusal = nil, &refusal{source: "what was pasted", response: answer, sent: sent}
		p.show(viewWhy)
		return p.findCauses()
	}}
}

func (p *Pane) setCauses(list []inspect.Cause) {
	p.causes = list
	p.tables[viewWhy].SetRows(len(list), func(i int) []widget.Cell { return p.causeCells(list[i]) }, nil)
}

func (p *Pane) causeCells(c inspect.Cause) []widget.Cell {
	st := p.ctx.Styles
	look, word := st.Warn, "perhaps"
	if c.Certain {
		look, word = st.Bad, "because"
	}
	return []widget.Cell{{Text: word, Style: look}, {Text: c.Title, Style: st.Text}, {Text: c.Evidence, Style: st.Dim}}
}

func causeDetail(c inspect.Cause) detail {
	look := "warning"
	if c.Certain {
		look = "bad"
	}
	return newDetail(c.Title, look, "seen by", c.Evidence, "do", c.Do)
}

// whyBody says what the refusal is explained by, above the causes.
func (p *Pane) whyBody(width, height int) string {
	st, r := p.ctx.Styles, p.refusal
	if r == nil {
		return pane.Fit([]string{pane.KeyHint(st, keys.TokenWhy, "looks for the causes")}, width, height)
	}
	head := st.Dim.Render("by the token alone · ") + pane.KeyHint(st, keys.TokenAnswer, "gives the API's answer")
	if r.response != nil {
		head = st.Dim.Render("answered ") + p.statusOf(r.response) + st.Dim.Render(" · "+tokens.VisibleLine(r.source)+" · ") + pane.KeyHint(st, keys.TokenAnswer, "another answer")
	}
	lines := []string{widget.Clip(head, width)}
	switch {
	case p.diagnosing.Running():
		return pane.Fit(lines, width, height)
	case len(p.causes) == 0:
		return pane.Fit(append(lines, p.noCauseLines(width, height > 6)...), width, height)
	case height < 5:
		return p.tableWithDetail(width, height)
	}
	return strings.Join(lines, "\n") + "\n" + p.tableWithDetail(width, height-1)
}

// innocent says that no cause was found, how much that means, and what more can be asked.
func (p *Pane) noCauseLines(width int, hints bool) []string {
	st := p.ctx.Styles
	look, text := st.Good, "Nothing speaks against the token."
	switch outcome, why := p.report.Verdict(); {
	case outcome == inspect.OutcomeGood:
	case outcome != inspect.OutcomeCannotTell:
		look, text = st.Warn, tokens.VisibleLine("No usual cause of a refusal was found. What is wrong with the token: "+why+".")
	case p.opaque():
		look, text = st.Warn, "Nothing that can be read here speaks against the token: it is its issuer who knows."
	default:
		look, text = st.Warn, "Nothing speaks against the token, and nobody has verified who signed it."
	}
	var lines []string
	for _, l := range widget.Wrap(text, width) {
		lines = append(lines, look.Render(l))
	}
	if !hints {
		return lines
	}
	lines = append(lines, "")
	if p.Disabled(keys.TokenKeys) == "" && !p.opaque() {
		lines = append(lines, pane.KeyHint(st, keys.TokenKeys, "judges the signature by the issuer's keys"))
	}
	return append(lines, pane.KeyHint(st, keys.TokenIntrospect, "asks the issuer whether it was revoked"))
}

// statusOf is what the API answered, in few words.
func (p *Pane) statusOf(r *inspect.Response) string {
	if r.Status == 0 {
		return p.ctx.Styles.Warn.Render(fmt.Sprintf("with %s", pane.Size(len(r.Body))))
	}
	return pane.StatusLook(p.ctx.Styles, r.Status).Render(pane.Status(r.Status))
}
