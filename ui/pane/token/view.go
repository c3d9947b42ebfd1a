package token

import (
	"fmt"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// View implements pane.Pane.
func (p *Pane) View(width, height int) string {
	st := p.ctx.Styles
	for _, t := range []*widget.Table{p.claims, p.header, p.findings, p.ledger} {
		t.Styles = st
	}
	p.text.Styles = st
	if p.meta.ID == "" && p.pasted.IsZero() {
		return widget.Hint(st, "No session is selected.", keyOf(keys.NewLogin), "get a token, or "+keyOf(keys.PasteIn)+" to paste one", width, height)
	}
	lines := p.head(width)
	list := p.views()
	lines = append(lines, pane.Tabs(st, list, slices.Index(list, p.view)))
	if work := p.working(); work != "" {
		lines = append(lines, work)
	} else {
		lines = append(lines, "")
	}
	room := height - len(lines)
	if room <= 0 {
		return pane.Fit(lines, width, height)
	}
	p.top = len(lines)
	if p.view == viewLedger {
		p.top += 2
	}
	return pane.Fit(append(lines, strings.Split(p.body(width, room), "\n")...), width, height)
}

func keyOf(a keys.Action) string {
	b, _ := keys.ByAction(a)
	return b.Key()
}

// working is the first of the works that has gone on for a while.
func (p *Pane) working() string {
	for _, w := range []*pane.Work{&p.loading, &p.asking, &p.act, &p.raw} {
		if line := w.View(p.ctx.Styles, p.ctx.Now()); line != "" {
			return line
		}
	}
	return ""
}

// head is what the token is, in one line where it fits: which, kind, algorithm, size, verdict, life.
func (p *Pane) head(width int) []string {
	st := p.ctx.Styles
	name := kindName(p.kind)
	if !p.pasted.IsZero() {
		name = "pasted token"
	}
	parts := []string{st.Strong.Render(name)}
	if p.report != nil && strings.Contains(strings.ToLower(p.report.Title), strings.ToLower(name)) {
		parts = nil // the title says it
	}
	if !p.pasted.IsZero() {
		parts = append(parts, st.Warn.Render("not stored")+st.Dim.Render(" · ")+st.Key.Render("esc")+st.Dim.Render(" back to the session"))
	}
	if p.report == nil {
		return pane.Flow(parts, width, 3)
	}
	title := tokens.VisibleLine(p.report.Title)
	if len(parts) == 0 {
		what, rest, _ := strings.Cut(title, " · ")
		title = st.Strong.Render(what) + " · " + rest
	}
	parts = append(parts, title)
	if verdict := p.verdict(); verdict != "" {
		parts = append(parts, verdict)
	}
	if life := p.life(); life != "" {
		parts = append(parts, life)
	}
	lines := pane.Flow(parts, width, 3)
	if len(p.report.Cleaned) > 0 {
		lines = append(lines, st.Dim.Render("removed before reading: "+tokens.VisibleLine(strings.Join(p.report.Cleaned, ", "))))
	}
	return lines
}

func kindName(k tokens.Kind) string {
	if k == tokens.ID {
		return "ID token"
	}
	return string(k) + " token"
}

// verdict is the signature's, with the key or the reason.
func (p *Pane) verdict() string {
	s := p.report.Signature
	if s == nil {
		return ""
	}
	st := p.ctx.Styles
	switch s.Verdict {
	case tokens.Good:
		text := "signature good"
		if s.Kid != "" {
			text += " (kid " + tokens.VisibleLine(s.Kid) + ")"
		}
		return st.Good.Render(text)
	case tokens.Bad:
		return st.Bad.Render("signature BAD: " + tokens.VisibleLine(s.Reason))
	}
	return st.Warn.Render("signature: cannot tell, " + tokens.VisibleLine(s.Reason))
}

// life is how long the token lives: by its own exp, else by what the token response said.
func (p *Pane) life() string {
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
	if state == tokens.Valid || state == tokens.Expiring {
		text = "expires in " + text
	}
	return p.ctx.Styles.Level(string(state)).Render(text)
}

func (p *Pane) body(width, height int) string {
	st := p.ctx.Styles
	focused := p.ctx.Focused(p.Scope())
	switch {
	case p.detail != nil:
		lines := []string{st.Strong.Render(p.detail.title), ""}
		return pane.Fit(append(lines, pane.FactLines(st, p.detail.facts, width)...), width, height)
	case p.view == viewLedger:
		return p.ledgerBody(width, height)
	case p.view == viewRaw:
		return p.rawBody(width, height)
	case p.answer != nil && p.view == p.answer.name:
		return p.answerBody(width, height)
	case p.err != nil:
		return pane.Fit(pane.Explain("Reading the token", p.err).Lines(st, width), width, height)
	case p.report == nil:
		return pane.Fit(nil, width, height)
	case p.view == viewClaims && p.opaque():
		return pane.Fit(p.opaqueLines(width), width, height)
	case p.view == viewClaims:
		return p.claimsBody(width, height)
	}
	return p.table().View(width, height, focused)
}

// claimsBody is the table of claims, with the ledger in one line below it.
func (p *Pane) claimsBody(width, height int) string {
	st := p.ctx.Styles
	var foot []string
	if e := p.report.Err; e != nil {
		foot = append(foot, st.Bad.Render(tokens.VisibleLine(fmt.Sprintf("broken: %s (at byte %d)", e.Message, e.Offset))))
	}
	if p.pasted.IsZero() && len(p.meta.Ledger) > 0 {
		foot = append(foot, pane.Spread(st.Label.Render("Ledger ")+pane.LedgerSummary(st, p.meta.Ledger), pane.KeyHint(st, keys.TokenView, "views"), width))
	}
	if height < len(foot)+4 {
		return p.claims.View(width, height, p.ctx.Focused(p.Scope()))
	}
	room := height - len(foot)
	return strings.Join(append([]string{p.claims.View(width, room, p.ctx.Focused(p.Scope()))}, foot...), "\n")
}

// claimCells draws one claim. A time goes on while it is shown.
func (p *Pane) claimCells(r inspect.Row) []widget.Cell {
	st := p.ctx.Styles
	value, meaning, note := r.Value, r.Meaning, r.Note
	if t, ok := p.times[r.Name]; ok && p.view == viewClaims {
		value = local(t) + "  " + tokens.Relative(t.At, p.ctx.Now())
		// The note begins with how far off the time was when it was read, and the number: the value says both, and goes on.
		_, note, _ = strings.Cut(strings.TrimPrefix(note, t.Relative+" · "), "; ")
	}
	if note != "" && meaning != "" {
		meaning += " · "
	}
	meaning += note
	look := st.Level(r.Level)
	if r.Level == "" {
		look = st.Dim
	}
	return []widget.Cell{{Text: tokens.VisibleLine(r.Name), Style: st.Accent}, {Text: tokens.VisibleLine(value), Style: st.Text}, {Text: tokens.VisibleLine(meaning), Style: look}}
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
	received := c.Received
	if received == "" {
		received = c.Because
	}
	return []widget.Cell{{Text: string(c.Outcome), Style: st.Level(string(c.Outcome))}, {Text: c.Title, Style: st.Text},
		{Text: c.Expected, Style: st.Dim}, {Text: received, Style: st.Dim}, {Text: c.Spec, Style: st.Dim}}
}

func (p *Pane) ledgerBody(width, height int) string {
	st := p.ctx.Styles
	if len(p.meta.Ledger) == 0 {
		return pane.Fit([]string{st.Dim.Render("No checks are kept with this session.")}, width, height)
	}
	lines := []string{pane.LedgerSummary(st, p.meta.Ledger), ""}
	if height > 2 {
		lines = append(lines, p.ledger.View(width, height-2, p.ctx.Focused(p.Scope())))
	}
	return pane.Fit(lines, width, height)
}

// openRow opens the row under the cursor.
func (p *Pane) openRow() {
	if p.detail != nil {
		p.detail = nil
		return
	}
	t := p.table()
	if t == nil || t.Cursor() < 0 {
		return
	}
	i := t.Cursor()
	switch p.view {
	case viewClaims:
		p.detail = p.claimDetail(p.rows[i])
	case viewHeader:
		p.detail = p.claimDetail(p.report.HeaderRows()[i])
	case viewFindings:
		f := p.report.Findings[i]
		p.detail = facts(f.Message, "severity", string(f.Severity), "claim", f.Claim, "spec", f.Spec, "id", f.ID)
	case viewLedger:
		c := p.meta.Ledger[i]
		p.detail = facts(c.Title, "outcome", string(c.Outcome), "expected", c.Expected, "received", c.Received, "because", c.Because,
			"spec", c.Spec, "must", map[bool]string{true: "yes: a failure ends the run", false: "no"}[c.Must], "id", c.ID)
	}
}

func (p *Pane) claimDetail(r inspect.Row) *detail {
	explain := inspect.ExplainClaim
	if p.view == viewHeader {
		explain = inspect.ExplainHeader
	}
	title, meaning, spec, ok := explain(r.Name)
	if !ok {
		title, meaning = r.Name, r.Meaning
	}
	list := []string{"name", r.Name, "value", r.Value}
	if t, ok := p.times[r.Name]; ok && p.view == viewClaims {
		list = append(list, "local", local(t), "UTC", t.UTC, "from now", tokens.Relative(t.At, p.ctx.Now()))
	}
	return facts(title, append(list, "meaning", meaning, "note", r.Note, "spec", spec)...)
}

// facts makes a detail of a title and pairs of name and value, leaving out what says nothing.
func facts(title string, pairs ...string) *detail {
	d := &detail{title: tokens.VisibleLine(title)}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			d.facts = append(d.facts, pane.Fact{Name: pairs[i], Value: tokens.VisibleLine(pairs[i+1])})
		}
	}
	return d
}

