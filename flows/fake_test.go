package flows

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
)

// The values that must be only in the request with them.
const (
	canaryAccess  = "canary-access-token-0123456789abcdef"
	canaryRefresh = "canary-refresh-token-0123456789abcdef"
	canaryCode    = "canary-code-0123456789abcdef"
	canarySecret  = "canary-client-secret-0123456789abcdef"
	canaryDevice  = "canary-device-code-0123456789abcdef"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// fakeServer is an authorization server behind a wire.Doer. It works correctly unless a test changes its responses.
type fakeServer struct {
	t        *testing.T
	metadata *provider.Metadata
	key      jose.Key
	more     []jose.Key // in the key set beside it
	now      time.Time

	mu       sync.Mutex
	requests []*wire.Request
	forms    []url.Values // of the requests, in their order
	asked    url.Values   // the last authorization request, unwrapped
	outer    url.Values   // the same as the browser carried it
	pushed   url.Values   // the last pushed request
	waits    []time.Duration

	hangUp       func() // ends the run of signInBy; may be nil
	editCallback func(url.Values)
	editClaims   func(map[string]any)
	editTokens   func(map[string]any)
	// reply overrides the response to a request when it returns true.
	reply func(form url.Values) (answer, bool)
}

// answer is a raw response.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

func newFakeServer(t *testing.T) *fakeServer {
	t.Helper()
	key, err := jose.Generate("ES256", "k1")
	if err != nil {
		t.Fatal(err)
	}
	return &fakeServer{t: t, key: key, now: start, metadata: &provider.Metadata{
		Issuer:                "https://as.example",
		AuthorizationEndpoint: "https://as.example/authorize?p=policy",
		TokenEndpoint:         "https://as.example/token", DeviceAuthorizationEndpoint: "https://as.example/device",
		IntrospectionEndpoint: "https://as.example/introspect", RevocationEndpoint: "https://as.example/revoke",
		UserinfoEndpoint: "https://as.example/userinfo", JWKSURI: "https://as.example/jwks",
		PKCEMethods: []string{"S256"}, IDTokenAlgs: []string{"ES256"}, CallbackIssuer: true,
	}}
}

// Keys implements KeySource.
func (f *fakeServer) Keys(context.Context, string) (jose.KeySet, error) {
	return jose.NewKeySet(append([]jose.Key{f.key}, f.more...)...), nil
}

// Do implements wire.Doer.
func (f *fakeServer) Do(ctx context.Context, r *wire.Request) (*wire.Response, error) {
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		f.t.Errorf("the body is no form: %v", err)
	}
	f.mu.Lock()
	f.requests, f.forms = append(f.requests, r), append(f.forms, form)
	f.mu.Unlock()
	a := f.answer(r, form)
	if a.err != nil {
		return nil, a.err
	}
	if a.header == nil {
		a.header = http.Header{"Content-Type": {"application/json"}}
	}
	return &wire.Response{Status: a.status, Header: a.header, Body: []byte(a.body), Exchange: &wire.Exchange{
		Purpose: r.Purpose, Request: wire.Message{Method: r.Method, URL: r.URL},
		Response: &wire.Message{Status: a.status, Body: a.body},
	}}, nil
}

func (f *fakeServer) answer(r *wire.Request, form url.Values) answer {
	if f.reply != nil {
		if a, ok := f.reply(form); ok {
			return a
		}
	}
	switch r.URL {
	case f.metadata.DeviceAuthorizationEndpoint:
		return ok(map[string]any{"device_code": canaryDevice, "user_code": "ABCD-EFGH",
			"verification_uri": "https://as.example/d", "expires_in": 600, "interval": 1})
	case f.metadata.TokenEndpoint:
		return ok(f.tokens(form))
	case f.metadata.PAREndpoint:
		f.pushed = form
		return answer{status: 201, body: `{"request_uri":"urn:example:reference","expires_in":60}`}
	}
	return answer{status: 404, body: "{}"}
}

func ok(v any) answer {
	b, _ := json.Marshal(v)
	return answer{status: 200, body: string(b)}
}

func refuse(status int, code, description string) answer {
	b, _ := json.Marshal(map[string]string{"error": code, "error_description": description,
		"error_uri": "https://as.example/help"})
	return answer{status: status, body: string(b)}
}

// tokens returns a correct token response.
func (f *fakeServer) tokens(form url.Values) map[string]any {
	scope := form.Get("scope")
	if f.asked != nil {
		scope = f.asked.Get("scope")
	}
	out := map[string]any{"access_token": canaryAccess, "token_type": "Bearer", "expires_in": 120,
		"refresh_token": canaryRefresh + "-2"}
	if scope != "" {
		out["scope"] = scope
	}
	if form.Get("grant_type") != "client_credentials" {
		out["id_token"] = f.idToken()
	}
	if f.editTokens != nil {
		f.editTokens(out)
	}
	return out
}

