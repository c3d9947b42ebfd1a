package doctor

import (
	"slices"
	"strings"
)

// invalidRequest is the code that servers send for any fault of a request. The message and the parameters of the
// request identify the cause.
var invalidRequest = entry{codes: "invalid_request",
	title:     "The server cannot use the request: a parameter is missing, repeated or malformed.",
	spec:      "RFC 6749 4.1.2.1, 5.2",
	malformed: true,
	causes: []cause{
		{text: "The redirect URI {redirect_uri} is not registered for the client.",
			tell: "Compare it with the registration character by character: scheme, host, port, path and the slash " +
				"at the end.", when: func(ev *evidence) int {
				switch {
				case ev.mentions("redirect_uri", "redirect uri", "redirect url", "callback url"):
					return 92
				case ev.mayBeAboutAnything():
					return 30
				}
				return 0
			}},
		{text: "The server requires PKCE, and no code_challenge was sent.",
			tell: "The client is registered as public, or PKCE is required for it.", when: func(ev *evidence) int {
				switch {
				case ev.has("code_challenge") || ev.has("code_verifier"):
					return 0
				case ev.mentions("code_challenge", "code challenge", "pkce"):
					return 94
				case ev.mayBeAboutAnything():
					return 50
				}
				return 0
			}},
		{text: "The server rejected the PKCE method {pkce_method}.",
			tell: "The metadata's code_challenge_methods_supported; every server supports S256 (RFC 7636 4.2).",
			when: func(ev *evidence) int {
				if ev.has("code_challenge") && ev.mentions("code_challenge_method", "challenge method",
					"transform algorithm") {
					return 95
				}
				return 0
			}},
		{text: "The server requires the request pushed to it first, and it came with the browser.",
			tell: "The metadata's or the client's require_pushed_authorization_requests (RFC 9126 5, 6).",
			when: func(ev *evidence) int {
				switch {
				case ev.has("request_uri") || ev.err.Endpoint != "authorization":
					return 0
				case mentionsPAR(ev):
					return 95
				case ev.requires("require_pushed_authorization_requests"):
					return 90
				}
				return 0
			}},
		{text: "The server requires the request signed, and it was not.",
			tell: "The metadata's or the client's require_signed_request_object (RFC 9101 10.5).",
			when: func(ev *evidence) int {
				switch {
				case ev.has("request"):
					return 0
				case mentionsSignedRequest(ev):
					return 95
				case ev.requires("require_signed_request_object"):
					return 89
				}
				return 0
			}},
		{text: "openid is not in the scope, and the request is one of OpenID Connect.",
			tell: "OpenID Connect Core 3.1.2.1 and CIBA 7.1 want it there.", when: func(ev *evidence) int {
				if lacksOpenID(ev) {
					return 94
				}
				return 0
			}},
		{text: "The DPoP proof is signed with another key than dpop_jkt names.",
			tell: "dpop_jkt is the thumbprint of the run's key (RFC 9449 10.1).",
			when: ifMentioned(95, 0, "does not match dpop_jkt", "dpop_jkt is not")},
		{text: "The server rejected {named}{named_value}.",
			tell: "It names the parameter; its docs or its metadata say which values it accepts.",
			when: func(ev *evidence) int {
				if name := ev.named(); name != "" && name != "redirect_uri" && name != "code_challenge" &&
					name != "grant_type" {
					return 88
				}
				return 0
			}},
		{text: "The client certificate did not come with the connection.",
			tell: "The request must go to the server's mtls_endpoint_aliases (RFC 8705 5); a proxy between may end " +
				"the TLS.", when: ifMentioned(94, 0, "certificate", "mtls")},
		{text: "The client is authenticated in two ways at once.",
			tell: "A parameter of the profile may add a secret to another method (RFC 6749 2.3).",
			when: ifMentioned(94, 0, "one mechanism", "one at a time is allowed", "multiple client auth",
				"more than one client auth")},
		{text: "The client is not the one that the token was issued to.",
			tell: "Compare the client_id of the session with that of the profile (RFC 7009 2.1).",
			when: func(ev *evidence) int {
				if ev.err.Endpoint == "revocation" && ev.mentions("another client", "not authorized to revoke",
					"issued to") {
					return 94
				}
				return 0
			}},
		{text: "The grant {grant_type} is not enabled for the client.",
			tell: "The registration of the client lists its grants.", when: func(ev *evidence) int {
				if mentionsDisabledGrant(ev) {
					return 95
				}
				return 0
			}},
		{text: "{missing} is missing, and the server requires it.",
			tell: "The server names it; a parameter of the profile may have dropped it.", when: func(ev *evidence) int {
				if m := ev.missing(); m != "" && m != "code_challenge" {
					return 93
				}
				return 0
			}},
		{text: "A parameter that the server requires is missing.",
			tell: "The server's message often names it; else compare the request with an example of the server's docs.",
			when: func(ev *evidence) int {
				if ev.missing() != "" || ev.named() != "" {
					return 0
				}
				return ifMentioned(85, 40, "missing", "required", "must contain", "must include")(ev)
			}},
		{text: "A parameter is in the request twice.",
			tell: "The endpoint's own query and the parameters of the profile may both set it.",
			when: ifMentioned(85, 15, "more than once", "duplicate", "repeated", "multiple",
				"must not be included more")},
		{text: "The server does not know a parameter and refuses what it does not know.",
			tell: "Remove your own parameters, one at a time.", likely: 20},
	},
	next: []act{
		{text: "Enable {grant_type} where the client is registered.", do: DoClientCheck + "={client_id}",
			when: mentionsDisabledGrant},
		{text: "Ask for openid as well.", do: DoInput + "=scope={with_openid}", when: lacksOpenID},
		{text: "Register exactly this redirect URI for the client: {redirect_uri}", do: DoRegister + "={redirect_uri}",
			when: mentionsRedirect},
		{text: "Or use the one that is registered: --redirect-uri URI, redirect_uri in a profile.",
			do: DoSetting + "=redirect_uri", when: mentionsRedirect},
		{text: "Use PKCE with S256.", do: DoInput + "=pkce=S256", when: func(ev *evidence) bool {
			wrong := ev.has("code_challenge") && ev.value("code_challenge_method") != "S256" && ev.mentions("challenge",
				"pkce", "transform algorithm")
			return wrong || !ev.has("code_challenge") && ev.err.Endpoint != "token" && (ev.PKCE == "none" ||
				ev.mentions("code_challenge", "code challenge", "pkce"))
		}},
		{text: "Push the request.", do: DoInput + "=par=always", when: func(ev *evidence) bool {
			return ev.err.Endpoint == "authorization" && !ev.has("request_uri") &&
				(mentionsPAR(ev) || ev.requires("require_pushed_authorization_requests"))
		}},
		{text: "Sign the request.", do: DoInput + "=jar=signed", when: func(ev *evidence) bool {
			return !ev.has("request") && (mentionsSignedRequest(ev) || ev.requires("require_signed_request_object"))
		}},
		{text: "Leave {named} out, to see whether the rest works.", do: DoDrop + "={endpoint}.{named}",
			when: func(ev *evidence) bool {
				return ev.named() != "" && !slices.Contains(requiredParams, ev.named()) &&
					!slices.ContainsFunc([]string{"code_challenge", "redirect"},
						func(s string) bool { return strings.HasPrefix(ev.named(), s) })
			}},
		{text: "Open the exchange: every parameter is explained there, and what is malformed is marked."},
	}}

