package token

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// The views, by the names on their tabs.
const (
	viewClaims        = "Claims"
	viewHeader        = "Header"
	viewFindings      = "Findings"
	viewLedger        = "Ledger"
	viewRaw           = "Raw"
	viewChanges       = "Changes"
	viewDisclosures   = "Disclosures"
	viewIntrospection = "Introspection"
	viewUserinfo      = "Userinfo"
)

// views are the ones that the shown token has.
func (p *Pane) views() []string {
	list := []string{viewClaims}
	if p.header.Total() > 0 {
		list = append(list, viewHeader)
	}
	if p.findings.Total() > 0 {
		list = append(list, viewFindings)
	}
	if p.pasted.IsZero() {
		list = append(list, viewLedger)
	}
	if len(p.disclosures()) > 0 {
		list = append(list, viewDisclosures)
	}
	if _, ok := p.base(); ok {
		list = append(list, viewChanges)
	}
	list = append(list, viewRaw)
	if p.answer != nil {
		list = append(list, p.answer.name)
	}
	return list
}

// table is the table of the shown view; nil when it shows text.
func (p *Pane) table() *widget.Table {
	switch p.view {
	case viewClaims:
		if p.opaque() {
			return nil
		}
		return p.claims
	case viewHeader:
		return p.header
	case viewFindings:
		return p.findings
	case viewLedger:
		return p.ledger
	case viewChanges:
		return p.changes
	case viewDisclosures:
		return p.parts
	}
	return nil
}

// opaque reports that the token has nothing to read inside.
func (p *Pane) opaque() bool { return p.report != nil && p.report.Payload == nil && len(p.rows) == 0 }

// Disabled implements pane.Pane.
func (p *Pane) Disabled(a keys.Action) string {
	stored := p.pasted.IsZero()
	if p.meta.ID == "" && stored && a != keys.Back {
		return "no session is selected"
	}
	switch a {
	case keys.TokenRefresh, keys.TokenRenewed, keys.TokenRevoke, keys.TokenIntrospect, keys.TokenUserinfo, keys.TokenNextKind:
		if !stored {
			return "a pasted token belongs to no session"
		}
	}
	switch a {
	case keys.TokenRefresh, keys.TokenRenewed:
		return pane.RefreshDisabled(&p.act, p.meta)
	case keys.TokenCompare:
		if p.report == nil {
			return "no token has been read"
		}
	case keys.TokenNextKind:
		if len(p.meta.Kinds) < 2 {
			return "the session has no other token"
		}
	case keys.TokenIntrospect, keys.TokenUserinfo:
		if p.asking.Running() {
			return "busy"
		}
	case keys.TokenRevoke:
		if p.act.Running() {
			return "busy"
		}
		if p.kind == tokens.ID {
			return "an ID token cannot be revoked"
		}
	case keys.TokenKeys:
		if issuerOf(p.report) == "" {
			return "the token names no issuer"
		}
	case keys.TokenCopyClaims:
		if p.report == nil || p.report.Payload == nil {
			return "there are no claims to read"
		}
	}
	return ""
}

// Do implements pane.Pane.
func (p *Pane) Do(a keys.Action) tea.Cmd {
	switch a {
	case keys.TokenView, keys.Right:
		return p.turn(1)
	case keys.Left:
		return p.turn(-1)
	case keys.TokenNextKind:
		return p.nextKind()
	case keys.TokenReveal:
		return p.reveal()
	case keys.TokenCopy:
		if !p.pasted.IsZero() {
			return pane.Send(pane.CopyMsg{What: "token", Secret: p.pasted})
		}
		return pane.CopyToken(&p.copying, p.ctx, p.meta, p.kind)
	case keys.TokenCopyClaims:
		return p.copyClaims()
	case keys.TokenKeys:
		p.fetch = true
		return p.load()
	case keys.TokenCompare:
		return p.compare()
	case keys.TokenRenewed:
		return p.refreshAndCompare()
	case keys.TokenRefresh:
		return pane.RefreshSession(&p.act, p.ctx, p.meta)
	case keys.TokenRevoke:
		return pane.RevokeToken(&p.act, p.ctx, p.meta, p.kind)
	case keys.TokenIntrospect:
		return p.introspect()
	case keys.TokenUserinfo:
		return p.userinfo()
	case keys.Open:
		_, ok := p.rowDetail()
		p.open = ok && !p.open
		return nil
	}
	if t := p.table(); t != nil {
		t.Do(a)
		return nil
	}
	p.text.Do(a)
	return nil
}

