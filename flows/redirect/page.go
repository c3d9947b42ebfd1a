package redirect

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"

	"fob/tokens"
)

// page is a page for the browser. Heading and Text are plain text and are escaped.
type page struct {
	Mark    string // "good" or "bad": a word and a colour beside the heading; "" for neither
	Heading string
	Text    string
}

var (
	donePage    = page{Heading: "Already done", Text: "This sign-in was already received. You can close this tab."}
	stoppedPage = page{Mark: "bad", Heading: "fob stopped",
		Text: "fob stopped before the sign-in was finished. Start again in the terminal."}
	idlePage = page{Heading: "Nothing to do yet",
		Text: "fob is waiting for an authorization response; this request is not one."}
)

func outcomePage(o Outcome) page {
	p := page{Mark: "good", Heading: o.Heading, Text: o.Text}
	if !o.OK {
		p.Mark = "bad"
	}
	switch {
	case p.Heading == "" && o.OK:
		p.Heading = "You are signed in"
	case p.Heading == "":
		p.Heading = "The sign-in failed"
	}
	switch {
	case p.Text == "" && o.OK:
		p.Text = "You can close this tab and go back to the terminal."
	case p.Text == "":
		p.Text = "See the terminal for what went wrong."
	}
	return p
}

const style = `:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f6f7f9;color:#1c2330;
font:17px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:34rem;margin:1.5rem;padding:2rem 2.25rem;background:#fff;
border:1px solid #d9dee6;border-radius:10px;overflow-wrap:anywhere}
h1{margin:0 0 .5rem;font-size:1.35rem;line-height:1.3}
p{margin:.5rem 0 0;white-space:pre-line}
.mark{margin:0 0 .75rem;font-size:.85rem;font-weight:600;letter-spacing:.02em;color:#52607a}
.good{color:#146c3c}.bad{color:#b3261e}
@media (prefers-color-scheme:dark){body{background:#14181f;color:#e6eaf1}main{background:#1c222c;border-color:#323b49}
.mark{color:#9aa7bd}.good{color:#6fd39b}.bad{color:#ff9a8f}}`

// script posts the fragment to the page's own address, once, and removes it from the history.
const script = `(function(){var h=location.hash;if(h.length<2)return;
history.replaceState(null,"",location.pathname);
var f=document.createElement("form"),i=document.createElement("input");
f.method="post";f.action=location.pathname;i.type="hidden";i.name="` + fragmentField + `";i.value=h.slice(1);
f.appendChild(i);document.body.appendChild(f);f.submit()})();`

var (
	plainPolicy    = policy("")
	fragmentPolicy = policy("; script-src " + sourceHash(script) + "; form-action 'self'")
)

// policy allows only the page's own style, and the directives of more.
func policy(more string) string {
	p := "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src " + sourceHash(style) + more
	if !strings.Contains(p, "form-action") {
		p += "; form-action 'none'"
	}
	return p
}

func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func setHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("Content-Security-Policy", plainPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

func writePage(w http.ResponseWriter, status int, p page) { writeHTML(w, status, p.html("")) }

func showFragmentPage(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", fragmentPolicy)
	writeHTML(w, http.StatusOK, idlePage.html(`<noscript><p>If the address of this page has a # in it, the response `+
		`follows it, and only a script can read it. `+
		`Scripts are disabled: copy the whole address and paste it in the terminal.</p></noscript>`+
		`<script>`+script+`</script>`))
}

// writeHTML sends the page and flushes it, so that it is sent even if fob ends right after.
func writeHTML(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
	_ = http.NewResponseController(w).Flush()
}

func (p page) html(more string) string {
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>")
	b.WriteString(escape(p.Heading))
	b.WriteString(" · fob</title>\n<style>" + style + "</style>\n<main>\n")
	switch p.Mark {
	case "good":
		b.WriteString("<p class=\"mark good\">fob · done</p>\n")
	case "bad":
		b.WriteString("<p class=\"mark bad\">fob · failed</p>\n")
	default:
		b.WriteString("<p class=\"mark\">fob</p>\n")
	}
	b.WriteString("<h1>" + escape(p.Heading) + "</h1>\n<p>" + escape(p.Text) + "</p>\n" + more + "</main>\n</html>\n")
	return b.String()
}

// escape makes text from outside safe for HTML: markup, control characters and bidirectional overrides.
func escape(s string) string { return html.EscapeString(tokens.Visible(s)) }

// discardLog discards what the HTTP server would print on the screen.
var discardLog = log.New(io.Discard, "", 0)
