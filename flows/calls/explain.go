package calls

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"fob/tokens"
	"fob/tokens/wwwauth"
)

// Explain returns one sentence about what a response means for the user, and what to do if that is known. It is
// cleaned.
func Explain(r *Response) string {
	shown := *r
	shown.Challenges = r.RedactedChallenges()
	r = &shown
	switch {
	case r.Status == http.StatusUnauthorized:
		return unauthorized(r)
	case r.Status == http.StatusForbidden:
		return forbidden(r)
	case r.Status == http.StatusTooManyRequests:
		return "Too many requests: the API asks you to wait" + retryAfter(r) + "."
	case r.Status == http.StatusServiceUnavailable:
		return "The API is not available now; try again" + orLater(retryAfter(r)) + "."
	case r.Status == http.StatusNotModified:
		return "Nothing has changed since the version that the request names: there is no body."
	case r.Status >= 300 && r.Status < 400:
		return explainRedirect(r)
	case isPage(r) && r.Status < 400:
		return fmt.Sprintf(
			"Status %d with a web page instead of data: the URL may be that of a web site, or a sign-in page is in "+
				"front of the API.", r.Status)
	case isPage(r):
		return fmt.Sprintf(
			"%s, as a web page: it comes from something in front of the API, such as a proxy or a gateway.",
			statusName(r.Status))
	case r.Status < 300:
		return success(r)
	}
	return otherStatus(r)
}

func success(r *Response) string {
	switch {
	case r.Truncated:
		return fmt.Sprintf("It worked; only the first %d bytes of the response were read.", len(r.Body))
	case len(r.Body) == 0:
		return "It worked, and the response has no body."
	}
	return "It worked."
}

func otherStatus(r *Response) string {
	switch r.Status {
	case http.StatusBadRequest:
		if c, ok := challengeWithError(r, "invalid_request"); ok {
			return "The API could not read the request or the token in it" + quoted(c) + " (RFC 6750 3.1)."
		}
		return "The API rejected the request as invalid: look at the body for the reason."
	case http.StatusNotFound:
		return "There is nothing at this URL, or this token does not give access to it."
	case http.StatusMethodNotAllowed:
		if allow := r.Header.Get("Allow"); allow != "" {
			return "This URL does not support the method; it supports " + tokens.VisibleLine(r.Redact(allow)) + "."
		}
		return "This URL does not support the method."
	case http.StatusUnsupportedMediaType:
		return "The API does not support a body of this type: check Content-Type."
	case http.StatusRequestHeaderFieldsTooLarge:
		return "The headers are too large for the API: the token itself may be."
	case http.StatusProxyAuthRequired:
		return "A proxy requires credentials for the call."
	}
	if r.Status >= 500 {
		return statusName(r.Status) + ": the API failed; the token is probably not the reason."
	}
	return statusName(r.Status) + "."
}

// unauthorized explains 401 by the challenge (RFC 6750 3).
func unauthorized(r *Response) string {
	if c, ok := challengeWithError(r, "invalid_token"); ok {
		return "The API rejected the token" + quoted(c) +
			": it may be expired, revoked, meant for another audience or from another issuer (RFC 6750 3.1)."
	}
	if c, ok := challengeWithError(r, "insufficient_scope"); ok {
		return insufficientScope(c)
	}
	if c, ok := challengeWithError(r, "insufficient_user_authentication"); ok {
		return "The API requires a stronger or more recent sign-in" + stepUpRequirements(c) + quoted(c) +
			" (RFC 9470 3)."
	}
	if c, ok := challengeWithError(r, "use_dpop_nonce"); ok {
		return "The API requires its own nonce in the DPoP proof" + quoted(c) + " (RFC 9449 9)."
	}
	if c, ok := challengeWithError(r, "invalid_dpop_proof"); ok {
		return "The API rejected the DPoP proof" + quoted(c) + " (RFC 9449 7.1)."
	}
	for _, c := range r.Challenges {
		if e := c.Param("error"); e != "" {
			return "The API rejected the call with " + e + quoted(c) + "."
		}
	}
	if len(r.Challenges) == 0 {
		return "The API requires credentials and does not say which: WWW-Authenticate is missing in the response, " +
			"although RFC 9110 11.6.1 requires it."
	}
	if !sentCredentials(r) {
		if where := otherTokenLocation(r); where != "" {
			return "The token was sent in the " + where + ", and the API does not accept it there; it requires " +
				schemes(r.Challenges) + "."
		}
		return "No token was sent, and the API requires one: " + schemes(r.Challenges) + "."
	}
	return "The API does not accept these credentials; it requires " + schemes(r.Challenges) + ", and gives no reason."
}

