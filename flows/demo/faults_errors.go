package demo

import (
	"net/http"
	"strconv"
	"time"
)

// refusal is a fault that makes one endpoint return an error for every request, an OAuth error or another response.
type refusal struct {
	Fault
	At          string // the path of the endpoint; the authorization endpoint refuses at the redirect URI
	Status      int    // 0 is 400; unused at the authorization endpoint
	Code        string // "" sends Page alone
	Description string
	RetryAfter  time.Duration // 0: not sent
	Page        string        // the body instead of the error
	Type        string        // its Content-Type
}

// refusals lists them. Another one is another entry.
var refusals = []refusal{
	{Fault: Fault{Name: "login-required", Title: "no user is signed in",
		What: "The callback says that the user has to sign in, as to a request with prompt=none."},
		At: authorizePath, Code: "login_required", Description: "End-User authentication is required"},
	{Fault: Fault{Name: "interaction-required", Title: "the server has to ask",
		What: "The callback says that the server has to ask the user something, as when a second factor is due."},
		At: authorizePath, Code: "interaction_required", Description: "a second factor (mfa) is required"},
	{Fault: Fault{Name: "consent-required", Title: "consent is missing",
		What: "The callback says that the user has to consent first."},
		At: authorizePath, Code: "consent_required", Description: "the user has not consented yet"},
	{Fault: Fault{Name: "account-selection-required", Title: "which account",
		What: "The callback says that the user has to choose an account."},
		At: authorizePath, Code: "account_selection_required", Description: "several accounts are signed in"},
	{Fault: Fault{Name: "acr-unmet", Title: "acr cannot be reached",
		What: "The callback says that the sign-in could not reach the acr_values that were asked for."},
		At: authorizePath, Code: "unmet_authentication_requirements",
		Description: "the user has no method for this authentication context"},
	{Fault: Fault{Name: "request-not-supported", Title: "signed requests rejected",
		What: "The callback says that the server does not support request objects."},
		At: authorizePath, Code: "request_not_supported", Description: "request is not supported here"},
	{Fault: Fault{Name: "authorization-server-error", Title: "the sign-in fails",
		What: "The callback says that something broke at the server."},
		At: authorizePath, Code: "server_error", Description: "something broke on our side"},
	{Fault: Fault{Name: "rate-limited", Title: "429 with Retry-After",
		What: "The token endpoint returns 429 with a line of text, and Retry-After of seven seconds."},
		At: "/token", Status: http.StatusTooManyRequests, RetryAfter: 7 * time.Second, Page: "Rate limit exceeded\n",
		Type: "text/plain"},
	{Fault: Fault{Name: "token-unavailable", Title: "503 with Retry-After",
		What: "The token endpoint says that the server is in maintenance, and for how long."},
		At: "/token", Status: http.StatusServiceUnavailable, Code: "temporarily_unavailable",
		Description: "maintenance", RetryAfter: 90 * time.Second},
	{Fault: Fault{Name: "firewall-403", Title: "a firewall's page",
		What: "The token endpoint returns 403 with the HTML page of a firewall."},
		At: "/token", Status: http.StatusForbidden,
		Page: "<!DOCTYPE html><html><head><title>Request blocked</title></head><body><h1>Request " +
			"blocked</h1><p>Incident 4711</p></body></html>", Type: "text/html"},
	{Fault: Fault{Name: "transaction-failed", Title: "the other device fails",
		What: "The token endpoint says that the sign-in on another device could not be finished."},
		At: "/token", Code: "transaction_failed", Description: "the authentication device did not answer"},
	{Fault: Fault{Name: "token-moved", Title: "the token endpoint has moved",
		What: "The token endpoint returns a redirect, which must not be followed with a secret."},
		At: "/token", Status: http.StatusTemporaryRedirect, Page: "moved\n", Type: "text/plain"},
	{Fault: Fault{Name: "revocation-refused", Title: "revocation refused",
		What: "The revocation endpoint says that it does not revoke tokens of this kind."},
		At: "/revoke", Code: "unsupported_token_type", Description: "access tokens are not revoked here"},
	{Fault: Fault{Name: "software-statement-refused", Title: "software statement refused", Needs: needsRegistration,
		What: "The registration endpoint does not approve of the software statement of any client."},
		At: "/register", Code: "unapproved_software_statement", Description: "its issuer is not trusted here"},
}

// refusalFaults are the refusals as the catalogue has them.
func refusalFaults() []Fault {
	var list []Fault
	for _, r := range refusals {
		f := r.Fault
		if f.Error = r.Code; f.Error == "" {
			f.Error = strconv.Itoa(r.Status) + " " + r.Type
		}
		list = append(list, f)
	}
	return list
}

// refusalAt returns the refusal that is on at a path; nil for none.
func (e *environment) refusalAt(path string) *refusal {
	for i := range refusals {
		if r := &refusals[i]; r.At == path && e.on(r.Name) {
			return r
		}
	}
	return nil
}

func (r *refusal) oauthError() *oauthError {
	return &oauthError{Code: r.Code, Description: r.Description, Status: r.Status}
}

// write sends the error.
func (r *refusal) write(w http.ResponseWriter) {
	if r.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(r.RetryAfter/time.Second)))
	}
	if r.Page == "" {
		r.oauthError().write(w)
		return
	}
	if r.Status >= 300 && r.Status < 400 {
		w.Header().Set("Location", "/elsewhere"+r.At)
	}
	w.Header().Set("Content-Type", r.Type)
	w.WriteHeader(r.Status)
	_, _ = w.Write([]byte(r.Page))
}
