package provider

import (
	"context"
	"errors"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/registration"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// apiStage is how far a start from an API has come.
type apiStage int

const (
	asking     apiStage = iota // for the API's address
	looking                    // at the API and its authorization servers
	serving                    // which of the servers
	identity                   // as which client
	naming                     // a client ID is typed
	documented                 // the URL of a client ID metadata document is typed
)

// fromAPI is the screen that starts from an API's address (RFC 9728): it shows what the API and its authorization
// servers say, asks which server and as which client, and opens the form of a sign-in with the resource and the scope
// filled in.
type fromAPI struct {
	ctx     *pane.Context
	stage   apiStage
	address widget.Input
	id, url widget.Input // a client's ID, and the URL of its document
	wrong   string       // what is wrong with what was typed
	work    pane.Work
	events  <-chan news
	steps   []flows.Step
	start   *session.APIDiscovery
	err     error
	servers *widget.Table
	server  session.APIServer
	clients *widget.Table
	options []clientOption
	unread  string                 // the document that could not be read: entered again, it is taken all the same
	doc     *registration.Document // the one that was looked at
	reg     *register
	hints   []string // addresses of APIs that are known, to choose from
	hint    int      // the one that was filled in last, from 1
	handed  bool     // a sign-in was prepared: the screen has done its work
	top     int      // lines above the table at the last View
}

// clientOption is a way to be a client of a server.
type clientOption struct {
	name, text string
	disabled   string // why it cannot be chosen now
	choose     func() tea.Cmd
}

// documentMsg brings what stands at the URL of a client.
type documentMsg struct {
	n   int64
	doc *registration.Document
	err error
}

// draftMsg brings a sign-in that is ready to be filled in.
type draftMsg struct {
	n     int64
	draft session.Draft
	err   error
}

func newFromAPI(ctx *pane.Context) *fromAPI {
	return &fromAPI{ctx: ctx,
		address: widget.Input{Placeholder: "https://mcp.example.com/mcp", Refuses: tokens.LooksUnlikeAddress},
		id:      widget.Input{Placeholder: "as it was given to you", Refuses: tokens.LooksLikeToken},
		url: widget.Input{Placeholder: "https://app.example.com/oauth/client.json",
			Refuses: tokens.LooksUnlikeAddress},
		servers: widget.NewTable(ctx.Styles, widget.Column{Title: "authorization server", Min: 20, Flex: 1},
			widget.Column{Title: "clients here", Min: 12},
			widget.Column{Title: "registers", Min: 9, Drop: 1}, widget.Column{Title: "reads documents", Min: 15,
				Drop: 2}),
		clients: widget.NewTable(ctx.Styles, widget.Column{Title: "as which client", Min: 22},
			widget.Column{Min: 16, Flex: 1}),
	}
}

// look asks the API, and what it names.
func (f *fromAPI) look() tea.Cmd {
	address := strings.TrimSpace(f.address.Value())
	if address == "" {
		f.wrong = "required: the URL of an API, such as https://api.example.com/v1"
		return nil
	}
	events := make(chan news, maxNews)
	f.events, f.steps, f.start, f.err, f.wrong, f.stage = events, nil, nil, nil, "", looking
	svc := f.ctx.Service
	cmd := f.work.Start("asking "+tokens.VisibleLine(address), f.ctx.Now(), func(ctx context.Context, n int64) tea.Msg {
		start, err := svc.FetchResourceMetadata(ctx, session.ResourceMetadataRequest{Address: address},
			func(s flows.Step) { events <- news{n: n, step: &s} })
		events <- news{n: n, started: start, done: true, err: err}
		close(events)
		return nil
	})
	return tea.Batch(cmd, listen(events))
}

// update implements screen.
func (f *fromAPI) update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case news:
		if m.from != f.events {
			break
		}
		if m.step != nil {
			f.steps = append(f.steps, *m.step)
		}
		if m.done {
			return tea.Batch(f.looked(m), listen(f.events))
		}
		return listen(f.events)
	case documentMsg:
		return f.judge(m)
	case draftMsg:
		return f.drafted(m)
	}
	if f.reg != nil {
		return tea.Batch(f.work.Update(msg), f.reg.update(msg))
	}
	return f.work.Update(msg)
}

// looked takes what was found; why nothing was is told in a notice, over the address as it was typed. With one server
// there is nothing to choose.
func (f *fromAPI) looked(m news) tea.Cmd {
	if !f.work.Done(m.n) {
		return nil
	}
	f.start, f.err = m.started, m.err
	if m.err == nil && len(m.started.Servers) == 0 {
		_, f.err = m.started.Server("")
	}
	if f.err != nil {
		f.stage = asking
		return pane.Send(pane.Failed("Starting from the API", f.err))
	}
	f.servers.SetRows(len(f.start.Servers), f.serverRow, nil)
	f.stage = serving
	if len(f.start.Servers) == 1 && f.start.Servers[0].RejectReason == "" {
		f.choose(f.start.Servers[0])
	}
	return nil
}