// requiredParams are parameters that every request of their kind needs.
var requiredParams = strings.Fields("client_id response_type redirect_uri grant_type code code_verifier " +
	"refresh_token device_code auth_req_id subject_token subject_token_type assertion client_assertion token request " +
	"request_uri")

// mayBeAboutAnything reports whether this is an authorization request and the message does not name the cause.
func (ev *evidence) mayBeAboutAnything() bool {
	return (ev.err.Endpoint == "authorization" || ev.err.Endpoint == "par") && ev.named() == "" && !mentionsPAR(ev) &&
		!mentionsSignedRequest(ev)
}

// mentionsDisabledGrant reports whether the message says that a grant is disabled, under another error code.
func mentionsDisabledGrant(ev *evidence) bool {
	return ev.err.Endpoint != "authorization" && ev.err.Endpoint != "par" && ev.missing() == "" &&
		ev.mentions("grant type", "grant_type", "grant-type:") && ev.mentions("not allowed", "not enabled", "may not",
		"unauthorized", "not permitted")
}

func lacksOpenID(ev *evidence) bool {
	return ev.mentions("openid scope", "scope openid", "openid is missing") &&
		!slices.Contains(strings.Fields(ev.value("scope")), "openid")
}

func mentionsPAR(ev *evidence) bool {
	return ev.mentions("push its requests", "pushed authorization", "must be pushed", "par is required", "par required",
		"use par")
}

func mentionsSignedRequest(ev *evidence) bool {
	return ev.mentions("sign its requests", "signed request", "request object must", "request object is required",
		"request object used", "request object required", "must use a request object")
}

// requires reports a flag of the metadata.
func (ev *evidence) requires(flag string) bool {
	if ev.Provider == nil {
		return false
	}
	on, _ := ev.Provider.Bool(flag)
	return on
}

// ifRegistering weighs by whether the request registers a client or manages a registered one.
func ifRegistering(yes, no int) func(*evidence) int {
	return func(ev *evidence) int {
		if len(ev.sent) > 0 {
			return yes
		}
		return no
	}
}

// mentionsRedirect reports whether the message mentions the redirect URI that was sent.
func mentionsRedirect(ev *evidence) bool {
	return hasRedirect(ev) && ev.mentions("redirect", "callback")
}