// opaqueLines explain a token that has nothing to read inside.
func (p *Pane) opaqueLines(width int) []string {
	st := p.ctx.Styles
	text := "This token is opaque: a handle that only the server which issued it can read. That is allowed; its meaning has to be asked for."
	if p.kind == tokens.Refresh && p.pasted.IsZero() {
		text = "This refresh token is opaque: it is meant for the authorization server alone, which turns it into new access tokens."
	}
	lines := append(widget.Wrap(text, width), "")
	for _, l := range p.report.Findings {
		lines = append(lines, widget.Wrap(st.Level(string(l.Severity)).Render(string(l.Severity))+"  "+tokens.VisibleLine(l.Message), width)...)
	}
	if !p.pasted.IsZero() {
		return append(lines, st.Dim.Render("It belongs to no session here, so no provider is asked about it."))
	}
	lines = append(lines, pane.KeyHint(st, keys.TokenIntrospect, "asks the provider what it is (introspection, RFC 7662)"))
	if p.kind == tokens.Access {
		lines = append(lines, pane.KeyHint(st, keys.TokenUserinfo, "asks whose it is (userinfo, OpenID Connect Core 5.3)"))
	}
	return append(lines, pane.KeyHint(st, keys.TokenCopy, "copies it"))
}

func (p *Pane) answerBody(width, height int) string {
	st := p.ctx.Styles
	if p.answer.err != nil {
		return pane.Fit(pane.Explain(p.answer.name, p.answer.err).Lines(st, width), width, height)
	}
	var lines []string
	if p.answer.head != "" {
		look := st.Good
		if strings.HasPrefix(p.answer.head, "not") {
			look = st.Warn
		}
		for _, l := range widget.Wrap(p.answer.head, width) {
			lines = append(lines, look.Render(l))
		}
		lines = append(lines, "")
	}
	if height > len(lines) {
		lines = append(lines, p.text.View(width, height-len(lines)))
	}
	return pane.Fit(lines, width, height)
}

