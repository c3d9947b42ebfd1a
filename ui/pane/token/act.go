package token

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// sessionActions are the actions that only a session's own token has.
var sessionActions = []keys.Action{keys.TokenRefresh, keys.TokenRenewed, keys.TokenRevoke, keys.TokenNextKind}

// onlineActions are the actions that send the token somewhere, or ask about it.
var onlineActions = []keys.Action{keys.TokenIntrospect, keys.TokenUserinfo, keys.TokenCall, keys.TokenKeys,
	keys.TokenDiscover, keys.TokenWhy}

// Disabled implements pane.Pane.
func (p *Pane) Disabled(a keys.Action) string {
	b, _ := keys.ByAction(a)
	stored := p.pasted.IsZero()
	switch {
	case a == keys.TokenSend:
		return unless(p.pending != nil, "no request waits")
	case p.pending != nil && (b.Scope == keys.Token || a == keys.Open) && a != keys.TokenNext && a != keys.TokenPrev:
		return "a request waits: " + keyFor(keys.TokenSend) + " sends it, esc does not"
	case a == keys.TokenAlter:
		return p.act.Busy()
	case p.meta.ID == "" && stored && a != keys.Back:
		return "no session is selected"
	case !stored && slices.Contains(sessionActions, a):
		return "it belongs to no session"
	case p.report != nil && p.report.Token != nil && p.report.Token.NoToken != "" && slices.Contains(onlineActions, a):
		return "it is no token"
	}
	return p.disabled(a)
}

// disabled says why an action cannot be carried out on the token that is shown.
func (p *Pane) disabled(a keys.Action) string {
	text := p.text()
	switch a {
	case keys.Open:
		_, ok := p.rowDetail()
		return unless(ok, "there is no row to open")
	case keys.Filter:
		return unless(text != nil || p.table() != nil, "there is nothing to filter or to search")
	case keys.TokenRefresh, keys.TokenRenewed:
		return pane.RefreshDisabled(&p.act, p.meta)
	case keys.TokenCompare, keys.TokenWhy:
		return unless(p.report != nil, "no token has been read")
	case keys.TokenAnswer:
		return unless(p.report != nil && p.view == viewWhy, keyFor(keys.TokenWhy)+" asks why first")
	case keys.TokenNextKind:
		return unless(len(p.meta.Kinds) > 1, "the session has no other token")
	case keys.TokenIntrospect, keys.TokenUserinfo:
		return p.requesting.Busy()
	case keys.TokenRevoke:
		if p.act.Running() {
			return p.act.Busy()
		}
		return unless(p.kind != tokens.ID, "an ID token cannot be revoked")
	case keys.TokenKey:
		if p.act.Running() {
			return p.act.Busy()
		}
		return unless(p.report != nil && p.report.Header != nil, "it has neither a signature nor an encryption")
	case keys.TokenKeys, keys.TokenDiscover:
		switch {
		case p.requesting.Running():
			return p.requesting.Busy()
		case p.report == nil || p.report.Header == nil:
			return "it has no signature that keys could be fetched for"
		}
		return unless(issuerOf(p.report) != "" || p.pasted.IsZero(), "the token names no issuer")
	case keys.TokenCopyClaims:
		return unless(p.report != nil && p.report.Payload != nil, "there are no claims to read")
	case keys.TokenCopyKey:
		return unless(p.minted != nil && p.minted.public != nil, "it was not signed with a key made here")
	case keys.TokenCall:
		return unless(!p.pasted.IsZero() && !p.raw().IsZero(), "Calls uses the session's own token already")
	case keys.TokenReveal, keys.TokenCopy:
		return unless(!p.raw().IsZero() || p.pasted.IsZero(), "there is nothing")
	case keys.TokenNext, keys.TokenPrev:
		return unless(text != nil && text.Searching(), "search first with /")
	}
	return ""
}

