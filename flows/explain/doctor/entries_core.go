package doctor

import "slices"

// coreEntries are the codes of RFC 6749, 6750, 7009 and 8628.
var coreEntries = []entry{
	invalidRequest,
	invalidClientAtIntrospection,
	invalidClient,
	{codes: "invalid_grant", grant: "authorization_code", title: "The server rejected the  code.", spec: "RFC 6749 5.2",
		about:      "code code_verifier redirect_uri",
		moreCauses: codeCauses,
		next: []act{
			{text: "Use DPoP.", do: DoInput + "=dpop=true", when: func(ev *evidence) bool {
				causes := codeCauses(ev)
				return slices.MaxFunc(causes,
					func(a, b Cause) int { return a.Likely - b.Likely }).Text == dpopProofMissing(ev).Text
			}},
			{text: "Start again: a code can be used only once, within minutes.", do: DoCommand + "={command}"},
		}},
	{codes: "invalid_grant", grant: "refresh_token", title: "The server rejected the refresh token.",
		spec: "RFC 6749 5.2, 6", about: "refresh_token",
		causes: []cause{
			{text: "The refresh token was used already: it is replaced at each use, and the older one is invalid.",
				tell: "Another copy of fob or another program refreshed in the meantime; then the server may have " +
					"revoked the whole family.", when: ifMentioned(94, 40, "reuse", "already", "used before", "rotated",
					"replay", "stale", "more than once")},
			{text: "The refresh token has expired, by age or because it was not used for long.",
				tell: "The provider's settings say how long it is valid; the session shows when it was issued.",
				when: ifMentioned(92, 60, "expired", "not active", "inactivity", "too old")},
			{text: "The refresh token was revoked: by a sign-out, a changed password, a withdrawn consent or an " +
				"administrator.", tell: "The user's account at the provider shows which apps have access.",
				when: ifMentioned(90, 50, "revoked", "session", "password", "withdrawn")},
			{text: "The refresh token belongs to another client.",
				tell: "Compare the client_id of the session with that of the profile.",
				when: ifMentioned(92, 15, "another client", "different client", "issued to", "client id")},
			{text: "The scope is wider than what was granted.", tell: "A refresh may only narrow the scope.",
				when: func(ev *evidence) int {
					if ev.has("scope") {
						return 35
					}
					return 0
				}},
		},
		next: []act{{text: "Sign in again.", do: DoCommand + "={command}"}}},
	{codes: "invalid_grant", grant: "password", title: "The server rejected the user name or the password.",
		spec: "RFC 6749 5.2, 4.3", about: "username password",
		causes: []cause{
			{text: "The name or the password is wrong.", tell: "Sign in with them in a browser.", likely: 70},
			{text: "The account requires a second factor, a new password or a consent, which this grant cannot ask " +
				"for.", tell: "Sign in in a browser: it asks there.", when: ifMentioned(90, 40, "mfa", "factor",
				"not fully set up", "interaction", "consent", "expired")},
			{text: "The account is locked or disabled.", tell: "An administrator sees it.",
				when: ifMentioned(90, 25, "locked", "disabled", "inactive")},
		},
		next: []act{{text: "Use the authorization code grant: the user signs in in a browser, and the client never " +
			"sees the password (RFC 9700 2.4).", do: DoGrant + "=authorization_code"}}},
	{codes: "invalid_grant", grant: "urn:ietf:params:oauth:grant-type:device_code",
		title: "The server rejected the  device code.", spec: "RFC 8628 3.5", about: "device_code",
		causes: []cause{
			{text: "The device code was used already, or has expired.",
				tell: "It is valid for some minutes and can be used only once.", likely: 70},
			{text: "The device code belongs to another client.", tell: "Compare the client_id of both requests.",
				likely: 25},
		},
		next: []act{{text: "Start again.", do: DoCommand + "={command}"}}},
	{codes: "invalid_grant", grant: "urn:ietf:params:oauth:grant-type:jwt-bearer",
		title: "The server rejected the  assertion.", spec: "RFC 7523 3.1", about: "assertion", clock: true,
		causes: assertionCauses,
		next: []act{{text: "Inspect the assertion: iss, sub, aud, exp and the kid.", do: DoCommand +
			"=fob inspect -"}}},
	{codes: "invalid_grant", grant: "urn:ietf:params:oauth:grant-type:saml2-bearer",
		title: "The server rejected the  assertion.", spec: "RFC 7522 3.1", about: "assertion", clock: true,
		causes: assertionCauses},
	{codes: "invalid_grant", title: "The server rejected the code, the token or the assertion.", spec: "RFC 6749 5.2",
		about: "code refresh_token assertion subject_token device_code auth_req_id", clock: true,
		causes: []cause{
			{text: "What was presented has expired, was revoked or was used already.",
				tell: "Get a new one and try at once.", likely: 60},
			{text: "What was presented belongs to another client.", tell: "Compare the client that it was issued to.",
				likely: 30},
		},
		next: []act{{text: "Start again.", do: DoCommand + "={command}"}}},
	{codes: "unauthorized_client", title: "The client may not do this.", spec: "RFC 6749 4.1.2.1, 5.2",
		about: "grant_type response_type client_id",
		causes: []cause{
			{text: "The grant {grant_type} is not enabled for the client.",
				tell: "The registration of the client lists its grants.", when: func(ev *evidence) int {
					if ev.mentions("response_type", "response type") {
						return 30
					}
					return 75
				}},
			{text: "The response type {response_type} is not enabled for the client.",
				tell: "The registration of the client lists its response types and grants; implicit and hybrid are " +
					"mostly disabled.", when: func(ev *evidence) int {
					switch {
					case ev.value("response_type") == "":
						return 0
					case ev.mentions("response_type", "response type"):
						return 88
					}
					return 40
				}},
			{text: "The client is registered in another tenant, realm or application.",
				tell: "Compare the issuer with the place where the client is registered.", likely: 30},
			{text: "The secret is wrong: some servers respond so.",
				tell: "The server's message then mentions credentials.", when: ifMentioned(88, 10, "secret",
					"credential")},
		},
		next: []act{
			{text: "Use the authorization code grant with PKCE.", do: DoGrant + "=authorization_code",
				when: func(ev *evidence) bool {
					t := ev.value("response_type")
					return t != "" && t != "code"
				}},
			{text: "Enable {grant_type} where the client is registered.", do: DoClientCheck + "={client_id}"},
		}},
	{codes: "unsupported_grant_type", title: "The server does not offer this grant.", spec: "RFC 6749 5.2",
		about: "grant_type",
		causes: []cause{
			{text: "The server does not offer {grant_type}; it announces {grants}.",
				tell: "The metadata's grant_types_supported.", likely: 90},
			{text: "The grant is disabled for this client.", tell: "The registration of the client lists its grants.",
				likely: 40},
			{text: "grant_type did not reach the server: the body was not read as a form.",
				tell: "Look at the Content-Type of the request.", when: func(ev *evidence) int {
					if !ev.has("grant_type") {
						return 95
					}
					return 10
				}},
		}, actionsOf: otherGrants},
	{codes: "invalid_scope", title: "A scope is unknown, malformed, or more than the client may ask for.",
		spec: "RFC 6749 5.2, 3.3", about: "scope", malformed: true, moreCauses: scopeCauses,
		next: []act{
			{text: "Ask for openid as well.", do: DoInput + "=scope={with_openid}", when: (*evidence).wantsOpenID},
			{text: "Ask for {known_scope} alone.", do: DoInput + "=scope={known_scope}",
				when: func(ev *evidence) bool { return len(ev.scopeWithout()) > 0 }},
			{text: "Leave the scope out, or ask for less.", do: DoInput + "=scope="},
		}},
	{codes: "access_denied", endpoint: "authorization", title: "The user or a policy of the server denied access.",
		spec:   "RFC 6749 4.1.2.1",
		causes: deniedCauses, next: []act{{text: "Try again, and approve.", do: DoCommand + "={command}"}}},
	{codes: "access_denied", title: "The user or a policy of the server denied access.",
		spec: "RFC 6749 4.1.2.1, RFC 8628 3.5", causes: deniedCauses,
		next: []act{{text: "Try again, and approve.", do: DoCommand + "={command}"}}},
	{codes: "unsupported_response_type", title: "The server does not offer this response type, or not for this client.",
		spec: "RFC 6749 4.1.2.1", about: "response_type",
		causes: []cause{
			{text: "{response_type} is disabled for the client.",
				tell: "The registration of the client lists its response types; implicit and hybrid are mostly " +
					"disabled.", likely: 70},
			{text: "The server does not know it.", tell: "The metadata's response_types_supported.", likely: 40},
		},
		next: []act{{text: "Use the authorization code grant with PKCE.", do: DoGrant + "=authorization_code"}}},
	{codes: "server_error", title: "The server failed.", spec: "RFC 6749 4.1.2.1",
		causes: []cause{
			{text: "Something broke at the server.",
				tell: "Its logs say what; its operators find the request by the time.", likely: 70},
			{text: "The request holds something that the server did not expect.",
				tell: "Remove your own parameters and try again.", likely: 40},
		},
		next: []act{{text: "Try again in a minute.", do: DoWait + "=60",
			when: func(ev *evidence) bool { return ev.err.RetryAfter == 0 }}}},
	{codes: "temporarily_unavailable", title: "The server is overloaded or in maintenance.", spec: "RFC 6749 4.1.2.1",
		causes: []cause{
			{text: "The server is overloaded or in maintenance.", tell: "Its status page says so.", likely: 70},
			{text: "Too many attempts were made, and the server blocks this account or client for a while.",
				tell: "It works again after some minutes.", when: ifMentioned(85, 30, "too many", "locked", "attempts",
					"rate")},
		},
		next: []act{{text: "Try again in a minute.", do: DoWait + "=60",
			when: func(ev *evidence) bool { return ev.err.RetryAfter == 0 }}}},
	{codes: "invalid_token", endpoint: "registration", title: "The server rejected the token of the registration.",
		spec: "RFC 7591 3, RFC 7592 2",
		causes: []cause{
			{text: "The registration access token is not this client's any more: the client was deleted, or a " +
				"response brought another token.", tell: "The server's own list of its clients; each response of the " +
				"registration may bring a new token (RFC 7592 2.2).", when: ifRegistering(0, 80)},
			{text: "The server requires an initial access token for registration, and it is missing or invalid.",
				tell: "Its operators issue initial access tokens (RFC 7591 3).", when: ifRegistering(85, 0)},
		},
		next: []act{
			{text: "Register the client again, under another name of a profile.", do: DoCommand +
				"=fob provider register {issuer} NAME", when: func(ev *evidence) bool { return len(ev.sent) == 0 }},
			{text: "Get an initial access token, and register with it.", do: DoCommand +
				"=fob provider register {issuer} NAME --token-ask",
				when: func(ev *evidence) bool { return len(ev.sent) > 0 }},
		}},
	{codes: "invalid_token", clock: true, title: "The token is invalid here.", spec: "RFC 6750 3.1",
		causes: []cause{
			{text: "The token has expired.", tell: "Its exp, or introspection, says when.",
				when: func(ev *evidence) int {
					if ev.err.Endpoint == "userinfo" { // fob refreshes a token with a past exp first
						return ifMentioned(92, 35, "expired", "not active")(ev)
					}
					return ifMentioned(92, 60, "expired", "not active")(ev)
				}},
			{text: "The token is meant for another audience.",
				tell: "Compare its aud with the API; ask for a token with resource or audience.",
				when: ifMentioned(93, 50, "audience", "aud", ", not for", "not intended", "not meant")},
			{text: "The token was revoked, or its session has ended.", tell: "Introspection says active: false.",
				when: ifMentioned(90, 40, "revoked", "session", "inactive")},
			{text: "The token was issued by another authorization server.",
				tell: "Compare its iss with what the API trusts.", when: ifMentioned(90, 30, "issuer", "signature",
					"kid", "no key", "unknown key", "another server")},
			{text: "The token is bound to a key (DPoP, mutual TLS) and was sent without the proof.",
				tell: "It has a cnf claim.", when: ifMentioned(94, 15, "dpop", "cnf", "bound", "certificate", "jkt",
					"x5t")},
		},
		next: []act{
			{text: "Refresh the session.", do: DoCommand + "=fob refresh {session}", when: func(ev *evidence) bool {
				return !ev.mentions(", not for", "audience", "issuer", "another server", "signature", "bound", "jkt",
					"x5t", "revoked")
			}},
			{text: "Sign in again: a refresh does not bring back what was revoked.", do: DoCommand + "={command}",
				rank: ifMentioned(70, 30, "revoked", "session")},
			{text: "Inspect the token: issuer, audience, expiry.", do: DoCommand + "=fob inspect -",
				rank: ifMentioned(60, 40, "audience", "aud", ", not for", "issuer", "signature")},
			{text: "Use DPoP: the token goes out with a proof.", do: DoInput + "=dpop=true",
				when: func(ev *evidence) bool { return !ev.DPoP && ev.mentions("dpop", "cnf.jkt") }},
		}},
	{codes: "insufficient_scope", title: "The token lacks a scope that this call needs.", spec: "RFC 6750 3.1",
		about: "scope",
		causes: []cause{
			{text: "The token was issued without {needed_scope}.",
				tell: "The ledger compares what was asked for with what was granted.", likely: 85},
			{text: "The user or the client may not have that scope.", tell: "Ask for it: the server then says so.",
				likely: 30},
		},
		next: []act{{text: "Sign in again with {needed_scope}.", do: DoCommand + "={command} --scope {needed_scope}",
			when: func(ev *evidence) bool { return ev.challenge.Param("scope") != "" }}}},
	{codes: "unsupported_token_type", title: "The server does not revoke tokens of this kind.", spec: "RFC 7009 2.2.1",
		about: "token_type_hint token",
		causes: []cause{{text: "The server revokes refresh tokens only, or cannot revoke tokens that APIs validate " +
			"by themselves.", tell: "Revoke the refresh token: its access tokens end with it or by themselves.",
			likely: 80}},
		next: []act{{text: "Revoke the refresh token instead.", do: DoCommand +
			"=fob revoke {session} --kind refresh"}}},
	{codes: "authorization_pending", title: "The user has not approved yet.", spec: "RFC 8628 3.5",
		causes: []cause{{text: "The user has not finished the sign-in at the verification page.",
			tell: "Open it and type the code.", likely: 90}},
		next: []act{{text: "Wait and ask again.", do: DoWait + "=5"}}},
	{codes: "slow_down", title: "The server was asked too often.", spec: "RFC 8628 3.5",
		causes: []cause{{text: "The time between two questions was too short: from now on it is five seconds longer.",
			tell: "The response to the first request has the interval.", likely: 90}},
		next: []act{{text: "Wait and ask again.", do: DoWait + "=10"}}},
	{codes: "expired_token", title: "The code expired before the user approved.", spec: "RFC 8628 3.5",
		about: "device_code auth_req_id",
		causes: []cause{
			{text: "The user did not finish the sign-in in time.",
				tell: "The code is valid for expires_in seconds of the first response.", likely: 85},
			{text: "The user typed the code at another page or into another tenant.",
				tell: "The verification page must be the one that was shown.", likely: 20},
		},
		next: []act{{text: "Start again: there will be a new code.", do: DoCommand + "={command}"}}},
}

