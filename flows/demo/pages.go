package demo

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
	"sync"
)

// The pages: layout.html around one of the others, with style.css and the one script.
//
//go:embed pages
var pageFiles embed.FS

// pageData is the data of all pages; each uses a part of it.
type pageData struct {
	Title      string
	Action     string // where the page's form goes
	FormAction string // the target of a redirect after it, for the CSP
	Problem    string // what was wrong with the last attempt
	Notice     string

	ClientName, ClientID string
	Username, Password   string
	Users                []user
	OTP                  bool
	OneTimeCode          string
	Scopes               []scope
	Details              []string

	Target  template.URL // of a form that submits itself
	Fields  []field
	Submits bool // the page has the script that submits it

	UserCode string
	Code     string // an error's code
	Text     string
	OK       bool
	Links    []link

	Style  template.CSS
	Script template.JS
}

type link struct{ Name, URL string }

var (
	pageTemplates = sync.OnceValue(parsePages) // at the first page: otherwise every verb would pay for it at its start
	pageStyle     = string(readPage("style.css"))
	submitScript  = string(readPage("submit.js"))
	styleHash     = cspHash(pageStyle)
	scriptHash    = cspHash(submitScript)
)

func readPage(name string) []byte {
	text, err := pageFiles.ReadFile("pages/" + name)
	if err != nil {
		panic(err) // embedded: only a broken build fails
	}
	return bytes.TrimSpace(text)
}

// parsePages pairs the layout with each page.
func parsePages() map[string]*template.Template {
	all := map[string]*template.Template{}
	entries, err := pageFiles.ReadDir("pages")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".html")
		if ok && name != "layout" {
			all[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/"+e.Name()))
		}
	}
	return all
}

// cspHash is the hash of inline text in a Content-Security-Policy.
func cspHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// page writes a page under a policy that allows only our own style, and our own script where there is one.
func page(w http.ResponseWriter, status int, name string, d pageData) {
	d.Style = template.CSS(pageStyle) //nolint:gosec // our own file
	policy := []string{"default-src 'none'", "style-src " + styleHash, "base-uri 'none'", "frame-ancestors 'none'",
		strings.TrimSpace("form-action 'self' " + d.FormAction)}
	if d.Submits {
		d.Script = template.JS(submitScript) //nolint:gosec // our own file
		policy = append(policy, "script-src "+scriptHash)
	}
	var body bytes.Buffer
	if err := pageTemplates()[name].ExecuteTemplate(&body, "layout.html", d); err != nil {
		serverFailure("drawing the page "+name, err).write(w)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", strings.Join(policy, "; "))
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w)
}

// message shows the user one sentence.
func message(w http.ResponseWriter, status int, title, text string) {
	page(w, status, "message", pageData{Title: title, Text: text})
}

// errorPage shows an error to the user where there is no redirect URI (RFC 6749 4.1.2.1).
func errorPage(w http.ResponseWriter, status int, e *oauthError) {
	page(w, status, "error", pageData{Title: "This did not work", Code: e.Code, Text: e.Description})
}

func (s *Server) home(w http.ResponseWriter, _ *http.Request) {
	page(w, http.StatusOK, "home", pageData{Title: "fob demo provider", Text: s.env.issuer, Users: users,
		Password: Password, Links: []link{
			{"Metadata (OpenID Connect)", "/.well-known/openid-configuration"},
			{"Metadata (RFC 8414)", "/.well-known/oauth-authorization-server"},
			{"Keys", "/jwks"},
			{"Approve a device", "/device"},
			{"Approve what an app asks for (CIBA)", "/ciba"},
			{"Sign out", "/end-session"},
			{"Faults", faultsPath},
			{"What ended by signing out", logoutsPath},
		}})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	e := oauthErrorf("not_found", "there is nothing at %s", r.URL.Path)
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		errorPage(w, http.StatusNotFound, e)
		return
	}
	e.Status = http.StatusNotFound
	e.write(w)
}