func forbidden(r *Response) string {
	if c, ok := challengeWithError(r, "insufficient_scope"); ok {
		return insufficientScope(c)
	}
	if isPage(r) {
		return "403 Forbidden, as a web page: it may come from a firewall or gateway in front of the API."
	}
	return "The API knows the caller and does not allow this: the token lacks a scope, a role or a permission."
}

func insufficientScope(c wwwauth.Challenge) string {
	if scope := c.Param("scope"); scope != "" {
		return "The token lacks a scope: this call requires " + scope + quoted(c) + " (RFC 6750 3.1)."
	}
	return "The token lacks a scope, and the API does not say which" + quoted(c) + " (RFC 6750 3.1)."
}

func challengeWithError(r *Response, code string) (wwwauth.Challenge, bool) {
	for _, c := range r.Challenges {
		if c.Param("error") == code {
			return c, true
		}
	}
	return wwwauth.Challenge{}, false
}

// quoted returns the API's error_description as a clause.
func quoted(c wwwauth.Challenge) string {
	if d := c.Param("error_description"); d != "" {
		return " (it says: " + d + ")"
	}
	return ""
}

func stepUpRequirements(c wwwauth.Challenge) string {
	var list []string
	if acr := c.Param("acr_values"); acr != "" {
		list = append(list, "acr_values "+acr)
	}
	if age := c.Param("max_age"); age != "" {
		list = append(list, "max_age "+age)
	}
	if len(list) == 0 {
		return ""
	}
	return ", " + strings.Join(list, " and ")
}

func schemes(list []wwwauth.Challenge) string {
	var names []string
	for _, c := range list {
		names = append(names, c.Scheme)
	}
	return strings.Join(names, " or ")
}

func sentCredentials(r *Response) bool {
	return r.Exchange == nil || r.Exchange.Request.Get("Authorization") != ""
}

// otherTokenLocation returns where a token was sent if not in the Authorization header; "" when none was sent.
func otherTokenLocation(r *Response) string {
	_, query, _ := strings.Cut(r.Exchange.Request.URL, "?")
	switch {
	case hasParameter(query):
		return "URL"
	case hasParameter(r.Exchange.Request.Body):
		return "form body"
	}
	return ""
}

// retryAfter returns Retry-After as words (RFC 9110 10.2.3): seconds or a date.
func retryAfter(r *Response) string {
	v := strings.TrimSpace(r.Header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(v, 10, 31); err == nil {
		if seconds == 1 {
			return " 1 second"
		}
		return fmt.Sprintf(" %d seconds", seconds)
	}
	if at, err := http.ParseTime(v); err == nil {
		return " until " + at.UTC().Format("15:04:05 UTC on 2 Jan 2006")
	}
	return ""
}

func orLater(when string) string {
	switch {
	case when == "":
		return " later"
	case strings.HasPrefix(when, " until"):
		return " after" + strings.TrimPrefix(when, " until")
	}
	return " in" + when
}

// isPage reports whether the body is HTML.
func isPage(r *Response) bool {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media == "text/html" || media == "application/xhtml+xml" {
		return len(r.Body) > 0
	}
	head := strings.ToLower(strings.TrimSpace(string(r.Body[:min(len(r.Body), 128)])))
	return media == "" && (strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html"))
}

func statusName(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}
