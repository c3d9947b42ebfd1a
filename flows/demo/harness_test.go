package demo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/tokens/jose"
)

// clock is a clock that moves when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is a server, its clock, and a browser-like client that follows no redirect.
type bench struct {
	*Server
	t     testing.TB
	clock *clock
	http  *http.Client
}

func start(t testing.TB, c Config) *bench {
	t.Helper()
	b := &bench{t: t, clock: &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}}
	if c.Now == nil {
		c.Now = b.clock.Now
	}
	s, err := Start(c)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	b.Server = s
	b.newBrowser()
	return b
}

// newBrowser forgets all cookies.
func (b *bench) newBrowser() {
	jar, _ := cookiejar.New(nil)
	b.http = &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request,
		[]*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// answer is a response, read.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.Body), &m); err != nil {
		t.Fatalf("not JSON (status %d): %v\n%s", a.Status, err, a.Body)
	}
	return m
}

func (a answer) location(t testing.TB) *url.URL {
	t.Helper()
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.Header.Get("Location") == "" {
		t.Fatalf("status %d without a Location: %v\n%s", a.Status, err, a.Body)
	}
	return u
}

func (b *bench) try(r *http.Request) (answer, error) {
	response, err := b.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body)}, err
}

func (b *bench) do(r *http.Request) answer {
	b.t.Helper()
	a, err := b.try(r)
	if err != nil {
		b.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	return a
}

func (b *bench) request(method, path, body string) *http.Request {
	b.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.Issuer() + path
	}
	r, err := http.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bench) get(path string) answer { return b.do(b.request("GET", path, "")) }

// form is a list of names and values; a later name replaces an earlier one, and an empty value drops it.
func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if v.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	return v
}

func (b *bench) post(path string, v url.Values) answer {
	r := b.request("POST", path, v.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// postAs posts as a client: basic for demo-service, in the body for demo-post, by name alone for public ones.
func (b *bench) postAs(clientID, path string, v url.Values) answer {
	b.t.Helper()
	c := b.Description().Client(clientID)
	switch c.AuthMethod {
	case "client_secret_post":
		v.Set("client_secret", c.ClientSecret.Reveal())
		fallthrough
	case "none":
		v.Set("client_id", clientID)
	}
	r := b.request("POST", path, v.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.AuthMethod == "client_secret_basic" {
		r.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(c.ClientSecret.Reveal()))
	}
	return b.do(r)
}

func (b *bench) call(method, path, token, body string) answer {
	r := b.request(method, path, body)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return b.do(r)
}

const (
	testRedirect = "http://127.0.0.1:49152/callback"
	testVerifier = "verifier-verifier-verifier-verifier-verifier"
	testState    = "state-1"
	testNonce    = "nonce-1"
)

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authQuery is a good authorization request of demo-public, with changes.
func authQuery(changes ...string) url.Values {
	return form(append([]string{"response_type", "code", "client_id", "demo-public", "redirect_uri", testRedirect,
		"scope", "openid profile email offline_access api:read", "state", testState, "nonce", testNonce,
		"code_challenge", challengeOf(testVerifier), "code_challenge_method", "S256"}, changes...)...)
}

func (b *bench) authorizeWith(changes ...string) answer {
	return b.get("/authorize?" + authQuery(changes...).Encode())
}

// code runs the authorization request of an AutoConsent server and returns the code.
func (b *bench) code(changes ...string) string {
	b.t.Helper()
	u := b.authorizeWith(changes...).location(b.t)
	code := u.Query().Get("code")
	if code == "" {
		b.t.Fatalf("no code in %s", u)
	}
	return code
}

func (b *bench) redeem(clientID, code string, changes ...string) answer {
	return b.postAs(clientID, "/token", form(append([]string{"grant_type", grantAuthorizationCode, "code", code,
		"redirect_uri", testRedirect, "code_verifier", testVerifier}, changes...)...))
}

// tokens is the whole code flow of demo-public.
func (b *bench) tokens(changes ...string) map[string]any {
	b.t.Helper()
	a := b.redeem("demo-public", b.code(changes...))
	if a.Status != http.StatusOK {
		b.t.Fatalf("token endpoint: %d %s", a.Status, a.Body)
	}
	return a.json(b.t)
}

func (b *bench) refreshWith(token string, changes ...string) answer {
	return b.postAs("demo-public", "/token",
		form(append([]string{"grant_type", grantRefreshToken, "refresh_token", token}, changes...)...))
}

func str(m map[string]any, name string) string { s, _ := m[name].(string); return s }

// wantError checks status and error code, and that the description says something.
func wantError(t testing.TB, a answer, status int, code string) {
	t.Helper()
	m := a.json(t)
	if a.Status != status || str(m, "error") != code || str(m, "error_description") == "" {
		t.Errorf("got %d %s, want %d %s with a description", a.Status, a.Body, status, code)
	}
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q, want no-store", a.Header.Get("Cache-Control"))
	}
}

var hiddenField = regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`)

// formFields reads the fields of a page that posts itself.
func formFields(page string) map[string]string {
	fields := map[string]string{}
	for _, m := range hiddenField.FindAllStringSubmatch(page, -1) {
		fields[html.UnescapeString(m[1])] = html.UnescapeString(m[2])
	}
	return fields
}

// interactionPath follows a redirect to the page of an interaction.
func (b *bench) interactionPath(a answer) string {
	b.t.Helper()
	path := a.location(b.t).Path
	if !strings.HasPrefix(path, "/interaction/") {
		b.t.Fatalf("redirected to %s, want an interaction", a.location(b.t))
	}
	return path
}

func (b *bench) signInAt(path, username string) answer {
	return b.post(path, form("username", username, "password", Password, "otp", oneTimeCode))
}

// waitUntilDone is a Wait that lasts until the request ends, and tells how long it was meant to last.
func waitUntilDone(told chan<- time.Duration) func(context.Context, time.Duration) error {
	return func(ctx context.Context, d time.Duration) error {
		<-ctx.Done()
		told <- d
		return ctx.Err()
	}
}

func mustClients(t testing.TB) *clients {
	t.Helper()
	s, err := newServer(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return s.clients
}

// clientKeyOf is the private key of a client that is there from the start.
func (b *bench) clientKeyOf(clientID, use string) jose.Key {
	b.t.Helper()
	set, err := jose.ParseKeySet([]byte(b.Description().Client(clientID).Keys.Reveal()))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, k := range set.Keys() {
		if k.Use() == use {
			return k
		}
	}
	b.t.Fatalf("%s has no key for %s", clientID, use)
	return jose.Key{}
}

// signAs signs claims with a client's key.
func (b *bench) signAs(clientID, typ string, claims map[string]any) string {
	b.t.Helper()
	token, err := signWith(b.clientKeyOf(clientID, "sig"), typ, claims)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

// newDocumentHost serves texts by path.
func newDocumentHost(t testing.TB, texts map[string]string) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := texts[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
