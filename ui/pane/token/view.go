package token

import (
	"fmt"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// View implements pane.Pane.
func (p *Pane) View(width, height int) string {
	st := p.ctx.Styles
	for _, t := range p.tables {
		t.Styles = st
	}
	for _, t := range p.texts {
		t.Styles = st
	}
	p.valueWindow.Styles = st
	switch {
	case p.editor != nil:
		return p.editorView(width, height)
	case p.pending != nil:
		return p.pendingBody(width, height)
	case p.meta.ID == "" && p.pasted.IsZero():
		return pane.Empty(p.ctx, "No session is selected.", ", "+keyFor(keys.PasteIn)+" to paste one, "+keyFor(keys.TokenAlter)+" to make one for tests", width, height)
	}
	lines := p.head(width, height)
	room := height - len(lines)
	if room <= 0 {
		return pane.Fit(lines, width, height)
	}
	p.top = len(lines)
	if p.view == viewChanges || p.view == viewWhy || p.view == viewClaims && p.report != nil && p.report.Err != nil {
		p.top++ // what is compared or explained, or where it broke, stands above the table
	}
	return pane.Fit(append(lines, strings.Split(p.body(width, room), "\n")...), width, height)
}

func keyFor(a keys.Action) string {
	b, _ := keys.ByAction(a)
	return b.Key()
}

// working is the first of the works that has gone on for a while.
func (p *Pane) progressLine() string {
	for _, w := range p.works() {
		if line := w.View(p.ctx.Styles, p.ctx.Now()); line != "" {
			return line
		}
	}
	return ""
}

// How much the head says of the token.
const (
	fullLength = iota
	shortLength
	minLength
)

// roomy is the height above which there is a line for what follows from an access token.
const minUseHeight = 24

// head is what the token is, the tabs, and what is going on. A small screen leaves its lines to the token.
func (p *Pane) head(width, height int) []string {
	st := p.ctx.Styles
	list := p.views()
	at := slices.Index(list, p.view)
	working := p.progressLine()
	if height <= 8 {
		parts := p.summary(minLength)
		parts = append(parts[1:], parts[0]) // verdict and life matter most where not all fits
		line := st.Title.Render("["+p.view+"]") + " " + strings.Join(parts, st.Dim.Render(" · "))
		if working != "" {
			line = working
		}
		return []string{widget.Clip(line, width)}
	}
	length := fullLength
	if height <= 20 {
		length = shortLength
	}
	lines := pane.Flow(p.summary(length), width, 3)
	if p.minted != nil {
		notes := widget.Wrap(tokens.VisibleLine(strings.Join(p.minted.notes, "; ")), width)
		if length != fullLength {
			notes = []string{strings.Join(notes, " ")}
		}
		for _, l := range notes[:min(len(notes), 3)] {
			lines = append(lines, widget.Clip(st.Dim.Render(l), width))
		}
	}
	if use := p.inUse(); use != nil && height > minUseHeight {
		lines = append(lines, widget.Clip(st.Dim.Render("in use: "+use.Line(p.ctx.Now())), width))
	}
	if p.report != nil && len(p.report.Cleaned) > 0 {
		lines = append(lines, widget.Clip(st.Dim.Render("removed before reading: "+tokens.VisibleLine(strings.Join(p.report.Cleaned, ", "))), width))
	}
	busy := working != ""
	tabs, checks := pane.TabsIn(st, list, at, width), p.ledgerLine()
	if widget.Width(tabs)+widget.Width(checks)+2 > width && !busy {
		working, checks = checks, "" // where both have no room in a line, the checks have the one below
	}
	lines = append(lines, pane.Spread(tabs, checks, width))
	if height > 20 || busy {
		lines = append(lines, widget.Clip(working, width))
	}
	return lines
}

// ledgerLine is how the checks of the session's run ended.
func (p *Pane) ledgerLine() string {
	if !p.pasted.IsZero() || len(p.meta.Ledger) == 0 {
		return ""
	}
	return p.ctx.Styles.Dim.Render("checks: ") + pane.LedgerSummary(p.ctx.Styles, p.meta.Ledger)
}

// facts are what the token is, each part by itself: which, kind, algorithm, size, verdict, life.
func (p *Pane) summary(length int) []string {
	st := p.ctx.Styles
	name := p.name()
	parts := []string{st.Strong.Render(name)}
	if p.report != nil && strings.Contains(strings.ToLower(p.report.Title), strings.ToLower(name)) {
		parts = nil // the title says it
	}
	if !p.pasted.IsZero() {
		parts = append(parts, st.Warn.Render("not stored"))
		if length == fullLength {
			parts[len(parts)-1] += st.Dim.Render(" · ") + st.Key.Render("esc") + st.Dim.Render(" "+p.backTo())
		}
	}
	if p.report == nil {
		return parts
	}
	what, rest, _ := strings.Cut(tokens.VisibleLine(p.report.Title), " · ")
	switch {
	case length != fullLength && !p.pasted.IsZero(): // what it is matters more than how it came here
		how := "pasted"
		if p.minted != nil {
			how = "made here"
		}
		parts = []string{st.Strong.Render(what), st.Warn.Render(how)}
	case length != fullLength && len(parts) == 0:
		parts = append(parts, st.Strong.Render(what))
	case len(parts) == 0:
		parts = append(parts, st.Strong.Render(what)+" · "+rest)
	case length == fullLength:
		parts = append(parts, tokens.VisibleLine(p.report.Title))
	}
	for _, more := range []string{p.verdict(length), p.life(length)} {
		if more != "" {
			parts = append(parts, more)
		}
	}
	return parts
}

// backTo says where esc goes from a token that is no session's.
func (p *Pane) backTo() string {
	switch last := p.previous[len(p.previous)-1]; {
	case !last.pasted.IsZero():
		return "back to the token before it"
	case p.meta.ID == "":
		return "puts it away"
	}
	return "back to the session"
}

func kindName(k tokens.Kind) string {
	if k == tokens.ID {
		return "ID token"
	}
	return string(k) + " token"
}

// verdict is the signature's, with the key or the reason.
func (p *Pane) verdict(length int) string {
	s := p.report.Signature
	if s == nil || p.report.Kind == inspect.KindNothing {
		return ""
	}
	st := p.ctx.Styles
	if p.report.Token != nil && p.report.Token.NoToken != "" {
		return st.Warn.Render("no token")
	}
	if p.report.Err != nil && s.Verdict != tokens.Good {
		return st.Bad.Render("broken")
	}
	if d := p.report.Decryption; d != nil && d.Verdict != tokens.Good {
		if d.Verdict == tokens.Bad {
			return st.Bad.Render("decryption BAD")
		}
		if length != fullLength {
			return st.Warn.Render("encrypted")
		}
		return st.Warn.Render("encrypted: cannot tell without the recipient's key")
	}
	switch {
	case length != fullLength && s.Verdict == tokens.Good && p.minted != nil && !p.fetched:
		return st.Good.Render("signed with the made key")
	case length == minLength && s.Verdict == tokens.Good:
		return st.Good.Render("good" + p.keyTime(s))
	case length == shortLength && s.Verdict == tokens.Good:
		return st.Good.Render("signature good" + p.keyTime(s))
	case length != fullLength && s.Verdict == tokens.Bad:
		return st.Bad.Render("BAD signature")
	case length != fullLength:
		return st.Warn.Render("unverified")
	}
	switch s.Verdict {
	case tokens.Good:
		text := "signature good"
		if p.minted != nil && !p.fetched {
			return st.Good.Render(text + ", by the key made here")
		}
		if s.Kid != "" {
			return st.Good.Render(text + " (kid " + tokens.VisibleLine(s.Kid) + p.keyTime(s) + ")")
		}
		return st.Good.Render(text + p.keyTime(s))
	case tokens.Bad:
		return st.Bad.Render("signature BAD: " + tokens.VisibleLine(s.Reason))
	}
	return st.Warn.Render("signature: cannot tell, " + tokens.VisibleLine(s.Reason))
}

// keyTime says of when the keys are that a verdict stands by, where they were not read just now.
func (p *Pane) keyTime(s *inspect.Signature) string {
	if s.KeysRead.IsZero() {
		return ""
	}
	return ", keys of " + tokens.Moment(s.KeysRead, p.ctx.Now())
}

// life is how long the token lives: by its own exp, else by what the token response said.
func (p *Pane) life(length int) string {
	at := p.meta.ExpiresAt
	switch {
	case !p.pasted.IsZero():
		at = p.times["exp"].At
	case p.kind == tokens.Refresh:
		at = p.meta.RefreshExpires
	case p.kind == tokens.ID:
		at = p.times["exp"].At
	}
	if t, ok := p.times["exp"]; ok {
		at = t.At
	}
	state := tokens.Expiry(at, p.ctx.Now())
	text := tokens.Countdown(at, p.ctx.Now())
	if at.IsZero() && p.report != nil && (p.report.Payload == nil || p.report.Err != nil) {
		text = "expiry unknown" // an exp may stand where nobody here can read it
	}
	if length != minLength && (state == tokens.Valid || state == tokens.Expiring) {
		text = "expires in " + text
	}
	return p.ctx.Styles.Level(string(state)).Render(text)
}

func (p *Pane) body(width, height int) string {
	st := p.ctx.Styles
	answer, answered := p.response(p.view)
	switch {
	case p.open:
		return p.openBody(width, height)
	case p.view == viewLedger && len(p.meta.Ledger) == 0:
		return pane.Fit([]string{st.Dim.Render("No checks are kept with this session.")}, width, height)
	case p.view == viewLedger:
		return p.tableWithDetail(width, height)
	case p.err != nil:
		return p.scroll.View(st, pane.Explain("Reading the token", p.err).Lines(st, width), width, height)
	case p.report == nil:
		return pane.Fit(nil, width, height)
	case p.view == viewChanges:
		return p.changesBody(width, height)
	case p.view == viewWhy:
		return p.whyBody(width, height)
	case p.view == viewRaw:
		return p.rawBody(width, height)
	case p.view == viewSignature:
		return p.scroll.View(st, p.signatureLines(width), width, height)
	case p.view == viewUse:
		return p.scroll.View(st, p.useLines(width), width, height)
	case p.view == viewJSON:
		return p.textView(p.texts[viewJSON], width, height)
	case answered:
		return p.answerBody(answer, width, height)
	case p.view == viewClaims && p.opaque():
		return p.scroll.View(st, p.opaqueLines(width), width, height)
	case p.view == viewClaims && p.report.Err != nil && height > 4:
		e := p.report.Err
		broken := st.Bad.Render(widget.Clip(tokens.VisibleLine(fmt.Sprintf("broken: %s (at byte %d)", e.Message, e.Offset)), width))
		return broken + "\n" + p.tableWithDetail(width, height-1)
	}
	return p.tableWithDetail(width, height)
}

// textView draws a text with the place in it at the bottom, where not all of it is seen.
func (p *Pane) textView(t *widget.TextWindow, width, height int) string {
	if height < 3 {
		return t.View(width, height)
	}
	view := t.View(width, height-1)
	position := t.Position()
	if position == "" {
		return t.View(width, height)
	}
	return view + "\n" + widget.PadLeft(p.ctx.Styles.Key.Render("↑↓")+" "+p.ctx.Styles.Dim.Render(position), width)
}

// claimCells draws one claim. A time goes on while it is shown.
func (p *Pane) claimCells(view string, r inspect.Row) []widget.Cell {
	st := p.ctx.Styles
	value, meaning, note := r.Value, r.Meaning, r.Note
	if t, ok := p.timeOf(r); ok && view == viewClaims {
		value = local(t) + "  " + tokens.Relative(t.At, p.ctx.Now())
		note = noteOf(r, t)
	}
	name := tokens.VisibleLine(r.Name)
	if r.Level == "bad" || r.Level == "warning" { // what is wrong stands first, and a mark where it is not seen
		name += problemMark
		meaning, note = note, meaning
	}
	if note != "" && meaning != "" {
		meaning += " · "
	}
	meaning += note
	look := st.Level(r.Level)
	if r.Level == "" {
		look = st.Dim
	}
	return []widget.Cell{{Text: name, Style: st.Accent}, {Text: tokens.VisibleLine(value), Style: st.Text}, {Text: tokens.VisibleLine(meaning), Style: look}}
}

// timeOf is the time that a row holds. Of a claim that stands more than once each row shows what was written there.
func (p *Pane) timeOf(r inspect.Row) (inspect.Time, bool) {
	t, ok := p.times[r.Name]
	return t, ok && r.Value == t.Local
}

// problemMark stands behind the name of a claim about which something was found.
const problemMark = " !"

// noteOf is a time's note without its beginning: how far off the time was when it was read, and the number. The value
// says both, and goes on.
func noteOf(r inspect.Row, t inspect.Time) string {
	_, note, _ := strings.Cut(strings.TrimPrefix(r.Note, t.Relative+" · "), "; ")
	return note
}

// local is a time in this machine's zone, as a person reads it.
func local(t inspect.Time) string { return t.At.Local().Format("2 Jan 2006 15:04:05") }

func (p *Pane) findingCells(f inspect.Finding) []widget.Cell {
	st := p.ctx.Styles
	look := st.Level(string(f.Severity))
	return []widget.Cell{{Text: string(f.Severity), Style: look}, {Text: tokens.VisibleLine(f.Claim), Style: st.Accent},
		{Text: tokens.VisibleLine(f.Message), Style: st.Text}, {Text: f.Spec, Style: st.Dim}}
}

func (p *Pane) checkCells(c tokens.Check) []widget.Cell {
	st := p.ctx.Styles
	return []widget.Cell{{Text: string(c.Outcome), Style: st.Level(string(c.Outcome))}, {Text: tokens.VisibleLine(c.Title), Style: st.Text},
		{Text: pane.ShortSpec(c.Spec), Style: st.Dim}}
}

// split draws the shown table with what is known of the row under the cursor.
func (p *Pane) tableWithDetail(width, height int) string {
	st, t := p.ctx.Styles, p.tables[p.view]
	t.NoHeader = height < 9
	list := func(w, h int) string { return t.View(w, h, p.ctx.Focused(p.Scope())) }
	return pane.Split(st, width, height, t.Total()+2, list, p.detailLines)
}

// opaqueLines explain a token that has nothing to read inside, and say what can be asked.
func (p *Pane) opaqueLines(width int) []string {
	st := p.ctx.Styles
	text := "This token is opaque: a handle that only the server which issued it can read. That is allowed; its meaning has to be asked for."
	switch d := p.report.Decryption; {
	case p.report.Kind == inspect.KindNothing:
		text = "There is no token in what was pasted."
	case p.report.Token.NoToken != "":
		text = strings.ToUpper(p.report.Token.NoToken[:1]) + p.report.Token.NoToken[1:] + "."
	case d != nil && d.Verdict != tokens.Good && p.report.ServersOwn():
		text = strings.ToUpper(d.Reason[:1]) + d.Reason[1:] + "."
	case d != nil && d.Verdict == tokens.Good:
		text = "This token is encrypted, and what is inside is no JSON object: the JSON view shows it as it is."
	case d != nil:
		text = "This token is encrypted: only who holds the private key can read it, which is whom it is for. " +
			keyFor(keys.TokenKey) + " opens it with a key of yours."
	case p.report.Err != nil:
		text = fmt.Sprintf("This token is broken: %s (at byte %d). Get it again from where it was issued, and look for what cuts or changes it on the way.", p.report.Err.Message, p.report.Err.Offset)
	case p.report.Token.PayloadJSON != nil:
		text = "What is signed is no JSON object: the JSON view shows it as it is."
	case p.report.Kind != inspect.KindOpaque:
		text = "This is a token of another sort, " + tokens.VisibleLine(p.report.Title) + ". It is known by its shape; fob does not read what is inside."
	case p.kind == tokens.Refresh && p.pasted.IsZero():
		text = "This refresh token is opaque: it is meant for the authorization server alone, which turns it into new access tokens."
	}
	if shape := p.report.Token.Shape.Name; shape != "" && p.report.Kind == inspect.KindOpaque {
		text += " It is known by its shape: " + shape + "."
	}
	lines := widget.Wrap(tokens.VisibleLine(text), width)
	if s := p.report.Token.Shape; p.report.Kind == inspect.KindOpaque && s.Length > 0 {
		s.Name = "" // the sentence above says it
		lines = append(lines, widget.Wrap(st.Dim.Render(fmt.Sprintf("%s · at most %.0f bits", s, s.Bits)), width)...)
	}
	lines = append(lines, "")
	if p.report.Token.NoToken != "" {
		return lines
	}
	for _, l := range p.report.Findings {
		lines = append(lines, widget.Wrap(st.Level(string(l.Severity)).Render(string(l.Severity))+"  "+tokens.VisibleLine(l.Message), width)...)
	}
	if len(p.report.Findings) > 0 {
		lines = append(lines, "")
	}
	if !p.pasted.IsZero() {
		lines = append(lines, pane.KeyHint(st, keys.TokenIntrospect, "asks an issuer what it is (introspection)"),
			pane.KeyHint(st, keys.TokenUserinfo, "asks whose it is (userinfo)"))
		return append(lines, pane.KeyHint(st, keys.TokenWhy, "says why an API refuses it"), pane.KeyHint(st, keys.TokenCopy, "copies it"))
	}
	lines = append(lines, pane.KeyHint(st, keys.TokenIntrospect, "asks the provider what it is (introspection)"))
	if p.kind == tokens.Access {
		lines = append(lines, pane.KeyHint(st, keys.TokenUserinfo, "asks whose it is (userinfo)"))
	}
	return append(lines, pane.KeyHint(st, keys.TokenCopy, "copies it"))
}

// rawBody is the token itself, masked but for the while after a reveal.
func (p *Pane) rawBody(width, height int) string {
	st, now := p.ctx.Styles, p.ctx.Now()
	if t := p.texts[viewRaw]; !p.revealed.IsZero() && now.Before(p.revealed) && t.Text() != "" {
		left := widget.Elapsed(p.revealed.Sub(now))
		lines := []string{widget.Clip(st.Warn.Render("readable")+st.Dim.Render(", masked again in "+left)+"   "+pane.KeyHint(st, keys.TokenReveal, "masks it now"), width)}
		if height > 2 {
			lines = append(lines, "", p.textView(t, width, height-2))
		}
		return pane.Fit(lines, width, height)
	}
	lines := append(pane.FactLines(st, p.masked, width), "")
	lines = append(lines, pane.Flow([]string{pane.KeyHint(st, keys.TokenReveal, "shows it for ten seconds"), pane.KeyHint(st, keys.TokenCopy, "copies it without showing it")}, width, 3)...)
	return p.scroll.View(st, lines, width, height)
}
