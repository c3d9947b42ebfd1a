// Package provider is the pane that shows an authorization server: what it supports, its endpoints and keys, what is
// wrong with or unwise in its metadata, and the document itself.
package provider

import (
	"context"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	prov "fob/flows/provider"
	"fob/flows/registration"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// The views, by the names on their tabs.
const (
	viewSupports  = "Supports"
	viewEndpoints = "Endpoints"
	viewKeys      = "Keys"
	viewFindings  = "Findings"
	viewClients   = "Clients"
	viewRaw       = "Raw"
)

var views = []string{viewSupports, viewEndpoints, viewKeys, viewFindings, viewClients, viewRaw}

// Pane shows an authorization server.
type Pane struct {
	ctx       *pane.Context
	target    string // a profile's name or an issuer; "" for no provider
	pinned    bool   // the user chose it: a selected session does not change it
	session   vault.Meta
	loaded    *session.ProviderView
	loadedFor string
	err       error
	loading   pane.Work
	view      string
	features  []prov.Feature
	endpoints [][2]string // name and URL
	keys      []jose.Key
	findings  []finding
	tables    map[string]*widget.Table
	raw       *widget.TextWindow
	field     widget.Input // another provider, while it is typed
	typing    bool
	inputErr  string // why the typed text is invalid
	expanded  bool   // the row under the cursor takes the whole pane
	tableTop  int    // lines above the table at the last View

	clients       []session.ProfileClient
	clientsErr    error
	registered    map[string]*registration.Client // the registrations that were read, by profile
	reading       pane.Work                       // a registration
	unregistering pane.Work
	overlay       screen     // takes the whole pane; nil: none
	apiScreen     *apiScreen // kept with what was typed, when it is closed
}

// finding is a warning of the linter, or a check made while the metadata was read.
type finding struct{ severity, what, spec string }

// loadedMsg is the result of reading a provider.
type loadedMsg struct {
	n      int64
	target string
	view   *session.ProviderView
	err    error

	clients    []session.ProfileClient
	clientsErr error
}

// New makes the pane.
func New(ctx *pane.Context) *Pane {
	col := func(title string, least, flex, drop int) widget.Column {
		return widget.Column{Title: title, Min: least, Flex: flex, Drop: drop}
	}
	p := &Pane{ctx: ctx, view: viewSupports, registered: map[string]*registration.Client{},
		raw: widget.NewTextWindow(ctx.Styles), tables: map[string]*widget.Table{
			viewSupports: widget.NewTable(ctx.Styles, col("feature", 32, 0, 0), col("", 8, 0, 0),
				col("detail", 20, 3, 1), col("spec", 14, 1, 2)),
			viewEndpoints: widget.NewTable(ctx.Styles, col("endpoint", 16, 0, 0), col("URL", 24, 1, 0)),
			viewKeys: widget.NewTable(ctx.Styles, col("kid", 20, 2, 0), col("type", 5, 0, 0), col("alg", 7, 0, 0),
				col("use", 4, 0, 2), col("size", 12, 0, 1),
				col("thumbprint (RFC 7638)", 22, 3, 3)),
			viewClients: widget.NewTable(ctx.Styles, col("profile", 12, 1, 0), col("client_id", 16, 2, 1),
				col("authenticates by", 20, 1, 2), col("registered", 10, 0, 0)),
			viewFindings: widget.NewTable(ctx.Styles, col("severity", 8, 0, 0), col("finding", 24, 3, 0),
				col("spec", 14, 1, 1)),
		}}
	p.target = ctx.Profile
	if p.target == "" {
		if profiles := ctx.Service.Profiles(); len(profiles) > 0 {
			p.target = profiles[0].Name
		}
	}
	return p
}

// Scope implements pane.Pane.
func (p *Pane) Scope() keys.Scope { return keys.Provider }

// Title implements pane.Pane.
func (p *Pane) Title() string { return "Provider" }

// Editing implements pane.Pane.
func (p *Pane) Editing() bool {
	if p.overlay != nil {
		return p.overlay.editing()
	}
	if p.typing {
		return true
	}
	if t := p.tables[p.view]; t != nil {
		return t.Editing()
	}
	return p.raw.Editing()
}

// Update implements pane.Pane.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case pane.SelectedMsg:
		return p.followSession(m.Meta)
	case pane.FocusMsg:
		if m.Scope == keys.Provider {
			return p.loadIfNeeded()
		}
		return nil
	case retryMsg:
		return p.load()
	case pane.ProviderMsg:
		if m.Target != "" {
			p.target, p.pinned = m.Target, true
		}
		return p.loadIfNeeded()
	case loadedMsg:
		if p.loading.Done(m.n) {
			p.show(m)
		}
		return nil
	case event, documentMsg, draftMsg:
		return p.updateOverlay(msg)
	case registeredMsg:
		return p.handleRegistered(m)
	case clientsChangedMsg:
		p.target = p.currentTarget(p.target)
		return p.load()
	case pane.ClickMsg:
		if p.overlay != nil {
			return p.overlay.click(m.Y)
		}
		if t := p.tables[p.view]; t != nil && !p.expanded {
			t.Click(m.Y - p.tableTop)
		}
		return nil
	case tea.KeyMsg:
		return p.key(m)
	}
	cmds := []tea.Cmd{p.loading.Update(msg), p.reading.Update(msg), p.unregistering.Update(msg)}
	if p.overlay != nil {
		cmds = append(cmds, p.overlay.update(msg))
	}
	if p.ctx.Focus == keys.Provider {
		cmds = append(cmds, p.loadIfNeeded())
	}
	return tea.Batch(cmds...)
}

