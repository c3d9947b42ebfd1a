package doctor

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/explain"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/shell"
)

// evidence is an error with everything that the run knows.
type evidence struct {
	Context
	err       *flows.OAuthError
	challenge calls.Challenge
	check     tokens.Check // when a check has failed
	sent      []wire.Field // as it may be shown
	asSent    []wire.Field // as it was sent, but for what is secret by its name: judged and not shown
	text      string       // what the server said, in lower case
	words     string       // the same without the code
	vendor    string       // a key of vendors; "" when it is not known
}

// noError stands where a check failed and no server refused.
var noError = &flows.OAuthError{}

func newEvidence(e *flows.OAuthError, c Context) *evidence {
	raw := e.Unmasked() // a mask may stand where the evidence is
	ev := &evidence{Context: c, err: e, sent: c.Sent, asSent: c.Sent, words: strings.ToLower(raw.Description +
		saidBeside(e))}
	ev.text = strings.ToLower(raw.Code) + " " + ev.words
	if ev.sent == nil {
		ev.sent, ev.asSent = e.Sent, raw.Sent
	}
	ev.vendor = vendorOf(e.URL, c)
	if e.Challenge != nil {
		ev.challenge = *e.Challenge
	}
	return ev
}

// saidBeside is what the server said beside the description, whatever the members are called.
func saidBeside(e *flows.OAuthError) string {
	var b strings.Builder
	for _, w := range e.Words {
		b.WriteString(" " + w.Value)
	}
	return b.String()
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
	if c.Provider != nil {
		if p, ok := provider.PresetOf(c.Provider); ok && vendors[p.ID] != "" {
			return p.ID // behind a domain of its customer's
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
func (ev *evidence) description() string { return ev.words }

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
	if set := ev.byHand(); len(set) > 0 {
		list = append(list, Cause{Likely: 89, Text: "Set by hand, over what fob makes for this run: " + strings.Join(set, ", ") + ".",
			HowToTell: "--param, or params of the profile: without it fob sends its own."})
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
	anyOf := entry.codes == "" || entry.codes == "invalid_request" // these may be about any parameter
	for _, r := range explain.Fields(ev.asSent) {
		if r.Verdict == tokens.Bad && len(list) < 5 && (anyOf || slices.Contains(strings.Fields(entry.about), r.Name)) {
			list = append(list, Cause{Likely: 93, Text: r.Name + " is not well-formed: " + r.Note + ".",
				HowToTell: "It was sent as " + ev.value(r.Name) + " (" + r.Spec + ")."})
		}
	}
	return list
}

// malformedOne is the first parameter whose form is wrong, where the error may be about it; nil when there is none.
func (ev *evidence) malformedOne(entry entry) *About {
	if !entry.malformed {
		return nil
	}
	for _, r := range explain.Fields(ev.asSent) {
		if r.Verdict == tokens.Bad {
			return &About{Name: r.Name, Value: line(ev.value(r.Name))}
		}
	}
	return nil
}

// firstActions are what comes before the rest: to undo an edit, to set the clock right.
func (ev *evidence) firstActions(entry entry) []Action {
	var list []Action
	if len(ev.Edited) > 0 {
		list = append(list, Action{Text: "Send the request without the edit.", Do: map[string]string{DoCommand: ev.command()}})
	}
	if set := ev.byHand(); len(set) > 0 {
		list = append(list, Action{Text: "Take " + strings.Join(set, ", ") + " out of --param or the profile.", Do: map[string]string{DoCommand: ev.command()}})
	}
	if ev.err.RetryAfter > 0 {
		list = append(list, waitFor(ev.err.RetryAfter))
	}
	if ev.clockWrong() && (entry.clock || ev.hasAssertion()) {
		list = append(list, Action{Text: "Set this machine's clock right, then try again.", Do: map[string]string{DoCommand: "fob doctor"}})
	}
	return list
}

// waitFor is to wait as long as the server said.
func waitFor(d time.Duration) Action {
	return Action{Text: "Try again in " + tokens.Span(d) + ": the server said how long (Retry-After).", Do: map[string]string{DoWait: strconv.Itoa(int(d / time.Second))}}
}

func (ev *evidence) command() string {
	if ev.Command == "" {
		return "fob login"
	}
	return ev.Command
}

// word finds what can be a parameter's name in the server's words; lacking, one that they say is not there.
var (
	word    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[a-z][a-z0-9_]{2,}`) })
	lacking = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`['"` + "`" + `]?\b([a-z][a-z0-9_]+)\b['"` + "`" + `]? (?:parameter )?(?:is missing|is required|is needed|must be provided|not provided|was not sent)|(?:missing|must contain|must include)(?: the)?(?: following)?(?: required)?(?: parameters?)?(?:\(s\))?:? ['"` + "`" + `]?([a-z][a-z0-9_]+)`)
	})
	lacks = []string{"missing", "require", "must", "need", "without", "provide", "include", "contain", "wants", "expected", "no "}
)

// ordinary are parameters whose names are ordinary words: that the server uses one does not mean that it speaks of it.
var ordinary = strings.Fields("scope code state token request resource assertion claims registration audience username password")

// ofJWTs are parameters by the letter alone, as claims of a request object: a server that misses one of them speaks of a proof
// or an assertion that it was sent.
var ofJWTs = strings.Fields("sub aud exp nbf iat jti")

// aboutOf tells the parameter that the error is about: one that the server says is missing, one that it names and that was
// sent, one that it names among what it wants, or one that is declared for the error.
func (ev *evidence) aboutOf(names string) *About {
	declared := strings.Fields(names)
	description := ev.description()
	for _, m := range lacking().FindAllStringSubmatch(description, 10) {
		if name := cmp.Or(m[1], m[2]); explain.IsParameter(name) && !slices.Contains(ofJWTs, name) && !ev.has(name) {
			return &About{Name: name, Missing: true}
		}
	}
	var missing string
	wants := slices.ContainsFunc(lacks, func(w string) bool { return strings.Contains(description, w) })
	for _, w := range word().FindAllString(description, 50) {
		if slices.Contains(ordinary, w) && !slices.Contains(declared, w) {
			continue
		}
		switch {
		case ev.has(w):
			return &About{Name: line(w), Value: line(ev.value(w))}
		case missing == "" && wants && strings.Contains(w, "_") && explain.IsParameter(w):
			missing = w
		}
	}
	if missing != "" {
		return &About{Name: missing, Missing: true}
	}
	fields := strings.Fields(description)
	for i := 1; i < len(fields); i++ { // "grant type" speaks of grant_type
		if name := fields[i-1] + "_" + strings.Trim(fields[i], ".,:;'\""); ev.has(name) {
			return &About{Name: name, Value: line(ev.value(name))}
		}
	}
	for _, name := range declared {
		if ev.has(name) {
			return &About{Name: name, Value: line(ev.value(name))}
		}
	}
	return nil
}

// missing is the parameter that the server says is not there; "" when it names none.
func (ev *evidence) missing() string {
	if a := ev.aboutOf(""); a != nil && a.Missing {
		return a.Name
	}
	return ""
}

// own are parameters that fob makes for each run: another value is none that can work.
var own = strings.Fields("code code_verifier redirect_uri client_id grant_type state nonce code_challenge code_challenge_method response_type device_code auth_req_id refresh_token client_assertion request request_uri")

// byHand are the parameters of this request that fob makes itself, and that somebody set to something else.
func (ev *evidence) byHand() []string {
	var list []string
	for _, target := range ev.ByHand {
		if endpoint, name, _ := strings.Cut(target, "."); endpoint == ev.err.Endpoint && slices.Contains(own, name) {
			list = append(list, target)
		}
	}
	return list
}

// named is the parameter that the server names in its words and that was sent; "" when it names none.
func (ev *evidence) named() string {
	if a := ev.aboutOf("scope code state token request resource assertion claims audience"); a != nil && !a.Missing &&
		(strings.Contains(ev.description(), a.Name) || strings.Contains(ev.description(), strings.ReplaceAll(a.Name, "_", " "))) {
		return a.Name
	}
	return ""
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
		switch {
		case name == "issuer":
			value = shell.Word(issuerOf(ev.Context))
		case name != "command" && !strings.HasSuffix(name, "_flag"):
			value = shell.Word(value)
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// values are what the tables can speak of.
func (ev *evidence) values() map[string]string {
	issuer := ""
	if ev.Provider != nil {
		issuer = ev.Provider.Issuer
	}
	redirect := cmp.Or(ev.value("redirect_uri"), ev.AskedRedirect)
	client := cmp.Or(ev.ClientID, ev.value("client_id"))
	grant := cmp.Or(ev.value("grant_type"), ev.Grant)
	return map[string]string{
		"redirect_uri": cmp.Or(redirect, "the redirect URI"), "client_id": cmp.Or(client, "the client"), "issuer": cmp.Or(issuer, "the server"),
		"scope": cmp.Or(ev.value("scope"), "the scope"), "grant_type": cmp.Or(grant, "the grant"), "auth_method": cmp.Or(ev.AuthMethod, "the method used"),
		"auth_methods": cmp.Or(strings.Join(ev.announced("token_endpoint_auth_methods_supported"), ", "), "none that it names"),
		"scopes":       cmp.Or(strings.Join(ev.announced("scopes_supported"), " "), "none that it names"),
		"grants":       cmp.Or(strings.Join(ev.announced("grant_types_supported"), ", "), "none that it names"),
		"resource":     cmp.Or(ev.value("resource"), ev.value("audience"), "the resource"), "command": ev.command(),
		"needed_scope": cmp.Or(ev.challenge.Param("scope"), "the scope that the API needs"), "acr": ev.challenge.Param("acr_values"), "max_age": ev.challenge.Param("max_age"),
		"tenant": tenantOf(issuer), "response_type": cmp.Or(ev.value("response_type"), "the response type"),
		"why":      strings.TrimPrefix(ev.check.Because, "it cannot be told: "),
		"received": ev.check.Received, "session": cmp.Or(ev.Session, "SESSION"), "named": ev.named(), "named_value": shownValue(ev.value(ev.named())), "missing": ev.missing(),
		"with_openid": strings.TrimSpace("openid " + ev.value("scope")),
		"unknown_acr": strings.Join(ev.unannounced("acr_values"), " "), "acrs": strings.Join(ev.announced("acr_values_supported"), " "),
		"acr_flag": flag(" --acr-values ", ev.challenge.Param("acr_values")), "max_age_flag": flag(" --max-age ", ev.challenge.Param("max_age")),
		"known_scope": strings.Join(ev.scopeWithout(), " "), "endpoint": cmp.Or(ev.err.Endpoint, "authorization"),
		"pkce_method": cmp.Or(ev.value("code_challenge_method"), "plain"), "profile": cmp.Or(ev.Profile, "PROFILE"),
	}
}

// flag is a flag of a command line with its value, or nothing.
func flag(name, value string) string {
	if value == "" {
		return ""
	}
	return name + shell.Word(value)
}

// shownValue is a value with its sign, or nothing for one that is hidden.
func shownValue(v string) string {
	if v == "" || v == tokens.Hidden || strings.HasPrefix(v, "sha256:") {
		return ""
	}
	return "=" + v
}

// tenantOf is the first segment of an issuer's path: the tenant of those that have one.
func tenantOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return "the tenant"
	}
	first, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	return cmp.Or(first, "the tenant")
}
