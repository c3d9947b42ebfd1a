package calls

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
)

// maxHops limits the followed redirects of a call.
const maxHops = 10

// Hop is a followed redirect.
type Hop struct {
	Status    int
	URL       string // its redacted target
	WithToken bool   // the token was sent there
}

// crossOriginHeaders are the header fields that are sent to another origin: they do not identify the caller.
var crossOriginHeaders = []string{"Accept", "Accept-Encoding", "Accept-Language", "User-Agent", "Range"}

// redirectChain is a call with the redirects that it follows.
type redirectChain struct {
	request   *wire.Request // to send next
	token     Token
	placement Placement
	origin    string // of the call; "" after a redirect to another origin: it never gets the token again
	hops      []Hop
}

// next returns the request to a redirect's target, or why the redirect is not followed. Both are zero for a response
// that is not a redirect.
func (t *redirectChain) next(status int, location string) (next *redirectChain, why string) {
	if !isRedirect(status) || location == "" {
		return nil, ""
	}
	from, err := url.Parse(t.request.URL)
	if err != nil {
		return nil, "its URL is invalid or not http or https"
	}
	encoded, _ := wire.EncodeURL(location)
	to, err := from.Parse(encoded)
	switch {
	case err != nil, to.Host == "", to.Scheme != "http" && to.Scheme != "https":
		return nil, "its URL is invalid or not http or https"
	case from.Scheme == "https" && to.Scheme == "http":
		return nil, "it leads from https to http"
	case len(t.hops) >= maxHops:
		return nil, "ten redirects were followed before"
	}
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	sameOrigin := t.origin != "" && tokens.Origin(to.String()) == t.origin
	if !sameOrigin && containsSecret(to.String(), t.request.Secrets) {
		return nil, "it leads to another origin and its URL repeats the token"
	}
	r := &wire.Request{Endpoint: t.request.Endpoint, Method: t.request.Method, URL: to.String(), Header: http.Header{},
		Body: t.request.Body, Secrets: t.request.Secrets, MaxBody: t.request.MaxBody,
		InsecureHTTP: t.request.InsecureHTTP}
	for name, values := range t.request.Header {
		if sameOrigin || contains(crossOriginHeaders, name) {
			r.Header[name] = values
		}
	}
	if switchesToGet(status, method(r.Method)) {
		r.Method, r.Body = http.MethodGet, nil
		r.Header.Del("Content-Type")
	}
	if !sameOrigin && len(r.Body) > 0 {
		return nil, "it would send the body to another origin"
	}
	next = &redirectChain{
		request:   r,
		token:     t.token,
		placement: t.placement,
		hops:      append(t.hops, Hop{Status: status, URL: redact.URL(to.String())}),
	}
	if sameOrigin {
		next.origin = t.origin
		next.hops[len(next.hops)-1].WithToken = next.attachToken()
	}
	return next, ""
}

// attachToken places the token in the next request within the origin as in the previous one, and reports whether the
// request has it.
func (t *redirectChain) attachToken() bool {
	r := t.request
	switch {
	case t.placement == InQuery && !hasParameter(queryOf(r.URL)):
		return putInQuery(r, t.token) == ""
	case t.placement == InBody:
		return len(r.Body) > 0
	}
	return t.placement == InQuery || r.Header.Get("Authorization") != ""
}

// containsSecret reports whether a URL contains one of the secrets, percent-encoded up to twice.
func containsSecret(address string, secrets []tokens.Secret) bool {
	for range 3 {
		for _, s := range secrets {
			if redact.Searchable(s) && strings.Contains(address, s.Reveal()) {
				return true
			}
		}
		decoded, err := url.PathUnescape(address)
		if err != nil {
			return false
		}
		address = decoded
	}
	return false
}

func queryOf(raw string) string {
	_, query, _ := strings.Cut(strings.SplitN(raw, "#", 2)[0], "?")
	return query
}

// isRedirect reports whether a status is a redirect to Location (RFC 9110 15.4).
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// Redirects reports whether the response is a redirect.
func (r *Response) Redirects() bool { return isRedirect(r.Status) && r.Header.Get("Location") != "" }

// switchesToGet reports whether a redirect is followed with GET instead of the method: 303 always, 301 and 302 after
// POST, as browsers do (RFC 9110 15.4.2 to 15.4.4).
func switchesToGet(status int, method string) bool {
	switch status {
	case http.StatusSeeOther:
		return method != http.MethodGet && method != http.MethodHead
	case http.StatusMovedPermanently, http.StatusFound:
		return method == http.MethodPost
	}
	return false
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// signInWords match the URL of a sign-in page.
var signInWords = regexp.MustCompile(`(?i)\b(log-?in|sign-?in|sign-?on|sso|saml2?|adfs|oauth2?|openid)\b|` +
	`\b(auth|authorize|authenticate|idp|accounts?)\b|login|samlrequest=|client_id=|redirect_uri=|return_?(url|to)=`)

// redirectTarget returns the absolute, redacted URL that a response redirects to; "" when Location is missing.
func redirectTarget(r *Response) string {
	if r.Exchange == nil || r.Exchange.Response == nil {
		return ""
	}
	to := r.Exchange.Response.Get("Location")
	base, err := url.Parse(r.Exchange.Request.URL)
	switch {
	case to == "" || err != nil || base.Host == "":
		return to
	case strings.HasPrefix(to, "//"):
		return base.Scheme + ":" + to
	case strings.HasPrefix(to, "/"):
		return base.Scheme + "://" + base.Host + to
	case strings.HasPrefix(to, "?"):
		return base.Scheme + "://" + base.Host + base.EscapedPath() + to
	case strings.Contains(strings.SplitN(to, "/", 2)[0], ":"): // it has a scheme
		return to
	}
	folder := base.EscapedPath()
	return base.Scheme + "://" + base.Host + folder[:strings.LastIndex(folder, "/")+1] + to
}

// explainRedirect explains a redirect that was not followed.
func explainRedirect(r *Response) string {
	to := redirectTarget(r)
	if to == "" {
		return statusName(r.Status) + ", a redirect without a Location header: there is nothing to follow."
	}
	text := "A redirect to " + tokens.VisibleLine(to) +
		": it was not followed, so that the token is not sent elsewhere."
	if r.NotFollowed != "" {
		text = "A redirect to " + tokens.VisibleLine(to) + ": it was not followed, since " + r.NotFollowed + "."
	}
	base, _ := url.Parse(r.Exchange.Request.URL)
	target, err := url.Parse(to)
	switch {
	case err != nil || base == nil:
	case signInWords.MatchString(target.Host + target.Path + "?" + target.RawQuery):
		text += " It looks like a sign-in page: the server expects a browser there, and did not accept the token."
	case base.Scheme == "http" && target.Scheme == "https" && base.Hostname() == target.Hostname():
		text += " The API uses https: call it there."
	case base.String() == target.String():
		text += " It leads to the URL that was called."
	case base.Path != target.Path && tokens.Origin(base.String()) == tokens.Origin(target.String()) &&
		strings.Trim(base.Path, "/") == strings.Trim(target.Path, "/"):
		text += " Only the slash at the end differs."
	}
	return text
}
