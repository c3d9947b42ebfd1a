package flow

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
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
		select {
		case events <- event{n: n, held: h}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		select {
		case d := <-h.reply:
			free.Store(d.all)
			return d.request, d.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
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
	help := "One a line: name=value. Lines can be changed, dropped, repeated; one left as it is goes as it was, secrets included."
	if !d.form {
		help = "The body as it is shown; left as it is it goes as it was, secrets included."
	}
	p.editing = d
	p.edit = widget.NewForm(p.ctx.Styles, "Send",
		widget.Field{Name: editMethod, Label: "Method", Default: d.method, Required: true},
		widget.Field{Name: editURL, Label: "URL", Default: d.url, Required: true, Validate: checkURL, Help: "Left as it is it goes as it was."},
		widget.Field{Name: editParams, Label: map[bool]string{true: "Parameters", false: "Body"}[d.form], Kind: widget.LinesField, Lines: 8, Default: d.body, Help: help},
		widget.Field{Name: editHeaders, Label: "Headers", Kind: widget.LinesField, Lines: 4, Default: strings.Join(d.headers.shown, "\n"), Help: "One a line: Name: value.",
			Validate: func(v string) string {
				for _, line := range strings.Split(v, "\n") {
					if _, _, err := calls.ParseHeader(line); err != nil && strings.TrimSpace(line) != "" {
						return tokens.VisibleLine(err.Error())
					}
				}
				return ""
			}})
	p.edit.Focus(editParams)
}

// editKey takes keys while a request is edited.
func (p *Pane) editKey(k tea.KeyMsg) {
	if p.edit.Update(k) == widget.FormSubmitted {
		p.decide(decision{request: p.editing.request(p.edit.Values())})
	}
}

// lines are the lines of a form field as they are shown, and what each stands for.
type lines struct{ shown, real []string }

// restore puts what a line stands for in place of each line that was left as it was shown, or repeated.
func (l lines) restore(text string) []string {
	used := make([]bool, len(l.shown))
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		// Several lines may look the same and stand for different values: each is used once before any is used again.
		at := -1
		for i, shown := range l.shown {
			if shown == line && (at < 0 || used[at] && !used[i]) {
				at = i
			}
		}
		if at >= 0 {
			used[at], line = true, l.real[at]
		}
		out = append(out, line)
	}
	return out
}

// draft is a waiting request as it is edited: redacted, with the way back to what it holds.
type draft struct {
	original *wire.Request
	method   string
	url      string
	body     string
	form     bool // the body is shown one parameter a line
	params   lines
	headers  lines
}

func newDraft(p wire.Pending) *draft {
	d := &draft{original: p.Request, method: p.Shown.Method, url: p.Shown.URL, body: p.Shown.Body}
	seen := map[string]int{}
	for _, f := range p.Shown.Header {
		name := http.CanonicalHeaderKey(f.Name)
		if values := p.Request.Header[name]; seen[name] < len(values) {
			d.headers.shown = append(d.headers.shown, f.Name+": "+f.Value)
			d.headers.real = append(d.headers.real, f.Name+": "+values[seen[name]])
			seen[name]++
		}
	}
	real, shown := pairs(string(p.Request.Body)), pairs(p.Shown.Body)
	if strings.HasPrefix(p.Request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && len(real) == len(shown) {
		d.form, d.params, d.body = true, lines{shown, real}, strings.Join(shown, "\n")
	}
	return d
}

// pairs are the parameters of a form, a line each, as they read.
func pairs(body string) []string {
	var out []string
	for _, pair := range strings.Split(body, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if pair != "" {
			out = append(out, unescaped(name)+"="+unescaped(value))
		}
	}
	return out
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// request is the request that the edited values describe.
func (d *draft) request(v map[string]string) *wire.Request {
	r := d.original.Clone()
	if v[editMethod] != d.method {
		r.Method = v[editMethod]
	}
	if v[editURL] != d.url {
		r.URL = v[editURL]
	}
	switch {
	case v[editParams] == d.body:
	case !d.form:
		r.Body = []byte(v[editParams])
	default:
		var body []string
		for _, line := range d.params.restore(v[editParams]) {
			name, value, _ := strings.Cut(line, "=")
			body = append(body, url.QueryEscape(name)+"="+url.QueryEscape(value))
		}
		r.Body = []byte(strings.Join(body, "&"))
	}
	kept := http.Header{}
	for _, line := range d.headers.restore(v[editHeaders]) {
		if name, value, err := calls.ParseHeader(line); err == nil {
			kept.Add(name, value)
		}
	}
	r.Header = kept
	return r
}

// heldLines show the request that waits, and what can be done with it.
func (p *Pane) heldLines(h *held, width, height int) []string {
	st, d := p.ctx.Styles, newDraft(h.pending)
	head := st.Warn.Render("This request has not left yet") + st.Dim.Render(" · "+tokens.VisibleLine(h.pending.Request.What()))
	out := []string{head}
	for _, l := range widget.Wrap(d.method+" "+tokens.VisibleLine(d.url), width) {
		out = append(out, st.Strong.Render(l))
	}
	rows := d.headers.shown
	if d.form {
		rows = append(append([]string{}, d.params.shown...), rows...)
	} else if d.body != "" {
		rows = append(strings.Split(d.body, "\n"), rows...)
	}
	most := max(2, height/2-len(out)-2)
	for i, row := range rows {
		if i == most-1 && len(rows) > most {
			out = append(out, st.Dim.Render(fmt.Sprintf("  … %d more", len(rows)-i)))
			break
		}
		out = append(out, widget.Clip("  "+tokens.VisibleLine(row), width))
	}
	hints := []string{pane.KeyHint(st, keys.FlowSend, "sends it"), pane.KeyHint(st, keys.FlowEdit, "edits it"), pane.KeyHint(st, keys.FlowCancel, "aborts it"),
		pane.KeyHint(st, keys.FlowSendAll, "sends it and all that follow")}
	return append(append(out, ""), pane.Flow(hints, width, 3)...)
}

// viewEdit draws the request that is being edited.
func (p *Pane) viewEdit(width, height int) string {
	st := p.ctx.Styles
	p.edit.Styles = st
	head := []string{st.Strong.Render("Edit the request") + st.Dim.Render(" · "+tokens.VisibleLine(p.run.waiting().pending.Request.What())+" · it is sent once, as it stands here"), ""}
	if height <= len(head) {
		return pane.Fit(head, width, height)
	}
	return pane.Fit(append(head, p.edit.View(width, height-len(head))), width, height)
}
