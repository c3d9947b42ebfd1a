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

// maxHops bounds how many redirects of one call are followed.
const maxHops = 10

// Hop is a redirect that was followed.
type Hop struct {
	Status    int
	URL       string // where it led, as it may be shown
	WithToken bool   // the token went along
}

// harmless are the header fields that go along to another origin: what is sent with them says nothing about who calls.
var harmless = []string{"Accept", "Accept-Encoding", "Accept-Language", "User-Agent", "Range"}

// trip is a call with the redirects that it follows.
type trip struct {
	request   *wire.Request // the one to send next
	token     Token
	placement Placement
	origin    string // of the call; "" once it was left: what comes back from there is not trusted
	hops      []Hop
}

// next is where an answer redirects to, ready to be sent; why says why it is not followed. Both are zero for what is no
// redirect.
func (t *trip) next(status int, location string) (next *trip, why string) {
	if !isRedirect(status) || location == "" {
		return nil, ""
	}
	from, err := url.Parse(t.request.URL)
	if err != nil {
		return nil, "its address is not one that can be followed"
	}
	encoded, _ := wire.EncodeURL(location)
	to, err := from.Parse(encoded)
	switch {
	case err != nil, to.Host == "", to.Scheme != "http" && to.Scheme != "https":
		return nil, "its address is not one that can be followed"
	case from.Scheme == "https" && to.Scheme == "http":
		return nil, "it leads from https to http"
	case len(t.hops) >= maxHops:
		return nil, "ten redirects were followed already"
	}
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	own := t.origin != "" && originOf(to) == t.origin
	if !own && holds(to.String(), t.request.Secrets) {
		return nil, "it leads to another origin and its address repeats the token"
	}
	r := &wire.Request{Endpoint: t.request.Endpoint, Method: t.request.Method, URL: to.String(), Header: http.Header{},
		Body: t.request.Body, Secrets: t.request.Secrets, MaxBody: t.request.MaxBody,
		InsecureHTTP: t.request.InsecureHTTP}
	for name, values := range t.request.Header {
		if own || contains(harmless, name) {
			r.Header[name] = values
		}
	}
	if becomesGet(status, method(r.Method)) {
		r.Method, r.Body = http.MethodGet, nil
		r.Header.Del("Content-Type")
	}
	if !own && len(r.Body) > 0 {
		return nil, "it would send the body to another origin"
	}
	next = &trip{
		request:   r,
		token:     t.token,
		placement: t.placement,
		hops:      append(t.hops, Hop{Status: status, URL: redact.URL(to.String())}),
	}
	if own {
		next.origin = t.origin
		next.hops[len(next.hops)-1].WithToken = next.carry()
	}
	return next, ""
}

// carry makes sure that the token goes along within the origin, in the way in which it went before, and reports whether
// it does.
func (t *trip) carry() bool {
	r := t.request
	switch {
	case t.placement == InQuery && !hasParameter(queryOf(r.URL)):
		return putInQuery(r, t.token) == ""
	case t.placement == InBody:
		return len(r.Body) > 0
	}
	return t.placement == InQuery || r.Header.Get("Authorization") != ""
}

// holds reports whether an address has one of the secrets in it, percent-encoded up to twice.
func holds(address string, secrets []tokens.Secret) bool {
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

// isRedirect reports whether a status says that the answer is elsewhere (RFC 9110 15.4).
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// Redirects reports whether the answer points to another address.
func (r *Response) Redirects() bool { return isRedirect(r.Status) && r.Header.Get("Location") != "" }

// becomesGet reports whether a redirect is followed with GET whatever came before it: 303 always, 301 and 302 after
// POST, as browsers do (RFC 9110 15.4.2 to 15.4.4).
func becomesGet(status int, method string) bool {
	switch status {
	case http.StatusSeeOther:
		return method != http.MethodGet && method != http.MethodHead
	case http.StatusMovedPermanently, http.StatusFound:
		return method == http.MethodPost
	}
	return false
}

// originOf is the origin of an address (RFC 6454 4).
func originOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")) + ":" + port
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// signInWords are what the address of a page at which a person signs in has in it.
var signInWords = regexp.MustCompile(`(?i)\b(log-?in|sign-?in|sign-?on|sso|saml2?|adfs|oauth2?|openid)\b|` +
	`\b(auth|authorize|authenticate|idp|accounts?)\b|login|samlrequest=|client_id=|redirect_uri=|return_?(url|to)=`)

// redirected says where an answer redirects to, whole and as it may be shown; "" when it does not say.
func redirected(r *Response) string {
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

// redirect explains an answer that points elsewhere.
func redirect(r *Response) string {
	to := redirected(r)
	if to == "" {
		return statusName(r.Status) + ", a redirect that does not say where it leads: there is nothing to follow."
	}
	said := "A redirect to " + tokens.VisibleLine(to) + ": it was not followed, so that the token goes nowhere else."
	if r.NotFollowed != "" {
		said = "A redirect to " + tokens.VisibleLine(to) + ": it was not followed, since " + r.NotFollowed + "."
	}
	base, _ := url.Parse(r.Exchange.Request.URL)
	target, err := url.Parse(to)
	switch {
	case err != nil || base == nil:
	case signInWords.MatchString(target.Host + target.Path + "?" + target.RawQuery):
		said += " It looks like a sign-in page: what answers there wants a browser, and did not take the token."
	case base.Scheme == "http" && target.Scheme == "https" && base.Hostname() == target.Hostname():
		said += " The API is at https: call it there."
	case base.String() == target.String():
		said += " It leads to the address that was called."
	case base.Path != target.Path && originOf(base) == originOf(target) &&
		strings.Trim(base.Path, "/") == strings.Trim(target.Path, "/"):
		said += " Only the slash at the end differs."
	}
	return said
}
