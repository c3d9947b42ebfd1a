package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/calls"
	"fob/flows/provider"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// gate lets requests pass that a person has agreed to: one is asked about each purpose at each origin, once in a run.
type approvals struct {
	mu     sync.Mutex
	approved map[string]bool
}

func newApprovals() *approvals { return &approvals{approved: map[string]bool{}} }

func (g *approvals) has(what string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.approved[what]
}

func (g *approvals) add(what string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.approved[what] = true
}

// held is a request that waits to be agreed to.
type pendingRequest struct {
	n       int64 // of the work that makes it
	purpose    string
	origin  string
	request wire.Pending
	reply   chan bool // takes one without blocking
}

// The results of what is asked online.
type (
	// pendingMsg brings a request that waits; more listens for the next.
	pendingMsg struct {
		pending *pendingRequest
		more tea.Cmd
	}
	responseMsg struct {
		n      int64
		response endpointResponse
	}
	keysMsg struct {
		n       int64
		view *tokenView
		err     error
	}
)

// answer is what an endpoint said.
type endpointResponse struct {
	name  string // the view's name
	level  string // of the verdict
	verdict  string // the verdict in one sentence
	notes []string
	text  string
	body  []byte
	err   error
}

// online starts work that goes to the network. Each request is shown first, unless one of its kind to the same origin was
// agreed to before; aborted is for whoever makes errors into words.
func (p *Pane) online(what string, do func(ctx context.Context, n int64, aborted func() bool) tea.Msg) tea.Cmd {
	waiting, done := make(chan *pendingRequest), make(chan struct{})
	var listen tea.Cmd
	listen = func() tea.Msg {
		select {
		case h := <-waiting:
			return pendingMsg{h, listen}
		case <-done:
			return nil
		}
	}
	g := p.approvals
	work := p.requesting.Start(what, p.ctx.Now(), func(ctx context.Context, n int64) tea.Msg {
		defer close(done)
		no := false
		before := func(_ context.Context, r wire.Pending) (*wire.Request, error) {
			h := &pendingRequest{n: n, purpose: r.Request.What(), origin: originOf(r.Request.URL), request: r, reply: make(chan bool, 1)}
			if g.has(h.purpose + " " + h.origin) {
				return nil, nil
			}
			yes, err := pane.Await(ctx, waiting, h, h.reply)
			switch {
			case err != nil:
				return nil, err
			case !yes:
				no = true
				return nil, wire.ErrAborted
			}
			g.add(h.purpose + " " + h.origin)
			return nil, nil
		}
		return do(wire.WithBefore(ctx, before), n, func() bool { return no })
	})
	return tea.Batch(work, listen)
}

// originOf is the part of an address that says whom it reaches (RFC 6454 4).
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

// handlePending shows a request that waits.
func (p *Pane) handlePending(m pendingMsg) tea.Cmd {
	if !p.requesting.Awaits(m.pending.n) {
		return nil // its work was given up, and the request with it
	}
	p.pending = m.pending
	p.texts[viewRequest].SetText(pane.RequestText(&wire.Exchange{Request: m.pending.request.Shown}), widget.HTTP)
	return m.more
}

// decide lets the waiting request go, or not.
func (p *Pane) decide(yes bool) {
	p.pending.reply <- yes
	p.pending = nil
}

// pendingBody shows the request that waits, and what can be done with it.
func (p *Pane) pendingBody(width, height int) string {
	st, h := p.ctx.Styles, p.pending
	lines := []string{widget.Clip(st.Warn.Render("This request has not left yet")+st.Dim.Render(" · "+tokens.VisibleLine(h.purpose)+" · to "+tokens.VisibleLine(h.origin)), width)}
	hints := pane.Flow([]string{pane.KeyHint(st, keys.TokenSend, "sends it, and later ones like it"), pane.KeyHint(st, keys.Back, "sends nothing")}, width, 3)
	room := height - len(lines) - len(hints) - 2
	if room < 1 {
		return pane.Fit(append(lines, hints...), width, height)
	}
	lines = append(lines, "", p.texts[viewRequest].View(width, room), "")
	return pane.Fit(append(lines, hints...), width, height)
}

// answer is what was answered under a view's name.
func (p *Pane) response(name string) (endpointResponse, bool) {
	i := slices.IndexFunc(p.responses, func(a endpointResponse) bool { return a.name == name })
	if i < 0 {
		return endpointResponse{}, false
	}
	return p.responses[i], true
}

