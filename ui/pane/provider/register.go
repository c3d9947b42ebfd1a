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

// The fields that are not client metadata. The names have a dot, which no member has.
const (
	fieldProfile   = "fob.profile"
	fieldToken     = "fob.initial_access_token"
	fieldStatement = "fob.software_statement"
	fieldKey       = "fob.key"
)

// notSet is the choice that leaves a member out, noKey the one that makes no key.
const (
	notSet = "not set"
	noKey  = "none"
)

// keyAlgs are the algorithms for a new key.
var keyAlgs = []string{noKey, "ES256", "EdDSA", "PS256", "RS256"}

// registerStage is the stage of a registration.
type registerStage int

const (
	readingRegistration registerStage = iota // before it is changed
	filling                                  // the form
	sending                                  // the request was sent, or waits to be read
	done                                     // the response is shown
)

// registerScreen registers a client (RFC 7591), or changes a registration (RFC 7592).
type registerScreen struct {
	ctx            *pane.Context
	server         string         // a profile or an issuer
	metadata       *prov.Metadata // of that server
	api            string         // the base URL for calls of the new profile; "" is unknown
	changedProfile string         // the profile whose registration is changed; "" registers a new client
	then           func(profileName string) tea.Cmd
	thenDoes       string // what then does, in a few words

	stage   registerStage
	form    *widget.Form
	work    pane.Work
	events  <-chan event
	pending *pendingRequest
	request *widget.TextWindow // the one that waits
	client  *registration.Client
	profile string // the one that was made or changed
	failed  bool   // the registration could not be read, so that there is no form
}

// newRegisterScreen registers a client at a server, for an API and a scope where they are known.
func newRegisterScreen(ctx *pane.Context, server string, m *prov.Metadata, api, scope string) *registerScreen {
	r := &registerScreen{ctx: ctx, server: server, metadata: m, api: api, stage: filling,
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
			Help: "Leave it empty where registration is open. It is sent once and not stored."},
	}, append(r.memberFields(func(m registration.Member) string {
		raw, err := json.Marshal(have[m.Name])
		if err != nil || have[m.Name] == nil {
			return ""
		}
		return m.Format(raw)
	}),
		widget.Field{Name: fieldKey, Label: "Make a key", Kind: widget.ChoiceField, Choices: keyAlgs, Default: noKey,
			Advanced: true, Spec: "RFC 7591 2",
			Help: "The public key is registered as jwks, the private key is stored in the vault: for private_key_jwt " +
				"and signed requests."},
		widget.Field{Name: fieldStatement, Label: "Software statement", Kind: widget.PasswordField, Advanced: true,
			Spec: "RFC 7591 2.3",
			Help: "A signed JWT that vouches for the software, where the server wants one."})...)...)
	return r
}

// newChangeScreen reads the registration of a profile's client, and changes it.
func newChangeScreen(ctx *pane.Context, m *prov.Metadata, profileName string) (*registerScreen, tea.Cmd) {
	r := &registerScreen{ctx: ctx, server: profileName, metadata: m, changedProfile: profileName, profile: profileName,
		stage:   readingRegistration,
		request: widget.NewTextWindow(ctx.Styles)}
	return r, r.start("reading the registration of "+tokens.VisibleLine(profileName),
		func(ctx context.Context, svc *session.Service) (*registration.Client, error) {
			return svc.Registration(ctx, profileName)
		})
}

// start runs a use case that returns a client. A request that changes something waits to be read.
func (r *registerScreen) start(what string, do func(ctx context.Context, svc *session.Service) (*registration.Client,
	error)) tea.Cmd {
	events := make(chan event, eventBuffer)
	r.events = events
	svc := r.ctx.Service
	cmd := r.work.Start(r.ctx, what, func(ctx context.Context, n int64) tea.Msg {
		client, err := do(withApproval(ctx, n, events), svc)
		events <- event{n: n, client: client, done: true, err: err}
		close(events)
		return nil
	})
	return tea.Batch(cmd, listen(events))
}

