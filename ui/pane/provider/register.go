package provider

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/profile"
	prov "fob/flows/provider"
	"fob/flows/registration"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// The fields that are no client metadata. The names have a dot, which no member has.
const (
	fieldProfile   = "fob.profile"
	fieldToken     = "fob.initial_access_token"
	fieldStatement = "fob.software_statement"
	fieldKey       = "fob.key"
)

// unsaid is the choice that leaves a member out, and noKey the one that makes no key.
const (
	unsaid = "not said"
	noKey  = "none"
)

// keyAlgs are the algorithms that are offered for a new key.
var keyAlgs = []string{noKey, "ES256", "EdDSA", "PS256", "RS256"}

// registering is how far a registration has come.
type registering int

const (
	reading   registering = iota // what is registered is being asked for
	filling                      // the form
	sending                      // the request is on its way, or waits to be read
	completed                    // the answer
)

// register is the screen that registers a client (RFC 7591), or changes what is registered of one (RFC 7592).
type register struct {
	ctx      *pane.Context
	server   string         // a profile or an issuer
	metadata *prov.Metadata // of that server
	api      string         // where calls of the new profile begin; "" is not known
	changing string         // the profile whose registration is changed; "" registers a new client
	then     func(profileName string) tea.Cmd
	thenDoes string // what enter does at the end, in a few words

	stage   registering
	form    *widget.Form
	work    pane.Work
	events  <-chan news
	held    *held
	request *widget.TextWindow // the one that waits
	client  *registration.Client
	profile string // that was made or changed
	failed  bool   // there is nothing to fill in: what is registered could not be asked
}

// newRegister registers a client at a server, for an API and a scope where these are known.
func newRegister(ctx *pane.Context, server string, m *prov.Metadata, api, scope string) *register {
	r := &register{ctx: ctx, server: server, metadata: m, api: api, stage: filling,
		request: widget.NewTextWindow(ctx.Styles)}
	address := api
	if address == "" {
		address = m.Issuer
	}
	name := ctx.Service.FreeProfileName(address)
	have := registration.NativeClient("fob", []string{registration.LoopbackRedirect}, scope)
	r.form = widget.NewForm(ctx.Styles, "Show the request", append([]widget.Field{
		{Name: fieldProfile, Label: "Profile", Required: true, Default: name, Refuses: tokens.LooksUnlikeName,
			Help: "What the client is called here: letters, digits, dashes, dots.", Validate: r.checkName},
		{Name: fieldToken, Label: "Initial access token", Kind: widget.PasswordField, Spec: "RFC 7591 3",
			Help: "Leave it empty where everybody may register. It is sent once and not kept."},
	}, append(r.memberFields(func(m registration.Member) string {
		raw, err := json.Marshal(have[m.Name])
		if err != nil || have[m.Name] == nil {
			return ""
		}
		return m.Format(raw)
	}),
		widget.Field{Name: fieldKey, Label: "Make a key", Kind: widget.ChoiceField, Choices: keyAlgs, Default: noKey,
			Advanced: true, Spec: "RFC 7591 2",
			Help: "Its public half is registered as jwks, the private one kept in the vault: for private_key_jwt and signed requests."},
		widget.Field{Name: fieldStatement, Label: "Software statement", Kind: widget.PasswordField, Advanced: true,
			Spec: "RFC 7591 2.3",
			Help: "A signed JWT that vouches for the software, where the server wants one."})...)...)
	return r
}

// newChange asks what is registered of a profile's client, and changes it.
func newChange(ctx *pane.Context, m *prov.Metadata, profileName string) (*register, tea.Cmd) {
	r := &register{ctx: ctx, server: profileName, metadata: m, changing: profileName, profile: profileName,
		stage:   reading,
		request: widget.NewTextWindow(ctx.Styles)}
	return r, r.start("asking what is registered of "+tokens.VisibleLine(profileName),
		func(ctx context.Context, svc *session.Service) (*registration.Client, error) {
			return svc.Registration(ctx, profileName)
		})
}

// start runs a use case that yields a client. A request of it that changes something waits to be read.
func (r *register) start(what string, do func(ctx context.Context, svc *session.Service) (*registration.Client,
	error)) tea.Cmd {
	events := make(chan news, maxNews)
	r.events = events
	svc := r.ctx.Service
	cmd := r.work.Start(what, r.ctx.Now(), func(ctx context.Context, n int64) tea.Msg {
		client, err := do(showing(ctx, n, events), svc)
		events <- news{n: n, client: client, done: true, err: err}
		close(events)
		return nil
	})
	return tea.Batch(cmd, listen(events))
}