// choose takes a server, and lists the ways to be a client there.
func (f *fromAPI) choose(server session.APIServer) {
	f.server, f.stage, f.options = server, identity, nil
	for _, p := range server.Profiles {
		text := "client " + p.ClientID
		if p.AuthMethod != "" {
			text += " · " + p.AuthMethod
		}
		f.options = append(f.options, clientOption{name: p.Name, text: text,
			choose: func() tea.Cmd { return f.draft(p.Name, "") }})
	}
	register := clientOption{name: "register a new client",
		text: "the server registers it, and it becomes a profile (RFC 7591)", choose: f.register}
	switch {
	case !server.SupportsRegistration():
		register.disabled = "the server announces no registration"
	case f.ctx.ReadOnly:
		register.disabled = pane.ReadOnlyReason
	}
	document := clientOption{name: "a metadata document", text: "its URL is the client_id",
		choose: func() tea.Cmd { f.stage, f.wrong = documented, ""; return nil }}
	if !server.SupportsClientDocuments() {
		document.text += "; the server does not announce that it reads one"
	}
	f.options = append(f.options, register, document,
		clientOption{name: "a client ID", text: "of a client that was registered elsewhere",
			choose: func() tea.Cmd { f.stage, f.wrong = naming, ""; return nil }})
	f.clients.SetRows(len(f.options), f.clientRow, nil)
	f.clients.Select(0)
}

// draft prepares the sign-in as a profile's client, or as the client of an ID.
func (f *fromAPI) draft(profileName, clientID string) tea.Cmd {
	svc, start, server := f.ctx.Service, f.start, f.server
	return f.work.Start("preparing the sign-in", f.ctx.Now(), func(ctx context.Context, n int64) tea.Msg {
		d, err := svc.DraftFor(ctx, start, server, profileName, clientID)
		return draftMsg{n, d, err}
	})
}

func (f *fromAPI) drafted(m draftMsg) tea.Cmd {
	switch {
	case !f.work.Done(m.n):
		return nil
	case m.err != nil:
		return pane.Send(pane.Failed("Preparing the sign-in", m.err))
	}
	f.stage, f.reg, f.handed = asking, nil, true
	return signIn(f.ctx, m.draft, "filled in as the API asks: ctrl+x signs in")
}

// register opens the form of a registration, which leads on to the sign-in.
func (f *fromAPI) register() tea.Cmd {
	f.reg = newRegister(f.ctx, f.server.Issuer, f.server.Metadata, f.start.Address, f.start.Scope)
	f.reg.then, f.reg.thenDoes = func(name string) tea.Cmd { return f.draft(name, "") }, "signs in with it"
	return nil
}

// enterID goes on as the client of the typed ID.
func (f *fromAPI) enterID() tea.Cmd {
	id := strings.TrimSpace(f.id.Value())
	if id == "" {
		f.wrong = "required: the client's ID"
		return nil
	}
	return f.draft("", id)
}

// enterDocument looks at the document of the typed URL before anybody is sent to sign in with it.
func (f *fromAPI) enterDocument() tea.Cmd {
	at := strings.TrimSpace(f.url.Value())
	if at != "" && at == f.unread {
		return f.draft("", at)
	}
	var problems []string
	for _, finding := range registration.CheckClientID(at) {
		if finding.Must {
			problems = append(problems, finding.Problem)
		}
	}
	if f.wrong, f.doc, f.unread = strings.Join(problems, " "), nil, ""; f.wrong != "" {
		return nil
	}
	svc := f.ctx.Service
	return f.work.Start("reading "+tokens.VisibleLine(at), f.ctx.Now(), func(ctx context.Context, n int64) tea.Msg {
		doc, err := svc.CheckDocument(ctx, at, wire.Options{})
		return documentMsg{n, doc, err}
	})
}

// judge goes on with a document that a server takes.
func (f *fromAPI) judge(m documentMsg) tea.Cmd {
	if !f.work.Done(m.n) || errors.Is(m.err, context.Canceled) {
		return nil
	}
	switch {
	case m.err != nil:
		f.unread = strings.TrimSpace(f.url.Value())
		f.wrong = "it cannot be read from here (" + pane.ErrorText(m.err) + "); the server may be able to: " +
			"enter goes on all the same"
	case !m.doc.Valid():
		f.doc, f.wrong = m.doc, strings.Join(m.doc.Problems(true), " ")
	default:
		return f.draft("", m.doc.ClientID)
	}
	return nil
}

