package provider

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/profile"
	"fob/flows/registration"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/calls"
	"fob/ui/pane/flow"
	"fob/ui/pane/internal/panetest"
)

var (
	enter = tea.KeyMsg{Type: tea.KeyEnter}
	down  = tea.KeyMsg{Type: tea.KeyDown}
	ctrlX = tea.KeyMsg{Type: tea.KeyCtrlX}
)

// begun is the pane with the start from an API open, and the addresses of the demo known.
func begun(t *testing.T, faults ...string) (*Pane, *panetest.Driver, *pane.Context, profile.Profile) {
	t.Helper()
	ctx := panetest.Demo(t, faults...)
	p := New(ctx)
	d := panetest.NewDriver(t, ctx, p, flow.New(ctx), calls.New(ctx))
	demo, err := ctx.Service.Profile("demo")
	if err != nil {
		t.Fatal(err)
	}
	p.Do(keys.FromAPI)
	return p, d, ctx, demo
}

// askAPI types an address and waits until it was looked at.
func askAPI(p *Pane, d *panetest.Driver, address string) {
	p.apiScreen.address.SetValue("")
	for _, r := range address {
		p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	d.Run(p.Update(enter))
	d.Until("the API was looked at", func() bool { return p.apiScreen.stage != fetching })
}

func TestAnAPIsAddressLeadsToASignInAndACall(t *testing.T) {
	ctx := panetest.Demo(t)
	p, f, c := New(ctx), flow.New(ctx), calls.New(ctx)
	d := panetest.NewDriver(t, ctx, p, f, c)
	demo, err := ctx.Service.Profile("demo")
	if err != nil {
		t.Fatal(err)
	}
	mcp := demo.Issuer + "/mcp"
	p.Do(keys.FromAPI)
	panetest.Sizes(t, "asking", p)
	askAPI(p, d, mcp)
	view := p.View(100, 40)
	for _, want := range []string{"Ask the API without a token", "401 Unauthorized", "naming the metadata", mcp,
		"api:read", "client demo-public", "register a new client", "a metadata document"} {
		if !strings.Contains(view, want) {
			t.Errorf("got\n%s\nwant %q in it", view, want)
		}
	}
	panetest.Sizes(t, "as which client", p)
	d.Run(p.Do(keys.Open))
	d.Until("the form is filled in", func() bool { return strings.Contains(f.View(100, 60), mcp) })
	if p.overlay != nil {
		t.Error("the screen stays when it has done its work")
	}
	d.Send(pane.FocusMsg{Scope: keys.Flow})
	d.Run(f.Update(ctrlX))
	d.Until("the session is there", func() bool { return strings.Contains(c.View(100, 30), "GET "+mcp) })
	if list, err := ctx.Service.Sessions(t.Context()); err != nil || len(list) != 1 ||
		ctx.Service.APIBaseURL(list[0]) != mcp {
		t.Errorf("sessions: got %v, %v, want one whose calls begin at %s", list, err, mcp)
	}
	// Begun again, the address is there as it was typed.
	p.Do(keys.FromAPI)
	if p.apiScreen.address.Value() != mcp || p.apiScreen.stage != enteringAddress {
		t.Errorf("begun again: got %q at stage %d", p.apiScreen.address.Value(), p.apiScreen.stage)
	}
}

func TestAPIWithoutMetadataKeepsTheTypedAddress(t *testing.T) {
	p, d, _, demo := begun(t)
	d.Run(p.Update(enter))
	if view := p.View(80, 20); !strings.Contains(view, "required") {
		t.Errorf("nothing typed: got\n%s", view)
	}
	for _, address := range []string{"http://127.0.0.1:1/nobody", demo.Issuer + "/demo/faults"} {
		before := len(d.Errors)
		askAPI(p, d, address)
		d.Until("the failure is told", func() bool { return len(d.Errors) > before })
		if p.apiScreen.stage != enteringAddress || p.apiScreen.address.Value() != address || !p.Editing() {
			t.Errorf("%s: stage %d with %q, want the address to be mended", address, p.apiScreen.stage,
				p.apiScreen.address.Value())
		}
		panetest.Sizes(t, "failed", p)
	}
	// Down fills in what is known; esc closes the screen.
	p.Do(keys.FromAPI)
	p.Update(down)
	if p.apiScreen.address.Value() != demo.API {
		t.Errorf("filled in: got %q, want %q", p.apiScreen.address.Value(), demo.API)
	}
	if !p.Back() || p.overlay != nil {
		t.Error("esc does not close the screen")
	}
}

func TestAMetadataOfAnotherResourceIsNotUsed(t *testing.T) {
	p, d, _, demo := begun(t, "wrong-resource-metadata")
	askAPI(p, d, demo.API)
	d.Until("the failure is told", func() bool { return len(d.Errors) == 1 })
	if p.apiScreen.stage != enteringAddress {
		t.Errorf("got stage %d, want the address again", p.apiScreen.stage)
	}
}

func TestClientByIDOrByMetadataDocument(t *testing.T) {
	p, d, _, demo := begun(t)
	askAPI(p, d, demo.API)
	choose := func(name string) {
		t.Helper()
		for i, o := range p.apiScreen.options {
			if o.name == name {
				p.apiScreen.clients.Select(i)
			}
		}
		d.Run(p.Do(keys.Open))
	}
	typed := func(text string) {
		for _, r := range text {
			p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
		d.Run(p.Update(enter))
	}
	choose("a metadata document")
	for text, want := range map[string]string{"http://app.example/c": "https URL", "https://app.example": "a path"} {
		p.apiScreen.url.SetValue("")
		typed(text)
		if !strings.Contains(p.apiScreen.inputErr, want) || p.apiScreen.url.Value() != text {
			t.Errorf("%s: got %q, want %q and the URL as it was typed", text, p.apiScreen.inputErr, want)
		}
	}
	p.apiScreen.url.SetValue("")
	typed("http://127.0.0.1:1/client.json")
	d.Until("nobody answers", func() bool { return p.apiScreen.inputErr != "" })
	panetest.Sizes(t, "a document that cannot be read", p)
	d.Run(p.Update(enter)) // goes on all the same: the server may be able to read it
	d.Until("the form is asked for", func() bool { return p.overlay == nil })

	p.Do(keys.FromAPI)
	askAPI(p, d, demo.API)
	choose("a client ID")
	typed("demo-public")
	d.Until("the form is asked for", func() bool { return p.overlay == nil })
}

// Of several authorization servers the person chooses one; those that will not do say why.
func TestOneOfSeveralServersIsChosen(t *testing.T) {
	p, d, _, demo := begun(t)
	var at *httptest.Server
	at = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.well-known/oauth-protected-resource/api":
			_, _ = fmt.Fprintf(w, `{"resource":"%s/api","authorization_servers":["%s","http://127.0.0.1:1","%s"]}`,
				at.URL, demo.Issuer, at.URL)
		case "/.well-known/oauth-authorization-server":
			_, _ = fmt.Fprintf(w,
				`{"issuer":"%s","authorization_endpoint":"%[1]s/a","token_endpoint":"%[1]s/t",`+
					`"response_types_supported":["code"]}`, at.URL)
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(at.Close)
	askAPI(p, d, at.URL+"/api")
	if p.apiScreen.stage != choosingServer || p.apiScreen.servers.Total() != 3 {
		t.Fatalf("stage %d with %d servers, want three to choose from", p.apiScreen.stage, p.apiScreen.servers.Total())
	}
	panetest.Sizes(t, "which server", p)
	for i, want := range []string{"without this one", "127.0.0.1:1", ""} {
		p.apiScreen.servers.Select(i)
		why := p.Disabled(keys.Open)
		if (why == "") != (want == "") || !strings.Contains(strings.Join(strings.Fields(p.View(160, 40)), " "), want) {
			t.Errorf("server %d: disabled %q, want %q in\n%s", i, why, want, p.View(160, 40))
		}
	}
	d.Run(p.Do(keys.Open))
	if p.apiScreen.stage != choosingClient || p.apiScreen.options[0].disabled == "" {
		t.Errorf("stage %d with %+v, want no registration at a server that announces none", p.apiScreen.stage,
			p.apiScreen.options)
	}
	if p.Back(); p.apiScreen.stage != choosingServer {
		t.Errorf("esc: stage %d, want the servers again", p.apiScreen.stage)
	}
	if p.Back(); p.apiScreen.stage != enteringAddress || p.apiScreen.address.Value() != at.URL+"/api" {
		t.Errorf("esc: stage %d with %q, want the address as it was typed", p.apiScreen.stage,
			p.apiScreen.address.Value())
	}
}

func TestReadOnlyWorkbenchRegistersNoClient(t *testing.T) {
	p, d, ctx, demo := begun(t)
	ctx.ReadOnly = true
	askAPI(p, d, demo.API)
	for i, o := range p.apiScreen.options {
		if o.name == "register a new client" {
			p.apiScreen.clients.Select(i)
		}
	}
	if why := p.Disabled(keys.Open); !strings.Contains(why, "read-only") {
		t.Errorf("got %q, want it refused", why)
	}
	p.Back()
	p.Back()
	d.Send(pane.FocusMsg{Scope: keys.Provider})
	d.Until("the metadata is read", func() bool { return p.loaded != nil })
	if why := p.Disabled(keys.ProviderRegister); !strings.Contains(why, "read-only") {
		t.Errorf("registering: got %q, want it refused", why)
	}
}

// registers goes to the view of the clients and registers one; the request is looked at first.
func registers(t *testing.T, p *Pane, d *panetest.Driver, name string) {
	t.Helper()
	for p.view != viewClients {
		p.Do(keys.ProviderView)
	}
	if why := p.Disabled(keys.ProviderRegister); why != "" {
		t.Fatal(why)
	}
	d.Run(p.Do(keys.ProviderRegister))
	r := p.overlay.(*registerScreen)
	r.form.SetValue(fieldProfile, name)
	r.form.SetValue(fieldToken, "CANARY-initial-access-token-0123456789")
	r.form.SetValue("client_name", "My tool")
	panetest.Sizes(t, "the form", p)
	d.Run(p.Update(ctrlX))
	d.Until("the request waits", func() bool { return r.pending != nil || len(d.Errors) > 0 })
}

func TestAClientIsRegisteredChangedAndEnded(t *testing.T) {
	p, d := looked(t)
	registers(t, p, d, "mine")
	view := p.View(100, 40)
	for _, want := range []string{"POST", "/register", "My tool", "authorization_code", "sha256:"} {
		if !strings.Contains(view, want) {
			t.Errorf("the request: got\n%s\nwant %q in it", view, want)
		}
	}
	if strings.Contains(view, "CANARY") {
		t.Errorf("the request shows the initial access token:\n%s", view)
	}
	panetest.Sizes(t, "the request", p)
	// Not sent, the form is there as it was.
	p.Back()
	r := p.overlay.(*registerScreen)
	d.Until("the form again", func() bool { return r.editing() })
	if r.form.Value("client_name") != "My tool" || r.form.Value(fieldToken) == "" {
		t.Error("what was typed is gone")
	}
	d.Run(p.Update(ctrlX))
	d.Until("the request waits again", func() bool { return r.pending != nil })
	d.Run(p.Do(keys.ProviderSend))
	d.Until("the client is registered", func() bool { return r.stage == done })
	if view := p.View(100, 40); !strings.Contains(view, "is the profile mine") ||
		!strings.Contains(view, "not as requested") {
		t.Errorf("got\n%s\nwant the profile, and what was registered otherwise", view)
	}
	panetest.Sizes(t, "registered", p)
	p.Back()
	d.Send(pane.FocusMsg{Scope: keys.Provider})
	d.Until("the list has it", func() bool { return len(p.clients) == 2 })
	p.tables[viewClients].Select(1)

	d.Run(p.Do(keys.Open))
	d.Until("what is registered is shown", func() bool { return strings.Contains(p.View(120, 40), "My tool") })
	p.Back()
	d.Run(p.Do(keys.ProviderChange))
	r = p.overlay.(*registerScreen)
	d.Until("the form has what is registered", func() bool { return r.form != nil })
	if got := r.form.Value("client_name"); got != "My tool" {
		t.Errorf("the form: got %q", got)
	}
	r.form.SetValue("client_name", "My better tool")
	d.Run(p.Update(ctrlX))
	d.Until("the change waits", func() bool { return r.pending != nil })
	if view := p.View(100, 40); !strings.Contains(view, "PUT ") || !strings.Contains(view, "My better tool") {
		t.Errorf("the change: got\n%s", view)
	}
	d.Run(p.Do(keys.ProviderSend))
	d.Until("it is changed", func() bool { return r.stage == done })
	p.Back()
	d.Send(pane.FocusMsg{Scope: keys.Provider})
	d.Until("the list is read again", func() bool { return !p.loading.Running() && p.loaded != nil })
	p.tables[viewClients].Select(1)

	d.Run(p.Do(keys.ProviderUnregister))
	d.Until("the person is asked", func() bool { return len(d.Confirms) == 1 })
	ask := d.Confirms[0]
	b, _ := keys.ByAction(keys.ProviderUnregister)
	if ask.Letter == "" || ask.Letter == b.Key() || !b.Dangerous || !strings.Contains(ask.Text, "invalid") {
		t.Errorf("asked %+v by the key %s, want another letter, and what is lost", ask, b.Key())
	}
	d.Run(ask.Do)
	d.Until("the client is gone", func() bool { return len(p.clients) == 1 })
	p.tables[viewClients].Select(0)
	if why := p.Disabled(keys.ProviderUnregister); !strings.Contains(why, "elsewhere") {
		t.Errorf("a client that fob did not register: got %q", why)
	}
}

func TestRejectedRegistrationKeepsTheForm(t *testing.T) {
	ctx := panetest.Demo(t, "registration-refused")
	p := New(ctx)
	d := panetest.NewDriver(t, ctx, p)
	d.Send(pane.FocusMsg{Scope: keys.Provider})
	d.Until("the metadata is read", func() bool { return p.loaded != nil })
	registers(t, p, d, "mine")
	d.Run(p.Do(keys.ProviderSend))
	d.Until("the refusal is told", func() bool { return len(d.Errors) == 1 })
	r := p.overlay.(*registerScreen)
	if !r.editing() || r.form.Value("client_name") != "My tool" {
		t.Error("the form is not there as it was")
	}
	if _, err := ctx.Service.Profile("mine"); err == nil {
		t.Error("a profile was made of a refused registration")
	}
}

func TestEveryDeclaredMemberIsAField(t *testing.T) {
	p, d := looked(t)
	for p.view != viewClients {
		p.Do(keys.ProviderView)
	}
	d.Run(p.Do(keys.ProviderRegister))
	r := p.overlay.(*registerScreen)
	for _, m := range registration.Members() {
		if !r.form.Has(m.Name) {
			t.Errorf("%s is declared, and no field of the form", m.Name)
		}
	}
	r.form.SetValue(fieldProfile, "demo")
	r.form.SetValue("dpop_bound_access_tokens", "true")
	r.form.SetValue("jwks", "not JSON")
	d.Run(p.Update(ctrlX))
	if r.stage != filling {
		t.Error("a form with mistakes was sent")
	}
	m := registration.Metadata{"logo_uri": "https://gone.example"}
	r.form.SetValue("jwks", "")
	r.apply(m)
	if m["dpop_bound_access_tokens"] != true || m["logo_uri"] != nil || m["jwks"] != nil {
		t.Errorf("the metadata: got %v", m)
	}
}
