package flow

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/profile"
	"fob/flows/session"
	"fob/tokens"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// The fields of a login that are not inputs of a grant. The names have a dot, which no declared input has.
const (
	fieldIssuer  = "login.issuer"
	fieldClient  = "login.client_id"
	fieldSecret  = "login.client_secret"
	fieldMethod  = "login.auth_method"
	fieldBrowser = "login.browser"
	fieldParams  = "login.params"
	fieldLabel   = "login.label"
	fieldStep    = "login.step"
)

// loginFields are the fields of settings that are not inputs of a grant.
var loginFields = map[string]string{"issuer": fieldIssuer, "client_secret": fieldSecret}

// automatic lets the metadata decide on the client authentication.
const automatic = "automatic"

// loginForm is the form of a login.
type loginForm struct {
	profile  profile.Profile // its Name is "" for another provider
	grant    flows.Grant
	draft    session.Draft  // what the provider supports and the values to start with, once they are read
	prepared *session.Draft // a sign-in that was prepared elsewhere; nil: none
	form     *widget.Form
}

// open sets what the form is for. What was typed is kept.
func (f *loginForm) open(ctx *pane.Context, p profile.Profile, g flows.Grant, prepared *session.Draft) {
	f.profile, f.grant, f.prepared = p, g, prepared
	if f.form == nil {
		f.form = widget.NewForm(ctx.Styles, "Run", f.fields()...)
	}
	if prepared == nil {
		return
	}
	fill := func(name, value string) {
		if !f.form.Touched(name) {
			f.set(name, value)
		}
	}
	for _, in := range g.Inputs {
		if v, ok := prepared.Values[in.Name]; ok && v != in.Default {
			fill(in.Name, v)
		}
	}
	if p.Name == "" {
		fill(fieldIssuer, prepared.Issuer)
		fill(fieldClient, prepared.ClientID)
		if prepared.ClientID == "" {
			f.form.Focus(fieldClient)
		}
	}
}

// setDraft applies what is known of the provider.
func (f *loginForm) setDraft(d session.Draft) {
	if d.Grant.ID == f.grant.ID {
		f.draft = d
		f.form.SetFields(f.fields()...)
	}
}

// set sets and focuses a field, where the form has it and the value is not empty.
func (f *loginForm) set(name, value string) {
	if value != "" && f.form.Has(name) {
		f.form.SetValue(name, value)
		f.form.Focus(name)
	}
}

// fields returns the fields: provider and client, the inputs of the grant, then other settings.
func (f *loginForm) fields() []widget.Field {
	client := widget.Field{Name: fieldClient, Label: "Client ID", Required: true,
		Help: "The client's identifier as registered there.", Spec: "RFC 6749 2.2"}
	var list []widget.Field
	hasProfile := f.profile.Name != ""
	if hasProfile {
		client.Required, client.Advanced, client.Default = false, true, f.profile.ClientID
		client.Help = "Another client of the same provider; it does not get the profile's secret."
	} else {
		list = append(list, widget.Field{Name: fieldIssuer, Label: "Issuer", Required: true,
			Placeholder: "https://login.example.com", Spec: "RFC 8414 3",
			Help:    "The authorization server's issuer URL; its metadata is read from there.",
			Refuses: tokens.LooksUnlikeAddress, Validate: checkURL})
	}
	list = append(list, client)
	if !f.draft.HasSecret && f.profile.ClientSecret == nil {
		list = append(list, widget.Field{Name: fieldSecret, Label: "Client secret", Kind: widget.PasswordField,
			Advanced: hasProfile, Spec: "RFC 6749 2.3.1",
			Help: "Leave it empty for a public client. It is stored with the session's tokens, so that they can be " +
				"refreshed."})
	}
	for _, in := range f.grant.Inputs {
		list = append(list, f.inputField(in))
	}
	return append(list, f.settingFields()...)
}

// inputField returns the field of a declared input.
func (f *loginForm) inputField(in flows.Input) widget.Field {
	field := widget.Field{Name: in.Name, Label: in.Label, Help: in.Help, Spec: in.Spec, Required: in.Required,
		Advanced: in.Advanced, Default: in.Default, Choices: in.Choices, Refuses: pane.RejectsFor(in.Name)}
	if v, ok := f.draft.Values[in.Name]; ok {
		field.Default = v
	} else if v, ok := f.profile.Values[in.Name]; ok {
		field.Default = v
	}
	switch in.Kind {
	case flows.Password:
		field.Kind = widget.PasswordField
	case flows.SecretRef:
		field.Kind = widget.PasswordField
		field.Placeholder = strings.Join(flows.SecretSources(), ":… ") + ":… or the secret"
	case flows.JSON:
		field.Kind, field.Lines, field.Validate = widget.LinesField, 3, checkJSON
	case flows.Choice:
		field.Kind = widget.ChoiceField
	case flows.Bool:
		field.Kind = widget.BoolField
	case flows.List:
		field.Kind = widget.ListField
	case flows.Seconds:
		field.Validate = checkSeconds
	}
	return field
}

