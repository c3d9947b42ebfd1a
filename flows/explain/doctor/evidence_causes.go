package doctor

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"fob/flows"
	"fob/tokens"
)

// codeCauses are why a code was rejected, ordered by the evidence.
func codeCauses(ev *evidence) []Cause {
	list := []Cause{codeReused(ev), codeExpired(ev), redirectMismatch(ev), verifierCause(ev), clientMismatch(ev),
		dpopProofMissing(ev)}
	return slices.DeleteFunc(list, func(c Cause) bool { return c.Likely == 0 })
}

func codeReused(ev *evidence) Cause {
	c := Cause{Likely: 40, Text: "The code was used already.",
		HowToTell: "A code can be used only once. A reload of the page, a second copy of fob or a proxy that repeats " +
			"requests sends it twice."}
	switch {
	case ev.CodeUses > 1:
		c.Likely, c.Text = 96, "The code was used already: this run sent it more than once."
	case ev.mentions("already", "redeemed", "used", "reuse", "more than once"):
		c.Likely = 94
	case ev.CodeUses == 1:
		c.Likely = 25 // once by this run; another program may have used it before
	}
	return c
}

func codeExpired(ev *evidence) Cause {
	c := Cause{Likely: 35, Text: "The code has expired.",
		HowToTell: "RFC 6749 4.1.2 allows ten minutes at most; many servers give a minute or less."}
	switch {
	case ev.CodeAge >= 10*time.Minute:
		c.Likely = 96
	case ev.CodeAge >= time.Minute:
		c.Likely = 70
	case ev.CodeAge > 0 && ev.CodeAge < 20*time.Second:
		c.Likely = 8
	}
	if ev.CodeAge > 0 {
		c.HowToTell = "It was sent " + tokens.Span(ev.CodeAge) + " after it came. " + c.HowToTell
	}
	if ev.mentions("expired") && c.Likely > 8 && ev.CodeAge < 10*time.Minute {
		c.Likely = max(c.Likely, 90)
	}
	return c
}

func redirectMismatch(ev *evidence) Cause {
	sent := ev.value("redirect_uri")
	c := Cause{Likely: 20, Text: "The redirect_uri of the token request is not that of the authorization request.",
		HowToTell: "They must be the same character by character (RFC 6749 4.1.3)."}
	switch {
	case ev.AuthorizationRedirectURI != "" && sent != "" && sent != ev.AuthorizationRedirectURI:
		c.Likely, c.HowToTell = 97, "It was "+ev.AuthorizationRedirectURI+" first and "+sent+" now."
	case ev.AuthorizationRedirectURI != "" && sent == ev.AuthorizationRedirectURI:
		c.Likely = 3
	case sent == "" && len(ev.sent) > 0:
		c.Likely, c.Text = 75, "redirect_uri is missing from the token request: it is required when the "+
			"authorization request had one."
	}
	if c.Likely > 3 && ev.mentions("redirect") {
		c.Likely = max(c.Likely, 95)
	}
	return c
}

func verifierCause(ev *evidence) Cause {
	c := Cause{Likely: 15, Text: "The code_verifier does not match the code_challenge.",
		HowToTell: "The code belongs to another run, or the server hashed it differently; try the PKCE method plain " +
			"only to find that out."}
	named := ev.mentions("verifier", "pkce", "challenge")
	switch {
	case !ev.has("code_verifier") && (ev.PKCE == "none" || ev.PKCE == "") && len(ev.sent) > 0:
		c.Text = "The server requires PKCE, and no code_verifier was sent."
		c.HowToTell = "PKCE is disabled in this run; OAuth 2.1 and many servers require it of public clients."
		c.Likely = 45
	case !ev.has("code_verifier") && len(ev.sent) > 0:
		c.Text, c.HowToTell, c.Likely = "The code_verifier is missing, although a code_challenge was sent.",
			"The request was changed in transit or by a parameter of the profile.", 95
	case ev.PKCE == "plain":
		c.Likely = 25
	}
	if named {
		c.Likely = max(c.Likely, 96)
	}
	return c
}

// dpopProofMissing is for a server that binds the client's tokens to a key without saying so.
func dpopProofMissing(ev *evidence) Cause {
	c := Cause{Text: "The client's tokens are bound to a key (DPoP), and no proof was sent.",
		HowToTell: "The registration's dpop_bound_access_tokens (RFC 9449 5.2)."}
	if !ev.DPoP && !ev.has("DPoP") && ev.announced("dpop_signing_alg_values_supported") != nil {
		c.Likely = 28
		if ev.mentions("dpop") {
			c.Likely = 95
		}
	}
	return c
}