// memberFields are the fields of the declared client metadata; value yields what each begins with.
func (r *register) memberFields(value func(registration.Member) string) []widget.Field {
	var list []widget.Field
	for _, m := range registration.Members() {
		list = append(list, r.memberField(m, value(m)))
	}
	return list
}

// memberField makes a form's field of a member.
func (r *register) memberField(m registration.Member, value string) widget.Field {
	f := widget.Field{Name: m.Name, Label: m.Label, Help: m.Help, Spec: m.Spec, Advanced: m.Advanced, Default: value}
	offered := m.SupportedValues(r.metadata)
	f.Refuses = pane.RejectsFor(m.Name)
	switch {
	case m.Shape == registration.Flag:
		f.Kind, f.Choices = widget.ChoiceField, []string{unsaid, "true", "false"}
	case m.Shape == registration.JSON:
		f.Kind, f.Lines = widget.LinesField, 3
	case m.Shape == registration.List || m.Name == "scope":
		f.Kind, f.Placeholder = widget.ListField, tokens.VisibleLine(strings.Join(offered, " "))
	case len(offered) > 0:
		f.Kind = widget.ChoiceField
		for _, v := range append([]string{unsaid}, offered...) {
			if v != "" {
				f.Choices = append(f.Choices, tokens.VisibleLine(v))
			}
		}
		if value != "" && !slices.Contains(f.Choices, value) {
			f.Choices = append(f.Choices, value)
		}
	}
	if f.Kind == widget.ChoiceField && value == "" {
		f.Default = unsaid
	}
	f.Validate = func(text string) string {
		if text == unsaid {
			return ""
		}
		if _, err := m.Parse(text); err != nil {
			return tokens.VisibleLine(err.Error())
		}
		return ""
	}
	return f
}

func (r *register) checkName(name string) string {
	if err := profile.CheckName(name); err != nil {
		return tokens.VisibleLine(err.Error())
	}
	if _, err := r.ctx.Service.Profile(name); err == nil {
		return "there is a profile of that name already: choose another"
	}
	return ""
}

// apply writes what the form says into client metadata. What is empty is left out.
func (r *register) apply(metadata registration.Metadata) {
	for _, m := range registration.Members() {
		text := r.form.Value(m.Name)
		if text == "" || text == unsaid {
			delete(metadata, m.Name)
			continue
		}
		if v, err := m.Parse(text); err == nil { // the form has checked it
			metadata[m.Name] = v
		}
	}
}

// submit asks for the registration, or for the change.
func (r *register) submit() tea.Cmd {
	r.stage = sending
	metadata := registration.Metadata{}
	r.apply(metadata)
	if name := r.changing; name != "" {
		values := r.form.Values()
		return r.start("changing the registration", func(ctx context.Context,
			svc *session.Service) (*registration.Client, error) {
			return svc.UpdateRegistration(ctx, name, func(have registration.Metadata) {
				for member := range values {
					delete(have, member)
				}
				for member, value := range metadata {
					have[member] = value
				}
			})
		})
	}
	v := r.form.Values()
	request := session.RegisterRequest{Server: r.server, Profile: v[fieldProfile], Metadata: metadata, API: r.api,
		InitialAccessToken: tokens.NewSecret(v[fieldToken]), SoftwareStatement: tokens.NewSecret(v[fieldStatement])}
	if v[fieldKey] != noKey {
		request.KeyAlg = v[fieldKey]
	}
	if scope := v["scope"]; scope != "" {
		request.Values = map[string]string{"scope": scope}
	}
	r.profile = request.Profile
	return r.start("registering the client", func(ctx context.Context, svc *session.Service) (*registration.Client,
		error) {
		return svc.Register(ctx, request)
	})
}

// update implements screen.
func (r *register) update(msg tea.Msg) tea.Cmd {
	e, ok := msg.(news)
	if !ok {
		return r.work.Update(msg)
	}
	if e.from != r.events {
		return nil
	}
	switch {
	case e.held != nil:
		r.held = e.held
		x := wire.Exchange{Request: e.held.pending.Shown}
		r.request.SetText(pane.RequestText(&x), widget.HTTP)
	case e.done:
		return tea.Batch(r.finish(e), listen(r.events))
	}
	return listen(r.events)
}

// finish takes the end of what was running. A refusal is told in a notice, over the form with everything as it was
// typed.
func (r *register) finish(e news) tea.Cmd {
	r.work.Done(e.n)
	r.held = nil
	was := r.stage
	r.stage = filling
	switch {
	case errors.Is(e.err, wire.ErrAborted):
		return nil // the person did not send it
	case e.err != nil:
		r.failed = r.form == nil
		return pane.Send(pane.Failed(r.doing(e.client), e.err))
	case was == reading:
		r.form = widget.NewForm(r.ctx.Styles, "Show the request",
			r.memberFields(func(m registration.Member) string { return m.Format(e.client.Metadata[m.Name]) })...)
	default:
		r.client, r.stage = e.client, completed
	}
	return nil
}