// settingFields returns the fields of settings that any grant can have.
func (f *loginForm) settingFields() []widget.Field {
	methods := append([]string{automatic}, flows.AuthMethodIDs()...)
	method := automatic
	if slices.Contains(methods, f.profile.AuthMethod) {
		method = f.profile.AuthMethod
	}
	list := []widget.Field{{Name: fieldMethod, Label: "Client authentication", Kind: widget.ChoiceField,
		Choices: methods, Default: method, Advanced: true, Spec: "RFC 6749 2.3",
		Help: "How the client authenticates at the token endpoint; automatic chooses by the metadata."}}
	if f.grant.NeedsUser {
		list = append(list, widget.Field{Name: fieldBrowser, Label: "Open a browser", Kind: widget.BoolField,
			Default: "true", Advanced: true, Help: "Off: the URL is only shown, to be opened elsewhere."})
	}
	return append(list,
		widget.Field{Name: fieldStep, Label: "Step through", Kind: widget.BoolField, Default: "false",
			Help: "Each request waits before it is sent, to be read, edited, sent or aborted."},
		widget.Field{Name: fieldParams, Label: "Extra parameters", Kind: widget.LinesField, Lines: 3, Advanced: true,
			Placeholder: "token.audience=https://api.example.com", Validate: checkParams,
			Help: "One a line: ENDPOINT.NAME=VALUE. A parameter of the same name is replaced, an empty value is sent " +
				"empty; without = the parameter is left out."},
		widget.Field{Name: fieldLabel, Label: "Session label", Advanced: true, Refuses: tokens.LooksUnlikeName,
			Help: "The name of the session in the list; empty takes the name of the user who signs in."})
}

func checkURL(v string) string {
	if !tokens.IsWebURL(v) {
		return "expected a URL such as https://login.example.com"
	}
	return ""
}

func checkJSON(v string) string {
	if v = strings.TrimSpace(v); v != "" && !json.Valid([]byte(v)) {
		return "expected JSON"
	}
	return ""
}

func checkSeconds(v string) string {
	if n, err := strconv.Atoi(v); err != nil || n < 0 {
		return "expected a whole number of seconds"
	}
	return ""
}

func checkParams(v string) string {
	_, err := parseParams(v)
	if err != nil {
		return err.Error()
	}
	return ""
}

// parseParams reads extra parameters, one a line.
func parseParams(text string) (flows.Params, error) {
	var list []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return flows.ParseParams(list)
}

// request is the login that the form describes.
func (f *loginForm) request() session.LoginRequest {
	v := f.form.Values()
	r := session.LoginRequest{
		Profile: f.profile.Name, Issuer: v[fieldIssuer], ClientID: v[fieldClient],
		ClientSecret: tokens.NewSecret(v[fieldSecret]), Grant: f.grant.ID, Values: flows.Values{},
		NoBrowser: v[fieldBrowser] == "false", Label: v[fieldLabel],
	}
	if v[fieldMethod] != automatic {
		r.AuthMethod = v[fieldMethod]
	}
	if f.prepared != nil {
		prepared := f.prepared.Request()
		r.API, r.PriorChecks, r.TLS = prepared.API, prepared.PriorChecks, prepared.TLS
	}
	r.Params, _ = parseParams(v[fieldParams]) // the form has validated it
	for _, in := range f.grant.Inputs {
		if v[in.Name] != "" || f.form.Touched(in.Name) {
			r.Values[in.Name] = v[in.Name]
		}
	}
	return r
}

// stepMode reports whether each request of the run waits to be sent.
func (f *loginForm) stepMode() bool { return f.form.Value(fieldStep) == "true" }

// fill fills in the values of a message.
func (f *loginForm) fill(m pane.SignInMsg) tea.Cmd {
	if f.profile.Name == "" {
		f.set(fieldIssuer, m.Session.Issuer)
		f.set(fieldClient, m.Session.ClientID)
	}
	if _, requested := m.Values["scope"]; !requested {
		f.set("scope", m.Session.Scope)
	}
	for name, value := range m.Values {
		f.set(name, value)
	}
	for key, value := range m.Change {
		if cmd := f.change(key, value); cmd != nil {
			return cmd
		}
	}
	return nil
}

// change makes a change that an action of a diagnosis proposes, see doctor.Action, and focuses its field.
func (f *loginForm) change(key, value string) tea.Cmd {
	name, text, hasText := strings.Cut(value, "=")
	switch key {
	case doctor.DoAuthMethod:
		name, text = fieldMethod, value
	case doctor.DoIssuer:
		name, text = fieldIssuer, value
	case doctor.DoDrop:
		name, text = fieldParams, strings.TrimSpace(f.form.Value(fieldParams)+"\n-"+value)
	case doctor.DoInput, doctor.DoSetting:
		name = formField(name)
		if !hasText {
			f.form.Focus(name)
			return nil
		}
	default:
		return nil
	}
	f.form.SetValue(name, text)
	f.form.Focus(name)
	done := "filled in: " + text
	if text == "" {
		done = "emptied"
	}
	return pane.Send(pane.ToastMsg{Text: done + "; ctrl+x runs it"})
}

// focusInvalid focuses the field with the value that ended a run, if there is one.
func (f *loginForm) focusInvalid(err error) {
	var invalid *flows.InputError
	if errors.As(err, &invalid) && f.form.Has(formField(invalid.Input)) {
		f.form.Focus(formField(invalid.Input))
	}
}

// formField is the field of an input or a setting.
func formField(name string) string {
	if field, ok := loginFields[name]; ok {
		return field
	}
	return name
}

func (f *loginForm) view(st *theme.Styles, work string, width, height int) string {
	f.form.Styles = st
	head := st.Strong.Render(f.grant.Name) + st.Dim.Render(" · "+providerName(f.profile.Name)+" · "+f.grant.Spec)
	lines := []string{head, work}
	if height > 2 {
		lines = append(lines, f.form.View(width, height-2))
	}
	return pane.Fit(lines, width, height)
}
