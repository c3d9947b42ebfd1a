package flow

import (
	"context"
	"io"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/export"
	"fob/tokens"
	"fob/ui/pane"
	"fob/ui/widget"
)

// export asks for a format and writes the run to a file or to the clipboard.
func (v *runView) export() tea.Cmd {
	meta := v.run.result.Meta
	out := export.Run{Session: pane.SessionName(meta), Grant: v.run.grant.Name, Issuer: meta.Issuer,
		ClientID: meta.ClientID, Steps: v.run.steps, Ledger: meta.Ledger}
	if meta.ID == "" {
		out.Session = v.run.request.Profile
	}
	if v.run.err != nil {
		out.Err = v.run.err.Error()
	}
	formats := export.Formats()
	var items []widget.Item
	for _, f := range formats {
		items = append(items, widget.Item{Group: "Write to a file, secrets as fingerprints", Label: f.Name,
			Text: "fob-….." + strings.TrimPrefix(f.Extension, ".") + " in this folder, for you alone"})
	}
	for _, f := range formats {
		items = append(items, widget.Item{Group: "Copy, secrets as fingerprints", Label: f.Name,
			Text: "onto the clipboard"})
	}
	return pane.Send(pane.ChooseMsg{Title: "Export the run", Items: items, Choose: func(i int) tea.Cmd {
		f := formats[i%len(formats)]
		if i >= len(formats) {
			return copyRun(f, out)
		}
		at := v.ctx.Now()
		return v.work.Run(v.ctx, "writing the "+f.Name, func(context.Context) ([]tea.Msg, error) {
			path, err := pane.WriteFile(f.Extension, at, func(w io.Writer) error { return f.Write(w, out) })
			if err != nil {
				return nil, err
			}
			return []tea.Msg{pane.ToastMsg{Text: "written to " + tokens.VisibleLine(path)}}, nil
		})
	}})
}

func copyRun(f export.Format, out export.Run) tea.Cmd {
	return func() tea.Msg {
		var b strings.Builder
		if err := f.Write(&b, out); err != nil {
			return pane.Failed("Copying the "+f.Name, err)
		}
		return pane.CopyMsg{What: f.Name, Text: b.String()}
	}
}
