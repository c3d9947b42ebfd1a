// Package panetest drives panes in tests: it runs their commands, acts as the root, and compares their views with
// recorded ones. Only tests import it.
package panetest

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"fob/flows/demo"
	"fob/flows/profile"
	"fob/flows/session"
	"fob/tokens/vault"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

var update = flag.Bool("update", false, "record the views again")

// Deadline bounds how long a test waits for a state.
const Deadline = 20 * time.Second

// Context is a context without colours and with the given clock; the service has an empty memory vault.
func Context(t testing.TB, now func() time.Time, profiles ...profile.Profile) *pane.Context {
	t.Helper()
	svc, err := session.New(session.Options{Store: Store(t), Profiles: profile.NewMemory(profiles...), Now: now,
		Browser: func(context.Context, string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return &pane.Context{Service: svc, Styles: theme.NewFor("dark", true, false, termenv.Ascii), Now: now}
}

// Store is a vault in memory.
func Store(t testing.TB) *vault.Store {
	t.Helper()
	store, err := vault.Open(vault.Config{Backend: vault.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// Demo is a context whose profile "demo" is a demo provider that signs alice in without a page; the browser follows
// redirects only.
func Demo(t *testing.T, faults ...string) *pane.Context {
	t.Helper()
	server, err := demo.Start(demo.Config{Addr: "127.0.0.1:0", AutoConsent: true, Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	svc, err := session.New(session.Options{Store: Store(t), Browser: followRedirects,
		Profiles: profile.NewMemory(profile.Profile{Name: "demo", Issuer: server.Issuer(), ClientID: "demo-public",
			API: server.API()})})
	if err != nil {
		t.Fatal(err)
	}
	st := theme.NewFor("dark", true, false, termenv.Ascii)
	return &pane.Context{Service: svc, Styles: st, Now: time.Now, Profile: "demo"}
}

// followRedirects is a browser that follows redirects. The last page is answered only when the run has ended, so it is
// not awaited here.
func followRedirects(_ context.Context, url string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar, Timeout: Deadline}
	go func() {
		resp, err := client.Get(url)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}()
	return nil
}

// Driver runs the commands of panes and acts as the root: it reads the sessions, broadcasts selections, and records
// what the panes request.
type Driver struct {
	t        *testing.T
	ctx      *pane.Context
	panes    []pane.Pane
	messages chan tea.Msg
	selected string

	Errors   []pane.ErrorMsg
	Toasts   []string
	Copies   []pane.CopyMsg
	Confirms []pane.ConfirmMsg
	Selects  []pane.SelectMsg
	Inspects []pane.InspectMsg
	Chooses  []pane.ChooseMsg
}

// NewDriver drives the panes.
func NewDriver(t *testing.T, ctx *pane.Context, panes ...pane.Pane) *Driver {
	return &Driver{t: t, ctx: ctx, panes: panes, messages: make(chan tea.Msg, 1024)}
}

// Run starts a command; the next Until handles its message.
func (d *Driver) Run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() { d.messages <- cmd() }()
}

// Send sends a message to every pane.
func (d *Driver) Send(msg tea.Msg) {
	for _, p := range d.panes {
		d.Run(p.Update(msg))
	}
	d.drainRequests()
}

// drainRequests handles what the panes have requested.
func (d *Driver) drainRequests() {
	for msg := d.ctx.NextRequest(); msg != nil; msg = d.ctx.NextRequest() {
		d.handle(msg)
	}
}

// Type presses keys, one rune each; "\n" is enter.
func (d *Driver) Type(text string) {
	for _, r := range text {
		if r == '\n' {
			d.Send(tea.KeyMsg{Type: tea.KeyEnter})
			continue
		}
		d.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
}

// Until handles messages until the state is reached.
func (d *Driver) Until(what string, reached func() bool) {
	d.t.Helper()
	deadline := time.After(Deadline)
	for d.drainRequests(); !reached(); d.drainRequests() {
		select {
		case msg := <-d.messages:
			d.handle(msg)
		case <-deadline:
			views := ""
			for _, p := range d.panes {
				views += "\n" + p.View(120, 40)
			}
			d.t.Fatalf("never reached: %s; errors %v; toasts %v%s", what, d.Errors, d.Toasts, views)
		}
	}
}

func (d *Driver) handle(msg tea.Msg) {
	switch m := msg.(type) {
	case nil:
	case tea.BatchMsg:
		for _, cmd := range m {
			d.Run(cmd)
		}
	case pane.ErrorMsg:
		d.Errors = append(d.Errors, m)
	case pane.ToastMsg:
		d.Toasts = append(d.Toasts, m.Text)
	case pane.CopyMsg:
		d.Copies = append(d.Copies, m)
	case pane.ConfirmMsg:
		d.Confirms = append(d.Confirms, m)
	case pane.InspectMsg:
		d.Inspects = append(d.Inspects, m)
	case pane.ChooseMsg:
		d.Chooses = append(d.Chooses, m)
	case pane.SelectMsg:
		d.Selects = append(d.Selects, m)
		d.selected = m.ID
		d.Reload()
	case pane.ReloadMsg:
		d.Reload()
	default:
		d.Send(msg)
	}
}

// Reload reads the sessions and broadcasts them, as the root does.
func (d *Driver) Reload() {
	list, err := d.ctx.Service.Sessions(context.Background())
	d.Send(pane.SessionsMsg{Sessions: list, Err: err})
	selected := vault.Meta{}
	for i, m := range list {
		if m.ID == d.selected || i == 0 {
			selected = m
		}
	}
	d.Send(pane.SelectedMsg{Meta: selected})
}

// Sizes checks the view of a pane at many sizes: exactly the height, never more than the width.
func Sizes(t testing.TB, name string, p interface{ View(w, h int) string }) {
	t.Helper()
	for _, w := range []int{20, 30, 38, 58, 60, 78, 80, 88, 100, 118, 160, 200} {
		for _, h := range []int{5, 6, 8, 10, 15, 20, 24, 40, 60} {
			lines := strings.Split(p.View(w, h), "\n")
			if len(lines) != h {
				t.Errorf("%s at %dx%d: got %d lines, want %d", name, w, h, len(lines), h)
			}
			for i, l := range lines {
				if got := widget.Width(l); got > w {
					t.Errorf("%s at %dx%d: line %d is %d cells wide: %q", name, w, h, i, got, l)
				}
			}
		}
	}
}

// Golden compares a view at two sizes with the one recorded in testdata; -update records it.
func Golden(t *testing.T, name string, p interface{ View(w, h int) string }) {
	t.Helper()
	for _, size := range [][2]int{{60, 18}, {110, 30}} {
		var b strings.Builder
		for _, l := range strings.Split(p.View(size[0], size[1]), "\n") {
			b.WriteString(strings.TrimRight(l, " ") + "\n")
		}
		path := filepath.Join("testdata", fmt.Sprintf("%s-%dx%d.txt", name, size[0], size[1]))
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v (go test -update records it)", err)
		}
		if b.String() != string(want) {
			t.Errorf("%s differs\ngot:\n%s\nwant:\n%s", path, b.String(), want)
		}
	}
}
