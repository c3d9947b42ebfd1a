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
type gate struct {
	mu     sync.Mutex
	agreed map[string]bool
}

func newGate() *gate { return &gate{agreed: map[string]bool{}} }

func (g *gate) open(what string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.agreed[what]
}

func (g *gate) agree(what string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.agreed[what] = true
}

// held is a request that waits to be agreed to.
type held struct {
	n       int64 // of the work that makes it
	what    string
	origin  string
	pending wire.Pending
	reply   chan bool // takes one without blocking
}

// The results of what is asked online.
type (
	// heldMsg brings a request that waits; more listens for the next.
	heldMsg struct {
		held *held
		more tea.Cmd
	}
	answerMsg struct {
		n      int64
		answer answer
	}
	keysMsg struct {
		n       int64
		reading *reading
		err     error
	}
)

// answer is what an endpoint said.
type answer struct {
	name  string // the view's name
	look  string // of the verdict
	head  string // the verdict in one sentence
	notes []string
	text  string
	says  []byte
	err   error
}

// online starts work that goes to the network. Each request is shown first, unless one of its kind to the same origin was
// agreed to before; aborted is for whoever makes errors into words.
func (p *Pane) online(what string, do func(ctx context.Context, n int64, aborted func() bool) tea.Msg) tea.Cmd {
	waiting, done := make(chan *held), make(chan struct{})
	var listen tea.Cmd
	listen = func() tea.Msg {
		select {
		case h := <-waiting:
			return heldMsg{h, listen}
		case <-done:
			return nil
		}
	}
	g := p.gate
	work := p.asking.Start(what, p.ctx.Now(), func(ctx context.Context, n int64) tea.Msg {
		defer close(done)
		no := false
		before := func(_ context.Context, r wire.Pending) (*wire.Request, error) {
			h := &held{n: n, what: r.Request.What(), origin: originOf(r.Request.URL), pending: r, reply: make(chan bool, 1)}
			if g.open(h.what + " " + h.origin) {
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
			g.agree(h.what + " " + h.origin)
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

// takeHeld shows a request that waits.
func (p *Pane) takeHeld(m heldMsg) tea.Cmd {
	if !p.asking.Awaits(m.held.n) {
		return nil // its work was given up, and the request with it
	}
	p.held = m.held
	p.texts[viewRequest].SetText(pane.RequestText(&wire.Exchange{Request: m.held.pending.Shown}), widget.HTTP)
	return m.more
}

// decide lets the waiting request go, or not.
func (p *Pane) decide(yes bool) {
	p.held.reply <- yes
	p.held = nil
}

// heldBody shows the request that waits, and what can be done with it.
func (p *Pane) heldBody(width, height int) string {
	st, h := p.ctx.Styles, p.held
	lines := []string{widget.Clip(st.Warn.Render("This request has not left yet")+st.Dim.Render(" · "+tokens.VisibleLine(h.what)+" · to "+tokens.VisibleLine(h.origin)), width)}
	hints := pane.Flow([]string{pane.KeyHint(st, keys.TokenSend, "sends it, and later ones like it"), pane.KeyHint(st, keys.Back, "sends nothing")}, width, 3)
	room := height - len(lines) - len(hints) - 2
	if room < 1 {
		return pane.Fit(append(lines, hints...), width, height)
	}
	lines = append(lines, "", p.texts[viewRequest].View(width, room), "")
	return pane.Fit(append(lines, hints...), width, height)
}

// answer is what was answered under a view's name.
func (p *Pane) answer(name string) (answer, bool) {
	i := slices.IndexFunc(p.answers, func(a answer) bool { return a.name == name })
	if i < 0 {
		return answer{}, false
	}
	return p.answers[i], true
}

func (p *Pane) takeAnswer(m answerMsg) tea.Cmd {
	if !p.asking.Done(m.n) {
		return nil
	}
	p.held = nil
	if errors.Is(m.answer.err, wire.ErrAborted) {
		return pane.Send(pane.ToastMsg{Text: "nothing was sent"})
	}
	p.answers = append(slices.DeleteFunc(p.answers, func(a answer) bool { return a.name == m.answer.name }), m.answer)
	p.texts[m.answer.name].SetText(m.answer.text, widget.JSON)
	p.show(m.answer.name)
	if p.refused != nil && m.answer.name == viewIntrospection {
		return p.findCauses()
	}
	return nil
}

func (p *Pane) takeKeys(m keysMsg) tea.Cmd {
	if !p.asking.Done(m.n) {
		return nil
	}
	p.held = nil
	switch {
	case errors.Is(m.err, wire.ErrAborted):
		return pane.Send(pane.ToastMsg{Text: "nothing was sent"})
	case m.err != nil:
		return pane.Send(pane.Failed("Fetching the keys", m.err))
	}
	m.reading.made = p.made
	view := p.view
	cmd := p.take(m.reading, nil)
	p.fetched = true
	if p.show(viewSignature); view == viewWhy {
		p.show(viewWhy)
		return tea.Batch(cmd, p.findCauses())
	}
	return cmd
}

// fetchKeys fetches the issuer's keys and judges the token by them.
func (p *Pane) fetchKeys() tea.Cmd {
	svc, raw, id, kind, issuer, o := p.ctx.Service, p.pasted, p.meta.ID, p.kind, issuerOf(p.report), p.given.options()
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
		return keysMsg{n: n, reading: read(report)}
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
			return answerMsg{n, introspected(a, err)}
		})
	}
	last, _ := p.answer(viewIntrospection)
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
			return answerMsg{n, identified(a, err)}
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
		return answerMsg{n, discovered(m, issuer, err)}
	})
}

