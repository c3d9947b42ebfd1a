package token

import (
	"context"
	"errors"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// editor is a form that has the whole pane. It stays until its action has succeeded, so that an error can be corrected
// where the wrong value was typed.
type editor struct {
	title, note string
	form        *widget.Form
	// done starts the form's action.
	done func(values map[string]string) tea.Cmd
	// changed updates the fields that depend on others; nil if no field does.
	changed func(values map[string]string)
}

// editorTop is the number of lines above the form.
const editorTop = 2

// fieldError is an error about the value of a field.
type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string { return e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }

// atField adds to an error which field it is about; nil stays nil.
func atField(field string, err error) error {
	if err == nil {
		return nil
	}
	return &fieldError{field, err}
}

// fail shows an error below the field that it is about, else in a notice.
func (e *editor) fail(what string, err error) tea.Cmd {
	var at *fieldError
	if e == nil || !errors.As(err, &at) || errors.Is(err, context.Canceled) || !e.form.Has(at.field) {
		return pane.Send(pane.Failed(what, err))
	}
	e.form.Problem(at.field, tokens.VisibleLine(pane.ErrorText(at)))
	return nil
}

// submit starts the form's action, unless work is running.
func (e *editor) submit(work *pane.Work) tea.Cmd {
	if work.Running() {
		return nil
	}
	return e.done(e.form.Values())
}

func (e *editor) click(y int, work *pane.Work) tea.Cmd {
	if e.form.Click(y-editorTop) == widget.FormSubmitted {
		return e.submit(work)
	}
	return nil
}

func (e *editor) key(k tea.KeyMsg, work *pane.Work) tea.Cmd {
	switch e.form.Update(k) {
	case widget.FormSubmitted:
		return e.submit(work)
	case widget.FormChanged:
		if e.changed != nil {
			e.changed(e.form.Values())
		}
	}
	return nil
}

func (e *editor) view(st *theme.Styles, progress string, width, height int) string {
	e.form.Styles = st
	title := st.Strong.Render(e.title)
	if e.note != "" {
		title += st.Dim.Render(" · " + e.note)
	}
	head := []string{widget.Clip(title, width), widget.Clip(progress, width)}
	if height <= len(head)+1 {
		return pane.Fit(head, width, height)
	}
	return pane.Fit(append(head, e.form.View(width, height-len(head))), width, height)
}
