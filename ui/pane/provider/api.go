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

// apiStage is the stage of a start from an API.
type apiStage int

const (
	enteringAddress  apiStage = iota
	fetching                  // the metadata of the API and of its authorization servers
	choosingServer            // an authorization server of the API
	choosingClient            // a client of that server
	enteringID                // a client ID
	enteringDocument          // the URL of a client ID metadata document
)

// apiScreen is the screen that starts from an API's address (RFC 9728): it shows what the API and its authorization
// servers report, asks which server and which client, and opens the form of a sign-in with resource and scope filled
// in.
type apiScreen struct {
	ctx           *pane.Context
	stage         apiStage
	address       widget.Input
	id, url       widget.Input // of a client: its ID, and the URL of its document
	inputErr      string       // why the typed text is invalid
	work          pane.Work
	events        <-chan event
	steps         []flows.Step
	start         *session.APIDiscovery
	err           error
	servers       *widget.Table
	server        session.APIServer
	clients       *widget.Table
	options       []clientOption
	unreadableURL string                 // a document that could not be read: entered again, it is used anyway
	doc           *registration.Document // the one that was read
	register      *registerScreen
	hints         []string // addresses of APIs to choose from
	hint          int      // the last one filled in, from 1
	done          bool     // a sign-in was prepared: the screen is closed
	tableTop      int      // lines above the table at the last View
}

// clientOption is a way to get a client of a server.
type clientOption struct {
	name, text string
	disabled   string // why it cannot be chosen now
	choose     func() tea.Cmd
}

// documentMsg is the document at the URL of a client.
type documentMsg struct {
	n   int64
	doc *registration.Document
	err error
}

// draftMsg is a prepared sign-in.
type draftMsg struct {
	n     int64
	draft session.Draft
	err   error
}

func newAPIScreen(ctx *pane.Context) *apiScreen {
	return &apiScreen{ctx: ctx,
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

// fetch reads the metadata of the API and of its authorization servers.
func (f *apiScreen) fetch() tea.Cmd {
	address := strings.TrimSpace(f.address.Value())
	if address == "" {
		f.inputErr = "the URL of an API is required, such as https://api.example.com/v1"
		return nil
	}
	events := make(chan event, eventBuffer)
	f.events, f.steps, f.start, f.err, f.inputErr, f.stage = events, nil, nil, nil, "", fetching
	svc := f.ctx.Service
	cmd := f.work.Start(f.ctx, "asking "+tokens.VisibleLine(address), func(ctx context.Context, n int64) tea.Msg {
		start, err := svc.FetchResourceMetadata(ctx, session.ResourceMetadataRequest{Address: address},
			func(s flows.Step) { events <- event{n: n, step: &s} })
		events <- event{n: n, start: start, done: true, err: err}
		close(events)
		return nil
	})
	return tea.Batch(cmd, listen(events))
}

// update implements screen.
func (f *apiScreen) update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case event:
		if m.from != f.events {
			break
		}
		if m.step != nil {
			f.steps = append(f.steps, *m.step)
		}
		if m.done {
			return tea.Batch(f.handleStart(m), listen(f.events))
		}
		return listen(f.events)
	case documentMsg:
		return f.handleDocument(m)
	case draftMsg:
		return f.handleDraft(m)
	}
	if f.register != nil {
		return tea.Batch(f.work.Update(msg), f.register.update(msg))
	}
	return f.work.Update(msg)
}

// handleStart shows the result. A notice explains an error, over the address as typed. A single server is chosen at
// once.
func (f *apiScreen) handleStart(m event) tea.Cmd {
	if !f.work.Done(m.n) {
		return nil
	}
	f.start, f.err = m.start, m.err
	if m.err == nil && len(m.start.Servers) == 0 {
		_, f.err = m.start.Server("")
	}
	if f.err != nil {
		f.stage = enteringAddress
		return pane.Send(pane.Failed("Starting from the API", f.err))
	}
	f.servers.SetRows(len(f.start.Servers), f.serverRow, nil)
	f.stage = choosingServer
	if len(f.start.Servers) == 1 && f.start.Servers[0].RejectReason == "" {
		f.chooseServer(f.start.Servers[0])
	}
	return nil
}

