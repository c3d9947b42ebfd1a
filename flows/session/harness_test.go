package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/demo"
	"fob/flows/profile"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
)

// clock is a clock that moves only by Advance, shared by the server and fob.
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

// backend is a vault backend that can fail.
type backend struct {
	vault.Backend
	mu     sync.Mutex
	broken error
	left   int             // number of successful writes before it fails
	read   chan<- struct{} // closed at the next Get
}

// notifyGet closes the channel at the next read.
func (b *backend) notifyGet(read chan<- struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read = read
}

func (b *backend) Get(ctx context.Context, item string) ([]byte, error) {
	b.mu.Lock()
	if b.read != nil {
		close(b.read)
		b.read = nil
	}
	b.mu.Unlock()
	return b.Backend.Get(ctx, item)
}

func (b *backend) breakWith(err error) { b.breakAfter(0, err) }

// breakAfter fails after a number of successful writes.
func (b *backend) breakAfter(writes int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left, b.broken = writes, err
}

func (b *backend) Set(ctx context.Context, item string, value []byte) error {
	b.mu.Lock()
	err := b.broken
	if err != nil && b.left > 0 {
		b.left--
		err = nil
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	return b.Backend.Set(ctx, item, value)
}

// bench is a demo provider with what a test needs to make services for it.
type bench struct {
	t       *testing.T
	server  *demo.Server
	clock   *clock
	backend *backend
	dir     string
	file    *profile.File
	*Service
	recorder *wire.Recorder

	mu      sync.Mutex
	refused []func() // end the runs that wait for a browser
}

// onRefusal calls end when fob rejects the browser's redirect: a run that waits for it would wait forever.
func (b *bench) onRefusal(end func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused = append(b.refused, end)
}

func (b *bench) refuse() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, end := range b.refused {
		end()
	}
}

// shared is the provider of most tests: generating its keys is slow. Its clock only moves forward.
var shared = sync.OnceValues(func() (*demo.Server, *clock) {
	c := &clock{now: time.Now().Truncate(time.Second)}
	server, err := demo.Start(demo.Config{AutoConsent: true, Now: c.Now})
	if err != nil {
		panic(err)
	}
	return server, c
})

// newBench returns a bench with a new vault. The faults are on until the test ends.
func newBench(t *testing.T, faults ...string) *bench {
	t.Helper()
	server, c := shared()
	b := benchOf(t, server, c)
	for _, name := range faults {
		b.fault(name)
	}
	return b
}

func benchOf(t *testing.T, server *demo.Server, c *clock) *bench {
	t.Helper()
	b := &bench{t: t, server: server, clock: c, dir: t.TempDir(), backend: &backend{Backend: vault.NewMemory()}}
	d := server.Description()
	secret := d.Client("demo-service").ClientSecret
	b.file = profile.NewMemory(
		profile.Profile{Name: "demo", Issuer: server.Issuer(), ClientID: "demo-public", API: server.API(),
			Values: map[string]string{"scope": "openid profile email offline_access api:read api:write"}},
		profile.Profile{Name: "service", Issuer: server.Issuer(), ClientID: "demo-service",
			Grant: "client_credentials", API: server.API(),
			ClientSecret: &profile.Ref{Env: "DEMO_SECRET"}, Values: map[string]string{"scope": "api:read"}},
		profile.Profile{Name: "post", Issuer: server.Issuer(), ClientID: "demo-post", AuthMethod: "client_secret_post",
			ClientSecret: &profile.Ref{Env: "POST_SECRET"},
			Values:       map[string]string{"scope": "openid offline_access api:read"}},
	)
	b.Service, b.recorder = b.another(func(name string) string {
		return map[string]string{"DEMO_SECRET": secret.Reveal(),
			"POST_SECRET": d.Client("demo-post").ClientSecret.Reveal()}[name]
	})
	return b
}

