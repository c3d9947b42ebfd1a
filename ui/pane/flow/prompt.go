package flow

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"fob/flows"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// promptLines say what the person has to do now, with a QR code beside or below where it helps and there is room. The
// URL itself is drawn by Plain, below the pane and without borders.
func (p *Pane) promptLines(prompt *flows.Prompt, width, height int) []string {
	code := p.code(prompt, width, height)
	if len(code) == 0 {
		return p.promptText(prompt, width, height)
	}
	if room := width - widget.Width(code[0]) - 2; room >= 36 {
		return beside(p.promptText(prompt, room, height), code, room)
	}
	text := p.promptText(prompt, width, height)
	if len(text)+len(code)+6 > height {
		return text
	}
	return append(text, code...)
}

// beside puts a block at the right of lines padded to width.
func beside(lines, block []string, width int) []string {
	var out []string
	for i := range max(len(lines), len(block)) {
		left, right := "", ""
		if i < len(lines) {
			left = lines[i]
		}
		if i < len(block) {
			right = block[i]
		}
		out = append(out, widget.Pad(left, width)+"  "+right)
	}
	return out
}

// roomyFrom is the height from which a code stands below what is said of it, with room around it. On less it is first.
const roomyFrom = 16

// promptText is what the person has to do, in words and keys.
func (p *Pane) promptText(prompt *flows.Prompt, width, height int) []string {
	st := p.ctx.Styles
	var lines []string
	add := func(text string) { lines = append(lines, widget.Wrap(text, width)...) }
	codeWidth := 2 + widget.Width(prompt.ShownCode)
	switch {
	case prompt.URL == "":
		add(prompt.Text)
		return append(lines, p.codeLife(prompt, width))
	case prompt.ShownCode != "" && height < roomyFrom:
		lines = append(lines, "  "+st.Strong.Render(prompt.ShownCode)+p.codeLife(prompt, width-codeWidth))
		add("Enter this code on the page below.")
	case prompt.ShownCode != "":
		add("Open the page below on any device and enter this code:")
		lines = append(lines, "", "  "+st.Strong.Render(prompt.ShownCode)+p.codeLife(prompt, width-codeWidth), "")
	case prompt.Opened:
		add("A browser was opened: sign in there. fob waits for it to come back.")
	case prompt.OpenErr != "":
		add(st.Warn.Render("No browser was opened: " + prompt.OpenErr))
		add("Open the URL below yourself.")
	default:
		add("Open the URL below in a browser and sign in.")
	}
	if p.pasting {
		return append(lines, st.Label.Render("redirect URL ")+p.paste.View(st, max(1, width-13), true),
			st.Dim.Render("enter hands it to the flow, esc leaves the field"))
	}
	return append(lines, p.promptKeys(prompt, width)...)
}

// codeLife counts a user code down, in few words where width cells hold no more: the time is never cut.
func (p *Pane) codeLife(prompt *flows.Prompt, width int) string {
	if prompt.ExpiresAt.IsZero() {
		return ""
	}
	st, now := p.ctx.Styles, p.ctx.Now()
	state := tokens.Expiry(prompt.ExpiresAt, now)
	left := tokens.Countdown(prompt.ExpiresAt, now)
	what := "    the code ends in "
	switch {
	case prompt.URL == "":
		what = "time is left for "
	case widget.Width(what)+widget.Width(left) > width:
		what = "  ends in "
	}
	return st.Dim.Render(what) + st.Level(string(state)).Render(left)
}

// promptKeys are the keys that help now.
func (p *Pane) promptKeys(prompt *flows.Prompt, width int) []string {
	st := p.ctx.Styles
	hints := []string{pane.KeyHint(st, keys.FlowBrowser, "opens it"), pane.KeyHint(st, keys.FlowCopyURL,
		"copies the URL")}
	if prompt.ShownCode != "" {
		hints = append(hints, pane.KeyHint(st, keys.FlowCopyOTP, "copies the code"))
	}
	if prompt.CanPaste {
		hints = append(hints, pane.KeyHint(st, keys.FlowPaste, "pastes the URL that the browser ended on"))
	}
	return widget.WrapItems(hints, width, 3)
}

// code is the QR code of the page, for a phone: shown at once where the person is to use another device, and for any
// page when asked for; nothing where it does not fit.
func (p *Pane) code(prompt *flows.Prompt, width, height int) []string {
	if !p.qr || p.pasting || prompt.URL == "" {
		return nil
	}
	target := prompt.URL
	if prompt.CompleteURL != "" {
		target = prompt.CompleteURL
	}
	code, ok := widget.QR(target, width, height-6)
	if !ok {
		return nil
	}
	return code
}

// FullWidth implements pane.FullWidthLines: the URL that has to be opened, whole, each of its lines a link to it.
func (p *Pane) FullWidth(width int) []string {
	if p.stage != running || p.exchange.IsOpen() {
		return nil
	}
	prompt := p.run.prompt()
	if prompt == nil || prompt.URL == "" {
		return nil
	}
	var lines []string
	for _, l := range hardWrap(tokens.VisibleLine(prompt.URL), width) {
		lines = append(lines, widget.Link(prompt.URL, p.ctx.Styles.Accent.Render(l)))
	}
	return lines
}

// FullScreen implements pane.FullWidthLines: what the person has to copy from the screen, before all words about it.
// What does not fit can be scrolled.
func (p *Pane) FullScreen(width, height int) []string {
	prompt := p.run.prompt()
	if p.pasting || prompt == nil {
		return nil
	}
	st := p.ctx.Styles
	var lines []string
	if prompt.ShownCode != "" {
		for _, l := range hardWrap(tokens.VisibleLine(prompt.ShownCode), width) {
			lines = append(lines, st.Strong.Render(l))
		}
		last := len(lines) - 1
		lines[last] = widget.Spread(lines[last], p.codeLife(prompt, width), width)
	}
	lines = append(lines, p.FullWidth(width)...)
	if len(lines) <= height {
		p.hidden = 0
		if room := height - 2 - len(lines); room > 0 {
			hints := append([]string{""}, p.promptKeys(prompt, width)...)
			lines = append(lines, hints[:min(room, len(hints))]...)
		}
		return lines
	}
	room := height - 1
	p.hidden = len(lines) - room
	p.scroll = min(p.scroll, p.hidden)
	note := fmt.Sprintf("%d-%d of %d lines", p.scroll+1, p.scroll+room, len(lines))
	hint := pane.KeyHint(st, keys.Down, "more") + "  " + pane.KeyHint(st, keys.FlowCopyURL, "copies all")
	return append(lines[p.scroll:p.scroll+room:p.scroll+room], widget.Spread(hint, st.Dim.Render(note), width))
}

// scrollAlone moves the lines of Alone.
func (p *Pane) scrollAlone(a keys.Action) {
	const page = 8
	switch a {
	case keys.Up:
		p.scroll--
	case keys.Down:
		p.scroll++
	case keys.PageUp:
		p.scroll -= page
	case keys.PageDown:
		p.scroll += page
	case keys.Home:
		p.scroll = 0
	case keys.End:
		p.scroll = p.hidden
	}
	p.scroll = max(0, min(p.scroll, p.hidden))
}

// hardWrap breaks text without spaces (a URL, a code) at exactly width cells.
func hardWrap(text string, width int) []string {
	return strings.Split(ansi.Hardwrap(text, max(1, width), true), "\n")
}