// askMsg goes on once a profile was chosen.
type askMsg struct{ cmd func() tea.Cmd }

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
		p.ctx.Ask(askMsg{func() tea.Cmd { return ask(names[i]) }})
		return nil
	}})
}

// introspected is introspection's answer with its verdict (RFC 7662 2.2).
func introspected(a session.Answer, err error) answer {
	out := answer{name: viewIntrospection, notes: a.Notes, err: err, says: a.Says, text: calls.Pretty(a.Says, "application/json")}
	switch {
	case a.Active == nil:
		out.look, out.head = "warning", "the answer says neither active nor inactive, which RFC 7662 2.2 demands"
	case *a.Active:
		out.look, out.head = "good", "active: the provider says that this token is good now"
	default:
		out.look, out.head = "bad", "not active: expired, revoked, or unknown to the client that asked (RFC 7662 2.2 does not say which)"
	}
	return out
}

// identified is userinfo's answer with its verdict.
func identified(a session.Answer, err error) answer {
	out := answer{name: viewUserinfo, notes: a.Notes, err: err, text: calls.Pretty(a.Says, "application/json"), look: "good", head: "accepted: the userinfo endpoint took the token"}
	if sub, ok := a.JSON["sub"].(string); ok {
		out.head += ", and says that it is about " + sub
	}
	return out
}

// discovered is an issuer's metadata with the verdict on its name (RFC 8414 3.3).
func discovered(m *provider.Metadata, issuer string, err error) answer {
	out := answer{name: viewIssuer, err: err}
	if err != nil {
		return out
	}
	raw, _ := json.Marshal(m.Raw)
	out.text = calls.Pretty(raw, "application/json")
	out.notes = append(out.notes, "read from "+m.Source)
	switch {
	case m.AcceptsIssuer(issuer):
		out.look, out.head = "good", "the metadata names the issuer as the token does: "+m.Issuer
	default:
		out.look, out.head = "bad", fmt.Sprintf("the metadata names another issuer, %s; the token says %s (RFC 8414 3.3)", m.Issuer, issuer)
	}
	if m.JWKSURI != "" {
		out.notes = append(out.notes, "keys at "+m.JWKSURI)
	} else {
		out.notes = append(out.notes, "it names no keys (jwks_uri)")
	}
	return out
}

// answerBody shows what an endpoint said, with the verdict above it.
func (p *Pane) answerBody(a answer, width, height int) string {
	st := p.ctx.Styles
	if a.err != nil {
		lines := p.ctx.Explain(p.faultOf(a)).Inline(st, width)
		var public *session.IntrospectionError
		if errors.As(a.err, &public) && len(public.Others) > 0 {
			lines = append(lines, "", pane.KeyHint(st, keys.TokenIntrospect, "chooses whose client asks"))
		}
		return p.scroll.View(st, lines, width, height)
	}
	var lines []string
	for _, l := range widget.Wrap(tokens.VisibleLine(a.head), width) {
		lines = append(lines, st.Level(a.look).Render(l))
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
