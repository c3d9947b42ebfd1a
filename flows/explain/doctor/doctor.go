// Package doctor turns an error of a run into a diagnosis: an explanation, the server's message, the
// parameter that it is about, the causes with the likeliest first and how to distinguish them, and what to do next.
//
// The knowledge is data: one table of the codes of the specs, one of the codes that vendors send. Evidence of the run
// (when the code came, how the client authenticated, what the metadata says, how far the clocks differ) decides the
// order. It sends nothing and changes nothing: an action is a proposal, in words and in a form that a program can act
// on.
//
// Specs: RFC 6749, 6750, 7009, 7591, 7592, 7636, 8628, 8693, 8707, 9101, 9126, 9396, 9449, 9470, OpenID Connect Core,
// CIBA, Unmet Authentication Requirements.
package doctor

import (
	"errors"
	"sort"
	"strings"
	"time"

	"fob/flows"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/wwwauth"
)

// Diagnosis explains an error. Every text is cleaned and contains no secret.
type Diagnosis struct {
	Title    string   `json:"title"`            // one sentence
	Code     string   `json:"code,omitempty"`   // the error's code, where it has one
	Vendor   string   `json:"vendor,omitempty"` // the vendor, if it was recognized
	Messages []string `json:"said,omitempty"`   // the server's own message, one line each
	About    *About   `json:"about,omitempty"`  // nil if no parameter is known
	Causes   []Cause  `json:"causes,omitempty"` // the likeliest first
	Next     []Action `json:"next,omitempty"`   // the first is the one to try first
	Spec     string   `json:"spec,omitempty"`
	// Command is the login that the error is about, as a command line: see Action.CommandLine.
	Command string `json:"command,omitempty"`
}

// About is the parameter that an error is about.
type About struct {
	Name    string `json:"name"`
	Value   string `json:"value,omitempty"` // as it was sent, redacted
	Missing bool   `json:"missing,omitempty"`
}

// Cause is a possible cause of an error.
type Cause struct {
	Text      string `json:"text"`
	HowToTell string `json:"how_to_tell,omitempty"`
	Likely    int    `json:"likely"` // 1 to 100; an order, not a measure
}

// Action is a step to try next.
type Action struct {
	Text string            `json:"text"`
	Do   map[string]string `json:"do,omitempty"` // by one of the keys below; nil if only the user can do it
}

// The keys of Action.Do.
const (
	DoAuthMethod  = "auth_method"           // the ID of a client authentication method to try
	DoRegister    = "register_redirect_uri" // the redirect URI to register, character by character
	DoCommand     = "command"               // a command line of fob
	DoInput       = "input"                 // an input of the grant to set: name=value
	DoDrop        = "drop"                  // a parameter to leave out: endpoint.name
	DoIssuer      = "issuer"                // the issuer to use
	DoGrant       = "grant"                 // the ID of a grant to use
	DoWait        = "wait"                  // seconds to wait before the next try
	DoOpen        = "open"                  // a page to open
	DoSetting     = "setting"               // a key of the profile to set: name or name=value
	DoClientCheck = "check_client"          // the client_id to compare with the registration
)

// Context is what the run knows in addition to the error. Every field is optional.
type Context struct {
	Grant      string             // ID of the grant
	Provider   *provider.Metadata // nil if unknown
	ClientID   string
	AuthMethod string // ID of the client authentication method that was used
	Command    string // the command line that started the run, for proposals: "fob login acme"; "" is "fob login"
	// AuthorizationRedirectURI is the redirect_uri of the authorization request, compared with that of the token
	// request.
	AuthorizationRedirectURI string
	PKCE                     string        // "S256", "plain", "none"; "" if unknown
	CodeAge                  time.Duration // from receiving the code to sending it; 0 if unknown
	CodeUses                 int           // how often this code was sent, this time included; 0 if unknown
	Sent                     []wire.Field  // parameters of the request, redacted; nil: those of the error
	Edited                   []string      // what a user changed in the request: see wire.Exchange
	ClockOffset              time.Duration // the server's clock minus this machine's; 0 if unknown; see ClockOffset
	Skew                     time.Duration // the accepted difference of the clocks; 0 is tokens.DefaultSkew
	ProxySet                 bool          // a proxy is in use
	DPoP                     bool          // the run uses DPoP
	Session                  string        // the session's name in a command line; "" before there is one
	Profile                  string        // the name of the profile; "" for none
	Overrides                []string      // parameters that the user or the profile set, as endpoint.name
	Issuer                   string        // of the authorization server, if its metadata is unknown
}

// ClockOffset returns how far the server's clock is ahead of this machine's, from the Date header of a response; 0
// without one.
func ClockOffset(x wire.Exchange) time.Duration {
	if x.Response == nil || x.Response.Date.IsZero() || x.Started.IsZero() {
		return 0
	}
	return x.Response.Date.Sub(x.Started.Add(x.Timing.Total)).Round(time.Second)
}

