package flow

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"fob/flows"
	"fob/flows/session"
	"fob/tokens"
	"fob/ui/pane"
	"fob/ui/widget"
)

// The fields that belong to a login and not to a grant. The names have a dot, which no declared input has.
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

// automatic is the choice of client authentication that leaves it to the metadata.
const automatic = "automatic"

// fields makes the form: who to ask, as whom, then what the grant declares.
func (p *Pane) fields() []widget.Field {
	var list []widget.Field
	other := p.profile.Name == ""
	if other {
		list = append(list,
			widget.Field{Name: fieldIssuer, Label: "Issuer", Required: true, Placeholder: "https://login.example.com",
				Help: "The authorization server's issuer URL; its metadata is read from there.", Spec: "RFC 8414 3",
				Refuses: tokens.LooksUnlikeAddress, Validate: checkURL},
			widget.Field{Name: fieldClient, Label: "Client ID", Required: true,
				Help: "The client's identifier as registered there.", Spec: "RFC 6749 2.2"})
	}
	if !other {
		list = append(list, widget.Field{Name: fieldClient, Label: "Client ID", Default: p.profile.ClientID,
			Advanced: true,
			Help:     "Another client of the same provider; it does not get the profile's secret.", Spec: "RFC 6749 2.2"})
	}
	if !p.draft.HasSecret && p.profile.ClientSecret == nil {
		list = append(list, widget.Field{Name: fieldSecret, Label: "Client secret", Kind: widget.PasswordField,
			Advanced: !other,
			Help:     "Leave it empty for a public client. It is kept with the session's tokens, so that they can be refreshed.",
			Spec:     "RFC 6749 2.3.1"})
	}
	for _, in := range p.grant.Inputs {
		list = append(list, p.field(in))
	}
	return append(list, p.extras()...)
}

// field makes a form's field of a declared input.
func (p *Pane) field(in flows.Input) widget.Field {
	f := widget.Field{Name: in.Name, Label: in.Label, Help: in.Help, Spec: in.Spec, Required: in.Required,
		Advanced: in.Advanced, Default: in.Default, Choices: in.Choices, Refuses: pane.RejectsFor(in.Name)}
	if v, ok := p.draft.Values[in.Name]; ok {
		f.Default = v
	} else if v, ok := p.profile.Values[in.Name]; ok {
		f.Default = v
	}
	switch in.Kind {
	case flows.Password:
		f.Kind = widget.PasswordField
	case flows.SecretRef:
		f.Kind, f.Placeholder = widget.PasswordField, strings.Join(flows.SecretSources(), ":… ")+":… or the secret"
	case flows.JSON:
		f.Kind, f.Lines, f.Validate = widget.LinesField, 3, checkJSON
	case flows.Choice:
		f.Kind = widget.ChoiceField
	case flows.Bool:
		f.Kind = widget.BoolField
	case flows.List:
		f.Kind = widget.ListField
	case flows.Seconds:
		f.Validate = checkSeconds
	}
	return f
}

// extras are the settings of a login that any grant can have.
func (p *Pane) extras() []widget.Field {
	methods := append([]string{automatic}, flows.AuthMethodIDs()...)
	chosen := automatic
	if slices.Contains(methods, p.profile.AuthMethod) {
		chosen = p.profile.AuthMethod
	}
	list := []widget.Field{{Name: fieldMethod, Label: "Client authentication", Kind: widget.ChoiceField,
		Choices: methods, Default: chosen, Advanced: true,
		Help: "How the client proves at the token endpoint who it is; automatic chooses by the metadata.",
		Spec: "RFC 6749 2.3"}}
	if p.grant.NeedsUser {
		list = append(list, widget.Field{Name: fieldBrowser, Label: "Open a browser", Kind: widget.BoolField,
			Default: "true", Advanced: true,
			Help: "Off: the URL is only shown, to be opened elsewhere."})
	}
	return append(list,
		widget.Field{Name: fieldStep, Label: "Step through", Kind: widget.BoolField, Default: "false",
			Help: "Each request waits before it leaves, to be looked at, edited, sent or aborted."},
		widget.Field{Name: fieldParams, Label: "Extra parameters", Kind: widget.LinesField, Lines: 3, Advanced: true,
			Placeholder: "token.audience=https://api.example.com",
			Help: "One a line: ENDPOINT.NAME=VALUE. A parameter of the same name is replaced, an empty value sends it " +
				"empty; without = it is left out.", Validate: checkParams},
		widget.Field{Name: fieldLabel, Label: "Session label", Advanced: true, Refuses: tokens.LooksUnlikeName,
			Help: "How the session is called in the list; empty takes the name of who signed in."})
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
func (p *Pane) request() session.LoginRequest {
	v := p.form.Values()
	r := session.LoginRequest{
		Profile: p.profile.Name, Issuer: v[fieldIssuer], ClientID: v[fieldClient],
		ClientSecret: tokens.NewSecret(v[fieldSecret]), Grant: p.grant.ID, Values: flows.Values{},
		NoBrowser: v[fieldBrowser] == "false", Label: v[fieldLabel],
	}
	if v[fieldMethod] != automatic {
		r.AuthMethod = v[fieldMethod]
	}
	if p.from != nil {
		from := p.from.Request()
		r.API, r.PriorChecks, r.TLS = from.API, from.PriorChecks, from.TLS
	}
	r.Params, _ = parseParams(v[fieldParams]) // the form has checked it
	for _, in := range p.grant.Inputs {
		if v[in.Name] != "" || p.form.Touched(in.Name) {
			r.Values[in.Name] = v[in.Name]
		}
	}
	return r
}
