package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"fob/flows"
	"fob/tokens"
	"fob/ui/widget"
)

// stepPrinter prints a run on standard error as it happens. Prompts are always printed, steps on a terminal or with
// --steps.
type stepPrinter struct {
	a       *app
	ctx     context.Context
	steps   bool    // print one line a step
	detail  bool    // print what each step means
	paste   *paster // nil if pasting is not offered
	always  bool    // --paste: read from the start
	n       int     // number of the step
	lastURL string
}

func (a *app) newStepPrinter(ctx context.Context, verbose bool) *stepPrinter {
	return &stepPrinter{a: a, ctx: ctx, steps: a.tty.err || verbose, detail: verbose}
}

// observe prints one step.
func (p *stepPrinter) observe(s flows.Step) {
	switch c := s.Check; {
	case p.steps:
		p.line(s)
	case s.Notice:
		p.a.note("note: %s", s.Title)
	case c != nil && c.ID == tokens.CheckPublicKeys && c.Outcome == tokens.Warned:
		p.a.note("warning: %s: %s", c.Received, c.Because) // it affects every client of this server
	case c != nil && c.ID == tokens.CheckOrigin && c.Outcome == tokens.Warned:
		p.a.note("warning: endpoints are on other hosts than the issuer %s: %s", c.Expected, c.Received)
	}
	if s.Prompt != nil {
		p.prompt(*s.Prompt)
	}
}

func (p *stepPrinter) line(s flows.Step) {
	w := p.a.stderr
	if s.Check != nil {
		// Passed checks are printed only with --steps.
		if p.detail || s.Check.Outcome == tokens.Failed || s.Check.Outcome == tokens.Warned {
			_, _ = fmt.Fprintln(w, tokens.VisibleLine(checkLine(*s.Check)))
		}
		return
	}
	p.n++ // checks are steps without a number
	text := fmt.Sprintf("%3d  %s: %s", p.n, lanes(s), s.Title)
	if x := s.Exchange; x != nil && x.Response != nil {
		text += fmt.Sprintf("  [HTTP %d, %s]", x.Response.Status, x.Timing.Total.Round(time.Millisecond))
	}
	if len(s.Edited) > 0 {
		text += "  [edited: " + strings.Join(s.Edited, ", ") + "]"
	}
	if s.Err != "" {
		first, _, _ := strings.Cut(s.Err, "\n") // the full text is the error of the run
		text += "  [failed: " + first + "]"
	}
	_, _ = fmt.Fprintln(w, tokens.VisibleLine(text))
	if p.detail && s.Meaning != "" {
		meaning := s.Meaning
		if s.Spec != "" {
			meaning += " (" + s.Spec + ")"
		}
		_, _ = fmt.Fprintln(w, wrapped(tokens.VisibleLine(meaning), "     ", p.a.textWidth()))
	}
}

func lanes(s flows.Step) string {
	if s.To == "" || s.To == s.From {
		return string(s.From)
	}
	return string(s.From) + " -> " + string(s.To)
}

func checkLine(c tokens.Check) string {
	text := fmt.Sprintf("     %-7s  %s [%s]", c.Outcome, c.Title, c.ID)
	if c.Outcome == tokens.Failed || c.Outcome == tokens.Warned {
		text += fmt.Sprintf(": expected %s, received %s", cmp.Or(c.Expected, "nothing"), cmp.Or(c.Received, "nothing"))
	}
	if c.Because != "" {
		text += ": " + c.Because
	}
	return text
}

// prompt prints what the user has to do. The URL is on a separate line, so that it can be selected and opened however
// the terminal wraps it.
func (p *stepPrinter) prompt(pr flows.Prompt) {
	if pr.URL == p.lastURL && pr.ShownCode == "" && pr.Text == "" {
		return
	}
	p.lastURL = pr.URL
	w := p.a.stderr
	if pr.URL == "" {
		_, _ = fmt.Fprintf(w, "\n%s\n", tokens.VisibleLine(pr.Text))
		p.timeLeft(pr)
		return
	}
	switch {
	case pr.Opened:
		_, _ = fmt.Fprintln(w, "\nThe browser was opened. If it shows nothing, open this URL:")
	default:
		if pr.OpenErr != "" {
			_, _ = fmt.Fprintln(w, "\nNo browser was opened: "+tokens.VisibleLine(pr.OpenErr))
		}
		_, _ = fmt.Fprintln(w, "\nOpen this URL in a browser:")
	}
	_, _ = fmt.Fprintf(w, "\n%s\n\n", p.link(pr.URL))
	if pr.ShownCode != "" {
		_, _ = fmt.Fprintf(w, "and enter the code:  %s\n\n", tokens.VisibleLine(pr.ShownCode))
		p.qr(pr)
	}
	p.timeLeft(pr)
	p.tunnel(pr)
	p.offerPaste(pr)
}

func (p *stepPrinter) timeLeft(pr flows.Prompt) {
	if !pr.ExpiresAt.IsZero() {
		_, _ = fmt.Fprintf(p.a.stderr, "This expires at %s.\n", p.a.moment(pr.ExpiresAt))
	}
}

// link returns the URL, on a terminal as a hyperlink (OSC 8), so that a wrapped one can be clicked.
func (p *stepPrinter) link(address string) string {
	shown := tokens.VisibleLine(address)
	if !p.takesSequences() || shown != address {
		return shown
	}
	return "\x1b]8;;" + address + "\x1b\\" + shown + "\x1b]8;;\x1b\\"
}

// takesSequences reports whether standard error is a terminal that supports escape sequences.
func (p *stepPrinter) takesSequences() bool {
	return p.a.tty.err && !p.a.tty.plain && p.a.getenv("TERM") != "dumb"
}

// qr draws the verification URL with the user code as a QR code.
func (p *stepPrinter) qr(pr flows.Prompt) {
	address := pr.CompleteURL
	if address == "" {
		address = pr.URL
	}
	if !p.takesSequences() {
		return
	}
	width, height := p.a.screen()
	lines, fits := widget.QR(address, width, height)
	if !fits {
		return // the URL was printed
	}
	_, _ = io.WriteString(p.a.stderr, strings.Join(lines, "\n")+"\n\n")
}

// tunnel prints the ssh command that forwards a browser on the user's machine to the listener on this remote one.
func (p *stepPrinter) tunnel(pr flows.Prompt) {
	parts := strings.Fields(p.a.getenv("SSH_CONNECTION"))
	if pr.Opened || len(parts) < 3 || strings.Contains(pr.OpenErr, "ssh -L") {
		return
	}
	u, err := url.Parse(pr.URL)
	if err != nil {
		return
	}
	back, err := url.Parse(u.Query().Get("redirect_uri"))
	if err != nil || back.Port() == "" {
		return
	}
	_, _ = fmt.Fprintf(p.a.stderr,
		"This is a remote machine: to use the browser on yours, first run there:\n\n"+
			"  ssh -N -L %[1]s:127.0.0.1:%[1]s %s\n\n",
		back.Port(), tokens.VisibleLine(parts[2]))
}

func (p *stepPrinter) offerPaste(pr flows.Prompt) {
	if !pr.CanPaste || p.paste == nil || (pr.Opened && !p.always) {
		return
	}
	if p.a.tty.in {
		_, _ = fmt.Fprintln(p.a.stderr, "Or paste the complete redirect URL from the browser, and press enter:")
	}
	p.paste.start(p.ctx, p.a.stdin)
}
