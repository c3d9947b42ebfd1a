//go:build linux

// LEFT OUT elsewhere: it opens terminals by Linux's own calls, and reads /proc.

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A verb that waits for something that never comes ends with a signal, and leaves the terminal's echo on.
func TestASignalEndsAVerbThatWaits(t *testing.T) {
	login := []string{"login", "--issuer", "http://127.0.0.1:9", "--client-id", "cli", "--grant", "client_credentials"}
	for name, c := range map[string]struct {
		args  []string
		env   map[string]string // FIFO is replaced by the path of one without a writer
		shown string
	}{
		"a prompt":             {args: append(login, "--client-secret-ask"), shown: "Client secret:"},
		"a secret from a FIFO": {args: append(login, "--client-secret-file", "FIFO")},
		"a profile from a FIFO": {args: []string{"profile", "list"},
			env: map[string]string{"FOB_CONFIG": "FIFO"}},
		"a token from a FIFO":          {args: []string{"inspect", "@FIFO"}},
		"a CA file that is a FIFO":     {args: append(login, "--ca", "FIFO")},
		"a certificate that is a FIFO": {args: append(login, "--cert", "FIFO")},
		"standard input":               {args: []string{"inspect", "-"}},
	} {
		for _, sig := range []unix.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP} {
			t.Run(name+" "+unix.SignalName(sig), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				fifo := filepath.Join(w.dir, "fifo")
				if err := unix.Mkfifo(fifo, 0o600); err != nil {
					t.Fatal(err)
				}
				var args []string
				for _, a := range c.args {
					switch a {
					case "FIFO":
						a = fifo
					case "@FIFO":
						a = "@" + fifo
					}
					args = append(args, a)
				}
				for name := range c.env {
					w.env[name] = fifo
				}
				console := w.console(func(cmd *exec.Cmd) {
					cmd.Env = append(cmd.Env, "GOTRACEBACK=none")
				}, args...)
				if c.shown != "" {
					console.await(0, c.shown)
				} else {
					awaitIdle(t, console.cmd.Process.Pid)
				}
				console.signal(sig)
				if code := console.end(); code != exitInterrupted {
					t.Errorf("exit %d, want %d: %s", code, exitInterrupted, console.seen())
				}
				if after := console.modes(); after != console.before {
					t.Errorf("the terminal's modes differ:\n got %+v\nwant %+v", after, console.before)
				}
			})
		}
	}
}

// ctrl+c ends a whole pipeline: the reader of fob's output may be gone before fob prints that it waits for the
// response.
func TestAnInterruptedPipelineLosesNothing(t *testing.T) {
	w, p, id := newRotatingWorld(t)
	carriedOut, answer := make(chan struct{}, 1), make(chan struct{})
	p.beforeAnswers(func() {
		carriedOut <- struct{}{}
		<-answer
	})
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := w.command("refresh", id)
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	w.waitFor(carriedOut, "the provider to be asked")
	_ = reader.Close()
	_ = cmd.Process.Signal(os.Interrupt)
	awaitIdle(t, cmd.Process.Pid) // fob has tried to say that the answer is awaited
	_ = cmd.Process.Signal(unix.SIGTERM)
	close(answer)
	p.beforeAnswers(nil)
	_ = cmd.Wait()
	w.works(p, id)
	if _, reused := p.refreshes(); reused != 0 {
		t.Errorf("the provider's log has %d reuses", reused)
	}
}

// init makes a program send itself as many signals as FOB_TEST_SIGNALS_AT_PROMPT says, at its prompt for a secret.
func init() {
	disturbPrompt = func(a *app) {
		signals, read := os.Getenv("FOB_TEST_SIGNALS_AT_PROMPT"), a.readSecret
		if signals == "" {
			return
		}
		a.readSecret = func(ctx context.Context, ask func()) ([]byte, error) {
			return read(ctx, func() {
				if modes, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil && modes.Lflag&unix.ECHO == 0 {
					_, _ = fmt.Fprintln(a.stderr, "the echo is off")
				}
				_ = unix.Kill(unix.Getpid(), unix.SIGTERM)
				<-ctx.Done()
				if signals == "2" {
					_ = unix.Kill(unix.Getpid(), unix.SIGTERM)
					select {}
				}
				ask()
			})
		}
	}
}

// A signal arrives when the echo is off and the question is not yet printed, and then a second one, before the prompt
// reacts to the first.
func TestASignalWhileAPromptSwitchesTheEchoOff(t *testing.T) {
	for _, signals := range []string{"1", "2"} {
		t.Run(signals, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.env["FOB_TEST_SIGNALS_AT_PROMPT"] = signals
			console := w.console(nil, "login", "--issuer", "http://127.0.0.1:9", "--client-id", "cli",
				"--grant", "client_credentials", "--client-secret-ask")
			console.await(0, "the echo is off")
			if code := console.end(); code != exitInterrupted {
				t.Errorf("exit %d, want %d: %s", code, exitInterrupted, console.seen())
			}
			if after := console.modes(); after != console.before {
				t.Errorf("the terminal's modes differ:\n got %+v\nwant %+v", after, console.before)
			}
		})
	}
}

// awaitIdle waits until a process has used no CPU for a while, so that it must be waiting for something.
func awaitIdle(t *testing.T, pid int) {
	t.Helper()
	const looks = 25
	idle, before := 0, ""
	for deadline := time.Now().Add(endsWithin); idle < looks; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the program never waited")
		}
		now := activity(t, pid)
		if now != before || strings.Contains(now, "running") {
			idle, before = 0, now
			continue
		}
		idle++
	}
}

// activity returns how long each thread of a process has run, and which are running or runnable.
func activity(t *testing.T, pid int) string {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil || len(threads) == 0 {
		t.Fatalf("process %d is not there", pid)
	}
	var b strings.Builder
	for _, thread := range threads {
		for _, name := range []string{"schedstat", "status"} {
			data, _ := os.ReadFile(filepath.Join(thread, name))
			if name == "schedstat" {
				b.Write(data)
			} else if strings.Contains(string(data), "(running)") {
				b.WriteString("running ")
			}
		}
	}
	return b.String()
}
