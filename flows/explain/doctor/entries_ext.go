package doctor

// extensionEntries are the codes of OpenID Connect and of the extensions.
var extensionEntries = []entry{
	{codes: "login_required", title: "No user is signed in at the server, and prompt=none forbids asking.",
		spec: "OpenID Connect Core 3.1.2.6", about: "prompt max_age id_token_hint",
		causes: []cause{
			{text: "prompt=none was sent and the browser has no session at the server.",
				tell: "Open the server in the same browser: is a user signed in?", likely: 80},
			{text: "The browser did not send the server's cookie: third-party cookies are blocked, or it is another " +
				"profile.", tell: "It works in a window of its own.", likely: 30},
			{text: "The session is older than max_age.", tell: "Leave max_age out.", when: ifSent(55, "max_age")},
		}, next: []act{{text: "Sign in with a page: prompt=login.", do: DoCommand + "={command} --prompt login"}}},
	{codes: "interaction_required", title: "The server has to ask the user something, and prompt=none forbids it.",
		spec: "OpenID Connect Core 3.1.2.6", about: "prompt",
		causes: []cause{
			{text: "The server requires a page: a second factor, new terms, or a changed policy.",
				tell: "Sign in without prompt=none and see what it asks.", likely: 80},
			{text: "A resource requires a stronger sign-in than the session has.",
				tell: "The server's message names a policy or a claim.", when: ifMentioned(85, 30, "mfa", "claims",
					"factor", "conditional")},
		}, next: []act{{text: "Sign in with a page.", do: DoCommand + "={command} --prompt login"}}},
	{codes: "consent_required", title: "The user has to consent first.", spec: "OpenID Connect Core 3.1.2.6",
		about: "prompt scope",
		causes: []cause{
			{text: "prompt=none was sent and the user has not consented to these scopes.",
				tell: "Sign in once with the consent page.", likely: 75},
			{text: "An administrator has to consent for the organization.",
				tell: "The page then says that approval is needed.", when: ifMentioned(88, 35, "admin")},
		}, next: []act{{text: "Sign in with the consent page.", do: DoCommand + "={command} --prompt consent"}}},
	{codes: "account_selection_required", title: "The user has to choose an account.",
		spec: "OpenID Connect Core 3.1.2.6", about: "prompt login_hint",
		causes: []cause{{text: "Several accounts are signed in, and prompt=none forbids asking which.",
			tell: "A login_hint names the one.", likely: 85}},
		next: []act{{text: "Let the user choose.", do: DoCommand + "={command} --prompt select_account"},
			{text: "Name the account: set login_hint.", do: DoInput + "=login_hint="}}},
	{codes: "unmet_authentication_requirements",
		title: "The sign-in could not reach the acr_values that were asked for.",
		spec:  "OpenID Connect Unmet Authentication Requirements", about: "acr_values claims",
		causes: []cause{
			{text: "The user has no method of that strength, such as a second factor.",
				tell: "Ask for none, and look at the acr of the id_token.", likely: 60},
			{text: "The server does not know the value.", tell: "The metadata's acr_values_supported.",
				when: func(ev *evidence) int {
					if len(ev.unannounced("acr_values")) > 0 {
						return 0
					}
					return 50
				}},
			{text: "The server does not announce {unknown_acr}.", tell: "The metadata's acr_values_supported: {acrs}.",
				when: func(ev *evidence) int {
					if len(ev.unannounced("acr_values")) > 0 {
						return 88
					}
					return 0
				}},
		}, next: []act{{text: "Leave acr_values out.", do: DoInput + "=acr_values="}}},
	{codes: "insufficient_user_authentication", title: "The API requires a stronger or fresher sign-in.",
		spec: "RFC 9470 3", about: "acr_values max_age",
		causes: []cause{
			{text: "The sign-in behind the token was not strong enough (acr).",
				tell: "Compare the token's acr with the challenge's acr_values.", when: func(ev *evidence) int {
					if ev.challenge.Param("acr_values") != "" {
						return 85
					}
					return 30
				}},
			{text: "The sign-in is too long ago (auth_time).",
				tell: "Compare the token's auth_time with the challenge's max_age.", when: func(ev *evidence) int {
					if ev.challenge.Param("max_age") != "" {
						return 80
					}
					return 30
				}},
		},
		next: []act{
			{text: "Sign in again as strongly and as freshly as the API asks for.", do: DoCommand +
				"={command}{acr_flag}{max_age_flag}", when: func(ev *evidence) bool {
				return ev.challenge.Param("acr_values") != "" || ev.challenge.Param("max_age") != ""
			}},
			{text: "Sign in again.", do: DoCommand + "={command} --prompt login", when: func(ev *evidence) bool {
				return ev.challenge.Param("acr_values") == "" && ev.challenge.Param("max_age") == ""
			}},
		}},
	{codes: "invalid_request_uri", title: "The server does not know the request_uri, or it has expired.",
		spec: "RFC 9101 7, RFC 9126 4", about: "request_uri",
		causes: []cause{
			{text: "The pushed request has expired: it is valid for seconds to minutes.",
				tell: "expires_in of the response to the pushed request.", when: ifMentioned(92, 65, "expired")},
			{text: "The pushed request was used already: it can be used only once.",
				tell: "A reload of the page sends it again.", when: ifMentioned(92, 45, "already", "used")},
			{text: "The pushed request belongs to another client.", tell: "Compare the client_id of both requests.",
				likely: 20},
			{text: "The server cannot fetch the request from the URL, or the URL is not registered.",
				tell: "Only for a request_uri that is a web address.", likely: 15},
		}, next: []act{{text: "Start again: the request is pushed again.", do: DoCommand + "={command}"}}},
	{codes: "invalid_request_object", clock: true, title: "The server rejected the  signed request.",
		spec: "RFC 9101 7", about: "request",
		causes: []cause{
			{text: "The signature is invalid: the server knows another key for the client.",
				tell: "Register the public key, or its jwks_uri.", when: ifMentioned(92, 60, "signature", "key",
					"verif")},
			{text: "The algorithm is not the registered one.",
				tell: "The registration's request_object_signing_alg; the metadata's " +
					"request_object_signing_alg_values_supported.", when: ifMentioned(92, 45, "alg")},
			{text: "aud, iss or client_id in it is not what the server expects.",
				tell: "aud is the issuer, iss and client_id are the client.", when: ifMentioned(92, 40, "aud", "iss",
					"client_id")},
			{text: "It has expired, or has no exp although the server requires one.", tell: "Look at exp, iat and nbf.",
				when: ifMentioned(93, 30, "expired", " exp", "nbf")},
		}, next: []act{
			{text: "Register the public half of the client's key.", do: DoCommand + "=fob profile key show {profile}",
				when: whenMentioned("signature", "key")},
			{text: "Look at this machine's clock.", do: DoCommand + "=fob doctor", when: whenMentioned("expired",
				" exp", "nbf", "not valid yet")},
			{text: "Send the request without signing it.", do: DoInput + "=jar=off"},
		}},
	{codes: "request_not_supported", title: "The server does not support signed requests.", spec: "RFC 9101 7",
		about: "request",
		causes: []cause{{text: "The server does not know the parameter request, or it is off for this client.",
			tell: "The metadata's request_parameter_supported.", likely: 85}},
		next: []act{{text: "Send the request without signing it.", do: DoInput + "=jar=off"}}},
	{codes: "request_uri_not_supported", title: "The server does not support a request by reference.",
		spec: "RFC 9101 7", about: "request_uri",
		causes: []cause{{text: "The server does not know request_uri at this endpoint, or accepts only what was " +
			"pushed to it.", tell: "The metadata's request_uri_parameter_supported and " +
			"pushed_authorization_request_endpoint.", likely: 85}},
		next: []act{{text: "Send the parameters themselves.", do: DoInput + "=par=never"}}},
	{codes: "registration_not_supported", title: "The server does not support a registration with the request.",
		spec: "OpenID Connect Core 3.1.2.6", about: "registration",
		causes: []cause{{text: "The parameter registration is for servers on a user's own device alone.",
			tell: "Register the client first.", likely: 85}},
		next: []act{{text: "Leave registration out.", do: DoDrop + "=authorization.registration"}}},
	{codes: "invalid_target", title: "The server does not know the resource, or the client may not have tokens for it.",
		spec: "RFC 8707 2, RFC 8693 2.2.2", about: "resource audience", malformed: true,
		causes: []cause{
			{text: "{resource} is not a resource indicator: an absolute URI without a fragment (RFC 8707 2).",
				tell: "A name or a path is an audience, which some servers accept instead.",
				when: ifMentioned(94, 0, "fragment", "absolute uri", "absolute url")},
			{text: "{resource} is not registered as an API at this server.",
				tell: "The registration of the API has its identifier, character by character, slash at the end " +
					"included.", likely: 65},
			{text: "The client may not have tokens for that API.",
				tell: "The client's or the API's settings list who may.", likely: 50},
			{text: "The refresh token or the code was issued for another resource.",
				tell: "A later request may only name resources of the first one.",
				when: ifSent(40, "code", "refresh_token")},
			{text: "Several resources were named, and the server accepts one.", tell: "Name one alone.", likely: 20},
		}, next: []act{
			{text: "Leave resource out, to see whether the rest works.", do: DoInput + "=resource=",
				when: whenSent("resource")},
			{text: "Leave audience out, to see whether the rest works.", do: DoInput + "=audience=",
				when: whenSent("audience")},
			{text: "Name the API in resource.", do: DoInput + "=resource=",
				when: func(ev *evidence) bool { return !ev.has("resource") && !ev.has("audience") }},
		}},
	{codes: "invalid_authorization_details", title: "The server rejected the  authorization details.",
		spec: "RFC 9396 5", about: "authorization_details", malformed: true,
		causes: []cause{
			{text: "The type is not known to the server, or not allowed for the client.",
				tell: "The metadata's authorization_details_types_supported.", when: ifMentioned(90, 60, "type")},
			{text: "A field is missing, unknown or has a wrong value for that type.",
				tell: "The API's docs define the fields of the type.", likely: 55},
		}, next: []act{{text: "Leave authorization_details out, to see whether the rest works.",
			do: DoInput + "=authorization_details="}}},
	{codes: "use_dpop_nonce", title: "The server requires its own nonce in the DPoP proof.", spec: "RFC 9449 8, 9",
		about: "DPoP",
		causes: []cause{
			{text: "The proof had no nonce, or an old one: the response brings the one to use, in DPoP-Nonce.",
				tell: "fob retries automatically, once.", likely: 85},
			{text: "The response had no DPoP-Nonce, or a new one each time.",
				tell: "Look at the header of both responses.", likely: 30},
		}, next: []act{
			{text: "Try again with the nonce of the response.", do: DoCommand + "={command}",
				when: func(ev *evidence) bool { return ev.err.Endpoint != "api" }},
			{text: "Call again: the nonce of the response is used then.",
				when: func(ev *evidence) bool { return ev.err.Endpoint == "api" }},
		}},
	{codes: "invalid_dpop_proof", clock: true, title: "The server rejected the  DPoP proof.", spec: "RFC 9449 5, 7.1",
		about: "DPoP dpop_jkt",
		causes: []cause{
			{text: "There was no proof, and the client or the token needs one.",
				tell: "The request has no DPoP header.", when: func(ev *evidence) int {
					if !ev.DPoP && !ev.has("DPoP") {
						return 96
					}
					return 0
				}},
			{text: "htu or htm is not the address and method that the server saw.",
				tell: "A proxy that rewrites the address, or http against https; htu has no query.",
				when: ifMentioned(92, 50, "htu", "htm")},
			{text: "iat is too far from the server's clock.", tell: "Some servers allow seconds only.",
				when: ifMentioned(92, 35, "iat", "expired", "time", "future", "old")},
			{text: "The proof is signed with another key than the token or the code is bound to.",
				tell: "Compare its thumbprint with cnf.jkt, or with dpop_jkt.", when: ifMentioned(92, 45, "thumbprint",
					"jkt", "bound", "another key")},
			{text: "ath is missing or is the hash of another token.", tell: "Calls to an API need it (RFC 9449 7).",
				when: ifMentioned(92, 25, "ath")},
			{text: "The proof was used before: its jti can be used only once.", tell: "Every request makes its own.",
				when: ifMentioned(93, 15, "jti", "replay", "used before", "already used")},
			{text: "The algorithm is not supported by the server.",
				tell: "The metadata's dpop_signing_alg_values_supported.", when: ifMentioned(90, 20, "alg ", "alg'",
					"algorithm")},
		}, next: []act{{text: "Use DPoP.", do: DoInput + "=dpop=true",
			when: func(ev *evidence) bool { return !ev.DPoP }}}},
	// CIBA.
	{codes: "unknown_user_id", title: "The server does not know the user of the hint.", spec: "CIBA 13",
		about: "login_hint login_hint_token id_token_hint",
		causes: []cause{{text: "The hint is spelled differently at the server: an e-mail address, a phone number or " +
			"a user name.", tell: "The provider's docs say what it accepts.", likely: 80}},
		next: []act{{text: "Set another login_hint.", do: DoInput + "=login_hint="}}},
	{codes: "expired_login_hint_token", clock: true, title: "The login_hint_token has expired.", spec: "CIBA 13",
		about:  "login_hint_token",
		causes: []cause{{text: "The token is too old.", tell: "Get a new one.", likely: 85}}},
	{codes: "missing_user_code", title: "The user_code is missing: the server requires it.", spec: "CIBA 13",
		about: "user_code",
		causes: []cause{{text: "The client or the user is set up with a user_code, a secret between user and server.",
			tell: "The metadata's backchannel_user_code_parameter_supported.", likely: 85}},
		next: []act{{text: "Set user_code.", do: DoInput + "=user_code="}}},
	{codes: "invalid_user_code", title: "The user_code is wrong.", spec: "CIBA 13", about: "user_code",
		causes: []cause{{text: "The user's code is another one.", tell: "Ask the user.", likely: 85}},
		next:   []act{{text: "Set user_code again.", do: DoInput + "=user_code="}}},
	{codes: "invalid_binding_message", title: "The server rejected the  binding message.", spec: "CIBA 13",
		about: "binding_message",
		causes: []cause{{text: "It is too long, or has characters that the server does not show on its device.",
			tell: "Try a few plain letters and digits.", likely: 85}},
		next: []act{{text: "Set a short binding_message of plain letters and digits.",
			do: DoInput + "=binding_message="}}},
	{codes: "transaction_failed", title: "The server could not finish the sign-in on the other device.",
		spec: "CIBA 11",
		causes: []cause{{text: "Something went wrong between the server and the user's device.",
			tell: "The server's log says what.", likely: 70}},
		next: []act{{text: "Start again.", do: DoCommand + "={command}"}}},
	// Registration.
	{codes: "invalid_redirect_uri", title: "The server rejected a  redirect URI.", spec: "RFC 7591 3.2.2",
		about: "redirect_uris redirect_uri",
		causes: []cause{
			{text: "The redirect URI is http and the client is not registered as native.",
				tell: "http is for loopback alone, and application_type must be native (OpenID Connect Registration " +
					"2).", likely: 60},
			{text: "The redirect URI {redirect_uri} is not registered.", tell: "Compare it character by character.",
				when: func(ev *evidence) int {
					if ev.err.Endpoint == "registration" {
						return 0
					}
					return 80
				}},
			{text: "The server accepts only certain hosts or schemes.", tell: "Its registration policy says which.",
				likely: 45},
		}, next: registerRedirect},
	{codes: "invalid_client_metadata", title: "The server rejected the  client's metadata.", spec: "RFC 7591 3.2.2",
		about: "token_endpoint_auth_method grant_types response_types", malformed: true,
		causes: []cause{
			{text: "A value is not one that the server supports: grant, response type, authentication method or " +
				"algorithm.", tell: "Compare each with the metadata of the server.", likely: 65},
			{text: "Two values contradict each other: response_types and grant_types belong together.",
				tell:   "code goes with authorization_code, token and id_token with implicit (RFC 7591 2.1).",
				likely: 45},
			{text: "A member is required that is missing, such as redirect_uris or jwks.",
				tell: "The server's message names it.", when: ifMentioned(88, 35, "missing", "required")},
		}},
	{codes: "invalid_software_statement", clock: true, title: "The server rejected the  software statement.",
		spec: "RFC 7591 3.2.2", about: "software_statement",
		causes: []cause{{text: "Its signature is invalid, or it has expired.", tell: "Inspect it: iss, exp, kid.",
			likely: 75}}},
	{codes: "unapproved_software_statement", title: "The server does not approve of the software statement.",
		spec: "RFC 7591 3.2.2", about: "software_statement",
		causes: []cause{{text: "The server does not trust its issuer.",
			tell: "Its iss, and the server's list of those it trusts.", likely: 75}}},
	// Frequent codes outside of the RFCs.
	{codes: "unsupported_response_mode", title: "The server does not support this response mode, or not for this " +
		"client.", spec: "OAuth Multiple Response Types 2.1, JARM 2.3", about: "response_mode", malformed: true,
		causes: []cause{
			{text: "The server does not know the response mode, or it is off for the client.",
				tell: "The metadata's response_modes_supported.", likely: 80},
			{text: "The mode would put tokens into a query, which no server may do.",
				tell: "A response type with token or id_token in it goes with fragment or form_post.", likely: 40},
		}, next: []act{{text: "Leave response_mode out: each response type has its own.",
			do: DoInput + "=response_mode="}}},
	{codes: "redirect_uri_mismatch redirect_mismatch",
		title: "The redirect URI is not one of those registered for the client.",
		spec:  "RFC 6749 3.1.2.3, RFC 9700 2.1", about: "redirect_uri",
		causes: []cause{
			{text: "{redirect_uri} is not registered.",
				tell: "Compare it character by character: scheme, host, port, path, slash at the end; localhost and " +
					"127.0.0.1 are different.", likely: 90},
			{text: "The client is registered for another kind of application, which allows no loopback redirect.",
				tell: "Register it as native or desktop.", likely: 40},
		}, next: registerRedirect},
	{codes: "mfa_required", title: "The server requires a second factor, which this grant cannot ask for.",
		spec: "of Auth0 and others",
		causes: []cause{{text: "The account or a policy requires a second factor.", tell: "Sign in in a browser.",
			likely: 85}},
		next: []act{{text: "Use the authorization code grant.", do: DoGrant + "=authorization_code"}}},
}

// ifSent weighs by whether one of the parameters was sent.
func ifSent(yes int, names ...string) func(*evidence) int {
	return func(ev *evidence) int {
		for _, n := range names {
			if ev.has(n) {
				return yes
			}
		}
		return 0
	}
}
