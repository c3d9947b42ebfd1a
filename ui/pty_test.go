//go:build linux

// LEFT OUT elsewhere: it opens terminals by Linux's own calls.

package ui

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"fob/flows/profile"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
)

// onTerminal runs the workbench with one session on a terminal of 100x30. The screen is everything that was written.
func onTerminal(t *testing.T) (keyboard *os.File, screen func() string) {
	t.Helper()
	store, err := vault.Open(vault.Config{Backend: vault.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	meta := vault.Meta{ID: "a", Label: "alice", Kinds: []tokens.Kind{tokens.Access}}
	if err := store.Put(t.Context(),
		vault.Record{Meta: meta,
			Secrets: vault.Secrets{Set: tokens.Set{AccessToken: tokens.NewSecret("opaque")}}}); err != nil {
		t.Fatal(err)
	}
	svc, err := session.New(session.Options{Store: store, Profiles: profile.NewMemory(),
		Browser: func(context.Context, string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	_ = pty.Setsize(master, &pty.Winsize{Rows: 30, Cols: 100})
	ran := make(chan error, 1)
	seen := watch(master)
	ctx, stop := context.WithCancel(t.Context())
	go func() { ran <- Run(ctx, Config{Service: svc, In: tty, Out: tty}) }()
	t.Cleanup(func() { stop(); <-ran; _ = tty.Close(); _ = master.Close() })
	return master, seen
}

// watch reads what is written to a terminal, and returns what it has read so far.
func watch(master *os.File) (seen func() string) {
	var mu sync.Mutex
	var text strings.Builder
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			mu.Lock()
			text.Write(buf[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}

// shown waits until the last of the texts that the terminal shows in turn is the wanted one.
func shown(t *testing.T, screen func() string, want string, others ...string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		at, newer := strings.LastIndex(screen(), want), false
		for _, other := range others {
			newer = newer || strings.LastIndex(screen(), other) > at
		}
		if at >= 0 && !newer {
			return
		}
	}
	all := screen()
	t.Fatalf("%q never was the newest of %q; the terminal got, at last, %q", want, others, all[max(0, len(all)-2000):])
}

// Enter and the next key may come in one read, or so close that the work of the first is still on its way.
func TestNoKeyIsLostAfterEnter(t *testing.T) {
	keyboard, screen := onTerminal(t)
	shown(t, screen, "alice")
	press := func(text string) {
		if _, err := keyboard.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	for range 25 {
		press("\r3") // opens the session's token, goes on to Calls
		shown(t, screen, "[3 Calls]", "[1 Token]", "[2 Expiry]")
		press("2")
		shown(t, screen, "[2 Expiry]", "[1 Token]", "[3 Calls]")
		press("\r") // the same from the board of expiries
		press("3")
		shown(t, screen, "[3 Calls]", "[1 Token]", "[2 Expiry]")
		press("0")
		shown(t, screen, "enter", "never")
	}
	press("2?") // the help of the pane that has the focus in the end
	shown(t, screen, "Help: Expiry")
}