// chooseServer chooses a server, and lists the ways to get a client there.
func (f *apiScreen) chooseServer(server session.APIServer) {
	f.server, f.stage, f.options = server, choosingClient, nil
	for _, p := range server.Profiles {
		text := "client " + p.ClientID
		if p.AuthMethod != "" {
			text += " · " + p.AuthMethod
		}
		f.options = append(f.options, clientOption{name: p.Name, text: text,
			choose: func() tea.Cmd { return f.readDraft(p.Name, "") }})
	}
	register := clientOption{name: "register a new client",
		text: "the server registers it, and it becomes a profile (RFC 7591)", choose: f.startRegister}
	switch {
	case !server.SupportsRegistration():
		register.disabled = "the server announces no registration"
	case f.ctx.ReadOnly:
		register.disabled = pane.ReadOnlyReason
	}
	document := clientOption{name: "a metadata document", text: "its URL is the client_id",
		choose: func() tea.Cmd { f.stage, f.inputErr = enteringDocument, ""; return nil }}
	if !server.SupportsClientDocuments() {
		document.text += "; the server does not announce that it reads one"
	}
	f.options = append(f.options, register, document,
		clientOption{name: "a client ID", text: "of a client that was registered elsewhere",
			choose: func() tea.Cmd { f.stage, f.inputErr = enteringID, ""; return nil }})
	f.clients.SetRows(len(f.options), f.clientRow, nil)
	f.clients.Select(0)
}

// readDraft prepares the sign-in with the client of a profile, or with a client ID.
func (f *apiScreen) readDraft(profileName, clientID string) tea.Cmd {
	svc, start, server := f.ctx.Service, f.start, f.server
	return f.work.Start(f.ctx, "preparing the sign-in", func(ctx context.Context, n int64) tea.Msg {
		d, err := svc.DraftFor(ctx, start, server, profileName, clientID)
		return draftMsg{n, d, err}
	})
}

func (f *apiScreen) handleDraft(m draftMsg) tea.Cmd {
	switch {
	case !f.work.Done(m.n):
		return nil
	case m.err != nil:
		return pane.Send(pane.Failed("Preparing the sign-in", m.err))
	}
	f.stage, f.register, f.done = enteringAddress, nil, true
	return signIn(f.ctx, m.draft, "filled in as the API asks: ctrl+x signs in")
}

// startRegister opens the form of a registration, which continues with the sign-in.
func (f *apiScreen) startRegister() tea.Cmd {
	f.register = newRegisterScreen(f.ctx, f.server.Issuer, f.server.Metadata, f.start.Address, f.start.Scope)
	f.register.then = func(name string) tea.Cmd { return f.readDraft(name, "") }
	f.register.thenDoes = "signs in with it"
	return nil
}

// enterID continues with the typed client ID.
func (f *apiScreen) enterID() tea.Cmd {
	id := strings.TrimSpace(f.id.Value())
	if id == "" {
		f.inputErr = "the client's ID is required"
		return nil
	}
	return f.readDraft("", id)
}

// enterDocument validates the document at the typed URL before the sign-in.
func (f *apiScreen) enterDocument() tea.Cmd {
	at := strings.TrimSpace(f.url.Value())
	if at != "" && at == f.unreadableURL {
		return f.readDraft("", at)
	}
	var problems []string
	for _, finding := range registration.CheckClientID(at) {
		if finding.Must {
			problems = append(problems, finding.Problem)
		}
	}
	if f.inputErr, f.doc, f.unreadableURL = strings.Join(problems, " "), nil, ""; f.inputErr != "" {
		return nil
	}
	svc := f.ctx.Service
	return f.work.Start(f.ctx, "reading "+tokens.VisibleLine(at), func(ctx context.Context, n int64) tea.Msg {
		doc, err := svc.CheckDocument(ctx, at, wire.Options{})
		return documentMsg{n, doc, err}
	})
}

// handleDocument continues with a valid document.
func (f *apiScreen) handleDocument(m documentMsg) tea.Cmd {
	if !f.work.Done(m.n) || errors.Is(m.err, context.Canceled) {
		return nil
	}
	switch {
	case m.err != nil:
		f.unreadableURL = strings.TrimSpace(f.url.Value())
		f.inputErr = "it cannot be read from here (" + pane.ErrorText(m.err) + "); the server may be able to: " +
			"enter continues anyway"
	case !m.doc.Valid():
		f.doc, f.inputErr = m.doc, strings.Join(m.doc.Problems(true), " ")
	default:
		return f.readDraft("", m.doc.ClientID)
	}
	return nil
}

