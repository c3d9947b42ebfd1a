package token

import (
	"context"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/vault"
	"fob/ui/keys"
)

// selectionDelay is how long a session must stay selected before its token is read, while another is still being read:
// scrolling through a long list does not open the vault for every line.
const selectionDelay = 150 * time.Millisecond

// maxPrevious bounds how many tokens esc goes back to.
const maxPrevious = 8

// selectSession shows another session, or the same one with other tokens.
func (p *Pane) selectSession(m vault.Meta) tea.Cmd {
	old := p.shown.session
	same := m.ID == old.ID
	unchanged := same && m.ReceivedAt.Equal(old.ReceivedAt) && len(m.Ledger) == len(old.Ledger)
	p.shown.session = m
	p.widgets.fillLedger(p.ctx, m.Ledger)
	if !p.shown.stored() && same {
		p.stale = p.stale || !unchanged
		return nil
	}
	if unchanged && (p.shown.report != nil || p.loading.Running()) {
		return nil
	}
	if !unchanged {
		// Also with the same session: what was read, revealed or received belongs to tokens that have been replaced.
		p.comparison.beforeRefresh = reference{}
		if same && p.shown.report != nil && p.shown.stored() && m.ID != "" {
			p.comparison.beforeRefresh = reference{p.shown.report, "before the refresh"}
		}
		p.forget()
	}
	if m.ID != "" && !m.Has(p.shown.kind) && len(m.Kinds) > 0 {
		p.shown.kind = m.Kinds[0]
	}
	return p.load()
}

// forget drops what belongs to the token shown so far.
func (p *Pane) forget() {
	p.reveal.mask()
	session, kind := p.shown.session, p.shown.kind
	p.shown, p.previous, p.editor, p.widgets.open = newShownToken(), nil, nil, false
	p.shown.session, p.shown.kind = session, kind
	p.online.forget()
	p.diagnosis.forget()
	p.comparison.work.Drop()
	p.comparison.set(nil)
	p.widgets.fill(p.ctx, &p.shown)
	if !slices.Contains([]string{viewHeader, viewSignature, viewLedger, viewChanges, viewJSON}, p.view) {
		p.view = viewClaims
	}
}

// inspectRaw shows a token of no session above the shown one. A pasted token replaces another pasted one.
func (p *Pane) inspectRaw(raw tokens.Secret) tea.Cmd {
	if p.shown.stored() {
		p.stale = p.shown.report == nil
	}
	p.push(raw)
	return p.load()
}

// push replaces the shown token with one of no session, which is read next.
func (p *Pane) push(raw tokens.Secret) {
	previous := p.previous
	if p.shown.stored() || p.shown.minted != nil {
		previous = append(previous, p.shown)
	}
	if len(previous) > maxPrevious {
		previous = append(previous[:1:1], previous[len(previous)-maxPrevious+1:]...)
	}
	p.forget()
	p.shown.pasted, p.previous = raw, previous
}

// pop goes back to what was shown before a token of no session.
func (p *Pane) pop() tea.Cmd {
	previous := p.previous
	last := previous[len(previous)-1]
	p.loading.Drop()
	p.forget()
	p.previous = previous[:len(previous)-1]
	p.shown.pasted, p.shown.fetched = last.pasted, last.fetched
	if p.stale && p.shown.stored() {
		return p.load()
	}
	return p.showToken(last.tokenView, nil)
}

// load reads and verifies the token offline, with the keys that are available already.
func (p *Pane) load() tea.Cmd {
	svc, now := p.ctx.Service, p.ctx.Now()
	noKeys := "nothing was fetched; " + keyFor(keys.TokenKeys) + " fetches its issuer's keys"
	p.stale = p.stale && !p.shown.stored()
	if !p.shown.stored() {
		raw := p.shown.pasted
		o := inspect.Options{Now: now, Location: time.Local, NoKeys: noKeys}
		return p.loading.Start(p.ctx, "inspecting the token", func(ctx context.Context, n int64) tea.Msg {
			return readMsg{n: n, token: newTokenView(svc.InspectRaw(ctx, raw.Reveal(), o, ""))}
		})
	}
	if p.shown.session.ID == "" {
		p.loading.Drop()
		return p.showToken(nil, nil)
	}
	id, kind, delayed := p.shown.session.ID, p.shown.kind, p.loading.Running()
	return p.loading.Start(p.ctx, "reading the token", func(ctx context.Context, n int64) tea.Msg {
		if delayed {
			select {
			case <-time.After(selectionDelay):
			case <-ctx.Done():
				return readMsg{n: n, err: ctx.Err()}
			}
		}
		report, err := svc.InspectOffline(ctx, id, kind, noKeys)
		if err != nil {
			return readMsg{n: n, err: err}
		}
		return readMsg{n: n, token: newTokenView(report)}
	})
}

// showToken shows a token that was read, or the error that reading it returned.
func (p *Pane) showToken(v *tokenView, err error) tea.Cmd {
	if v == nil {
		v = &tokenView{}
	}
	p.shown.tokenView, p.shown.err, p.widgets.open = v, err, false
	p.widgets.fill(p.ctx, &p.shown)
	if p.comparison.awaitsRefresh && v.report != nil {
		if _, ok := p.comparison.reference(v); ok {
			p.view, p.comparison.awaitsRefresh = viewChanges, false
		}
	}
	cmd := p.comparison.start(v)
	if next := p.diagnosis.next; next != nil && v.report != nil {
		p.diagnosis.next = nil
		return tea.Batch(cmd, p.explain(next))
	}
	if !slices.Contains(p.views(), p.view) {
		p.view = viewClaims
	}
	return cmd
}
