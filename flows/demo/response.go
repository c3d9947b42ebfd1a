package demo

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// field is a parameter of an authorization response; the order is the order sent.
type field struct{ Name, Value string }

// responseMode is a way to send the authorization response (OAuth 2.0 Multiple Response Types 2.1).
type responseMode struct {
	Name string
	JWT  bool // the response is sent as one JWT (JARM 2.3)
	Send func(w http.ResponseWriter, redirectURI string, fields []field)
}

const defaultResponseMode = "query"

// responseModes lists them. Another mode is another line.
func responseModes() []responseMode {
	return []responseMode{
		{"query", false, sendQuery},
		{"fragment", false, sendFragment},
		{"form_post", false, sendFormPost},
		{"query.jwt", true, sendQuery},
		{"fragment.jwt", true, sendFragment},
		{"form_post.jwt", true, sendFormPost},
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

// responder sends authorization responses.
type responder struct {
	env  *environment
	keys *keyring
}

// send sends an authorization response, success or error: each has state and iss (RFC 9207 2).
func (rp *responder) send(w http.ResponseWriter, req *authRequest, fields []field) {
	switch {
	case rp.env.on(faultMissingState):
	case rp.env.on(faultWrongState):
		fields = append(fields, field{"state", "not-the-state-that-was-sent"})
	case req.State != "":
		fields = append(fields, field{"state", req.State})
	}
	switch {
	case rp.env.on(faultNoCallbackIss):
	case rp.env.on(faultWrongCallbackIss):
		fields = append(fields, field{"iss", rp.env.issuer + "/another-issuer"})
	default:
		fields = append(fields, field{"iss", rp.env.issuer})
	}
	mode, ok := findResponseMode(req.ResponseMode)
	if !ok {
		mode, _ = findResponseMode(defaultResponseMode)
	}
	if mode.JWT {
		var err error
		if fields, err = rp.secured(req, fields); err != nil {
			e := serverFailure("securing the authorization response", err)
			errorPage(w, e.Status, e)
			return
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	mode.Send(w, req.RedirectURI, fields)
}

// sendError sends an error to the redirect URI (RFC 6749 4.1.2.1).
func (rp *responder) sendError(w http.ResponseWriter, req *authRequest, e *oauthError) {
	fields := []field{{"error", e.Code}}
	if e.Description != "" {
		fields = append(fields, field{"error_description", e.Description})
	}
	rp.send(w, req, fields)
}

func encodeFields(fields []field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = url.QueryEscape(f.Name) + "=" + url.QueryEscape(f.Value)
	}
	return strings.Join(parts, "&")
}

// sendQuery keeps the query that a redirect URI already has (RFC 6749 3.1.2).
func sendQuery(w http.ResponseWriter, redirectURI string, fields []field) {
	separator := "?"
	if strings.Contains(redirectURI, "?") {
		separator = "&"
	}
	seeOther(w, redirectURI+separator+encodeFields(fields))
}

func sendFragment(w http.ResponseWriter, redirectURI string, fields []field) {
	seeOther(w, redirectURI+"#"+encodeFields(fields))
}

// seeOther redirects with 303, so that a browser never repeats a POST with its password (RFC 9700 4.12).
func seeOther(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}

// sendFormPost returns a form that submits itself (OAuth 2.0 Form Post Response Mode).
func sendFormPost(w http.ResponseWriter, redirectURI string, fields []field) {
	page(w, http.StatusOK, "form_post", pageData{Title: "Going back to the app", FormAction: formAction(redirectURI),
		Submits: true,
		// The address was compared with the registered ones, exactly: html/template need not check its scheme.
		Target: template.URL(redirectURI), Fields: fields}) //nolint:gosec // see above
}

// responseTypes are the supported response types, as OAuth 2.0 Multiple Response Type Encoding Practices and OpenID
// Connect Core 3 write them.
var responseTypes = []string{"code", "token", "id_token", "id_token token", "code id_token", "code token",
	"code id_token token", "none"}

// findResponseType ignores the order of the words (RFC 6749 3.1.1).
func findResponseType(asked string) (string, bool) {
	words := strings.Fields(asked)
	slices.Sort(words)
	for _, known := range responseTypes {
		if slices.Equal(words, slices.Sorted(slices.Values(strings.Fields(known)))) {
			return known, true
		}
	}
	return "", false
}

// hasWord reports whether a response type contains the word.
func hasWord(responseType, word string) bool {
	return slices.Contains(strings.Fields(responseType), word)
}

// usesFront reports whether a response type puts tokens into the front channel (RFC 9700 2.1.2 advises against it).
func usesFront(responseType string) bool {
	return hasWord(responseType, "token") || hasWord(responseType, "id_token")
}

// jarmLifetime is how long a response in a JWT is valid (JARM 2.1).
const jarmLifetime = 2 * time.Minute

// secured puts the parameters of an authorization response into a JWT for the client (JARM 2.1), with the faults that
// are on. Its iss claim replaces the iss parameter.
func (rp *responder) secured(req *authRequest, fields []field) ([]field, error) {
	now := rp.env.reportedTime()
	claims := map[string]any{}
	for _, f := range fields {
		claims[f.Name] = f.Value
	}
	claims["iss"], claims["aud"], claims["exp"] = rp.env.issuer, req.Client.ID, unix(now.Add(jarmLifetime))
	switch {
	case rp.env.on(faultJARMIssuer):
		claims["iss"] = rp.env.issuer + "/another-issuer"
	case rp.env.on(faultJARMAudience):
		claims["aud"] = "another-client"
	case rp.env.on(faultJARMExpired):
		claims["exp"] = unix(now.Add(-5 * time.Minute))
	}
	alg := req.Client.JARMAlg
	if alg == "" {
		alg = "ES256"
	}
	token, err := rp.keys.signFor(req.Client, req.Client.jarmEncryption(), alg, "JWT", claims, faultJARMSignature)
	return []field{{"response", token}}, err
}
