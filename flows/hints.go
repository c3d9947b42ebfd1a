package flows

import (
	"strings"

	"fob/tokens"
)

// hintFor is what an error is explained from.
type hintFor struct {
	e         *OAuthError
	grantType string   // grant_type that was sent; "" when none was
	method    string   // client authentication that was used
	announced []string // token_endpoint_auth_methods_supported
	scopes    []string // scopes_supported
	grants    []string // grant_types_supported
	redirect  string   // redirect_uri that was sent
}

// hints says in plain words what an error most likely means and what to do next, by its code.
var hints = map[string]func(h hintFor) string{
	"invalid_client": func(h hintFor) string {
		s := "The server does not know the client or did not accept how it authenticated"
		if h.method != "" {
			s += " (" + h.method + ")"
		}
		s += ". Check the client_id and the client secret"
		if len(h.announced) > 0 {
			s += "; the server announces these methods: " + strings.Join(h.announced, ", ")
		}
		return s + "."
	},
	"invalid_grant": func(h hintFor) string {
		switch h.grantType {
		case "authorization_code":
			return "The code was used already, has expired, or belongs to another client, another redirect URI or another code_verifier. Start again."
		case "refresh_token":
			return "The refresh token has expired, was revoked, was used already, or belongs to another client. Sign in again."
		}
		return "What was presented (code, assertion, password or token) is not valid, has expired or belongs to another client. Start again."
	},
	"unauthorized_client": func(h hintFor) string {
		if h.grantType != "" {
			return "The client may not use the grant " + h.grantType + ": switch it on where the client is registered."
		}
		return "The client may not do this: switch it on where the client is registered."
	},
	"unsupported_grant_type": func(h hintFor) string {
		s := "The server does not offer the grant " + h.grantType
		if len(h.grants) > 0 {
			s += "; it announces " + strings.Join(h.grants, ", ")
		}
		return s + "."
	},
	"invalid_scope": func(h hintFor) string {
		s := "A scope is not known, not allowed for this client, or more than was granted before"
		if len(h.scopes) > 0 {
			s += "; the server announces " + strings.Join(h.scopes, " ")
		}
		return s + "."
	},
	"invalid_request": says("A parameter is missing, repeated or malformed: compare what was sent with what the server expects."),
	"access_denied":   says("The person or a policy of the server said no."),
	"expired_token":   says("Nobody approved the sign-in before the code expired. Start again."),
	"invalid_target":  says("The resource or audience is not known to the server or not allowed for this client."),
	"redirect_uri_mismatch": func(h hintFor) string {
		return "Register exactly this redirect URI for the client: " + h.redirect
	},
	"invalid_redirect_uri": func(h hintFor) string {
		return "Register exactly this redirect URI for the client: " + h.redirect
	},
	"login_required":             says("Nobody is signed in at the server, and prompt=none forbids asking. Leave prompt out."),
	"interaction_required":       says("The server has to ask the person something, and prompt=none forbids that. Leave prompt out."),
	"consent_required":           says("The person has to consent first, and prompt=none forbids asking. Leave prompt out."),
	"account_selection_required": says("The person has to choose an account, and prompt=none forbids asking. Leave prompt out."),
	"unsupported_response_type":  says("The server does not offer this response type, or not for this client."),
	"unmet_authentication_requirements": says(
		"The sign-in could not reach the acr_values that were asked for (OpenID Connect Unmet Authentication Requirements)."),
	"server_error":            says("The server failed. Try again; if it goes on, its operator has to look."),
	"temporarily_unavailable": says("The server is overloaded or in maintenance. Try again later."),
	"slow_down":               says("The server was asked too often. Wait before trying again."),
	"unsupported_token_type":  says("The server does not revoke tokens of this kind; it ends by itself when it expires."),
	"invalid_token":           says("The token has expired, was revoked, or is meant for something else."),
	"insufficient_scope":      says("The token lacks a scope that this needs."),
	"invalid_dpop_proof":      says("The server asks for DPoP (RFC 9449) and did not accept the proof."),
	"use_dpop_nonce":          says("The server asks for DPoP (RFC 9449) with a nonce of its own."),
	// OpenID CIBA Core 13.
	"unknown_user_id":          says("The server knows nobody by the hint: check login_hint, or the token that was given in its place."),
	"expired_login_hint_token": says("The login_hint_token has expired: get another one."),
	"missing_user_code":        says("The server wants a user_code, which only the person knows."),
	"invalid_user_code":        says("The user_code is wrong."),
	"invalid_binding_message":  says("The binding_message is too long or has characters that the server does not take: some ten plain letters and digits do."),
	"transaction_failed":       says("The person could not be asked, or the outcome is not known. Start again."),
	// GitHub's own codes, sent with 200.
	"incorrect_client_credentials": says("The client_id or the client secret is wrong."),
	"bad_verification_code":        says("The code was used already or has expired. Start again."),
	"device_flow_disabled":         says("The device grant is switched off where the client is registered."),
}

func says(s string) func(hintFor) string { return func(hintFor) string { return s } }

// hint explains an error of an endpoint. A difference of the clocks is said when it can be the reason.
func (r *Run) hint(e *OAuthError, x *exchange) string {
	h := hintFor{
		e: e, grantType: tokens.VisibleLine(x.req.Form.Get("grant_type")), method: x.method.ID, announced: visibleAll(r.Provider.TokenAuthMethods),
		scopes: visibleAll(r.Provider.Scopes), grants: visibleAll(r.Provider.GrantTypes), redirect: tokens.VisibleLine(x.req.Form.Get("redirect_uri")),
	}
	text := hintText(h)
	if note := r.clockNote(serverDate(x.resp), x.at); note != "" {
		text = strings.TrimSpace(text + " By its Date header, " + note + ": set the clock right first.")
	}
	return text
}

func hintText(h hintFor) string {
	if f, ok := hints[h.e.Code]; ok {
		return f(h)
	}
	return ""
}

func visibleAll(list []string) []string {
	const most = 30
	var out []string
	for _, s := range list {
		if len(out) == most {
			return append(out, "…")
		}
		out = append(out, tokens.VisibleLine(s))
	}
	return out
}
