package token

import (
	"encoding/json"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
)

// sessionActions are the actions that need a session's own token.
var sessionActions = []keys.Action{keys.TokenRefresh, keys.TokenRenewed, keys.TokenRevoke, keys.TokenNextKind}

// onlineActions are the actions that send the token, or ask about it.
var onlineActions = []keys.Action{keys.TokenIntrospect, keys.TokenUserinfo, keys.TokenCall, keys.TokenKeys,
	keys.TokenDiscover, keys.TokenWhy}

// Disabled implements pane.Pane.
func (p *Pane) Disabled(a keys.Action) string {
	b, _ := keys.ByAction(a)
	table, text := p.active()
	pending := p.online.pending != nil
	switch {
	case a == keys.TokenSend:
		return unless(pending, "no request is pending")
	case pending && (b.Scope == keys.Token || a == keys.Open) && a != keys.TokenNext && a != keys.TokenPrev:
		return "a request is pending: " + keyFor(keys.TokenSend) + " sends it, esc does not"
	case a == keys.TokenAlter:
		return p.act.Busy()
	case p.shown.empty() && a != keys.Back:
		return "no session is selected"
	case a == keys.Open:
		_, ok := p.rowDetail()
		return unless(ok, "there is no row to open")
	case a == keys.Filter:
		return unless(text != nil || table != nil, "there is nothing to filter or to search")
	case a == keys.TokenNext || a == keys.TokenPrev:
		return unless(text != nil && text.Searching(), "search first with /")
	}
	if why := p.shown.disabled(a); why != "" {
		return why
	}
	switch a {
	case keys.TokenRefresh, keys.TokenRenewed:
		return pane.RefreshDisabled(&p.act, p.shown.session)
	case keys.TokenAnswer:
		return unless(p.view == viewWhy, keyFor(keys.TokenWhy)+" asks why first")
	case keys.TokenIntrospect, keys.TokenUserinfo, keys.TokenKeys, keys.TokenDiscover:
		return p.online.work.Busy()
	case keys.TokenRevoke, keys.TokenKey:
		return p.act.Busy()
	}
	return ""
}

// disabled says why an action is not available for the token.
func (s *shownToken) disabled(a keys.Action) string {
	r := s.report
	hasHeader := r != nil && r.Header != nil
	switch {
	case !s.stored() && slices.Contains(sessionActions, a):
		return "it belongs to no session"
	case s.noToken() != "" && slices.Contains(onlineActions, a):
		return "it is not a token"
	}
	switch a {
	case keys.TokenCompare, keys.TokenWhy, keys.TokenAnswer:
		return unless(r != nil, "no token has been read")
	case keys.TokenNextKind:
		return unless(len(s.session.Kinds) > 1, "the session has no other token")
	case keys.TokenRevoke:
		return unless(s.kind != tokens.ID, "an ID token cannot be revoked")
	case keys.TokenKey:
		return unless(hasHeader, "it is neither signed nor encrypted")
	case keys.TokenDiscover:
		return unless(hasHeader && (s.issuer() != "" || s.stored()), "it names no issuer")
	case keys.TokenKeys:
		if !hasHeader {
			return "it has no signature to fetch keys for"
		}
		return unless(s.issuer() != "" || s.stored(), "it names no issuer")
	case keys.TokenCopyClaims:
		return unless(r != nil && r.Payload != nil, "there are no claims to read")
	case keys.TokenCopyKey:
		return unless(s.minted != nil && s.minted.public != nil, "it was not signed with a key made here")
	case keys.TokenCall:
		return unless(!s.stored() && !s.raw().IsZero(), "Calls uses the session's own token already")
	case keys.TokenReveal, keys.TokenCopy:
		return unless(!s.raw().IsZero() || s.stored(), "there is no token")
	}
	return ""
}

