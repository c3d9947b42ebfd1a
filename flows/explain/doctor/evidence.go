package doctor

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/explain"
	"fob/flows/wire"
	"fob/tokens"
)

// evidence is an error with everything that the run knows.
type evidence struct {
	Context
	err       *flows.OAuthError
	challenge calls.Challenge
	check     tokens.Check // when a check has failed
	sent      []wire.Field
	text      string // what the server said, in lower case
	vendor    string // a key of vendors; "" when it is not known
}

// noError stands where a check failed and no server refused.
var noError = &flows.OAuthError{}

func newEvidence(e *flows.OAuthError, c Context) *evidence {
	ev := &evidence{Context: c, err: e, sent: c.Sent, text: strings.ToLower(e.Code + " " + e.Description)}
	if ev.sent == nil {
		ev.sent = e.Sent
	}
	ev.vendor = vendorOf(e.URL, c)
	return ev
}

// vendorOf recognises a vendor by its hosts.
func vendorOf(endpoint string, c Context) string {
	issuers := []string{endpoint}
	if c.Provider != nil {
		issuers = append(issuers, c.Provider.Issuer, c.Provider.TokenEndpoint)
	}
	for _, issuer := range issuers {
		u, err := url.Parse(issuer)
		if err != nil {
			continue
		}
		host := strings.ToLower(u.Hostname())
		for _, h := range vendorHosts {
			if host == strings.TrimPrefix(h.suffix, ".") || strings.HasPrefix(h.suffix, ".") && strings.HasSuffix(host, h.suffix) {
				return h.vendor
			}
		}
		if strings.Contains(u.Path, "/realms/") {
			return "keycloak"
		}
	}
	return ""
}

// value is the first value of a parameter that was sent; "" when there was none.
func (ev *evidence) value(name string) string {
	for _, f := range ev.sent {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func (ev *evidence) has(name string) bool {
	return slices.ContainsFunc(ev.sent, func(f wire.Field) bool { return f.Name == name })
}

// mentions reports whether the server's words hold one of the words.
func (ev *evidence) mentions(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(ev.text, w) })
}

// description is what the server said beside the code, in lower case.
func (ev *evidence) description() string { return strings.ToLower(ev.err.Description) }

// announced is a list of the metadata; nil when it is not said.
func (ev *evidence) announced(member string) []string {
	if ev.Provider == nil {
		return nil
	}
	if list, ok := ev.Provider.List(member); ok {
		return list
	}
	switch member {
	case "token_endpoint_auth_methods_supported":
		return ev.Provider.TokenAuthMethods
	case "grant_types_supported":
		return ev.Provider.GrantTypes
	case "scopes_supported":
		return ev.Provider.Scopes
	case "response_types_supported":
		return ev.Provider.ResponseTypes
	}
	return nil
}

func (ev *evidence) skew() time.Duration {
	if ev.Skew > 0 {
		return ev.Skew
	}
	return tokens.DefaultSkew
}

// clockWrong reports whether the clocks differ by more than honest ones do.
func (ev *evidence) clockWrong() bool { return ev.ClockOffset.Abs() > ev.skew() }

func clockWords(offset time.Duration) string {
	if offset > 0 {
		return "By its Date header, the server's clock is " + tokens.Span(offset) + " ahead of this machine's."
	}
	return "By its Date header, the server's clock is " + tokens.Span(-offset) + " behind this machine's."
}

// hasAssertion reports whether something with a time in it was sent, which a wrong clock spoils.
func (ev *evidence) hasAssertion() bool {
	return ev.DPoP || ev.has("client_assertion") || ev.has("assertion") || ev.has("request") || ev.has("DPoP") || strings.HasSuffix(ev.AuthMethod, "_jwt")
}

// common are the causes that any refusal may have: an edited request, a malformed parameter, a clock that is wrong.
func (ev *evidence) common(entry entry) []Cause {
	var list []Cause
	if len(ev.Edited) > 0 {
		list = append(list, Cause{Likely: 99, Text: "This request was edited before it left: " + strings.Join(ev.Edited, ", ") + ".",
			HowToTell: "Send it unchanged: if it is accepted, the edit is what the server refuses."})
	}
	if ev.clockWrong() && (entry.clock || ev.hasAssertion() && slices.Contains([]string{"invalid_client", "invalid_grant", "invalid_request", "invalid_token"}, ev.err.Code)) {
		list = append(list, Cause{Likely: 97, Text: clockWords(ev.ClockOffset) + " What was signed here seems expired or not valid yet there.",
			HowToTell: "Compare this machine's clock with a trusted one."})
	}
	if entry.malformed {
		list = append(list, ev.malformed(entry)...)
	}
	return list
}

