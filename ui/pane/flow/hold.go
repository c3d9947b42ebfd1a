package flow

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/calls"
	"fob/flows/wire"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// held is a request that waits, in step mode, for the person to send, edit or abort it.
type held struct {
	pending wire.Pending
	reply   chan decision // takes one without blocking
}

// decision is what the person wants with a request; a nil request goes as it is.
type decision struct {
	request *wire.Request
	err     error
	all     bool // no further request is to wait
}

// hold lets every request of a run wait until the person has decided.
func hold(n int64, events chan<- event) wire.Before {
	var free atomic.Bool
	return func(ctx context.Context, p wire.Pending) (*wire.Request, error) {
		if free.Load() {
			return nil, nil
		}
		h := &held{pending: p, reply: make(chan decision, 1)}
		d, err := pane.Await(ctx, events, event{n: n, held: h}, h.reply)
		if err != nil {
			return nil, err
		}
		free.Store(d.all)
		return d.request, d.err
	}
}

// decide lets the waiting request go.
func (p *Pane) decide(d decision) {
	h := p.run.waiting()
	if h == nil {
		return
	}
	p.run.held = p.run.held[1:]
	p.edit = nil
	h.reply <- d
}

// The fields of an edited request.
const (
	editMethod  = "method"
	editURL     = "url"
	editParams  = "parameters"
	editHeaders = "headers"
)

// editHeld opens the waiting request for editing.
func (p *Pane) editHeld() {
	d := newDraft(p.run.waiting().pending)
	help := "One a line: name=value; ctrl+u empties a line, which drops it. One left as it is goes as it was, secrets included."
	if d.place == inText {
		help = "The body as it is shown; left as it is it goes as it was, secrets included."
	}
	list := []widget.Field{
		{Name: editURL, Label: "URL", Default: d.url, Required: true, Validate: checkURL,
			Help: "Left as it is it goes as it was."},
		{Name: editParams, Label: d.place.label(), Kind: widget.LinesField, Lines: 8, Default: d.body, Help: help}}
	if !d.browser {
		list = append(list,
			widget.Field{Name: editHeaders, Label: "Headers", Kind: widget.LinesField, Lines: 4,
				Default: strings.Join(d.headers.shown, "\n"), Help: "One a line: Name: value.", Validate: checkHeaders},
			widget.Field{Name: editMethod, Label: "Method", Default: d.method, Required: true})
	}
	p.editing = d
	p.edit = widget.NewForm(p.ctx.Styles, "Send", list...)
	p.edit.FocusTop(editParams)
}

func checkHeaders(v string) string {
	if _, err := calls.ParseHeaders(strings.Split(v, "\n")); err != nil {
		return tokens.VisibleLine(err.Error())
	}
	return ""
}

// editKey takes keys while a request is edited.
func (p *Pane) editKey(k tea.KeyMsg) {
	if p.edit.Update(k) == widget.FormSubmitted {
		p.decide(decision{request: p.editing.request(p.edit.Values())})
	}
}

// heldLines show the request that waits, and what can be done with it.
func (p *Pane) heldLines(h *held, width, height int) []string {
	st, d := p.ctx.Styles, newDraft(h.pending)
	what := "This request has not left yet"
	if d.browser {
		what = "The browser was not sent there yet"
	}
	out := []string{st.Warn.Render(what) + st.Dim.Render(" · "+tokens.VisibleLine(h.pending.Request.What()))}
	for _, l := range widget.Wrap(d.method+" "+tokens.VisibleLine(d.url), width) {
		out = append(out, st.Strong.Render(l))
	}
	hints := widget.WrapItems([]string{pane.KeyHint(st, keys.FlowSend, "sends it"),
		pane.KeyHint(st, keys.FlowEdit, "changes, drops or repeats a line"),
		pane.KeyHint(st, keys.FlowCancel, "aborts it"), pane.KeyHint(st, keys.FlowSendAll,
			"sends it and all that follow")}, width, 3)
	rows := p.heldRows(d)
	// What is about to leave matters more than the steps before it.
	if most := max(2, height-len(out)-len(hints)-1-stepsAbove); len(rows) > most {
		rows = append(rows[:most-1:most-1], st.Dim.Render(fmt.Sprintf("  … %d more", len(rows)-most+1)))
	}
	for _, row := range rows {
		out = append(out, widget.Clip(row, width))
	}
	return append(append(out, ""), hints...)
}

// stepsAbove are the lines that the steps keep while a request waits, with the pane's head and the rule.
const stepsAbove = 6

// heldRows are the parameters or the body, then the header fields.
func (p *Pane) heldRows(d *draft) []string {
	st := p.ctx.Styles
	var rows []string
	for _, line := range strings.Split(d.body, "\n") {
		name, value, isPair := strings.Cut(line, "=")
		switch {
		case d.body == "":
		case isPair && d.place != inText:
			rows = append(rows, "  "+st.Accent.Render(tokens.VisibleLine(name))+st.Dim.Render("=")+tokens.VisibleLine(value))
		default:
			rows = append(rows, "  "+tokens.VisibleLine(line))
		}
	}
	if d.browser {
		return rows
	}
	for _, line := range d.headers.shown {
		rows = append(rows, "  "+st.Dim.Render(tokens.VisibleLine(line)))
	}
	return rows
}

// viewEdit draws the request that is being edited.
func (p *Pane) viewEdit(width, height int) string {
	st := p.ctx.Styles
	p.edit.Styles = st
	head := []string{st.Strong.Render("Edit the request") +
		st.Dim.Render(" · "+tokens.VisibleLine(p.run.waiting().pending.Request.What())+
			" · it is sent once, as shown"), ""}
	if height <= len(head) {
		return pane.Fit(head, width, height)
	}
	return pane.Fit(append(head, p.edit.View(width, height-len(head))), width, height)
}
