package token

import (
	"context"
	"errors"
	"slices"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// pendingRequest is a request that waits for approval.
type pendingRequest struct {
	n       int64 // of the work that makes it
	purpose string
	origin  string
	request wire.Pending
	reply   chan bool // takes one without blocking
}

// The results of what is requested online.
type (
	// pendingMsg brings a request that waits for approval; more listens for the next.
	pendingMsg struct {
		pending *pendingRequest
		more    tea.Cmd
	}
	responseMsg struct {
		n        int64
		response endpointResponse
	}
	keysMsg struct {
		n     int64
		token *tokenView
		err   error
	}
)

// onlineRequests are the requests to an issuer about the shown token. Each is shown first, unless one with the same
// purpose at the same origin was approved before.
type onlineRequests struct {
	ctx       *pane.Context
	work      pane.Work
	approved  sync.Map // the approved requests, by purpose and origin: each is asked about once in a run
	pending   *pendingRequest
	request   *widget.TextWindow            // the pending request
	texts     map[string]*widget.TextWindow // the bodies of the responses, by view
	responses []endpointResponse
}

func (o *onlineRequests) forget() {
	o.responses, o.pending = nil, nil
	o.work.Drop()
}

// do starts what an action requests about the token.
func (o *onlineRequests) do(a keys.Action, s *shownToken) tea.Cmd {
	switch a {
	case keys.TokenKeys:
		return o.fetchKeys(s)
	case keys.TokenIntrospect:
		return o.introspect(s)
	case keys.TokenUserinfo:
		return o.userinfo(s)
	}
	return o.discover(s)
}

// start starts a command that sends requests. aborted reports that the user has rejected one, for commands whose result
// does not contain its error.
func (o *onlineRequests) start(what string,
	do func(ctx context.Context, n int64, aborted func() bool) tea.Msg) tea.Cmd {
	waiting, done := make(chan *pendingRequest), make(chan struct{})
	var listen tea.Cmd
	listen = func() tea.Msg {
		select {
		case r := <-waiting:
			return pendingMsg{r, listen}
		case <-done:
			return nil
		}
	}
	work := o.work.Start(o.ctx, what, func(ctx context.Context, n int64) tea.Msg {
		defer close(done)
		aborted := false
		before := func(_ context.Context, p wire.Pending) (*wire.Request, error) {
			r := &pendingRequest{n: n, purpose: p.Request.What(), origin: tokens.Origin(p.Request.URL), request: p,
				reply: make(chan bool, 1)}
			if _, ok := o.approved.Load(r.purpose + " " + r.origin); ok {
				return nil, nil
			}
			approved, err := pane.Await(ctx, waiting, r, r.reply)
			switch {
			case err != nil:
				return nil, err
			case !approved:
				aborted = true
				return nil, wire.ErrAborted
			}
			o.approved.Store(r.purpose+" "+r.origin, true)
			return nil, nil
		}
		return do(wire.WithBefore(ctx, before), n, func() bool { return aborted })
	})
	return tea.Batch(work, listen)
}

// show shows a request that waits for approval.
func (o *onlineRequests) show(m pendingMsg) tea.Cmd {
	if !o.work.Awaits(m.pending.n) {
		return nil // its work was cancelled, and the request with it
	}
	o.pending = m.pending
	o.request.SetText(pane.RequestText(&wire.Exchange{Request: m.pending.request.Shown}), widget.HTTP)
	return m.more
}

// decide sends the pending request, or drops it.
func (o *onlineRequests) decide(approved bool) {
	o.pending.reply <- approved
	o.pending = nil
}

// pendingBody draws the pending request, and what can be done with it.
func (o *onlineRequests) pendingBody(width, height int) string {
	st, r := o.ctx.Styles, o.pending
	purpose := st.Dim.Render(" · " + tokens.VisibleLine(r.purpose) + " · to " + tokens.VisibleLine(r.origin))
	lines := []string{widget.Clip(st.Warn.Render("This request has not been sent yet")+purpose, width)}
	hints := widget.WrapItems([]string{pane.KeyHint(st, keys.TokenSend, "sends it, and later ones like it"),
		pane.KeyHint(st, keys.Back, "sends nothing")}, width, 3)
	room := height - len(lines) - len(hints) - 2
	if room < 1 {
		return pane.Fit(append(lines, hints...), width, height)
	}
	lines = append(lines, "", o.request.View(width, room), "")
	return pane.Fit(append(lines, hints...), width, height)
}

// response returns the response that a view shows.
func (o *onlineRequests) response(view string) (endpointResponse, bool) {
	i := slices.IndexFunc(o.responses, func(r endpointResponse) bool { return r.view == view })
	if i < 0 {
		return endpointResponse{}, false
	}
	return o.responses[i], true
}

// add keeps a response in place of an earlier one of the same view.
func (o *onlineRequests) add(r endpointResponse) {
	others := slices.DeleteFunc(o.responses, func(old endpointResponse) bool { return old.view == r.view })
	o.responses = append(others, r)
	o.texts[r.view].SetText(r.text, widget.JSON)
}

// fetchKeys fetches the issuer's keys and verifies the token with them.
func (o *onlineRequests) fetchKeys(s *shownToken) tea.Cmd {
	svc, raw, id, kind, issuer := o.ctx.Service, s.pasted, s.session.ID, s.kind, s.issuer()
	options := s.supplied.options(o.ctx.Now())
	return o.start("fetching the issuer's keys", func(ctx context.Context, n int64, aborted func() bool) tea.Msg {
		var report *inspect.Report
		var err error
		if raw.IsZero() {
			report, err = svc.InspectWith(ctx, id, kind, options, true)
		} else {
			report = svc.InspectRaw(ctx, raw.Reveal(), options, issuer)
		}
		if aborted() {
			err = wire.ErrAborted
		}
		if err != nil {
			return keysMsg{n: n, err: err}
		}
		return keysMsg{n: n, token: newTokenView(report)}
	})
}

// introspect asks the provider about the token: as the session's client, or as that of a profile.
func (o *onlineRequests) introspect(s *shownToken) tea.Cmd {
	svc, id, kind, raw := o.ctx.Service, s.session.ID, s.kind, s.pasted
	ask := func(profile string) tea.Cmd {
		return o.ask("asking the introspection endpoint", func(ctx context.Context) endpointResponse {
			if raw.IsZero() {
				return introspectionResponse(svc.Introspect(ctx, id, kind, profile))
			}
			return introspectionResponse(svc.IntrospectToken(ctx, raw, profile))
		})
	}
	last, _ := o.response(viewIntrospection)
	var public *session.IntrospectionError
	switch rejected := errors.As(last.err, &public); {
	case raw.IsZero() && !rejected:
		return ask("")
	case raw.IsZero():
		return o.chooseProfile("Whose client asks?", s.issuer(), public.Others, ask)
	}
	return o.chooseProfile("Which profile's client asks about the token?", s.issuer(), nil, ask)
}

// userinfo asks the provider whose access token it is.
func (o *onlineRequests) userinfo(s *shownToken) tea.Cmd {
	svc, id, raw := o.ctx.Service, s.session.ID, s.pasted
	ask := func(profile string) tea.Cmd {
		return o.ask("asking the userinfo endpoint", func(ctx context.Context) endpointResponse {
			if raw.IsZero() {
				return userinfoResponse(svc.Userinfo(ctx, id))
			}
			return userinfoResponse(svc.UserinfoForToken(ctx, raw, profile))
		})
	}
	if raw.IsZero() {
		return ask("")
	}
	return o.chooseProfile("Whose userinfo endpoint is asked?", s.issuer(), nil, ask)
}

// discover reads the metadata of the issuer that the token names, else of the session's.
func (o *onlineRequests) discover(s *shownToken) tea.Cmd {
	svc, issuer := o.ctx.Service, s.issuer()
	if issuer == "" {
		issuer = s.session.Issuer
	}
	return o.ask("reading the issuer's metadata", func(ctx context.Context) endpointResponse {
		m, err := svc.Metadata(ctx, issuer)
		return metadataResponse(m, issuer, err)
	})
}

// ask starts a command that asks an endpoint.
func (o *onlineRequests) ask(what string, do func(ctx context.Context) endpointResponse) tea.Cmd {
	return o.start(what, func(ctx context.Context, n int64, _ func() bool) tea.Msg { return responseMsg{n, do(ctx)} })
}

// chooseProfile asks for one of the profiles, those of the token's issuer first. only, if not empty, limits the choice.
func (o *onlineRequests) chooseProfile(title, issuer string, only []string, ask func(profile string) tea.Cmd) tea.Cmd {
	var names, otherNames []string
	var items, others []widget.Item
	for _, f := range o.ctx.Service.Profiles() {
		if len(only) > 0 && !slices.Contains(only, f.Name) {
			continue
		}
		item := widget.Item{Label: tokens.VisibleLine(f.Name),
			Text: tokens.VisibleLine("client " + f.ClientID + " at " + f.Issuer)}
		if issuer != "" && f.Issuer != issuer {
			item.Text += ", which is not the token's issuer"
			others, otherNames = append(others, item), append(otherNames, f.Name)
			continue
		}
		items, names = append(items, item), append(names, f.Name)
	}
	items, names = append(items, others...), append(names, otherNames...)
	if len(items) == 0 {
		return pane.Send(pane.ToastMsg{Text: "there is no profile to ask with: fob profile add makes one"})
	}
	return pane.Send(pane.ChooseMsg{Title: title, Items: items, Choose: func(i int) tea.Cmd {
		o.ctx.Request(runMsg{func() tea.Cmd { return ask(names[i]) }})
		return nil
	}})
}

// handleResponse shows the response of an endpoint.
func (p *Pane) handleResponse(m responseMsg) tea.Cmd {
	if !p.online.work.Done(m.n) {
		return nil
	}
	p.online.pending = nil
	if errors.Is(m.response.err, wire.ErrAborted) {
		return pane.Send(pane.ToastMsg{Text: "nothing was sent"})
	}
	p.online.add(m.response)
	p.show(m.response.view)
	if p.diagnosis.refusal != nil && m.response.view == viewIntrospection {
		return p.findCauses()
	}
	return nil
}

// handleKeys shows the token as verified with the issuer's keys.
func (p *Pane) handleKeys(m keysMsg) tea.Cmd {
	if !p.online.work.Done(m.n) {
		return nil
	}
	p.online.pending = nil
	switch {
	case errors.Is(m.err, wire.ErrAborted):
		return pane.Send(pane.ToastMsg{Text: "nothing was sent"})
	case m.err != nil:
		return pane.Send(pane.Failed("Fetching the keys", m.err))
	}
	view := p.view
	cmd := p.showVerified(m.token)
	if view == viewWhy {
		p.show(viewWhy)
		return tea.Batch(cmd, p.findCauses())
	}
	return cmd
}