// Do implements pane.Pane.
func (p *Pane) Do(a keys.Action) tea.Cmd {
	if p.online.pending != nil {
		if a == keys.TokenSend {
			p.online.decide(true)
		} else {
			p.move(a)
		}
		return nil
	}
	s := &p.shown
	switch a {
	case keys.TokenView, keys.Right:
		p.show(nextView(p.views(), p.view, 1))
	case keys.Left:
		p.show(nextView(p.views(), p.view, -1))
	case keys.TokenViews:
		return p.chooseView()
	case keys.TokenNextKind:
		at := slices.Index(s.session.Kinds, s.kind)
		s.kind, p.comparison.beforeRefresh = s.session.Kinds[(at+1)%len(s.session.Kinds)], reference{}
		p.forget()
		return p.load()
	case keys.TokenReveal:
		return p.toggleReveal()
	case keys.TokenCopy, keys.TokenCopyClaims, keys.TokenCopyKey:
		return s.copy(p.ctx, &p.copying, a)
	case keys.TokenCompare:
		if _, ok := p.comparison.reference(s.tokenView); !ok {
			return p.comparison.mark(s)
		}
		p.show(viewChanges)
		return p.comparison.start(s.tokenView)
	case keys.TokenRenewed:
		p.comparison.marked, p.comparison.awaitsRefresh = reference{}, true
		return pane.RefreshSession(&p.act, p.ctx, s.session)
	case keys.TokenRefresh:
		return pane.RefreshSession(&p.act, p.ctx, s.session)
	case keys.TokenRevoke:
		return pane.RevokeToken(&p.act, p.ctx, s.session, s.kind)
	case keys.TokenKeys, keys.TokenDiscover, keys.TokenIntrospect, keys.TokenUserinfo:
		return p.online.do(a, s)
	case keys.TokenWhy:
		return p.explain(p.diagnosis.refusalOf(tokens.NewSecret(s.report.Token.Raw)))
	case keys.TokenAnswer:
		return p.diagnosis.chooseResponse(s.raw())
	case keys.TokenAlter:
		p.editor = p.minting.open(s.report)
	case keys.TokenKey:
		p.editor = newKeyEditor(p.ctx, &p.act, s)
	case keys.TokenCall:
		p.ctx.Request(pane.CallWithTokenMsg{Token: s.raw(), Name: s.name()})
		p.ctx.Request(pane.FocusMsg{Scope: keys.Calls})
	case keys.Open:
		d, ok := p.rowDetail()
		if p.widgets.open {
			p.widgets.open = false
		} else if ok {
			p.widgets.openRow(d)
		}
	default:
		p.move(a)
	}
	return nil
}

// move goes up and down in what is shown, and from match to match.
func (p *Pane) move(a keys.Action) {
	table, text := p.active()
	switch {
	case table != nil:
		table.Do(a)
	case text == nil:
		p.widgets.scroll.Do(a)
	case a == keys.TokenNext:
		text.NextMatch(1)
	case a == keys.TokenPrev:
		text.NextMatch(-1)
	default:
		text.Do(a)
	}
}

// toggleReveal shows the raw token for a while, or masks it again.
func (p *Pane) toggleReveal() tea.Cmd {
	switch {
	case !p.reveal.until.IsZero():
		p.reveal.mask()
		return nil
	case p.shown.raw().IsZero():
		return pane.Send(pane.ToastMsg{Text: "the token could not be read"})
	}
	p.show(viewRaw)
	return p.reveal.start(p.shown.raw(), p.ctx.Now())
}

// copy copies the token, its claims, or the public key set that verifies it.
func (s *shownToken) copy(c *pane.Context, work *pane.Work, a keys.Action) tea.Cmd {
	switch {
	case a == keys.TokenCopyKey:
		return pane.Send(pane.CopyMsg{What: "public key set", Text: string(s.minted.public)})
	case a == keys.TokenCopy && s.stored():
		return pane.CopyToken(work, c, s.session, s.kind)
	case a == keys.TokenCopy:
		return pane.Send(pane.CopyMsg{What: s.name(), Secret: s.raw()})
	}
	claims, err := json.MarshalIndent(s.report.Payload, "", "  ")
	if err != nil {
		return pane.Send(pane.Failed("Copying the claims", err))
	}
	return pane.Send(pane.CopyMsg{What: "claims", Text: string(claims)})
}

// Back implements pane.Pane.
func (p *Pane) Back() bool {
	table, text := p.active()
	switch {
	case p.editor != nil && p.act.Cancel():
	case p.editor != nil:
		p.editor = nil
	case p.online.pending != nil:
		p.online.decide(false)
	case table == nil && text != nil && text.Back():
	case p.widgets.open:
		p.widgets.open = false
	case p.loading.Cancel(), p.online.work.Cancel(), p.act.Cancel():
	case p.view == viewChanges && p.comparison.work.Cancel(), p.view == viewWhy && p.diagnosis.work.Cancel():
	case table != nil && table.Back():
	case !p.reveal.until.IsZero():
		p.reveal.mask()
	case p.view != viewClaims:
		p.show(viewClaims)
	case !p.shown.stored():
		cmd := p.pop()
		p.ctx.Request(runMsg{func() tea.Cmd { return cmd }})
	default:
		return false
	}
	return true
}

// Cancel implements pane.Canceller.
func (p *Pane) Cancel() bool {
	if p.online.pending != nil {
		p.online.decide(false)
		return true
	}
	return p.online.work.Cancel() || p.act.Cancel()
}

// NeedsTick implements pane.Ticker: the times of a shown token are relative to the present.
func (p *Pane) NeedsTick() bool { return len(p.shown.times) > 0 || !p.reveal.until.IsZero() }