func clientMismatch(ev *evidence) Cause {
	c := Cause{Likely: 15, Text: "The code was issued to another client.",
		HowToTell: "Compare the client_id of both requests."}
	if ev.mentions("another client", "different client", "client_id", "wrong client", "not issued to") {
		c.Likely = 90
	}
	return c
}

// authMethodWeight returns how likely it is that the client is registered for another authentication method.
func authMethodWeight(ev *evidence) int {
	announced := ev.announced("token_endpoint_auth_methods_supported")
	m, _ := flows.AuthMethodByID(ev.AuthMethod)
	switch {
	case ev.mentions("auth method", "authentication method", "auth_method", "client_secret_basic", "client_secret_post",
		"client_secret_jwt", "private_key_jwt", "authentication scheme", "authorization header",
		"no client authentication"):
		return 94
	case ev.AuthMethod == "" || ev.AuthMethod == "none":
		return 0
	case announced != nil && !slices.Contains(announced, cmp.Or(m.Metadata, ev.AuthMethod)):
		return 88
	}
	return 42
}

// canTryAuthMethod reports whether a client authentication method differs from the one used and is supported as far as
// the metadata says.
func (ev *evidence) canTryAuthMethod(id string) bool {
	announced := ev.announced("token_endpoint_auth_methods_supported")
	return id != ev.AuthMethod && (announced == nil || slices.Contains(announced, id))
}

func usesSecret(ev *evidence) bool {
	return strings.HasPrefix(ev.AuthMethod, "client_secret_") || ev.has("client_secret") ||
		strings.HasPrefix(ev.value("Authorization"), "Basic")
}

// tryAuthMethods proposes the other methods that the server announces and that work with the same secret.
func tryAuthMethods(ev *evidence) []Action {
	announced := ev.announced("token_endpoint_auth_methods_supported")
	if announced == nil {
		announced = []string{"client_secret_basic", "client_secret_post"} // RFC 8414 2 and common practice
	}
	current, _ := flows.AuthMethodByID(ev.AuthMethod)
	var named, first, later []Action
	for _, m := range flows.AuthMethods() {
		switch {
		case m.ID == ev.AuthMethod || !slices.Contains(announced, m.Metadata) || m.ID == "none" ||
			strings.HasSuffix(m.ID, "tls_client_auth"):
			continue
		}
		a := Action{Text: "Try " + m.ID + ", which the server announces.", Do: map[string]string{DoAuthMethod: m.ID}}
		if m.Metadata == current.Metadata {
			a.Text = "Try " + m.ID + ": the same header without form-encoding."
			later = append(later, a)
			continue
		}
		if m.ID == m.Metadata && containsName(ev.message, m.ID) {
			a.Text = "Try " + m.ID + ", which the server mentions."
			named = append(named, a)
			continue
		}
		first = append(first, a)
	}
	first = append(named, first...)
	if ev.AuthMethod != "none" && ev.mentions("public", "must not", "should not present", "without secret") {
		first = append([]Action{{Text: "Send no client authentication: the client is public.",
			Do: map[string]string{DoAuthMethod: "none"}}}, first...)
	}
	return append(first, later...)
}

// otherGrants proposes the grants that the server announces and fob supports.
func otherGrants(ev *evidence) []Action {
	var list []Action
	announced := ev.announced("grant_types_supported")
	for _, g := range flows.Grants() {
		if g.Hidden || g.ID == ev.Grant || g.GrantType == ev.value("grant_type") || g.Deprecated != "" {
			continue
		}
		if announced != nil && slices.Contains(announced, g.GrantType) {
			list = append(list, Action{Text: "Use " + g.Name + ", which the server announces.",
				Do: map[string]string{DoGrant: g.ID}})
		}
	}
	return list
}

// containsName finds a name in a text, but not as the beginning of a longer one.
func containsName(text, name string) bool {
	for rest := text; ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return false
		}
		rest = rest[i+len(name):]
		if rest == "" || rest[0] != '_' && !isDigit(rest[0]) && (rest[0] < 'a' || rest[0] > 'z') {
			return true
		}
	}
}

