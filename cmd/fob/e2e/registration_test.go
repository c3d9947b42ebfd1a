//go:build e2e

package e2e

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// recorder is a server that records its requests.
type recorder struct {
	*httptest.Server
	requests chan *http.Request // with their forms read
}

// listen starts a server that responds with the status and the body.
func listen(t *testing.T, status int, body string) *recorder {
	t.Helper()
	h := &recorder{requests: make(chan *http.Request, 16)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		h.requests <- r
	}))
	t.Cleanup(h.Close)
	return h
}

// next returns the next request, and waits for it.
func (h *recorder) next(t *testing.T, what string) *http.Request {
	t.Helper()
	var r *http.Request
	eventually(t, what, func() (bool, string) {
		select {
		case r = <-h.requests:
			return true, ""
		default:
			return false, "nothing came to " + h.URL
		}
	})
	return r
}

// Registers, changes and deletes a client (RFC 7591, RFC 7592). The provider issues a new registration access token
// with each change, so a second change shows that fob stored the first one's.
func TestRegistrationAtOidcProvider(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	p := h.useCertified()
	h.must("provider", "register", p.Issuer, "registered", "--metadata", "client_name=fob e2e", "--metadata",
		"application_type=native")
	if l := decode[login](t, h.must("login", "registered", "--grant", "authorization_code", "--scope", "openid",
		"--json").stdout); l.Session == "" {
		t.Error("the registered client got no session")
	}
	type registered struct {
		ClientID string                     `json:"client_id"`
		Managed  bool                       `json:"managed"`
		Metadata map[string]json.RawMessage `json:"metadata"`
	}
	first := decode[registered](t, h.must("provider", "registration", "registered", "--json").stdout)
	if !first.Managed || first.ClientID == "" || string(first.Metadata["client_name"]) != `"fob e2e"` {
		t.Errorf("what is registered: got %+v", first)
	}
	for _, name := range []string{"changed once", "changed twice"} {
		changed := decode[registered](t, h.must("provider", "registration", "registered", "--metadata",
			"client_name="+name, "--json").stdout)
		if got := string(changed.Metadata["client_name"]); got != `"`+name+`"` || changed.ClientID != first.ClientID {
			t.Errorf("client_name: got %s of %s, want %q of %s", got, changed.ClientID, name, first.ClientID)
		}
	}
	h.must("provider", "unregister", "registered")
	if r := h.fob("login", "--issuer", p.Issuer, "--client-id", first.ClientID, "--grant", "device_code",
		"--json"); r.code != 4 || !strings.Contains(r.stderr, "invalid_client") {
		t.Errorf("a login after the client's end: exit %d, want 4 for invalid_client\n%s", r.code, r.stderr)
	}
	if r := h.fob("provider", "registration", "registered"); r.code == 0 {
		t.Error("the profile is still there")
	}
}

// A client whose ID is the URL of its metadata.
func TestAClientByItsMetadataDocumentAtOidcProvider(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	p := h.useCertified()
	pair, err := tls.LoadX509KeyPair(p.serverCert, p.serverKey)
	if err != nil {
		t.Fatal(err)
	}
	var id string
	fetched := make(chan string, 16)
	document := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"client_id":%q,"client_name":"fob e2e","application_type":"native",
			"redirect_uris":["http://127.0.0.1/callback"],"response_types":["code"],
			"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"none"}`, id)
		fetched <- r.URL.Path
	}))
	document.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	document.StartTLS()
	t.Cleanup(document.Close)
	id = document.URL + "/fob/client.json"
	l := decode[login](t, h.must("login", "--issuer", p.Issuer, "--client-id", id, "--grant", "authorization_code",
		"--auth-method", "none",
		"--scope", "openid offline_access", "--prompt", "consent", "--ca", p.ca, "--json").stdout)
	if l.checkLedger(t, "state id_token.aud id_token.signature", ""); !l.HasRefreshToken {
		t.Error("there is no refresh token")
	}
	if got := <-fetched; got != "/fob/client.json" {
		t.Errorf("the provider read %s, want the client's document", got)
	}
	h.must("refresh", l.Session)
}

