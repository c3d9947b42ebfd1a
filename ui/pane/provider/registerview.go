package provider

import (
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// registerHead is the number of lines above the form.
const registerHead = 2

// view implements screen.
func (r *registerScreen) view(width, height int) []string {
	st := r.ctx.Styles
	title, spec := "Register a client", "RFC 7591"
	if r.changedProfile != "" {
		title, spec = "Change the registration of "+tokens.VisibleLine(r.changedProfile), "RFC 7592"
	}
	work := r.work.View(r.ctx)
	head := widget.Clip(st.Strong.Render(title)+st.Dim.Render(" · "+tokens.VisibleLine(r.metadata.Issuer)+" · "+spec),
		width)
	room := max(1, height-registerHead)
	switch {
	case r.pending != nil:
		r.request.Styles = st
		hints := widget.WrapItems([]string{pane.KeyHint(st, keys.ProviderSend, "sends it"),
			pane.KeyHint(st, keys.Back, "back to the form, unsent")}, width, 3)
		lines := []string{head,
			st.Warn.Render(widget.Clip("This request has not been sent yet. Secrets are shown as fingerprints.",
				width)),
			""}
		return append(append(lines, r.request.View(width, max(1, room-len(hints)-2)), ""), hints...)
	case r.failed:
		return []string{head, "", st.Warn.Render(widget.Clip("The registration could not be read.", width)), "",
			pane.KeyHint(st, keys.Back, "back")}
	case r.stage == filling:
		r.form.Styles = st
		return []string{head, r.unsavedNote(width), r.form.View(width, room)}
	case r.stage == done:
		return append([]string{head, ""}, r.viewResult(width)...)
	}
	return []string{head, "", work}
}

// unsavedNote warns, before anything is registered, what of it would not be stored.
func (r *registerScreen) unsavedNote(width int) string {
	lost := r.ctx.Service.RegistrationWarning()
	if lost == "" || r.changedProfile != "" {
		return ""
	}
	return r.ctx.Styles.Warn.Render(widget.Clip(lost, width))
}

func (r *registerScreen) viewResult(width int) []string {
	st := r.ctx.Styles
	done := "The client is registered, and is the profile " + tokens.VisibleLine(r.profile) + "."
	if r.changedProfile != "" {
		done = "The registration was changed."
	}
	var lines []string
	lines = append(lines, widget.WrapStyled(st.Good, done, width)...)
	hints := []string{pane.KeyHint(st, keys.Back, "back")}
	if r.then != nil {
		hints = append([]string{pane.KeyHint(st, keys.Open, r.thenDoes)}, hints...)
	}
	lines = append(append(lines, widget.WrapItems(hints, width, 3)...), "")
	facts := registeredFacts(r.client, r.profile, r.ctx.Service.VaultName())
	return append(lines, pane.FactLines(st, facts, width)...)
}
