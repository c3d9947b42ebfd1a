package flow

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"fob/flows"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// promptView shows what the user has to do during a run: a page to open, a code to enter, a redirect URL to paste.
type promptView struct {
	ctx     *pane.Context
	pasting bool
	field   widget.Input // the redirect URL, while pasting
	qr      bool
	scroll  int // the first line that fullScreen shows
	hidden  int // how many lines it could not show; 0 while the pane is shown
}

// pageOf is the page to open: with the code filled in, where the server offers that.
func pageOf(p *flows.Prompt) string {
	if p.CompleteURL != "" {
		return p.CompleteURL
	}
	return p.URL
}

// lines draws what the user has to do, with a QR code beside or below it where it helps and there is room. The URL is
// drawn by urlLines, below the pane and without borders.
func (v *promptView) lines(prompt *flows.Prompt, width, height int) []string {
	code := v.qrCode(prompt, width, height)
	if len(code) == 0 {
		return v.text(prompt, width, height)
	}
	if room := width - widget.Width(code[0]) - 2; room >= 36 {
		return beside(v.text(prompt, room, height), code, room)
	}
	text := v.text(prompt, width, height)
	if len(text)+len(code)+6 > height {
		return text
	}
	return append(text, code...)
}

// beside puts a block to the right of lines padded to width.
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

// roomyFrom is the height from which a code is below its instruction, with empty lines around it. With less, it comes
// first.
const roomyFrom = 16

// text is what the user has to do, with the keys for it.
func (v *promptView) text(prompt *flows.Prompt, width, height int) []string {
	st := v.ctx.Styles
	var lines []string
	add := func(text string) { lines = append(lines, widget.Wrap(text, width)...) }
	code := func() string {
		room := width - 2 - widget.Width(prompt.ShownCode)
		return "  " + st.Strong.Render(prompt.ShownCode) + codeLifetime(v.ctx, prompt, room)
	}
	switch {
	case prompt.URL == "":
		add(prompt.Text)
		return append(lines, codeLifetime(v.ctx, prompt, width))
	case prompt.ShownCode != "" && height < roomyFrom:
		lines = append(lines, code())
		add("Enter this code on the page below.")
	case prompt.ShownCode != "":
		add("Open the page below on any device and enter this code:")
		lines = append(lines, "", code(), "")
	case prompt.Opened:
		add("A browser was opened: sign in there. fob waits for the redirect.")
	case prompt.OpenErr != "":
		add(st.Warn.Render("No browser was opened: " + prompt.OpenErr))
		add("Open the URL below yourself.")
	default:
		add("Open the URL below in a browser and sign in.")
	}
	if v.pasting {
		return append(lines, st.Label.Render("redirect URL ")+v.field.View(st, max(1, width-13), true),
			st.Dim.Render("enter sends it to the flow, esc leaves the field"))
	}
	return append(lines, promptKeys(st, prompt, width)...)
}

// codeLifetime counts a user code down, in fewer words where width is small, so that the time is never cut.
func codeLifetime(ctx *pane.Context, prompt *flows.Prompt, width int) string {
	if prompt.ExpiresAt.IsZero() {
		return ""
	}
	st, now := ctx.Styles, ctx.Now()
	state := tokens.Expiry(prompt.ExpiresAt, now)
	left := tokens.Countdown(prompt.ExpiresAt, now)
	label := "    the code expires in "
	switch {
	case prompt.URL == "":
		label = "time is left for "
	case widget.Width(label)+widget.Width(left) > width:
		label = "  ends in "
	}
	return st.Dim.Render(label) + st.Level(string(state)).Render(left)
}