// memberFields returns the fields of the declared client metadata; value returns the text that each starts with.
func (r *registerScreen) memberFields(value func(registration.Member) string) []widget.Field {
	var list []widget.Field
	for _, m := range registration.Members() {
		list = append(list, r.memberField(m, value(m)))
	}
	return list
}

// memberField returns the field of a member.
func (r *registerScreen) memberField(m registration.Member, value string) widget.Field {
	f := widget.Field{Name: m.Name, Label: m.Label, Help: m.Help, Spec: m.Spec, Advanced: m.Advanced, Default: value}
	offered := m.SupportedValues(r.metadata)
	f.Refuses = pane.RejectsFor(m.Name)
	switch {
	case m.Shape == registration.Flag:
		f.Kind, f.Choices = widget.ChoiceField, []string{notSet, "true", "false"}
	case m.Shape == registration.JSON:
		f.Kind, f.Lines = widget.LinesField, 3
	case m.Shape == registration.List || m.Name == "scope":
		f.Kind, f.Placeholder = widget.ListField, tokens.VisibleLine(strings.Join(offered, " "))
	case len(offered) > 0:
		f.Kind = widget.ChoiceField
		for _, v := range append([]string{notSet}, offered...) {
			if v != "" {
				f.Choices = append(f.Choices, tokens.VisibleLine(v))
			}
		}
		if value != "" && !slices.Contains(f.Choices, value) {
			f.Choices = append(f.Choices, value)
		}
	}
	if f.Kind == widget.ChoiceField && value == "" {
		f.Default = notSet
	}
	f.Validate = func(text string) string {
		if text == notSet {
			return ""
		}
		if _, err := m.Parse(text); err != nil {
			return tokens.VisibleLine(err.Error())
		}
		return ""
	}
	return f
}

func (r *registerScreen) checkName(name string) string {
	if err := profile.CheckName(name); err != nil {
		return tokens.VisibleLine(err.Error())
	}
	if _, err := r.ctx.Service.Profile(name); err == nil {
		return "there is a profile of that name already: choose another"
	}
	return ""
}

// apply sets the values of the form in client metadata. Empty values are left out.
func (r *registerScreen) apply(metadata registration.Metadata) {
	for _, m := range registration.Members() {
		text := r.form.Value(m.Name)
		if text == "" || text == notSet {
			delete(metadata, m.Name)
			continue
		}
		if v, err := m.Parse(text); err == nil { // the form has validated it
			metadata[m.Name] = v
		}
	}
}

