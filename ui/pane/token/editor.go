package token

import (
	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/pane"
	"fob/ui/widget"
)

// editor is a form that has the whole pane.
type editor struct {
	title, note string
	form        *widget.Form
	done        func(values map[string]string) tea.Cmd
	// changed sets the fields that depend on others; nil: none do.
	changed func(values map[string]string)
}

// editorTop is how many lines stand above the form.
const editorTop = 2

func (p *Pane) editorKey(k tea.KeyMsg) tea.Cmd {
	e := p.editor
	switch e.form.Update(k) {
	case widget.FormSubmitted:
		return e.done(e.form.Values())
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
	working := p.working()
	head := []string{widget.Clip(title, width), widget.Clip(working, width)}
	if height <= len(head)+1 {
		return pane.Fit(head, width, height)
	}
	return pane.Fit(append(head, e.form.View(width, height-len(head))), width, height)
}
