package demo

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// field is a parameter of an authorization response; the order is the order sent.
type field struct{ Name, Value string }

// responseMode is a way to send the authorization response (OAuth 2.0 Multiple Response Types 2.1).
type responseMode struct {
	Name string
	JWT  bool // the response is sent as one JWT (JARM 2.3)
	Send func(s *Server, w http.ResponseWriter, r *http.Request, redirectURI string, fields []field)
}

const defaultResponseMode = "query"

// responseModes lists them. Another mode is another line.
func responseModes() []responseMode {
	return []responseMode{
		{"query", false, (*Server).sendQuery},
		{"fragment", false, (*Server).sendFragment},
		{"form_post", false, (*Server).sendFormPost},
		{"query.jwt", true, (*Server).sendQuery},
		{"fragment.jwt", true, (*Server).sendFragment},
		{"form_post.jwt", true, (*Server).sendFormPost},
	}
}

// modeJWT means query.jwt or fragment.jwt, whichever is the default of the response type (JARM 2.3.4).
const modeJWT = "jwt"

// defaultMode returns the default response mode of a response type (OAuth 2.0 Multiple Response Types 5).
func defaultMode(responseType string) string {
	if usesFront(responseType) {
		return "fragment"
	}
	return defaultResponseMode
}

func responseModeNames() []string {
	var names []string
	for _, m := range responseModes() {
		names = append(names, m.Name)
	}
	return append(names, modeJWT)
}

func findResponseMode(name string) (responseMode, bool) {
	for _, m := range responseModes() {
		if m.Name == name {
			return m, true
		}
	}
	return responseMode{}, false
}

// respond sends an authorization response, success or error: each has state and iss (RFC 9207 2).
func (s *Server) respond(w http.ResponseWriter, r *http.Request, req *authRequest, fields []field) {
	switch {
	case s.on(faultMissingState):
	case s.on(faultWrongState):
		fields = append(fields, field{"state", "not-the-state-that-was-sent"})
	case req.State != "":
		fields = append(fields, field{"state", req.State})
	}
	switch {
	case s.on(faultNoCallbackIss):
	case s.on(faultWrongCallbackIss):
		fields = append(fields, field{"iss", s.issuer + "/another-issuer"})
	default:
		fields = append(fields, field{"iss", s.issuer})
	}
	mode, ok := findResponseMode(req.ResponseMode)
	if !ok {
		mode, _ = findResponseMode(defaultResponseMode)
	}
	if mode.JWT {
		var err error
		if fields, err = s.secured(req, fields); err != nil {
			e := serverFailure("securing the authorization response", err)
			s.errorPage(w, e.Status, e)
			return
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	mode.Send(s, w, r, req.RedirectURI, fields)
}

// respondError sends an error to the redirect URI (RFC 6749 4.1.2.1).
func (s *Server) respondError(w http.ResponseWriter, r *http.Request, req *authRequest, e *oauthError) {
	fields := []field{{"error", e.Code}}
	if e.Description != "" {
		fields = append(fields, field{"error_description", e.Description})
	}
	s.respond(w, r, req, fields)
}

func encodeFields(fields []field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = url.QueryEscape(f.Name) + "=" + url.QueryEscape(f.Value)
	}
	return strings.Join(parts, "&")
}

// sendQuery keeps the query that a redirect URI already has (RFC 6749 3.1.2).
func (s *Server) sendQuery(w http.ResponseWriter, _ *http.Request, redirectURI string, fields []field) {
	separator := "?"
	if strings.Contains(redirectURI, "?") {
		separator = "&"
	}
	seeOther(w, redirectURI+separator+encodeFields(fields))
}

func (s *Server) sendFragment(w http.ResponseWriter, _ *http.Request, redirectURI string, fields []field) {
	seeOther(w, redirectURI+"#"+encodeFields(fields))
}

// seeOther redirects with 303, so that a browser never repeats a POST with its password (RFC 9700 4.12).
func seeOther(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}

// sendFormPost returns a form that submits itself (OAuth 2.0 Form Post Response Mode).
func (s *Server) sendFormPost(w http.ResponseWriter, _ *http.Request, redirectURI string, fields []field) {
	s.page(w, http.StatusOK, "form_post", pageData{Title: "Going back to the app", FormAction: formAction(redirectURI),
		Submits: true,
		// The address was compared with the registered ones, exactly: html/template need not check its scheme.
		Target: template.URL(redirectURI), Fields: fields}) //nolint:gosec // see above
}
