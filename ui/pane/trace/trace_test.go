package trace

import (
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"fob/flows/wire"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
)

func init() { time.Local = time.UTC }

var now = time.Date(2026, 11, 21, 21, 10, 0, 0, time.UTC)

func some() []wire.Exchange {
	message := func(body string) *wire.Message {
		return &wire.Message{Status: 200, Proto: "HTTP/1.1",
			Header: []wire.Field{{Name: "Content-Type", Value: "application/json"}}, Body: body, BodySize: len(body)}
	}
	return []wire.Exchange{
		{ID: 1, Purpose: "metadata", Started: now, Request: wire.Message{Method: "GET",
			URL: "https://login.acme.example/.well-known/openid-configuration", Proto: "HTTP/1.1"},
			Response: message(`{"issuer":"https://login.acme.example"}`), Timing: wire.Timing{DNS: time.Millisecond,
				Connect: 8 * time.Millisecond, TLS: 21 * time.Millisecond, FirstByte: 40 * time.Millisecond,
				Total: 71 * time.Millisecond},
			TLS: &wire.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Subject: "CN=login.acme.example",
				Issuer: "CN=R3", NotAfter: now.AddDate(0, 1, 0)}},
		{ID: 2, Purpose: "token endpoint", Started: now.Add(time.Second), Request: wire.Message{Method: "POST",
			URL: "https://login.acme.example/token", Proto: "HTTP/1.1",
			Body:   "grant_type=client_credentials&client_secret=hidden",
			Header: []wire.Field{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}},
			Err: "connection refused", Insecure: true},
	}
}

func shown(t *testing.T) *Pane {
	p := New(panetest.Context(t, func() time.Time { return now }))
	p.exchanges = some()
	p.table.SetRows(len(p.exchanges), p.row, nil)
	return p
}

func TestTheList(t *testing.T) {
	p := shown(t)
	panetest.Golden(t, "list", p)
	panetest.Sizes(t, "list", p)
	panetest.Sizes(t, "empty", New(panetest.Context(t, func() time.Time { return now })))
}

func TestExchangeViews(t *testing.T) {
	p := shown(t)
	p.Do(keys.Open)
	panetest.Golden(t, "response", p)
	p.Do(keys.TraceView)
	panetest.Golden(t, "explained", p)
	p.Do(keys.TraceView)
	panetest.Golden(t, "timing", p)
	p.Do(keys.TraceView)
	for range 4 {
		panetest.Sizes(t, "exchange", p)
		p.Do(keys.TraceView)
	}
	if !p.Back() || p.open.IsOpen() {
		t.Error("esc does not close the exchange")
	}
	p.Do(keys.Down)
	p.Do(keys.Open)
	if view := p.View(100, 20); !strings.Contains(view, "connection refused") || !strings.Contains(view, "insecure") {
		t.Errorf("got\n%s\nwant why there is no response, and that the certificate was not verified", view)
	}
	p.Do(keys.Left)
	if view := p.View(100, 20); !strings.Contains(view, "\n&client_secret=hidden") {
		t.Errorf("got\n%s\nwant a form's parameters one a line", view)
	}
}

func TestExportIsReadableOnlyByItsOwner(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx := panetest.Demo(t)
	p := New(ctx)
	d := panetest.NewDriver(t, ctx, p)
	if _, err := ctx.Service.Provider(t.Context(), "demo"); err != nil {
		t.Fatal(err)
	}
	d.Send(pane.TickMsg{})
	d.Run(p.Do(keys.TraceExport))
	d.Until("the file is written", func() bool { return len(d.Toasts) == 1 || len(d.Errors) > 0 })
	if len(d.Errors) > 0 {
		t.Fatal(d.Errors)
	}
	path := strings.TrimPrefix(d.Toasts[0], "written to ")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("got mode %o, want 600", got)
	}
	data, err := os.ReadFile(path)
	var har struct{ Log struct{ Entries []any } }
	if err != nil || json.Unmarshal(data, &har) != nil || len(har.Log.Entries) == 0 {
		t.Errorf("got %d entries and %v, want a HAR file with entries", len(har.Log.Entries), err)
	}
}

func TestMovingUpStopsFollowing(t *testing.T) {
	p := shown(t)
	p.follow = true
	p.Do(keys.End)
	if !p.follow {
		t.Error("the last line does not follow")
	}
	p.Do(keys.Up)
	if p.follow {
		t.Error("it still follows after moving up")
	}
}

func TestTheRequestIsCopiedAsCurl(t *testing.T) {
	p := shown(t)
	p.table.Select(1)
	for _, state := range []string{"in the list", "open"} {
		copied, _ := p.Do(keys.TraceCurl)().(pane.CopyMsg)
		for _, want := range []string{"curl ", "'https://login.acme.example/token'",
			`'client_secret='"$CLIENT_SECRET"`} {
			if !strings.Contains(copied.Text, want) {
				t.Errorf("%s: got\n%s\nwant %s in it", state, copied.Text, want)
			}
		}
		p.Do(keys.Open)
	}
}