// malformed are the parameters whose form is wrong by their own spec: any of them, or where the code speaks of one, that.
func (ev *evidence) malformed(entry entry) []Cause {
	var list []Cause
	anyOf := entry.codes == "" || entry.codes == "invalid_request"
	for _, r := range explain.Fields(ev.sent) {
		if r.Verdict == tokens.Bad && len(list) < 5 && (anyOf || slices.Contains(strings.Fields(entry.about), r.Name)) {
			list = append(list, Cause{Likely: 93, Text: r.Name + " is not well-formed: " + r.Note + ".", HowToTell: "It was sent as " + r.Value + " (" + r.Spec + ")."})
		}
	}
	return list
}

// firstActions are what comes before the rest: to undo an edit, to set the clock right.
func (ev *evidence) firstActions(entry entry) []Action {
	var list []Action
	if len(ev.Edited) > 0 {
		list = append(list, Action{Text: "Send the request without the edit.", Do: map[string]string{DoCommand: ev.command()}})
	}
	if ev.clockWrong() && (entry.clock || ev.hasAssertion()) {
		list = append(list, Action{Text: "Set this machine's clock right, then try again.", Do: map[string]string{DoCommand: "fob doctor"}})
	}
	return list
}

func (ev *evidence) command() string {
	if ev.Command == "" {
		return "fob login"
	}
	return ev.Command
}

// word finds what can be a parameter's name in the server's words.
var word = regexp.MustCompile(`[a-z][a-z0-9_]{2,}`)

// aboutOf tells the parameter that the error is about: one that the server names and that was sent, one that is declared
// for the error, or one that the server names and that is missing.
func (ev *evidence) aboutOf(names string) *About {
	declared := strings.Fields(names)
	description := strings.ToLower(ev.err.Description)
	var missing string
	for _, w := range word.FindAllString(description, 50) {
		if w == "scope" || w == "code" || w == "state" || w == "token" || w == "request" || w == "resource" || w == "assertion" || w == "claims" || w == "registration" {
			if !slices.Contains(declared, w) {
				continue // ordinary words
			}
		}
		switch {
		case ev.has(w):
			return &About{Name: line(w), Value: line(ev.value(w))}
		case missing == "" && strings.Contains(w, "_") && explain.IsParameter(w):
			missing = w
		}
	}
	if missing != "" {
		return &About{Name: missing, Missing: true}
	}
	for _, name := range declared {
		if ev.has(name) {
			return &About{Name: name, Value: line(ev.value(name))}
		}
	}
	return nil
}

// fill puts the run's values into a text of the tables: {redirect_uri}, {client_id} … A value that is not known leaves
// words that read all the same.
func (ev *evidence) fill(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var pairs []string
	for name, value := range ev.values() {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// fillCommand is fill for a command line that a person copies: what came from outside is one word of a shell.
func (ev *evidence) fillCommand(text string) string {
	var pairs []string
	for name, value := range ev.values() {
		if name != "command" {
			value = shellWord(value)
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=][A-Za-z0-9_./:@%+,=-]*$`)

func shellWord(value string) string {
	if value = tokens.VisibleLine(value); plainWord.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// values are what the tables can speak of.
func (ev *evidence) values() map[string]string {
	issuer := ""
	if ev.Provider != nil {
		issuer = ev.Provider.Issuer
	}
	redirect := firstOf(ev.value("redirect_uri"), ev.AskedRedirect)
	client := firstOf(ev.ClientID, ev.value("client_id"))
	grant := firstOf(ev.value("grant_type"), ev.Grant)
	return map[string]string{
		"redirect_uri": firstOf(redirect, "the redirect URI"), "client_id": firstOf(client, "the client"), "issuer": firstOf(issuer, "the server"),
		"scope": firstOf(ev.value("scope"), "the scope"), "grant_type": firstOf(grant, "the grant"), "auth_method": firstOf(ev.AuthMethod, "the method used"),
		"auth_methods": firstOf(strings.Join(ev.announced("token_endpoint_auth_methods_supported"), ", "), "none that it names"),
		"scopes":       firstOf(strings.Join(ev.announced("scopes_supported"), " "), "none that it names"),
		"grants":       firstOf(strings.Join(ev.announced("grant_types_supported"), ", "), "none that it names"),
		"resource":     firstOf(ev.value("resource"), ev.value("audience"), "the resource"), "command": ev.command(),
		"needed_scope": firstOf(ev.challenge.Param("scope"), "the scope that the API needs"), "acr": ev.challenge.Param("acr_values"), "max_age": ev.challenge.Param("max_age"),
		"tenant": tenantOf(issuer), "response_type": firstOf(ev.value("response_type"), "the response type"),
		"received": ev.check.Received,
	}
}

// tenantOf is the first segment of an issuer's path: the tenant of those that have one.
func tenantOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return "the tenant"
	}
	first, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	return firstOf(first, "the tenant")
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