func (f *fakeServer) idToken() string {
	half, err := jose.HalfHash("ES256", canaryAccess)
	if err != nil {
		f.t.Error(err)
	}
	claims := map[string]any{
		"iss": f.metadata.Issuer, "aud": "client", "sub": "alice", "iat": f.now.Unix(),
		"exp": f.now.Add(5 * time.Minute).Unix(), "at_hash": half,
	}
	if f.asked.Get("nonce") != "" {
		claims["nonce"] = f.asked.Get("nonce")
	}
	if f.asked.Get("max_age") != "" {
		claims["auth_time"] = f.now.Unix()
	}
	if acr := f.asked.Get("acr_values"); acr != "" {
		claims["acr"] = strings.Fields(acr)[0]
	}
	if f.editClaims != nil {
		f.editClaims(claims)
	}
	return f.sign(claims)
}

func (f *fakeServer) sign(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		f.t.Error(err)
	}
	token, err := jose.Sign(payload, nil, f.key)
	if err != nil {
		f.t.Error(err)
	}
	return token
}

// browse acts as a browser: it opens the authorization URL, signs in, and follows the redirect. It sends the last page
// to pages.
func (f *fakeServer) browse(pages chan<- string) func(context.Context, string) error {
	return func(_ context.Context, target string) error {
		u, err := url.Parse(target)
		if err != nil {
			return err
		}
		f.outer = u.Query()
		f.asked = f.unwrap(f.outer)
		back := url.Values{"code": {canaryCode}, "state": {f.asked.Get("state")}, "iss": {f.metadata.Issuer},
			"session_state": {"x"}}
		if f.editCallback != nil {
			f.editCallback(back)
		}
		go func() {
			resp, err := http.Get(f.asked.Get("redirect_uri") + "?" + back.Encode())
			if err != nil {
				pages <- "no page: " + err.Error()
				return
			}
			defer func() { _ = resp.Body.Close() }()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != http.StatusOK && f.hangUp != nil {
				f.t.Errorf("the redirect was refused: %d %s", resp.StatusCode, body)
				f.hangUp() // there will be no other response
			}
			pages <- string(body)
		}()
		return nil
	}
}

// unwrap returns the parameters of an authorization request, also of a pushed or signed one.
func (f *fakeServer) unwrap(q url.Values) url.Values {
	if q.Get("request_uri") == "urn:example:reference" {
		q = f.pushed
	}
	if !q.Has("request") {
		return q
	}
	t, err := decodeJWT(q.Get("request"))
	if err != nil {
		f.t.Errorf("the request object: %v", err)
		return q
	}
	return t.params()
}

// run returns a run against the server.
func (f *fakeServer) run(values Values) (*Run, *[]Step) {
	steps := &[]Step{}
	r := &Run{
		Provider: f.metadata, Keys: f, HTTP: f, Values: values, Client: Client{ID: "client"},
		Now:     func() time.Time { return f.now },
		Observe: func(s Step) { *steps = append(*steps, s) },
		Wait: func(ctx context.Context, d time.Duration) error {
			f.waits = append(f.waits, d)
			f.now = f.now.Add(d)
			return ctx.Err()
		},
	}
	return r, steps
}

// signIn runs the authorization code grant and also returns the browser's last page.
func (f *fakeServer) signIn(values Values, prepare func(*Run)) (set tokens.Set, run *Run, steps []Step, page string,
	err error) {
	f.t.Helper()
	return f.signInBy(AuthorizationCode, values, prepare)
}

// signInBy is signIn with another grant.
func (f *fakeServer) signInBy(g Grant, values Values, prepare func(*Run)) (set tokens.Set, run *Run, steps []Step,
	page string, err error) {
	f.t.Helper()
	v := g.Defaults()
	for name, value := range values {
		v[name] = value
	}
	pages := make(chan string, 1)
	r, log := f.run(v)
	r.Browser = f.browse(pages)
	if prepare != nil {
		prepare(r)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	f.hangUp = cancel
	set, err = g.Run(ctx, r)
	select {
	case page = <-pages:
	case <-ctx.Done():
		f.t.Fatal("the browser saw no page")
	}
	return set, r, *log, page, err
}

// failures returns the failed checks and the warnings, with their outcome.
func failures(l tokens.Ledger) string {
	var out []string
	for _, c := range l {
		if c.Outcome == tokens.Failed || c.Outcome == tokens.Warned {
			out = append(out, fmt.Sprintf("%s %s", c.ID, c.Outcome))
		}
	}
	return strings.Join(out, ", ")
}

func outcomeOf(l tokens.Ledger, kind tokens.CheckKind) tokens.Outcome {
	for _, c := range l {
		if c.ID == kind {
			return c.Outcome
		}
	}
	return ""
}