// Diagnose explains an error of a run. ok is false for an error that is not from a server, the network or a check.
func Diagnose(err error, c Context) (d Diagnosis, ok bool) {
	var (
		refused  *flows.OAuthError
		answer   *flows.ResponseError
		endpoint *flows.EndpointError
		network  *wire.Error
		check    *tokens.CheckError
		metadata *provider.DiscoveryError
		resource *provider.ResourceError
	)
	switch {
	case errors.As(err, &check):
		return checkDiagnosis(check.Check, c), true
	case errors.As(err, &refused):
		return oauthErrorDiagnosis(refused, c), true
	case errors.As(err, &answer):
		return responseDiagnosis(answer, c), true
	case errors.As(err, &endpoint):
		return endpointDiagnosis(endpoint, c), true
	case errors.As(err, &metadata):
		return discoveryDiagnosis(metadata, c), true
	case errors.As(err, &resource):
		return resourceDiagnosis(resource, c), true
	case errors.As(err, &network):
		return networkDiagnosis(network, c), true
	}
	return Diagnosis{}, false
}

// Challenge explains the rejection by an API from the challenges of its response (RFC 6750 3, RFC 9449 7.1, RFC 9470
// 3). ok is false if none of them has an error. shown are the same challenges, redacted; nil if list is safe to show.
func Challenge(status int, list, shown []wwwauth.Challenge, c Context) (d Diagnosis, ok bool) {
	for i, ch := range list {
		code := ch.Param("error")
		if code == "" {
			continue
		}
		u := flows.Unmasked{Code: code, Description: ch.Param("error_description")}
		if i < len(shown) {
			ch = shown[i]
		}
		e := &flows.OAuthError{Code: ch.Param("error"), Description: ch.Param("error_description"),
			URI: ch.Param("error_uri"), Status: status, Endpoint: "api"}
		ev := newEvidence(e.WithUnmasked(u), c)
		ev.challenge = ch
		return ev.diagnose(), true
	}
	return Diagnosis{}, false
}

func oauthErrorDiagnosis(e *flows.OAuthError, c Context) Diagnosis {
	return newEvidence(e, c).diagnose()
}

// diagnose combines the tables' entry for the error with the evidence.
func (ev *evidence) diagnose() Diagnosis {
	d := Diagnosis{Code: visibleLine(ev.err.Code), Messages: visibleLines(ev.err.Code, ev.err.Description, ev.err.URI)}
	d.Messages = append(d.Messages, fieldLines(ev.err.Details, ev.err.Support)...)
	entry := entryFor(ev)
	d.Title, d.Spec = ev.fill(entry.title), entry.spec
	about := entry.about
	vendor, found := vendorEntryFor(ev)
	if found {
		d.Title, about = ev.fill(vendor.title), vendor.about
		d.Causes, d.Next = ev.causes(vendor.causes), ev.actions(vendor.next)
		if ev.vendor != "" || strings.HasPrefix(vendor.says, "aad") || vendor.says == "" {
			d.Vendor = vendors[vendor.vendor]
		}
	}
	// A specific message of a known vendor excludes the general causes.
	if !found || vendor.says == "" || d.Vendor == "" {
		d.Causes = append(d.Causes, ev.causes(entry.causes)...)
		if entry.moreCauses != nil {
			d.Causes = append(d.Causes, entry.moreCauses(ev)...)
		}
		if entry.actionsOf != nil {
			d.Next = append(d.Next, entry.actionsOf(ev)...)
		}
		d.Next = append(d.Next, ev.actions(entry.next)...)
	}
	d.Causes = append(d.Causes, ev.commonCauses(entry)...)
	sort.SliceStable(d.Causes, func(i, j int) bool { return d.Causes[i].Likely > d.Causes[j].Likely })
	d.Next = append(ev.firstActions(entry), d.Next...)
	if d.About = ev.parameterOf(about); d.About == nil {
		d.About = ev.firstMalformed(entry)
	}
	if name := ev.named(); d.About == nil && name != "" {
		d.About = &About{Name: name, Value: visibleLine(ev.value(name))}
	}
	return d.tidy()
}

// tidy removes duplicates and cleans every text.
func (d Diagnosis) tidy() Diagnosis {
	d.Title = visibleLine(d.Title)
	seen := map[string]bool{}
	var causes []Cause
	for _, c := range d.Causes {
		if c.Text = visibleLine(c.Text); !seen[c.Text] {
			seen[c.Text] = true
			c.HowToTell = visibleLine(c.HowToTell)
			causes = append(causes, c)
		}
	}
	var next []Action
	for _, a := range d.Next {
		if a.Text = visibleLine(a.Text); !seen[a.Text] {
			seen[a.Text] = true
			for k, v := range a.Do {
				a.Do[k] = visibleLine(v)
			}
			next = append(next, a)
		}
	}
	d.Causes, d.Next = causes, next
	return d
}

func visibleLines(parts ...string) []string {
	var list []string
	for _, p := range parts {
		if p = visibleLine(p); p != "" {
			list = append(list, p)
		}
	}
	return list
}

// fieldLines returns the other members of an error response, one line each, then what its operators ask for.
func fieldLines(words, support []wire.Field) (list []string) {
	for _, w := range words {
		list = append(list, visibleLine(w.Name+": "+w.Value))
	}
	for _, s := range support {
		list = append(list, visibleLine("for support: "+s.Name+" "+s.Value))
	}
	return list
}

// visibleLine returns untrusted text on one line, cleaned and bounded.
func visibleLine(s string) string {
	const most = 2000
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return tokens.VisibleLine(strings.TrimSpace(s))
}