// turn goes d views on.
func (p *Pane) turn(d int) tea.Cmd {
	list := p.views()
	at := max(0, slices.Index(list, p.view))
	p.view, p.open = list[(at+d+len(list))%len(list)], false
	p.mask()
	if p.answer != nil && p.view == p.answer.name {
		p.text.SetText(p.answer.text, widget.JSON)
	}
	if p.view == viewRaw {
		return p.loadSecret(false)
	}
	return nil
}

func (p *Pane) nextKind() tea.Cmd {
	at := slices.Index(p.meta.Kinds, p.kind)
	p.kind, p.before = p.meta.Kinds[(at+1)%len(p.meta.Kinds)], other{}
	p.forget()
	return p.load()
}

// secretName says what the loaded secret is of, so that a change of session, kind or set is noticed.
func (p *Pane) secretName() string {
	return p.meta.ID + " " + string(p.kind) + " " + p.meta.ReceivedAt.String()
}

// loadSecret reads the token itself out of the vault; then it is revealed, if that was asked for.
func (p *Pane) loadSecret(reveal bool) tea.Cmd {
	if !p.pasted.IsZero() {
		p.secret = p.pasted
	} else if p.secretN != p.secretName() {
		svc, id, kind, name := p.ctx.Service, p.meta.ID, p.kind, p.secretName()
		if reveal {
			p.revealed = p.ctx.Now().Add(revealFor)
		}
		return p.raw.Start("reading the vault", p.ctx.Now(), func(ctx context.Context, n int64) tea.Msg {
			record, err := svc.Load(ctx, id)
			return secretMsg{n, name, record.Secrets.Set.Token(kind), err}
		})
	}
	if reveal {
		return p.show()
	}
	return nil
}

func (p *Pane) takeSecret(m secretMsg) tea.Cmd {
	if !p.raw.Done(m.n) || m.name != p.secretName() {
		return nil
	}
	if m.err != nil {
		p.revealed = time.Time{}
		return pane.Send(pane.Failed("Reading the token", m.err))
	}
	p.secret, p.secretN = m.secret, m.name
	if !p.revealed.IsZero() {
		return p.show()
	}
	return nil
}

// reveal shows the raw token, or masks it again.
func (p *Pane) reveal() tea.Cmd {
	if !p.revealed.IsZero() {
		p.mask()
		return nil
	}
	p.view, p.open = viewRaw, false
	return p.loadSecret(true)
}

// show makes the token readable for a while.
func (p *Pane) show() tea.Cmd {
	until := p.ctx.Now().Add(revealFor)
	p.revealed = until
	p.text.SetText(p.secret.Reveal(), widget.Plain)
	return tea.Tick(revealFor, func(time.Time) tea.Msg { return maskMsg{until} })
}

func (p *Pane) mask() {
	if !p.revealed.IsZero() {
		p.text.SetText("", widget.Plain)
	}
	p.revealed = time.Time{}
}

func (p *Pane) copyClaims() tea.Cmd {
	raw, err := json.Marshal(p.report.Payload)
	if err != nil {
		return pane.Send(pane.Failed("Copying the claims", err))
	}
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		b.Reset()
		b.Write(raw)
	}
	return pane.Send(pane.CopyMsg{What: "claims", Text: b.String()})
}

// introspect asks the provider what it knows of the token.
func (p *Pane) introspect() tea.Cmd {
	svc, id, kind := p.ctx.Service, p.meta.ID, p.kind
	return p.ask(viewIntrospection, "asking the introspection endpoint", func(ctx context.Context) (session.Answer, error) {
		return svc.Introspect(ctx, id, kind)
	})
}

// userinfo asks the provider who the access token is about.
func (p *Pane) userinfo() tea.Cmd {
	svc, id := p.ctx.Service, p.meta.ID
	return p.ask(viewUserinfo, "asking the userinfo endpoint", func(ctx context.Context) (session.Answer, error) {
		return svc.Userinfo(ctx, id)
	})
}

func (p *Pane) ask(name, what string, do func(ctx context.Context) (session.Answer, error)) tea.Cmd {
	return p.asking.Start(what, p.ctx.Now(), func(ctx context.Context, n int64) tea.Msg {
		a, err := do(ctx)
		out := answer{name: name, err: err}
		if err == nil {
			out.text = prettyJSON(a.Says)
			out.head = activeLine(a.Active)
		}
		return answerMsg{n, out}
	})
}

// activeLine explains introspection's answer (RFC 7662 2.2).
func activeLine(active *bool) string {
	switch {
	case active == nil:
		return ""
	case *active:
		return "active: the provider says that this token is good now"
	}
	return "not active: expired, revoked, or unknown to the client that asked (RFC 7662 2.2 does not say which)"
}

func prettyJSON(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return string(body)
	}
	return b.String()
}