// rawBody is the token itself, masked but for the while after a reveal.
func (p *Pane) rawBody(width, height int) string {
	st, now := p.ctx.Styles, p.ctx.Now()
	if !p.revealed.IsZero() && now.Before(p.revealed) && p.text.Text() != "" {
		left := widget.Elapsed(p.revealed.Sub(now))
		lines := []string{st.Warn.Render("readable") + st.Dim.Render(", masked again in "+left) + "   " + pane.KeyHint(st, keys.TokenReveal, "masks it now")}
		if height > 2 {
			lines = append(lines, "", p.text.View(width, height-2))
		}
		return pane.Fit(lines, width, height)
	}
	lines := p.masked(st, width)
	lines = append(lines, "", pane.KeyHint(st, keys.TokenReveal, "shows it for ten seconds")+"   "+pane.KeyHint(st, keys.TokenCopy, "copies it without showing it"))
	return pane.Fit(lines, width, height)
}

// masked draws the parts of the token by their sizes alone.
func (p *Pane) masked(st *theme.Styles, width int) []string {
	secret := p.secret
	if !p.pasted.IsZero() {
		secret = p.pasted
	}
	if secret.IsZero() {
		return []string{st.Dim.Render("The token is in the vault.")}
	}
	parts := strings.Split(secret.Reveal(), ".")
	names := []string{"token"}
	switch len(parts) {
	case 3:
		names = []string{"header", "payload", "signature"}
	case 5:
		names = []string{"header", "encrypted key", "initialization vector", "ciphertext", "tag"}
	default:
		parts = []string{secret.Reveal()}
	}
	facts := []pane.Fact{{Name: "fingerprint", Value: secret.Fingerprint()}}
	for i, part := range parts {
		facts = append(facts, pane.Fact{Name: names[i], Value: fmt.Sprintf("%-24s %s characters", strings.Repeat("•", min(24, len(part))), widget.Thousands(len(part)))})
	}
	return pane.FactLines(st, facts, width)
}