func (p *Pane) handleResponse(m responseMsg) tea.Cmd {
	if !p.requesting.Done(m.n) {
		return nil
	}
	p.pending = nil
	if errors.Is(m.response.err, wire.ErrAborted) {
		return pane.Send(pane.ToastMsg{Text: "nothing was sent"})
	}
	p.responses = append(slices.DeleteFunc(p.responses, func(a endpointResponse) bool { return a.name == m.response.name }), m.response)
	p.texts[m.response.name].SetText(m.response.text, widget.JSON)
	p.show(m.response.name)
	if p.refusal != nil && m.response.name == viewIntrospection {
		return p.findCauses()
	}
	return nil
}

func (p *Pane) handleKeys(m keysMsg) tea.Cmd {
	if !p.requesting.Done(m.n) {
		return nil
	}
	p.pending = nil
	switch {
	case errors.Is(m.err, wire.ErrAborted):
		return pane.Send(pane.ToastMsg{Text: "nothing was sent"})
	case m.err != nil:
		return pane.Send(pane.Failed("Fetching the keys", m.err))
	}
	m.view.minted = p.minted
	view := p.view
	cmd := p.showToken(m.view, nil)
	p.fetched = true
	if p.show(viewSignature); view == viewWhy {
		p.show(viewWhy)
		return tea.Batch(cmd, p.findCauses())
	}
	return cmd
}

// fetchKeys fetches the issuer's keys and judges the token by them.
func (p *Pane) fetchKeys() tea.Cmd {
	svc, raw, id, kind, issuer, o := p.ctx.Service, p.pasted, p.meta.ID, p.kind, issuerOf(p.report), p.supplied.options()
	o.Now = p.ctx.Now()
	return p.online("fetching the issuer's keys", func(ctx context.Context, n int64, aborted func() bool) tea.Msg {
		var report *inspect.Report
		var err error
		if raw.IsZero() {
			report, err = svc.InspectWith(ctx, id, kind, o, true)
		} else {
			report = svc.InspectRaw(ctx, raw.Reveal(), o, issuer)
		}
		if aborted() {
			err = wire.ErrAborted
		}
		if err != nil {
			return keysMsg{n: n, err: err}
		}
		return keysMsg{n: n, view: newTokenView(report)}
	})
}

// introspect asks the provider what it knows of the token: as the session's client, or as that of a profile.
func (p *Pane) introspect() tea.Cmd {
	svc, id, kind, raw := p.ctx.Service, p.meta.ID, p.kind, p.pasted
	ask := func(profile string) tea.Cmd {
		return p.online("asking the introspection endpoint", func(ctx context.Context, n int64, _ func() bool) tea.Msg {
			var a session.Answer
			var err error
			if raw.IsZero() {
				a, err = svc.Introspect(ctx, id, kind, profile)
			} else {
				a, err = svc.IntrospectToken(ctx, raw, profile)
			}
			return responseMsg{n, introspectionResponse(a, err)}
		})
	}
	last, _ := p.response(viewIntrospection)
	var public *session.IntrospectionError
	switch again := errors.As(last.err, &public); {
	case raw.IsZero() && !again:
		return ask("")
	case raw.IsZero():
		return p.chooseProfile("Whose client asks?", public.Others, ask)
	}
	return p.chooseProfile("Which profile's client asks about the token?", nil, ask)
}

// userinfo asks the provider who the access token is about.
func (p *Pane) userinfo() tea.Cmd {
	svc, id, raw := p.ctx.Service, p.meta.ID, p.pasted
	ask := func(profile string) tea.Cmd {
		return p.online("asking the userinfo endpoint", func(ctx context.Context, n int64, _ func() bool) tea.Msg {
			var a session.Answer
			var err error
			if raw.IsZero() {
				a, err = svc.Userinfo(ctx, id)
			} else {
				a, err = svc.UserinfoToken(ctx, raw, profile)
			}
			return responseMsg{n, userinfoResponse(a, err)}
		})
	}
	if raw.IsZero() {
		return ask("")
	}
	return p.chooseProfile("Whose userinfo endpoint is asked?", nil, ask)
}

// discover reads the metadata of the issuer that the token names.
func (p *Pane) discover() tea.Cmd {
	svc, issuer := p.ctx.Service, issuerOf(p.report)
	if issuer == "" {
		issuer = p.meta.Issuer
	}
	return p.online("reading the issuer's metadata", func(ctx context.Context, n int64, _ func() bool) tea.Msg {
		m, err := svc.Metadata(ctx, issuer)
		return responseMsg{n, metadataResponse(m, issuer, err)}
	})
}

// chosenMsg goes on once a profile was chosen.
type chosenMsg struct{ cmd func() tea.Cmd }