// followSession shows the provider of the selected session, unless the user has chosen another.
func (p *Pane) followSession(m vault.Meta) tea.Cmd {
	p.session = m
	target := m.Profile
	if _, err := p.ctx.Service.Profile(m.Profile); m.Profile == "" || err != nil {
		target = m.Issuer
	}
	if target == "" || p.pinned || target == p.target {
		return nil
	}
	p.target = target
	if p.ctx.Focus == keys.Provider {
		return p.loadIfNeeded()
	}
	return nil
}

// loadIfNeeded reads the provider, unless it was read. Nothing is read before the pane is shown.
func (p *Pane) loadIfNeeded() tea.Cmd {
	if p.target == "" || p.loadedFor == p.target {
		return nil
	}
	return p.load()
}

func (p *Pane) load() tea.Cmd {
	svc, target := p.ctx.Service, p.target
	p.loadedFor = target
	return p.loading.Start(p.ctx, "reading the metadata of "+tokens.VisibleLine(target),
		func(ctx context.Context, n int64) tea.Msg {
			view, err := svc.Provider(ctx, target)
			m := loadedMsg{n: n, target: target, view: view, err: err}
			if view != nil && view.Metadata != nil {
				m.clients, m.clientsErr = svc.ClientsOf(ctx, view.Metadata)
			}
			return m
		})
}

// show shows the provider that was read.
func (p *Pane) show(m loadedMsg) {
	p.loaded, p.err = m.view, m.err
	p.features, p.endpoints, p.keys, p.findings, p.expanded = nil, nil, nil, nil, false
	p.clients, p.clientsErr, p.registered = m.clients, m.clientsErr, map[string]*registration.Client{}
	raw := ""
	if m.view != nil && m.view.Metadata != nil {
		meta := m.view.Metadata
		p.features, p.keys = prov.Features(meta), m.view.Keys.Keys()
		p.findings = findings(m.view)
		raw = indentedMetadata(meta)
		p.endpoints = endpointList(meta)
	}
	p.tables[viewSupports].SetRows(len(p.features), p.featureRow, nil)
	p.tables[viewEndpoints].SetRows(len(p.endpoints), p.endpointRow, nil)
	p.tables[viewKeys].SetRows(len(p.keys), p.keyRow, nil)
	p.tables[viewFindings].SetRows(len(p.findings), p.findingRow, nil)
	p.tables[viewClients].SetRows(len(p.clients), p.clientRow, nil)
	p.raw.SetText(raw, widget.JSON)
	if p.apiScreen != nil {
		p.apiScreen.hints = p.apiAddresses()
	}
}

func (p *Pane) key(k tea.KeyMsg) tea.Cmd {
	if p.overlay != nil {
		return p.overlay.key(k)
	}
	if !p.typing {
		if t := p.tables[p.view]; t != nil {
			t.Update(k)
		} else {
			p.raw.Update(k)
		}
		return nil
	}
	if k.Type != tea.KeyEnter {
		if p.field.Update(k) {
			p.inputErr = ""
		}
		if p.field.Refused {
			p.inputErr = widget.NoTokenHere
		}
		return nil
	}
	if p.field.Refuses(p.field.Value()) {
		p.inputErr = widget.NoTokenHere
		return nil
	}
	p.typing = false
	target := strings.TrimSpace(p.field.Value())
	if target == "" {
		p.pinned = false
		return p.followSession(p.session)
	}
	p.target, p.pinned = target, true
	return p.load()
}

// ShownError implements pane.ErrorReporter: why the metadata or the keys could not be read.
func (p *Pane) ShownError() (m pane.ErrorMsg, ok bool) {
	m = pane.ErrorMsg{What: "Reading the provider's metadata", Err: p.err,
		About: session.ErrorContext{Provider: p.target},
		Retry: pane.Send(retryMsg{})}
	if p.err == nil && p.loaded != nil && p.view == viewKeys {
		m.What, m.Err = "Reading the keys", p.loaded.KeysErr
	}
	return m, m.Err != nil
}

// retryMsg reads the provider again.
type retryMsg struct{}

// Back implements pane.Pane.
func (p *Pane) Back() bool {
	if p.overlay != nil {
		if p.overlay.back() {
			return true
		}
		return p.closeOverlay()
	}
	t := p.tables[p.view]
	switch {
	case p.typing:
		p.typing = false
	case p.loading.Cancel(), p.reading.Cancel(), p.unregistering.Cancel():
	case p.expanded:
		p.expanded = false
	case t != nil && t.Back(), t == nil && p.raw.Back():
	case p.view != viewSupports:
		p.view = viewSupports
	default:
		return false
	}
	return true
}