// Do implements pane.Pane.
func (p *Pane) Do(a keys.Action) tea.Cmd {
	if p.pending != nil {
		return p.doPending(a)
	}
	switch a {
	case keys.TokenView, keys.Right:
		p.cycleView(1)
	case keys.Left:
		p.cycleView(-1)
	case keys.TokenViews:
		return p.chooseView()
	case keys.TokenNextKind:
		return p.nextKind()
	case keys.TokenReveal:
		return p.reveal()
	case keys.TokenCopy:
		return p.copyToken()
	case keys.TokenCopyClaims:
		return p.copyClaims()
	case keys.TokenCopyKey:
		return pane.Send(pane.CopyMsg{What: "public key set", Text: string(p.minted.public)})
	case keys.TokenCompare:
		return p.compare()
	case keys.TokenRenewed:
		return p.refreshAndCompare()
	case keys.TokenRefresh:
		return pane.RefreshSession(&p.act, p.ctx, p.meta)
	case keys.TokenRevoke:
		return pane.RevokeToken(&p.act, p.ctx, p.meta, p.kind)
	case keys.Open:
		p.openRow()
	default:
		return p.doMore(a)
	}
	return nil
}

// doMore carries out what concerns APIs and the network, and moves.
func (p *Pane) doMore(a keys.Action) tea.Cmd {
	switch a {
	case keys.TokenKeys:
		return p.fetchKeys()
	case keys.TokenDiscover:
		return p.discover()
	case keys.TokenIntrospect:
		return p.introspect()
	case keys.TokenUserinfo:
		return p.userinfo()
	case keys.TokenWhy:
		return p.why()
	case keys.TokenAnswer:
		return p.chooseResponse()
	case keys.TokenAlter:
		p.openMintForm()
	case keys.TokenKey:
		p.openKeyForm()
	case keys.TokenCall:
		p.ctx.Ask(pane.CallWithMsg{Token: p.raw(), Name: p.name()})
		p.ctx.Ask(pane.FocusMsg{Scope: keys.Calls})
	default:
		p.move(a)
	}
	return nil
}

// doPending is what can be done while a request waits.
func (p *Pane) doPending(a keys.Action) tea.Cmd {
	if a == keys.TokenSend {
		p.decide(true)
	} else {
		p.move(a)
	}
	return nil
}

// move goes up and down in what is shown, and from match to match.
func (p *Pane) move(a keys.Action) {
	table, text := p.table(), p.text()
	switch {
	case table != nil:
		table.Do(a)
	case text == nil:
		p.scroll.Do(a)
	case a == keys.TokenNext:
		text.NextMatch(1)
	case a == keys.TokenPrev:
		text.NextMatch(-1)
	default:
		text.Do(a)
	}
}

func (p *Pane) nextKind() tea.Cmd {
	at := slices.Index(p.meta.Kinds, p.kind)
	p.kind, p.before = p.meta.Kinds[(at+1)%len(p.meta.Kinds)], reference{}
	p.forget()
	return p.load()
}

// name is what the shown token is called.
func (p *Pane) name() string {
	switch {
	case p.minted != nil:
		return "token made here"
	case !p.pasted.IsZero():
		return "pasted token"
	}
	return kindName(p.kind)
}

// reveal shows the raw token for a while, or masks it again.
func (p *Pane) reveal() tea.Cmd {
	if !p.revealed.IsZero() {
		p.mask()
		return nil
	}
	if p.raw().IsZero() {
		return pane.Send(pane.ToastMsg{Text: "the token could not be read"})
	}
	p.show(viewRaw)
	until := p.ctx.Now().Add(revealFor)
	p.revealed = until
	p.texts[viewRaw].SetText(p.raw().Reveal(), widget.Plain)
	return tea.Tick(revealFor, func(time.Time) tea.Msg { return maskMsg{until} })
}

func (p *Pane) mask() {
	if !p.revealed.IsZero() {
		p.texts[viewRaw].SetText("", widget.Plain)
	}
	p.revealed = time.Time{}
}

func (p *Pane) copyToken() tea.Cmd {
	if p.pasted.IsZero() {
		return pane.CopyToken(&p.copying, p.ctx, p.meta, p.kind)
	}
	return pane.Send(pane.CopyMsg{What: p.name(), Secret: p.raw()})
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
