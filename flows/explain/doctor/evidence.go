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
	"fob/flows/explain"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/shell"
	"fob/tokens/wwwauth"
)

// evidence is an error with everything that the run knows.
type evidence struct {
	Context
	err             *flows.OAuthError
	challenge       wwwauth.Challenge
	check           tokens.Check // when a check has failed
	sent            []wire.Field // redacted, for display
	asSent          []wire.Field // as sent except secrets: to diagnose, never displayed
	message         string       // the server's message, in lower case
	descriptionText string       // the same without the code
	vendor          string       // a key of vendors; "" if unknown
}

// noOAuthError is for a failed check: there is no error response.
var noOAuthError = &flows.OAuthError{}

func newEvidence(e *flows.OAuthError, c Context) *evidence {
	raw := e.Unmasked() // redaction may hide the evidence
	ev := &evidence{Context: c, err: e, sent: c.Sent, asSent: c.Sent, descriptionText: strings.ToLower(raw.Description +
		otherErrorMembers(e))}
	ev.message = strings.ToLower(raw.Code) + " " + ev.descriptionText
	if ev.sent == nil {
		ev.sent, ev.asSent = e.Sent, raw.Sent
	}
	ev.vendor = vendorOf(e.URL, c)
	if e.Challenge != nil {
		ev.challenge = *e.Challenge
	}
	return ev
}

// otherErrorMembers returns the values of the other members of an error response, whatever their names are.
func otherErrorMembers(e *flows.OAuthError) string {
	var b strings.Builder
	for _, w := range e.Details {
		b.WriteString(" " + w.Value)
	}
	return b.String()
}

// vendorOf recognizes a vendor by its hosts.
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
			if host == strings.TrimPrefix(h.suffix, ".") || strings.HasPrefix(h.suffix, ".") && strings.HasSuffix(host,
				h.suffix) {
				return h.vendor
			}
		}
		if strings.Contains(u.Path, "/realms/") {
			return "keycloak"
		}
	}
	if c.Provider != nil {
		if p, ok := provider.PresetOf(c.Provider); ok && vendors[p.ID] != "" {
			return p.ID // behind a customer's domain
		}
	}
	return ""
}

// value returns the first value of a parameter that was sent; "" if it was not.
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

// mentions reports whether the message contains one of the words.
func (ev *evidence) mentions(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(ev.message, w) })
}

// description returns the message without the code, in lower case.
func (ev *evidence) description() string { return ev.descriptionText }

// announced returns a list of the metadata; nil if it is missing.
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

// clockDeviates reports whether the clocks differ by more than the accepted skew.
func (ev *evidence) clockDeviates() bool { return ev.ClockOffset.Abs() > ev.skew() }

func clockSentence(offset time.Duration) string {
	if offset > 0 {
		return "By its Date header, the server's clock is " + tokens.Span(offset) + " ahead of this machine's."
	}
	return "By its Date header, the server's clock is " + tokens.Span(-offset) + " behind this machine's."
}

// hasAssertion reports whether the request has a signed part with a time in it, which a wrong clock makes invalid.
func (ev *evidence) hasAssertion() bool {
	return ev.DPoP || ev.has("client_assertion") || ev.has("assertion") || ev.has("request") || ev.has("DPoP") ||
		strings.HasSuffix(ev.AuthMethod, "_jwt")
}

// commonCauses are possible for every error response: an edited request, a malformed parameter, a wrong clock.
func (ev *evidence) commonCauses(entry entry) []Cause {
	var list []Cause
	if len(ev.Edited) > 0 {
		list = append(list, Cause{Likely: 99, Text: "This request was edited before it was sent: " +
			strings.Join(ev.Edited, ", ") + ".",
			HowToTell: "Send it unchanged: if it is accepted, the edit is what the server refuses."})
	}
	if set := ev.overridden(); len(set) > 0 {
		list = append(list, Cause{Likely: 89, Text: "Set manually, instead of the value that fob generates: " +
			strings.Join(set, ", ") + ".",
			HowToTell: "--param, or params of the profile: without it fob sends its own."})
	}
	if ev.clockDeviates() && (entry.clock || ev.hasAssertion() &&
		slices.Contains([]string{"invalid_client", "invalid_grant", "invalid_request", "invalid_token"}, ev.err.Code)) {
		list = append(list, Cause{Likely: 97, Text: clockSentence(ev.ClockOffset) +
			" What was signed here seems expired or not valid yet there.",
			HowToTell: "Compare this machine's clock with a trusted one."})
	}
	if entry.malformed {
		list = append(list, ev.malformed(entry)...)
	}
	return list
}

// malformed returns the parameters that violate their own spec: any of them, or only the one that the code is about.
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