// unannounced returns the values of a parameter that the metadata does not list; nil if it lists none at all.
func (ev *evidence) unannounced(name string) []string {
	announced := ev.announced(map[string]string{"scope": "scopes_supported",
		"acr_values": "acr_values_supported"}[name])
	var unknown []string
	for _, s := range tokens.SplitScope(ev.value(name)) {
		if announced != nil && !slices.Contains(announced, s) {
			unknown = append(unknown, s)
		}
	}
	return unknown
}

// rejectedScopes returns the scopes that the message names.
func (ev *evidence) rejectedScopes() []string {
	var list []string
	for _, s := range tokens.SplitScope(ev.value("scope")) {
		for _, quote := range []string{"'", "`", "\""} {
			if strings.Contains(ev.description(), quote+strings.ToLower(s)+quote) {
				list = append(list, s)
				break
			}
		}
	}
	return list
}

// userScopes are the scopes that make no sense without a user (OpenID Connect Core 5.4, 11).
var userScopes = []string{"openid", "profile", "email", "address", "phone", "offline_access"}

// requestedUserScopes returns the user scopes of a request without a user.
func (ev *evidence) requestedUserScopes() []string {
	var list []string
	for _, s := range tokens.SplitScope(ev.value("scope")) {
		if ev.grantType() == "client_credentials" && slices.Contains(userScopes, s) {
			list = append(list, s)
		}
	}
	return list
}

// scopeWithout returns the scope without what is likely rejected; nil if nothing is, or nothing is left.
func (ev *evidence) scopeWithout() []string {
	bad := slices.Concat(ev.unannounced("scope"), ev.rejectedScopes(), ev.requestedUserScopes())
	if len(bad) == 0 {
		return nil
	}
	return slices.DeleteFunc(tokens.SplitScope(ev.value("scope")),
		func(s string) bool { return slices.Contains(bad, s) })
}

// wantsOpenID reports whether the message asks for openid among the scopes.
func (ev *evidence) wantsOpenID() bool {
	return ev.mentions("openid") && ev.mentions("missing", "required", "must") &&
		!slices.Contains(tokens.SplitScope(ev.value("scope")), "openid")
}

// scopeCauses compares the scope with the metadata and the message.
func scopeCauses(ev *evidence) []Cause {
	unknown, personal, refused := ev.unannounced("scope"), ev.requestedUserScopes(), ev.rejectedScopes()
	list := []Cause{
		{Likely: 45, Text: "The client may not ask for one of the scopes.",
			HowToTell: "The registration of the client lists its scopes; ask for them one at a time."},
		{Likely: 20, Text: "The scopes belong to different APIs, and this server accepts those of one at a time.",
			HowToTell: "Ask for the scopes of one API alone."},
	}
	if len(unknown) > 0 {
		list = append(list, Cause{Likely: 88, Text: "The server does not announce " + strings.Join(unknown, " ") + ".",
			HowToTell: "The metadata's scopes_supported: " + strings.Join(ev.announced("scopes_supported"), " ") + "."})
	} else {
		list = append(list, Cause{Likely: 50, Text: "A scope is spelled differently at this server.",
			HowToTell: "Its docs list the scopes; upper and lower case count."})
	}
	if len(personal) > 0 {
		list = append(list, Cause{Likely: 90, Text: strings.Join(personal, " ") +
			" is about a user, and no user takes part in client_credentials.",
			HowToTell: "Ask for the scopes of the API alone."})
	}
	if len(refused) > 0 {
		list = append(list, Cause{Likely: 86, Text: "The server names " + strings.Join(refused, " ") +
			": it does not know it, or the client may not have it.",
			HowToTell: "The registration of the client lists its scopes."})
	}
	if ev.value("grant_type") == "refresh_token" {
		list = append(list, Cause{Likely: 91, Text: "The scope is wider than what was granted: a refresh may only " +
			"narrow it (RFC 6749 6).", HowToTell: "Leave the scope out to get the same again."})
	}
	if ev.wantsOpenID() {
		list = append(list, Cause{Likely: 92, Text: "The server requires openid among the scopes, and it was not sent.",
			HowToTell: "It names openid; OpenID Connect requests always have it (OpenID Connect Core 3.1.2.1)."})
	}
	if ev.value("scope") == "" {
		list = append(list, Cause{Likely: 75, Text: "The server requires a scope, and it is missing.",
			HowToTell: "RFC 6749 3.3 allows it to reject a request without one."})
	}
	return list
}