// field is the text field of the stage; nil: none.
func (f *apiScreen) field() *widget.Input {
	switch {
	case f.register != nil || f.work.Running():
		return nil
	case f.stage == enteringAddress:
		return &f.address
	case f.stage == enteringID:
		return &f.id
	case f.stage == enteringDocument:
		return &f.url
	}
	return nil
}

// table is the list of the stage; nil: none.
func (f *apiScreen) table() *widget.Table {
	switch f.stage {
	case choosingServer:
		return f.servers
	case choosingClient:
		return f.clients
	}
	return nil
}

// editing implements screen.
func (f *apiScreen) editing() bool {
	if f.register != nil {
		return f.register.editing()
	}
	t := f.table()
	return f.field() != nil || t != nil && t.Editing()
}

// key implements screen.
func (f *apiScreen) key(k tea.KeyMsg) tea.Cmd {
	if f.register != nil {
		return f.register.key(k)
	}
	field := f.field()
	if field == nil {
		if t := f.table(); t != nil {
			t.Update(k)
		}
		return nil
	}
	if f.stage == enteringAddress && (k.Type == tea.KeyDown || k.Type == tea.KeyUp) && len(f.hints) > 0 {
		f.cycleHint(k.Type == tea.KeyDown)
		return nil
	}
	if k.Paste || k.Type != tea.KeyEnter && k.Type != tea.KeyCtrlX {
		if field.Update(k) {
			f.inputErr = ""
		}
		if field.Refused {
			f.inputErr = widget.NoTokenHere
		}
		return nil
	}
	if field.Refuses(field.Value()) {
		f.inputErr = widget.NoTokenHere
		return nil
	}
	switch f.stage {
	case enteringID:
		return f.enterID()
	case enteringDocument:
		return f.enterDocument()
	}
	return f.fetch()
}

// cycleHint fills in the next or the previous address of the hints.
func (f *apiScreen) cycleHint(next bool) {
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
	f.inputErr = ""
}

// click implements screen.
func (f *apiScreen) click(y int) tea.Cmd {
	if f.register != nil {
		return f.register.click(y)
	}
	if t := f.table(); t != nil {
		t.Click(y - f.tableTop)
	}
	return nil
}

// do implements screen.
func (f *apiScreen) do(a keys.Action) tea.Cmd {
	t := f.table()
	switch {
	case f.register != nil:
		return f.register.do(a)
	case t == nil:
	case a != keys.Open:
		t.Do(a)
	case f.stage == choosingServer && t.Cursor() >= 0:
		if server := f.start.Servers[t.Cursor()]; server.RejectReason == "" {
			f.chooseServer(server)
		}
	case t.Cursor() >= 0:
		if option := f.options[t.Cursor()]; option.disabled == "" {
			return option.choose()
		}
	}
	return nil
}

// disabled implements screen.
func (f *apiScreen) disabled(a keys.Action) string {
	if f.register != nil {
		return f.register.disabled(a)
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
	case f.stage == choosingServer && f.start.Servers[t.Cursor()].RejectReason != "":
		return "this server issues no tokens for the API"
	case f.stage == choosingClient:
		return f.options[t.Cursor()].disabled
	}
	return ""
}

// back implements screen: one stage back, with everything as it was typed.
func (f *apiScreen) back() bool {
	t := f.table()
	switch {
	case f.register != nil:
		if !f.register.back() {
			f.register, f.server.Profiles = nil,
				f.ctx.Service.ProfilesOf(f.server.ResourceServer) // with the one that was registered
			f.chooseServer(f.server)
		}
	case f.work.Cancel():
	case t != nil && t.Back():
	case f.stage == enteringID, f.stage == enteringDocument:
		f.stage, f.inputErr = choosingClient, ""
	case f.stage == choosingClient && len(f.start.Servers) > 1:
		f.stage = choosingServer
	case f.stage == choosingClient, f.stage == choosingServer:
		f.stage = enteringAddress
	default:
		return false
	}
	return true
}

// cancel implements screen.
func (f *apiScreen) cancel() bool {
	if f.register != nil {
		return f.register.cancel()
	}
	return f.work.Cancel()
}