// Cancel implements pane.Canceller.
func (p *Pane) Cancel() bool {
	return p.overlay != nil && p.overlay.cancel() || p.loading.Cancel() || p.reading.Cancel() ||
		p.unregistering.Cancel()
}

// Disabled implements pane.Pane.
func (p *Pane) Disabled(a keys.Action) string {
	if p.overlay != nil && a != keys.FromAPI {
		if b, ok := keys.ByAction(a); ok && b.Scope == keys.Provider && a != keys.ProviderSend {
			return "leave this first, with esc"
		}
		return p.overlay.disabled(a)
	}
	switch a {
	case keys.ProviderSend:
		return "no request waits to be sent"
	case keys.ProviderRegister, keys.ProviderChange, keys.ProviderUnregister:
		return p.clientsDisabled(a)
	case keys.ProviderReload:
		if p.target == "" {
			return "no provider is chosen"
		}
	case keys.ProviderView, keys.ProviderCopy, keys.Filter:
		if p.loaded == nil {
			return "nothing has been read yet"
		}
	case keys.ProviderNext, keys.ProviderPrev:
		if p.view != viewRaw || !p.raw.Searching() {
			return "search the raw document first with /"
		}
	}
	return ""
}

// Do implements pane.Pane.
func (p *Pane) Do(a keys.Action) tea.Cmd {
	if a == keys.FromAPI {
		p.openAPIScreen()
		return nil
	}
	if p.overlay != nil {
		return p.overlay.do(a)
	}
	switch a {
	case keys.ProviderRegister, keys.ProviderChange, keys.ProviderUnregister:
		return p.doClients(a)
	case keys.ProviderChoose:
		p.typing, p.inputErr = true, ""
		if p.field.Refuses == nil || p.err == nil { // what failed may be corrected
			p.field = widget.Input{Placeholder: "a profile's name or an issuer's URL",
				Refuses: tokens.LooksUnlikeAddress}
		}
		return nil
	case keys.ProviderReload:
		return p.load()
	case keys.ProviderView, keys.Right:
		p.cycleView(1)
		return nil
	case keys.Left:
		p.cycleView(-1)
		return nil
	case keys.ProviderCopy:
		return p.copy()
	case keys.ProviderNext:
		p.raw.NextMatch(1)
		return nil
	case keys.ProviderPrev:
		p.raw.NextMatch(-1)
		return nil
	}
	if a == keys.Open {
		p.expanded = !p.expanded && len(p.rowFacts()) > 0
		return p.readClient()
	}
	if t := p.tables[p.view]; t != nil {
		t.Do(a)
	} else {
		p.raw.Do(a)
	}
	return nil
}

func (p *Pane) cycleView(d int) {
	at := max(0, slices.Index(views, p.view))
	p.view, p.expanded = views[(at+d+len(views))%len(views)], false
}

// rowFacts describes the row under the cursor.
func (p *Pane) rowFacts() []pane.Fact {
	t := p.tables[p.view]
	if t == nil || t.Cursor() < 0 {
		return nil
	}
	switch i := t.Cursor(); p.view {
	case viewSupports:
		f := p.features[i]
		return pane.Facts("feature", f.Name, "supported", f.State, "detail", f.Detail, "spec", f.Spec)
	case viewEndpoints:
		e := p.endpoints[i]
		return pane.Facts("endpoint", e[0], "URL", e[1])
	case viewKeys:
		jwk, _ := p.keys[i].PublicJWK() // without one there is no fact
		return pane.Facts("kid", p.keys[i].Kid(), "warning", strings.Join(p.keys[i].Warnings(), "; "),
			"JWK", string(jwk))
	case viewClients:
		return p.clientFacts()
	case viewFindings:
		f := p.findings[i]
		return pane.Facts("severity", f.severity, "finding", f.what, "spec", f.spec)
	}
	return nil
}

// copy copies the value under the cursor, or the whole document.
func (p *Pane) copy() tea.Cmd {
	i := -1
	if t := p.tables[p.view]; t != nil {
		i = t.Cursor()
	}
	switch {
	case p.view == viewSupports && i >= 0:
		return pane.Send(pane.CopyMsg{What: p.features[i].Name, Text: p.features[i].Detail})
	case p.view == viewEndpoints && i >= 0:
		e := p.endpoints[i]
		return pane.Send(pane.CopyMsg{What: e[0], Text: e[1]})
	case p.view == viewKeys && i >= 0:
		if jwk, err := p.keys[i].PublicJWK(); err == nil {
			return pane.Send(pane.CopyMsg{What: "public key", Text: string(jwk)})
		}
	case p.view == viewClients && i >= 0:
		return pane.Send(pane.CopyMsg{What: "client_id", Text: p.clients[i].Profile.ClientID})
	case p.view == viewFindings && i >= 0:
		return pane.Send(pane.CopyMsg{What: "finding", Text: p.findings[i].what})
	}
	return pane.Send(pane.CopyMsg{What: "metadata", Text: p.raw.Text()})
}