// firstMalformed returns the first malformed parameter, if the error may be about it; else nil.
func (ev *evidence) firstMalformed(entry entry) *About {
	if !entry.malformed {
		return nil
	}
	for _, r := range explain.Fields(ev.asSent) {
		if r.Verdict == tokens.Bad {
			return &About{Name: r.Name, Value: visibleLine(ev.value(r.Name))}
		}
	}
	return nil
}

// firstActions come before the rest: undo an edit, set the clock.
func (ev *evidence) firstActions(entry entry) []Action {
	var list []Action
	if len(ev.Edited) > 0 {
		list = append(list, Action{Text: "Send the request without the edit.",
			Do: map[string]string{DoCommand: ev.command()}})
	}
	if set := ev.overridden(); len(set) > 0 {
		list = append(list, Action{Text: "Remove " + strings.Join(set, ", ") + " from --param or the profile.",
			Do: map[string]string{DoCommand: withoutParams(ev.command(), set)}})
	}
	if ev.err.RetryAfter > 0 {
		list = append(list, waitFor(ev.err.RetryAfter))
	}
	if ev.clockDeviates() && (entry.clock || ev.hasAssertion()) {
		list = append(list, Action{Text: "Set this machine's clock right, then try again.",
			Do: map[string]string{DoCommand: "fob doctor"}})
	}
	return list
}

// waitFor waits as long as the server asked.
func waitFor(d time.Duration) Action {
	return Action{Text: "Try again in " + tokens.Span(d) + ": the server said how long (Retry-After).",
		Do: map[string]string{DoWait: strconv.Itoa(int(d / time.Second))}}
}

func (ev *evidence) command() string {
	if ev.Command == "" {
		return "fob login"
	}
	return ev.Command
}

// word finds what can be a parameter's name in the server's words; lacking, one that they say is not there.
var (
	// wordPattern finds candidates for parameter names in the message; missingPattern finds one that it reports as
	// missing.
	wordPattern    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[a-z][a-z0-9_]{2,}`) })
	missingPattern = sync.OnceValue(func() *regexp.Regexp {
		const quote, name = `['"` + "`" + `]?`, `([a-z][a-z0-9_]+)`
		return regexp.MustCompile(quote + `\b` + name + `\b` + quote +
			` (?:parameter )?(?:is missing|is required|is needed|must be provided|not provided|was not sent)` +
			`|(?:missing|must contain|must include)(?: the)?(?: following)?(?: required)?` +
			`(?: parameters?)?(?:\(s\))?:? ` + quote + name)
	})
	missingWords = []string{"missing", "require", "must", "need", "without", "provide", "include", "contain", "wants",
		"expected", "no "}
)

// ordinaryWords are parameters whose names are ordinary English words: the word alone does not mean the parameter.
var ordinaryWords = strings.Fields("scope code state token request resource assertion claims registration audience " +
	"username password")

// jwtClaims are parameters by name only, as claims of a request object. A message that misses one of them is about a
// proof or an assertion.
var jwtClaims = strings.Fields("sub aud exp nbf iat jti")

// parameterOf returns the parameter that the error is about: one that the message reports as missing, one that it names
// and that was sent, one that it names as required, or one that is declared for the error.
func (ev *evidence) parameterOf(names string) *About {
	declared := strings.Fields(names)
	description := ev.description()
	for _, m := range missingPattern().FindAllStringSubmatch(description, 10) {
		if name := cmp.Or(m[1], m[2]); explain.IsParameter(name) && !slices.Contains(jwtClaims, name) && !ev.has(name) {
			return &About{Name: name, Missing: true}
		}
	}
	var missing string
	wants := slices.ContainsFunc(missingWords, func(w string) bool { return strings.Contains(description, w) })
	for _, w := range wordPattern().FindAllString(description, 50) {
		if slices.Contains(ordinaryWords, w) && !slices.Contains(declared, w) {
			continue
		}
		switch {
		case ev.has(w):
			return &About{Name: visibleLine(w), Value: visibleLine(ev.value(w))}
		case missing == "" && wants && strings.Contains(w, "_") && explain.IsParameter(w):
			missing = w
		}
	}
	if missing != "" {
		return &About{Name: missing, Missing: true}
	}
	fields := strings.Fields(description)
	for i := 1; i < len(fields); i++ { // "grant type" means grant_type
		if name := fields[i-1] + "_" + strings.Trim(fields[i], ".,:;'\""); ev.has(name) {
			return &About{Name: name, Value: visibleLine(ev.value(name))}
		}
	}
	for _, name := range declared {
		if ev.has(name) {
			return &About{Name: name, Value: visibleLine(ev.value(name))}
		}
	}
	return nil
}

// missing returns the parameter that the message reports as missing; "" if it names none.
func (ev *evidence) missing() string {
	if a := ev.parameterOf(""); a != nil && a.Missing {
		return a.Name
	}
	return ""
}