// submit requests the registration, or the change.
func (r *registerScreen) submit() tea.Cmd {
	r.stage = sending
	metadata := registration.Metadata{}
	r.apply(metadata)
	if name := r.changedProfile; name != "" {
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
func (r *registerScreen) update(msg tea.Msg) tea.Cmd {
	e, ok := msg.(event)
	if !ok {
		return r.work.Update(msg)
	}
	if e.from != r.events {
		return nil
	}
	switch {
	case e.pending != nil:
		r.pending = e.pending
		x := wire.Exchange{Request: e.pending.pending.Shown}
		r.request.SetText(pane.RequestText(&x), widget.HTTP)
	case e.done:
		return tea.Batch(r.finish(e), listen(r.events))
	}
	return listen(r.events)
}

// finish shows the result. A notice explains a rejection, over the form with everything as typed.
func (r *registerScreen) finish(e event) tea.Cmd {
	r.work.Done(e.n)
	r.pending = nil
	was := r.stage
	r.stage = filling
	switch {
	case errors.Is(e.err, wire.ErrAborted):
		return nil // the user did not send it
	case e.err != nil:
		r.failed = r.form == nil
		return pane.Send(pane.Failed(r.failedAction(e.client), e.err))
	case was == readingRegistration:
		r.form = widget.NewForm(r.ctx.Styles, "Show the request",
			r.memberFields(func(m registration.Member) string { return m.Format(e.client.Metadata[m.Name]) })...)
	default:
		r.client, r.stage = e.client, done
	}
	return nil
}

// failedAction names the action that failed. It names a client that is registered and could not be stored, so that it
// is not lost silently.
func (r *registerScreen) failedAction(made *registration.Client) string {
	switch {
	case made != nil && r.changedProfile == "":
		return "Storing the client " + tokens.VisibleLine(made.ID) + ", which is registered now,"
	case r.form == nil:
		return "Reading the registration"
	case r.changedProfile != "":
		return "Changing the registration"
	}
	return "Registering the client"
}

// reply sends the decision on the pending request.
func (r *registerScreen) reply(err error) {
	if r.pending != nil {
		r.pending.reply <- err
		r.pending = nil
	}
}

// editing implements screen.
func (r *registerScreen) editing() bool {
	return r.stage == filling && r.form != nil || r.pending != nil && r.request.Editing()
}

// key implements screen.
func (r *registerScreen) key(k tea.KeyMsg) tea.Cmd {
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
func (r *registerScreen) click(y int) tea.Cmd {
	if r.stage == filling && r.form != nil && r.form.Click(y-registerHead) == widget.FormSubmitted {
		return r.submit()
	}
	return nil
}

// do implements screen.
func (r *registerScreen) do(a keys.Action) tea.Cmd {
	switch {
	case r.pending != nil && a == keys.ProviderSend:
		r.reply(nil)
	case r.pending != nil:
		r.request.Do(a)
	case a == keys.Open && r.stage == done && r.then != nil:
		return r.then(r.profile)
	}
	return nil
}

// disabled implements screen.
func (r *registerScreen) disabled(a keys.Action) string {
	switch a {
	case keys.ProviderSend:
		if r.pending == nil {
			return "no request waits to be sent"
		}
	case keys.Filter:
		if r.pending == nil {
			return "there is nothing to search"
		}
	case keys.Open:
		if r.stage != done {
			return "send the request first"
		}
	}
	return ""
}

// back implements screen: from the request and from a refusal to the form, with everything as it was typed.
func (r *registerScreen) back() bool {
	switch {
	case r.pending != nil && r.request.Back():
	case r.pending != nil:
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
func (r *registerScreen) cancel() bool {
	if r.pending != nil {
		r.reply(wire.ErrAborted)
		return true
	}
	return r.work.Cancel()
}

// registeredFacts describes a registered client. What differs from the request comes first.
func registeredFacts(c *registration.Client, profileName string, vault string) []pane.Fact {
	facts := []string{"profile", profileName, "client_id", c.ID, "authenticates by", c.AuthMethod}
	if !c.Secret.IsZero() {
		expires := "it does not expire"
		if !c.SecretExpires.IsZero() {
			expires = "it expires on " + c.SecretExpires.UTC().Format("2 Jan 2006 15:04 UTC")
		}
		facts = append(facts, "client secret", "in the vault ("+vault+"); "+expires)
	}
	for _, w := range c.Warnings {
		facts = append(facts, "warning", w)
	}
	managed := "not by fob: the server gave nothing to manage it with"
	if c.Management.URI != "" {
		managed = "by fob (RFC 7592)"
	}
	facts = append(facts, "managed", managed)
	for _, ch := range c.Changed {
		got := "left out"
		if ch.Registered != "" {
			got = ch.Registered
		}
		facts = append(facts, "not as requested", ch.Name+": "+got+", requested was "+ch.Requested)
	}
	metadata := c.Shown()
	for _, name := range sortedNames(metadata) {
		if name == "client_id" || name == "token_endpoint_auth_method" {
			continue // shown above
		}
		facts = append(facts, name, string(metadata[name]))
	}
	return pane.Facts(facts...)
}

func sortedNames(m map[string]json.RawMessage) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// signIn opens the form of a sign-in with a registered client.
func signIn(ctx *pane.Context, d session.Draft, why string) tea.Cmd {
	ctx.Request(pane.SignInMsg{Draft: &d, Why: why})
	return nil
}