// another returns a second service on the same vault, as another process would have.
func (b *bench) another(getenv func(string) string) (*Service, *wire.Recorder) {
	b.t.Helper()
	store, err := vault.Open(vault.Config{Dir: filepath.Join(b.dir, "state"), Backend: b.backend, Now: b.clock.Now})
	if err != nil {
		b.t.Fatal(err)
	}
	recorder := wire.NewRecorder(0)
	s, err := New(Options{
		Store: store, Profiles: b.file, Now: b.clock.Now, Getenv: getenv, Recorder: recorder, Browser: b.browse,
		Wait: func(ctx context.Context, d time.Duration) error { b.clock.Advance(d); return ctx.Err() },
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return s, recorder
}

// browse is the browser: it follows redirects, and approves a device as alice.
func (b *bench) browse(_ context.Context, target string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	u, err := url.Parse(target)
	if err != nil {
		return err
	}
	if u.Path == "/device" {
		return b.approveDevice(client, u.Query().Get("user_code"))
	}
	// What a page's script would send of the fragment.
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if f := r.URL.EscapedFragment(); f != "" {
			r.Method, r.Body = http.MethodPost,
				io.NopCloser(strings.NewReader(url.Values{"fob_fragment": {f}}.Encode()))
			r.ContentLength = -1
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return nil
	}
	go func() {
		// fob decides how it ends: a rejected callback is an error page here.
		if resp, err := client.Get(target); err == nil {
			submit(client, resp)
			_ = resp.Body.Close()
			if resp.StatusCode >= http.StatusBadRequest && !strings.HasPrefix(resp.Request.URL.String(),
				b.server.Issuer()) {
				b.refuse()
			}
		}
	}()
	return nil
}

func (b *bench) approveDevice(client *http.Client, code string) error {
	at := b.server.Issuer() + "/device"
	for _, form := range []url.Values{{"user_code": {code}}, {"username": {"alice"}, "password": {demo.Password}},
		{"decision": {"allow"}}} {
		resp, err := client.PostForm(at, form)
		if err != nil {
			return err
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("approving the device: %d %s", resp.StatusCode, body)
		}
		at = resp.Request.URL.String()
	}
	return nil
}

func (b *bench) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	b.t.Cleanup(cancel)
	b.onRefusal(cancel)
	return ctx
}

// login logs in; an error ends the test.
func (b *bench) login(r LoginRequest) Result {
	b.t.Helper()
	result, err := b.Login(b.ctx(), r, nil)
	if err != nil {
		b.t.Fatalf("logging in: %v", err)
	}
	if result.StoreErr != nil {
		b.t.Fatalf("storing: %v", result.StoreErr)
	}
	return result
}

// opaque is a login whose access token is not a JWT.
func (b *bench) opaque() LoginRequest {
	return LoginRequest{Profile: "demo", Values: flows.Values{"resource": b.server.OpaqueResource()}}
}

// fault switches a fault on until the test ends.
func (b *bench) fault(name string) {
	b.t.Helper()
	if err := b.server.SetFault(name, true); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { b.noFault(name) })
}

// noFault switches a fault off.
func (b *bench) noFault(name string) {
	b.t.Helper()
	if err := b.server.SetFault(name, false); err != nil {
		b.t.Fatal(err)
	}
}

// sent counts the requests to the token endpoint with the grant type in the recorders.
func sent(grantType string, recorders ...*wire.Recorder) int {
	n := 0
	for _, r := range recorders {
		for _, x := range r.Exchanges() {
			if form, err := url.ParseQuery(x.Request.Body); err == nil && form.Get("grant_type") == grantType {
				n++
			}
		}
	}
	return n
}

// failures returns the IDs of the checks that failed or warned.
func failures(l tokens.Ledger) string {
	var out []string
	for _, c := range l {
		if c.Outcome == tokens.Failed || c.Outcome == tokens.Warned {
			out = append(out, string(c.ID))
		}
	}
	return strings.Join(out, " ")
}

// sessions returns the number of stored sessions.
func (b *bench) sessions() int {
	b.t.Helper()
	list, err := b.Sessions(b.ctx())
	if err != nil {
		b.t.Fatal(err)
	}
	return len(list)
}

// mustJSON returns a value as a machine-readable verb would print it.
func mustJSON(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

var errBroken = errors.New("the keyring is gone")