// promptKeys draws the keys for a prompt.
func promptKeys(st *theme.Styles, prompt *flows.Prompt, width int) []string {
	hints := []string{pane.KeyHint(st, keys.FlowBrowser, "opens it"),
		pane.KeyHint(st, keys.FlowCopyURL, "copies the URL")}
	if prompt.ShownCode != "" {
		hints = append(hints, pane.KeyHint(st, keys.FlowCopyOTP, "copies the code"))
	}
	if prompt.CanPaste {
		hints = append(hints, pane.KeyHint(st, keys.FlowPaste, "pastes the URL that the browser ended on"))
	}
	return widget.WrapItems(hints, width, 3)
}

// qrCode is the QR code of the page, for a phone: shown where another device is to be used, and on request; nil where
// it does not fit.
func (v *promptView) qrCode(prompt *flows.Prompt, width, height int) []string {
	if !v.qr || v.pasting || prompt.URL == "" {
		return nil
	}
	code, ok := widget.QR(pageOf(prompt), width, height-6)
	if !ok {
		return nil
	}
	return code
}

// urlLines draws the whole URL that has to be opened, each line a link to it.
func urlLines(st *theme.Styles, prompt *flows.Prompt, width int) []string {
	if prompt == nil || prompt.URL == "" {
		return nil
	}
	var lines []string
	for _, l := range hardWrap(tokens.VisibleLine(prompt.URL), width) {
		lines = append(lines, widget.Link(prompt.URL, st.Accent.Render(l)))
	}
	return lines
}

// fullScreen draws only what the user has to copy from the screen, where there is no room for more. What does not fit
// can be scrolled.
func (v *promptView) fullScreen(prompt *flows.Prompt, width, height int) []string {
	if v.pasting || prompt == nil {
		return nil
	}
	st := v.ctx.Styles
	var lines []string
	if prompt.ShownCode != "" {
		for _, l := range hardWrap(tokens.VisibleLine(prompt.ShownCode), width) {
			lines = append(lines, st.Strong.Render(l))
		}
		last := len(lines) - 1
		lines[last] = widget.Spread(lines[last], codeLifetime(v.ctx, prompt, width), width)
	}
	lines = append(lines, urlLines(st, prompt, width)...)
	if len(lines) <= height {
		v.hidden = 0
		if room := height - 2 - len(lines); room > 0 {
			hints := append([]string{""}, promptKeys(st, prompt, width)...)
			lines = append(lines, hints[:min(room, len(hints))]...)
		}
		return lines
	}
	room := height - 1
	v.hidden = len(lines) - room
	v.scroll = min(v.scroll, v.hidden)
	note := fmt.Sprintf("%d-%d of %d lines", v.scroll+1, v.scroll+room, len(lines))
	hint := pane.KeyHint(st, keys.Down, "more") + "  " + pane.KeyHint(st, keys.FlowCopyURL, "copies all")
	return append(lines[v.scroll:v.scroll+room:v.scroll+room], widget.Spread(hint, st.Dim.Render(note), width))
}

// scrollBy scrolls the lines of fullScreen.
func (v *promptView) scrollBy(a keys.Action) {
	const page = 8
	switch a {
	case keys.Up:
		v.scroll--
	case keys.Down:
		v.scroll++
	case keys.PageUp:
		v.scroll -= page
	case keys.PageDown:
		v.scroll += page
	case keys.Home:
		v.scroll = 0
	case keys.End:
		v.scroll = v.hidden
	}
	v.scroll = max(0, min(v.scroll, v.hidden))
}

// FullWidth implements pane.FullWidthLines.
func (p *Pane) FullWidth(width int) []string {
	r := p.shownRun()
	if r == nil || r.exchange.IsOpen() {
		return nil
	}
	return urlLines(p.ctx.Styles, r.prompt(), width)
}

// FullScreen implements pane.FullWidthLines.
func (p *Pane) FullScreen(width, height int) []string {
	if r := p.shownRun(); r != nil {
		return r.prompts.fullScreen(r.prompt(), width, height)
	}
	return nil
}

// hardWrap breaks text without spaces (a URL, a code) at exactly width cells.
func hardWrap(text string, width int) []string {
	return strings.Split(ansi.Hardwrap(text, max(1, width), true), "\n")
}
