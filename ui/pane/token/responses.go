package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"fob/flows/calls"
	"fob/flows/provider"
	"fob/flows/session"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// endpointResponse is the response of an endpoint about the token.
type endpointResponse struct {
	view    string      // that shows it
	action  keys.Action // that requests it
	level   string      // of the verdict
	verdict string      // in one sentence
	notes   []string
	text    string // the body, indented
	body    []byte
	err     error
}

// introspectionResponse is a response with its verdict (RFC 7662 2.2).
func introspectionResponse(a session.EndpointResponse, err error) endpointResponse {
	r := endpointResponse{view: viewIntrospection, action: keys.TokenIntrospect, notes: a.Notes, err: err,
		body: a.RedactedJSON,
		text: calls.Pretty(a.RedactedJSON, "application/json")}
	switch {
	case a.Active == nil:
		r.level, r.verdict = "warning", "invalid response: active is missing, which RFC 7662 2.2 requires"
	case *a.Active:
		r.level, r.verdict = "good", "active: according to the provider this token is valid now"
	default:
		r.level, r.verdict = "bad", "not active: expired, revoked, or unknown to the client that asked "+
			"(RFC 7662 2.2 does not distinguish them)"
	}
	return r
}

// userinfoResponse is a response with its verdict.
func userinfoResponse(a session.EndpointResponse, err error) endpointResponse {
	r := endpointResponse{view: viewUserinfo, action: keys.TokenUserinfo, notes: a.Notes, err: err,
		text:  calls.Pretty(a.RedactedJSON, "application/json"),
		level: "good", verdict: "accepted: the userinfo endpoint accepted the token"}
	if sub, ok := a.JSON["sub"].(string); ok {
		r.verdict += "; its subject is " + sub
	}
	return r
}

// metadataResponse is an issuer's metadata with the verdict on its name (RFC 8414 3.3).
func metadataResponse(m *provider.Metadata, issuer string, err error) endpointResponse {
	r := endpointResponse{view: viewIssuer, action: keys.TokenDiscover, err: err}
	if err != nil {
		return r
	}
	raw, _ := json.Marshal(m.Raw)
	r.text = calls.Pretty(raw, "application/json")
	r.level, r.verdict = "good", "the issuer of the metadata is that of the token: "+m.Issuer
	if !m.AcceptsIssuer(issuer) {
		r.level = "bad"
		r.verdict = fmt.Sprintf("the issuer of the metadata is %s, but the token names %s (RFC 8414 3.3)", m.Issuer,
			issuer)
	}
	r.notes = []string{"read from " + m.Source, "the metadata has no jwks_uri"}
	if m.JWKSURI != "" {
		r.notes[1] = "keys at " + m.JWKSURI
	}
	return r
}

// ShownError implements pane.ErrorReporter: why an endpoint did not respond to a request about the token.
func (p *Pane) ShownError() (m pane.ErrorMsg, ok bool) {
	r, _ := p.online.response(p.view)
	m = pane.ErrorMsg{What: r.view, Err: r.err, About: session.ErrorContext{Session: p.shown.session},
		Retry: pane.Send(retryMsg{r.action})}
	if !p.shown.stored() {
		m.About = session.ErrorContext{Provider: p.shown.issuer()}
	}
	return m, r.err != nil
}

// retryMsg repeats the request of an action.
type retryMsg struct{ action keys.Action }

// errorLines draw why there is no response; m is that error.
func (r endpointResponse) errorLines(c *pane.Context, m pane.ErrorMsg, width int) []string {
	lines := c.Explain(m).Inline(c.Styles, width)
	var public *session.IntrospectionError
	if errors.As(r.err, &public) && len(public.Others) > 0 {
		lines = append(lines, "", pane.KeyHint(c.Styles, keys.TokenIntrospect, "chooses whose client asks"))
	}
	return lines
}

// draw draws the response, with the verdict above it.
func (r endpointResponse) draw(st *theme.Styles, text *widget.TextWindow, width, height int) string {
	var lines []string
	lines = append(lines, widget.WrapStyled(st.Level(r.level), tokens.VisibleLine(r.verdict), width)...)
	for _, note := range r.notes {
		lines = append(lines, widget.WrapStyled(st.Dim, tokens.VisibleLine(note), width)...)
	}
	lines = append(lines, "")
	if height > len(lines)+2 {
		lines = append(lines, strings.Split(text.View(width, height-len(lines)), "\n")...)
	}
	return pane.Fit(lines, width, height)
}