// Logout: the browser returns to the registered URL, the back channel gets a logout token, and the user is signed out.
func TestLogoutAtOidcProvider(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	p := h.useCertified()
	h.keepCookies()
	back, bye := listen(t, http.StatusOK, ""), listen(t, http.StatusOK, "<p>Signed out</p>")
	h.must("provider", "register", p.Issuer, "leaving", "--metadata", "application_type=native", "--metadata",
		"backchannel_logout_uri="+back.URL+"/back",
		"--metadata", "backchannel_logout_session_required=true", "--metadata",
		`post_logout_redirect_uris=["`+bye.URL+`/bye"]`)
	l := decode[login](t, h.must("login", "leaving", "--grant", "authorization_code", "--scope", "openid",
		"--login-hint", "fred", "--json",
		"--param", "end_session.post_logout_redirect_uri="+bye.URL+"/bye", "--param",
		"end_session.state=until-then").stdout)
	out := decode[struct {
		Revoked []string `json:"revoked"`
		Opened  bool     `json:"opened"`
	}](t, h.must("logout", l.Session, "--browser", "--json").stdout)
	if !out.Opened || !slices.Contains(out.Revoked, "access") {
		t.Errorf("logout: got %+v, want the access token revoked and a browser opened", out)
	}
	logout := back.next(t, "the logout token")
	if logout.URL.Path != "/back" || logout.PostForm.Get("logout_token") == "" {
		t.Fatalf("the back channel got %s %v, want a logout token", logout.URL, logout.PostForm)
	}
	if came := bye.next(t, "the browser after the sign-out"); came.URL.Path != "/bye" ||
		came.URL.Query().Get("state") != "until-then" {
		t.Errorf("the browser came to %s, want /bye with its state", came.URL)
	}
	// A logout token can be inspected like other tokens.
	read := h.must("inspect", logout.PostForm.Get("logout_token"), "--issuer", p.Issuer, "--jwks",
		p.Issuer+"/jwks").stdout
	for _, want := range []string{"logout token", "signature: good", "fred", "backchannel-logout"} {
		if !strings.Contains(read, want) {
			t.Errorf("inspect does not say %q of the logout token:\n%s", want, read)
		}
	}
	if r := h.fob("login", "leaving", "--grant", "authorization_code", "--scope", "openid", "--prompt", "none",
		"--json"); r.code != 4 || !strings.Contains(r.stderr, "login_required") {
		t.Errorf("prompt=none after the sign-out: exit %d, want 4 for login_required\n%s", r.code, r.stderr)
	}
}

// CIBA in ping mode: the provider notifies fob, which need not poll.
func TestPingAtOidcProvider(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	p := h.useCertified()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := socket.Addr().String() + "/ciba"
	_ = socket.Close()
	h.must("provider", "register", p.Issuer, "pinged", "--metadata", "redirect_uris=[]", "--metadata",
		"response_types=[]", "--metadata", "token_endpoint_auth_method=client_secret_basic",
		"--metadata", `grant_types=["urn:openid:params:grant-type:ciba"]`, "--metadata",
		"backchannel_token_delivery_mode=ping", "--metadata",
		"backchannel_client_notification_endpoint=https://"+address)
	r := h.must("login", "pinged", "--grant", "ciba", "--login-hint", "alice", "--delivery-mode", "ping",
		"--notification-uri", "http://"+address, "--scope", "openid", "--steps", "--json")
	decode[login](t, r.stdout).checkLedger(t, "id_token.signature id_token.aud", "")
	if !strings.Contains(r.stderr, "The server reports that the user has decided") {
		t.Errorf("the steps do not tell of the notification:\n%s", r.stderr)
	}
}

// The request names the key that the token will be bound to: with another key the code is rejected.
func TestTheCodeIsBoundToTheDPoPKeyAtOidcProvider(t *testing.T) {
	h := newHome(t)
	h.unlockKeyring()
	h.useVisitor()
	p := h.useCertified()
	args := []string{"login", "--issuer", p.Issuer, "--client-id", "dpop", "--grant", "authorization_code", "--dpop",
		"--json"}
	if r := h.fob(append(args, "--param",
		"authorization.dpop_jkt=0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")...); r.code != 4 ||
		!strings.Contains(r.stderr, "invalid_grant") {
		t.Errorf("with the thumbprint of another key: exit %d, want 4 for invalid_grant\n%s", r.code, r.stderr)
	}
	h.must(args...)
}

// The provider's metadata and keys are shown.
func TestTheMetadataOfOidcProvider(t *testing.T) {
	h := newHome(t)
	p := h.useCertified()
	out := h.must("provider", p.Issuer, "--json").stdout
	for _, want := range []string{p.Issuer + "/jwks", "rsa-signs", "ed-signs",
		"pushed_authorization_request_endpoint"} {
		if !strings.Contains(out, want) {
			t.Errorf("fob provider does not tell of %s:\n%s", want, out)
		}
	}
}
