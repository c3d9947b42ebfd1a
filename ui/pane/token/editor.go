package token

import (
	"context"
	"errors"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/pane"
	"fob/ui/widget"
)

// editor is a form that has the whole pane. It stays until what was asked with it has been done, so that a failure can
// be mended where it was typed.
type editor struct {
	title, note string
	form        *widget.Form
	done        func(values map[string]string) tea.Cmd
	// changed sets the fields that depend on others; nil: none do.
	changed func(values map[string]string)
}

// editorTop is how many lines stand above the form.
const editorTop = 2

// fieldError is an error that a field of the form brought about.
type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string { return e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }

// atField says which field an error is about; nil stays nil.
func atField(field string, err error) error {
	if err == nil {
		return nil
	}
	return &fieldError{field, err}
}

// editorFailed says what has failed, below the field that it is about where one is.
func (p *Pane) editorFailed(what string, err error) tea.Cmd {
	var at *fieldError
	if p.editor == nil || !errors.As(err, &at) || errors.Is(err, context.Canceled) || !p.editor.form.Has(at.field) {
		return pane.Send(pane.Failed(what, err))
	}
	p.editor.form.Problem(at.field, tokens.VisibleLine(pane.Why(at)))
	return nil
}

// submitted does what the form is for, once at a time.
func (p *Pane) submitted() tea.Cmd {
	if p.act.Running() {
		return nil
	}
	return p.editor.done(p.editor.form.Values())
}

func (p *Pane) editorKey(k tea.KeyMsg) tea.Cmd {
	e := p.editor
	switch e.form.Update(k) {
	case widget.FormSubmitted:
		return p.submitted()
	case widget.FormChanged:
		if e.changed != nil {
			e.changed(e.form.Values())
		}
	}
	return nil
}

func (p *Pane) editorView(width, height int) string {
	st, e := p.ctx.Styles, p.editor
	e.form.Styles = st
	title := st.Strong.Render(e.title)
	if e.note != "" {
		title += st.Dim.Render(" · " + e.note)
	}
	working := p.progressLine()
	head := []string{widget.Clip(title, width), widget.Clip(working, width)}
	if height <= len(head)+1 {
		return pane.Fit(head, width, height)
	}
	return pane.Fit(append(head, e.form.View(width, height-len(head))), width, height)
}