// doing says what did not work. A client that is registered and could not be kept is named: it must not be lost without
// a word.
func (r *register) doing(made *registration.Client) string {
	switch {
	case made != nil && r.changing == "":
		return "Keeping the client " + tokens.VisibleLine(made.ID) + ", which is registered now,"
	case r.form == nil:
		return "Asking what is registered"
	case r.changing != "":
		return "Changing the registration"
	}
	return "Registering the client"
}

// reply lets the waiting request go, or not.
func (r *register) reply(err error) {
	if r.held != nil {
		r.held.reply <- err
		r.held = nil
	}
}

// editing implements screen.
func (r *register) editing() bool {
	return r.stage == filling && r.form != nil || r.held != nil && r.request.Editing()
}

// key implements screen.
func (r *register) key(k tea.KeyMsg) tea.Cmd {
	if r.stage != filling {
		r.request.Update(k)
		return nil
	}
	if r.form.Update(k) == widget.FormSubmitted {
		return r.submit()
	}
	return nil
}

// click implements screen.
func (r *register) click(y int) tea.Cmd {
	if r.stage == filling && r.form != nil && r.form.Click(y-registerHead) == widget.FormSubmitted {
		return r.submit()
	}
	return nil
}

// do implements screen.
func (r *register) do(a keys.Action) tea.Cmd {
	switch {
	case r.held != nil && a == keys.ProviderSend:
		r.reply(nil)
	case r.held != nil:
		r.request.Do(a)
	case a == keys.Open && r.stage == completed && r.then != nil:
		return r.then(r.profile)
	}
	return nil
}

// disabled implements screen.
func (r *register) disabled(a keys.Action) string {
	switch a {
	case keys.ProviderSend:
		if r.held == nil {
			return "no request waits to be sent"
		}
	case keys.Filter:
		if r.held == nil {
			return "there is nothing to search"
		}
	case keys.Open:
		if r.stage != completed {
			return "send the request first"
		}
	}
	return ""
}

// back implements screen: from the request and from a refusal to the form, with everything as it was typed.
func (r *register) back() bool {
	switch {
	case r.held != nil && r.request.Back():
	case r.held != nil:
		r.reply(wire.ErrAborted)
	case r.stage == sending:
		r.work.Cancel()
	default:
		r.work.Drop()
		return false
	}
	return true
}

// cancel implements screen.
func (r *register) cancel() bool {
	if r.held != nil {
		r.reply(wire.ErrAborted)
		return true
	}
	return r.work.Cancel()
}

// told are the facts of a registered client: what the server registered otherwise than asked for comes first.
func told(c *registration.Client, profileName string, vault string) []pane.Fact {
	facts := []pane.Fact{{Name: "profile", Value: profileName}, {Name: "client_id", Value: c.ID},
		{Name: "authenticates by", Value: c.AuthMethod}}
	if !c.Secret.IsZero() {
		expires := "it does not expire"
		if !c.SecretExpires.IsZero() {
			expires = "it expires on " + c.SecretExpires.UTC().Format("2 Jan 2006 15:04 UTC")
		}
		facts = append(facts, pane.Fact{Name: "client secret", Value: "in the vault (" + vault + "); " + expires})
	}
	for _, odd := range c.Warnings {
		facts = append(facts, pane.Fact{Name: "warning", Value: tokens.VisibleLine(odd)})
	}
	managed := "not by fob: the server gave nothing to manage it with"
	if c.Management.URI != "" {
		managed = "by fob (RFC 7592)"
	}
	facts = append(facts, pane.Fact{Name: "managed", Value: managed})
	for _, ch := range c.Changed {
		got := "left out"
		if ch.Registered != "" {
			got = ch.Registered
		}
		facts = append(facts, pane.Fact{Name: "not as asked", Value: ch.Name + ": " + got + ", asked for was " +
			ch.Requested})
	}
	metadata := c.Shown()
	for _, name := range sortedNames(metadata) {
		if name == "client_id" || name == "token_endpoint_auth_method" {
			continue // said above
		}
		facts = append(facts, pane.Fact{Name: name, Value: string(metadata[name])})
	}
	return facts
}

func sortedNames(m map[string]json.RawMessage) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// signIn opens the form of a sign-in with a client that was registered.
func signIn(ctx *pane.Context, d session.Draft, why string) tea.Cmd {
	ctx.Request(pane.SignInMsg{Draft: &d, Why: why})
	return nil
}
