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
	"fob/ui/theme"
	"fob/ui/widget"
)

// pendingRequest is a request that waits, in step mode, for the user to send, edit or drop it.
type pendingRequest struct {
	pending wire.Pending
	reply   chan decision // never blocks for the one decision
}

// decision is what the user decides about a request; a nil request is sent unchanged.
type decision struct {
	request *wire.Request
	err     error
	all     bool // send all further requests without asking
}

// awaitDecision makes every request of a run wait for the user's decision.
func awaitDecision(n int64, events chan<- event) wire.Before {
	var sendAll atomic.Bool
	return func(ctx context.Context, p wire.Pending) (*wire.Request, error) {
		if sendAll.Load() {
			return nil, nil
		}
		r := &pendingRequest{pending: p, reply: make(chan decision, 1)}
		d, err := pane.Await(ctx, events, event{n: n, pending: r}, r.reply)
		if err != nil {
			return nil, err
		}
		sendAll.Store(d.all)
		return d.request, d.err
	}
}

// The fields of an edited request.
const (
	editMethod  = "method"
	editURL     = "url"
	editParams  = "parameters"
	editHeaders = "headers"
)

// requestEditor edits a request before it is sent.
type requestEditor struct {
	draft *requestDraft
	title string
	form  *widget.Form
}

func newRequestEditor(st *theme.Styles, p wire.Pending) *requestEditor {
	d := newRequestDraft(p)
	help := "One a line: name=value; ctrl+u empties a line, which drops it. An unchanged line is sent as it was, " +
		"secrets included."
	if d.location == inBody {
		help = "The body as shown; unchanged, it is sent as it was, secrets included."
	}
	list := []widget.Field{
		{Name: editURL, Label: "URL", Default: d.url, Required: true, Validate: checkURL,
			Help: "Unchanged, it is sent as it was."},
		{Name: editParams, Label: d.location.label(), Kind: widget.LinesField, Lines: 8, Default: d.body, Help: help}}
	if !d.browser {
		list = append(list,
			widget.Field{Name: editHeaders, Label: "Headers", Kind: widget.LinesField, Lines: 4,
				Default: strings.Join(d.headers.shown, "\n"), Help: "One a line: Name: value.", Validate: checkHeaders},
			widget.Field{Name: editMethod, Label: "Method", Default: d.method, Required: true})
	}
	form := widget.NewForm(st, "Send", list...)
	form.FocusTop(editParams)
	return &requestEditor{draft: d, title: tokens.VisibleLine(p.Request.What()), form: form}
}

func checkHeaders(v string) string {
	if _, err := calls.ParseHeaders(strings.Split(v, "\n")); err != nil {
		return tokens.VisibleLine(err.Error())
	}
	return ""
}

// key handles a key, and returns the edited request once it is submitted.
func (e *requestEditor) key(k tea.KeyMsg) *wire.Request {
	if e.form.Update(k) == widget.FormSubmitted {
		return e.draft.request(e.form.Values())
	}
	return nil
}

func (e *requestEditor) view(st *theme.Styles, width, height int) string {
	e.form.Styles = st
	about := st.Dim.Render(" · " + e.title + " · it is sent once, as shown")
	head := []string{st.Strong.Render("Edit the request") + about, ""}
	if height <= len(head) {
		return pane.Fit(head, width, height)
	}
	return pane.Fit(append(head, e.form.View(width, height-len(head))), width, height)
}

// minStepLines are the lines that the steps keep while a request waits, with the pane's head and the rule.
const minStepLines = 6

// pendingLines draws the request that waits, and the keys for it.
func pendingLines(st *theme.Styles, p wire.Pending, width, height int) []string {
	d := newRequestDraft(p)
	state := "This request has not been sent yet"
	if d.browser {
		state = "The browser has not been opened yet"
	}
	lines := []string{st.Warn.Render(state) + st.Dim.Render(" · "+tokens.VisibleLine(p.Request.What()))}
	lines = append(lines, widget.WrapStyled(st.Strong, d.method+" "+tokens.VisibleLine(d.url), width)...)
	hints := widget.WrapItems([]string{pane.KeyHint(st, keys.FlowSend, "sends it"),
		pane.KeyHint(st, keys.FlowEdit, "changes, drops or repeats a line"),
		pane.KeyHint(st, keys.FlowCancel, "aborts it"),
		pane.KeyHint(st, keys.FlowSendAll, "sends it and all that follow")}, width, 3)
	rows := d.rows(st)
	// The request is more important than the steps before it.
	if room := max(2, height-len(lines)-len(hints)-1-minStepLines); len(rows) > room {
		rows = append(rows[:room-1:room-1], st.Dim.Render(fmt.Sprintf("  … %d more", len(rows)-room+1)))
	}
	for _, row := range rows {
		lines = append(lines, widget.Clip(row, width))
	}
	return append(append(lines, ""), hints...)
}