// chooseProfile has one of the profiles chosen, those at the token's issuer first; only, if there are some, narrows them.
func (p *Pane) chooseProfile(title string, only []string, ask func(profile string) tea.Cmd) tea.Cmd {
	issuer := issuerOf(p.report)
	var names []string
	var items, others []widget.Item
	var last []string
	for _, f := range p.ctx.Service.Profiles() {
		if len(only) > 0 && !slices.Contains(only, f.Name) {
			continue
		}
		item := widget.Item{Label: tokens.VisibleLine(f.Name), Text: tokens.VisibleLine("client " + f.ClientID + " at " + f.Issuer)}
		if issuer != "" && f.Issuer != issuer {
			item.Text += ", which is not the token's issuer"
			others, last = append(others, item), append(last, f.Name)
			continue
		}
		items, names = append(items, item), append(names, f.Name)
	}
	items, names = append(items, others...), append(names, last...)
	if len(items) == 0 {
		return pane.Send(pane.ToastMsg{Text: "there is no profile to ask with: fob profile add makes one"})
	}
	return pane.Send(pane.ChooseMsg{Title: title, Items: items, Choose: func(i int) tea.Cmd {
		p.ctx.Ask(chosenMsg{func() tea.Cmd { return ask(names[i]) }})
		return nil
	}})
}

// introspected is introspection's answer with its verdict (RFC 7662 2.2).
func introspectionResponse(a session.Answer, err error) endpointResponse {
	out := endpointResponse{name: viewIntrospection, notes: a.Notes, err: err, body: a.Says, text: calls.Pretty(a.Says, "application/json")}
	switch {
	case a.Active == nil:
		out.level, out.verdict = "warning", "the answer says neither active nor inactive, which RFC 7662 2.2 demands"
	case *a.Active:
		out.level, out.verdict = "good", "active: the provider says that this token is good now"
	default:
		out.level, out.verdict = "bad", "not active: expired, revoked, or unknown to the client that asked (RFC 7662 2.2 does not say which)"
	}
	return out
}

// identified is userinfo's answer with its verdict.
func userinfoResponse(a session.Answer, err error) endpointResponse {
	out := endpointResponse{name: viewUserinfo, notes: a.Notes, err: err, text: calls.Pretty(a.Says, "application/json"), level: "good", verdict: "accepted: the userinfo endpoint took the token"}
	if sub, ok := a.JSON["sub"].(string); ok {
		out.verdict += ", and says that it is about " + sub
	}
	return out
}

// discovered is an issuer's metadata with the verdict on its name (RFC 8414 3.3).
func metadataResponse(m *provider.Metadata, issuer string, err error) endpointResponse {
	out := endpointResponse{name: viewIssuer, err: err}
	if err != nil {
		return out
	}
	raw, _ := json.Marshal(m.Raw)
	out.text = calls.Pretty(raw, "application/json")
	out.notes = append(out.notes, "read from "+m.Source)
	switch {
	case m.AcceptsIssuer(issuer):
		out.level, out.verdict = "good", "the metadata names the issuer as the token does: "+m.Issuer
	default:
		out.level, out.verdict = "bad", fmt.Sprintf("the metadata names another issuer, %s; the token says %s (RFC 8414 3.3)", m.Issuer, issuer)
	}
	if m.JWKSURI != "" {
		out.notes = append(out.notes, "keys at "+m.JWKSURI)
	} else {
		out.notes = append(out.notes, "it names no keys (jwks_uri)")
	}
	return out
}

// answerBody shows what an endpoint said, with the verdict above it.
func (p *Pane) answerBody(a endpointResponse, width, height int) string {
	st := p.ctx.Styles
	if a.err != nil {
		lines := p.ctx.Explain(p.errorOf(a)).Inline(st, width)
		var public *session.IntrospectionError
		if errors.As(a.err, &public) && len(public.Others) > 0 {
			lines = append(lines, "", pane.KeyHint(st, keys.TokenIntrospect, "chooses whose client asks"))
		}
		return p.scroll.View(st, lines, width, height)
	}
	var lines []string
	for _, l := range widget.Wrap(tokens.VisibleLine(a.verdict), width) {
		lines = append(lines, st.Level(a.level).Render(l))
	}
	for _, note := range a.notes {
		for _, l := range widget.Wrap(tokens.VisibleLine(note), width) {
			lines = append(lines, st.Dim.Render(l))
		}
	}
	lines = append(lines, "")
	if height > len(lines)+2 {
		lines = append(lines, strings.Split(p.texts[a.name].View(width, height-len(lines)), "\n")...)
	}
	return pane.Fit(lines, width, height)
}

// issuerOf is the issuer that a token names; "" when it names none.
func issuerOf(r *inspect.Report) string {
	if r == nil || r.Payload == nil {
		return ""
	}
	issuer, _ := r.Payload.String("iss")
	return issuer
}