// generatedParams are parameters that fob generates for each run: no other value can work.
var generatedParams = strings.Fields("code code_verifier redirect_uri client_id grant_type state nonce " +
	"code_challenge code_challenge_method response_type device_code auth_req_id refresh_token client_assertion " +
	"request request_uri")

// overridden returns the generated parameters of this request that the user or the profile replaced.
func (ev *evidence) overridden() []string {
	var list []string
	for _, target := range ev.Overrides {
		if endpoint, name, _ := strings.Cut(target, "."); endpoint == ev.err.Endpoint &&
			slices.Contains(generatedParams, name) {
			list = append(list, target)
		}
	}
	return list
}

// named returns the parameter that the message names and that was sent; "" if it names none.
func (ev *evidence) named() string {
	if a := ev.parameterOf("scope code state token request resource assertion claims audience"); a != nil &&
		!a.Missing &&
		(strings.Contains(ev.description(), a.Name) || strings.Contains(ev.description(),
			strings.ReplaceAll(a.Name, "_", " "))) {
		return a.Name
	}
	return ""
}

// fill replaces placeholders of the tables with values of the run: {redirect_uri}, {client_id} … An unknown value
// becomes words that still read well.
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

// fillCommand is fill for a command line to copy: each untrusted value is quoted as one shell word.
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
	return withoutRepeats(strings.NewReplacer(pairs...).Replace(text))
}

// values returns the placeholders of the tables.
func (ev *evidence) values() map[string]string {
	issuer := ""
	if ev.Provider != nil {
		issuer = ev.Provider.Issuer
	}
	redirect := cmp.Or(ev.value("redirect_uri"), ev.AuthorizationRedirectURI)
	client := cmp.Or(ev.ClientID, ev.value("client_id"))
	grant := cmp.Or(ev.value("grant_type"), ev.Grant)
	return map[string]string{
		"redirect_uri": cmp.Or(redirect, "the redirect URI"), "client_id": cmp.Or(client, "the client"),
		"issuer": cmp.Or(issuer, "the server"),
		"scope":  cmp.Or(ev.value("scope"), "the scope"), "grant_type": cmp.Or(grant, "the grant"),
		"auth_method": cmp.Or(ev.AuthMethod, "the method used"),
		"auth_methods": cmp.Or(strings.Join(ev.announced("token_endpoint_auth_methods_supported"), ", "),
			"none that it names"),
		"scopes":   cmp.Or(strings.Join(ev.announced("scopes_supported"), " "), "none that it names"),
		"grants":   cmp.Or(strings.Join(ev.announced("grant_types_supported"), ", "), "none that it names"),
		"resource": cmp.Or(ev.value("resource"), ev.value("audience"), "the resource"), "command": ev.command(),
		"needed_scope": cmp.Or(ev.challenge.Param("scope"), "the scope that the API needs"),
		"acr":          ev.challenge.Param("acr_values"), "max_age": ev.challenge.Param("max_age"),
		"tenant": tenantOf(issuer), "response_type": cmp.Or(ev.value("response_type"), "the response type"),
		"why":      reason(ev.check.Because),
		"received": ev.check.Received, "session": cmp.Or(ev.Session, "SESSION"), "named": ev.named(),
		"named_value": shownValue(ev.value(ev.named())), "missing": ev.missing(),
		"with_openid": strings.TrimSpace("openid " + ev.value("scope")),
		"unknown_acr": strings.Join(ev.unannounced("acr_values"), " "),
		"acrs":        strings.Join(ev.announced("acr_values_supported"), " "),
		"acr_flag":    flag(" --acr-values ", ev.challenge.Param("acr_values")), "max_age_flag": flag(" --max-age ",
			ev.challenge.Param("max_age")),
		"known_scope": strings.Join(ev.scopeWithout(), " "), "endpoint": cmp.Or(ev.err.Endpoint, "authorization"),
		"pkce_method": cmp.Or(ev.value("code_challenge_method"), "plain"), "profile": cmp.Or(ev.Profile, "PROFILE"),
	}
}

// reason drops "it cannot be verified:" and the like from a check's reason.
func reason(because string) string {
	if _, why, ok := strings.Cut(because, ": "); ok && strings.HasPrefix(because, "it cannot be ") {
		return why
	}
	return because
}

// flag returns a flag of a command line with its value, or "" without a value.
func flag(name, value string) string {
	if value == "" {
		return ""
	}
	return name + shell.Word(value)
}

// shownValue returns "=" and the value, or "" for a hidden one.
func shownValue(v string) string {
	if v == "" || v == tokens.Hidden || strings.HasPrefix(v, "sha256:") {
		return ""
	}
	return "=" + v
}

// tenantOf returns the first segment of the issuer's path, where some vendors have the tenant.
func tenantOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return "the tenant"
	}
	first, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	return cmp.Or(first, "the tenant")
}