var assertionCauses = []cause{
	{text: "The assertion has expired, or is valid for longer than the server allows.",
		tell: "Compare exp and iat with the server's limit, often some minutes.", when: ifMentioned(90, 50, "expired",
			"lifetime", "short-lived", "timeframe", "not yet valid")},
	{text: "The audience of the assertion is not what the server expects.",
		tell: "It requires its issuer or its token endpoint, character by character.",
		when: ifMentioned(92, 50, "audience", "aud")},
	{text: "The signature is invalid: the server knows another key for this issuer.",
		tell: "Compare the kid and the registered key or certificate.", when: ifMentioned(92, 45, "signature", "key",
			"certificate")},
	{text: "The issuer or the subject of the assertion is not known or not allowed.",
		tell: "Compare iss and sub with what was set up at the server.", when: ifMentioned(85, 40, "issuer", "subject",
			"user", "not approved")},
	{text: "The assertion was used before: its jti can be used only once.", tell: "Make a new one for each request.",
		when: ifMentioned(92, 20, "jti", "replay", "already")},
}

var deniedCauses = []cause{
	{text: "The user pressed cancel or declined.", tell: "Ask the user.", when: ifMentioned(85, 60, "user denied",
		"user declined", "cancel", "resource owner denied", "rejected")},
	{text: "The user is not assigned to this client, or not allowed to use it.",
		tell: "An administrator of the provider sees it.", when: ifMentioned(92, 45, "not assigned", "not authorized",
			"not allowed", "unauthorized", "permission", "role")},
	{text: "A policy of the provider stops this sign-in: network, device, risk or time.",
		tell: "The provider's sign-in log names the policy.", when: ifMentioned(92, 40, "policy", "blocked",
			"conditional")},
	{text: "The client may not ask for this scope or this API.", tell: "Ask for less: openid alone.",
		when: ifMentioned(85, 25, "scope", "audience", "consent", "client-grant")},
}