// field is the one that takes keys; nil when none does.
func (f *fromAPI) field() *widget.Input {
	switch {
	case f.reg != nil || f.work.Running():
		return nil
	case f.stage == asking:
		return &f.address
	case f.stage == naming:
		return &f.id
	case f.stage == documented:
		return &f.url
	}
	return nil
}

// table is the list that is shown; nil when none is.
func (f *fromAPI) table() *widget.Table {
	switch f.stage {
	case serving:
		return f.servers
	case identity:
		return f.clients
	}
	return nil
}

// editing implements screen.
func (f *fromAPI) editing() bool {
	if f.reg != nil {
		return f.reg.editing()
	}
	t := f.table()
	return f.field() != nil || t != nil && t.Editing()
}

// key implements screen.
func (f *fromAPI) key(k tea.KeyMsg) tea.Cmd {
	if f.reg != nil {
		return f.reg.key(k)
	}
	field := f.field()
	if field == nil {
		if t := f.table(); t != nil {
			t.Update(k)
		}
		return nil
	}
	if f.stage == asking && (k.Type == tea.KeyDown || k.Type == tea.KeyUp) && len(f.hints) > 0 {
		f.fill(k.Type == tea.KeyDown)
		return nil
	}
	if k.Paste || k.Type != tea.KeyEnter && k.Type != tea.KeyCtrlX {
		if field.Update(k) {
			f.wrong = ""
		}
		if field.Refused {
			f.wrong = widget.NoTokenHere
		}
		return nil
	}
	if field.Refuses(field.Value()) {
		f.wrong = widget.NoTokenHere
		return nil
	}
	switch f.stage {
	case naming:
		return f.enterID()
	case documented:
		return f.enterDocument()
	}
	return f.look()
}

// fill types the next address that is known, or the one before.
func (f *fromAPI) fill(next bool) {
	n := len(f.hints)
	switch {
	case next:
		f.hint = f.hint%n + 1
	case f.hint <= 1:
		f.hint = n
	default:
		f.hint--
	}
	f.address.SetValue(f.hints[f.hint-1])
	f.wrong = ""
}

// click implements screen.
func (f *fromAPI) click(y int) tea.Cmd {
	if f.reg != nil {
		return f.reg.click(y)
	}
	if t := f.table(); t != nil {
		t.Click(y - f.top)
	}
	return nil
}

// do implements screen.
func (f *fromAPI) do(a keys.Action) tea.Cmd {
	t := f.table()
	switch {
	case f.reg != nil:
		return f.reg.do(a)
	case t == nil:
	case a != keys.Open:
		t.Do(a)
	case f.stage == serving && t.Cursor() >= 0:
		if server := f.start.Servers[t.Cursor()]; server.RejectReason == "" {
			f.choose(server)
		}
	case t.Cursor() >= 0:
		if option := f.options[t.Cursor()]; option.disabled == "" {
			return option.choose()
		}
	}
	return nil
}

// disabled implements screen.
func (f *fromAPI) disabled(a keys.Action) string {
	if f.reg != nil {
		return f.reg.disabled(a)
	}
	switch a {
	case keys.ProviderSend:
		return "no request waits to be sent"
	case keys.Open, keys.Filter:
	default:
		return ""
	}
	t := f.table()
	switch {
	case f.work.Running():
		return f.work.Busy()
	case t == nil || t.Cursor() < 0:
		return "there is nothing to choose"
	case a == keys.Filter:
		return ""
	case f.stage == serving && f.start.Servers[t.Cursor()].RejectReason != "":
		return "this server gives no tokens for the API"
	case f.stage == identity:
		return f.options[t.Cursor()].disabled
	}
	return ""
}

// back implements screen: one stage back, with everything as it was typed.
func (f *fromAPI) back() bool {
	t := f.table()
	switch {
	case f.reg != nil:
		if !f.reg.back() {
			f.reg, f.server.Profiles = nil,
				f.ctx.Service.ProfilesOf(f.server.ResourceServer) // with the one that was registered
			f.choose(f.server)
		}
	case f.work.Cancel():
	case t != nil && t.Back():
	case f.stage == naming, f.stage == documented:
		f.stage, f.wrong = identity, ""
	case f.stage == identity && len(f.start.Servers) > 1:
		f.stage = serving
	case f.stage == identity, f.stage == serving:
		f.stage = asking
	default:
		return false
	}
	return true
}

// cancel implements screen.
func (f *fromAPI) cancel() bool {
	if f.reg != nil {
		return f.reg.cancel()
	}
	return f.work.Cancel()
}
