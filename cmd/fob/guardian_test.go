//go:build linux

// LEFT OUT elsewhere: it opens terminals by Linux's own calls.

package main

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestAKilledWorkbenchRestoresTheTerminal(t *testing.T) {
	c := newWorld(t).workbench(nil)
	from := len(c.seen())
	c.signal(unix.SIGKILL)
	c.end()
	c.await(from, "the terminal is as it was before")
	c.restored(from)
}

// The terminal of a suspended workbench is the shell's.
func TestAKilledSuspendedWorkbenchLeavesTheTerminalAlone(t *testing.T) {
	c := newWorld(t).workbench(underShell("kill -KILL %1"))
	fob := c.child()
	guardian := childOf(t, fob)
	c.press("\x1a", "STOPPED")
	from := len(c.seen())
	c.press("\r", "ENDED")
	for deadline := time.Now().Add(endsWithin); unix.Kill(guardian, 0) == nil; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the guardian did not end")
		}
	}
	if text := c.seen()[from:]; strings.Contains(text, "\x1b[?1049l") {
		t.Errorf("the guardian wrote to the shell's terminal: %q", text)
	}
}

func TestTheFirstSignalEndsInOrderAndTheSecondAtOnce(t *testing.T) {
	now := make(chan struct{})
	ctx, stop := endOnSignal(context.Background(), func() { close(now) })
	defer stop()
	for _, ended := range []<-chan struct{}{ctx.Done(), now} {
		if err := syscall.Kill(syscall.Getpid(), unix.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ended:
		case <-time.After(endsWithin):
			t.Fatal("a signal had no effect")
		}
	}
}

// The command that runs the guardian is not listed.
func TestTheGuardianIsHidden(t *testing.T) {
	w := newWorld(t)
	if out := w.must("--help").out; strings.Contains(out, guardTerminal) {
		t.Errorf("help names it:\n%s", out)
	}
	cmd := w.command(guardTerminal)
	cmd.Stdin = strings.NewReader("no modes\ndone\n")
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("it printed %q and ended with %v", out, err)
	}
}

// A copy that no clipboard accepted is in a file while the program runs.
func TestTheFileOfACopyIsDeletedAtTheEnd(t *testing.T) {
	for name, end := range map[string]func(*console){
		"quit":    func(c *console) { c.press("\x03", "cancelled"); c.press("q", "\x1b[?1049l") },
		"SIGTERM": func(c *console) { c.signal(unix.SIGTERM) },
		"SIGKILL": func(c *console) { c.signal(unix.SIGKILL) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.env["XDG_RUNTIME_DIR"] = w.dir
			c := w.workbench(nil)
			stages["during a flow"](c)
			c.press("y", "to the clipboard")
			c.press("F", "written to")
			copies := func() []string {
				list, err := filepath.Glob(filepath.Join(w.dir, "fob-copy-*"))
				if err != nil {
					t.Fatal(err)
				}
				return list
			}
			if list := copies(); len(list) != 1 {
				t.Fatalf("got the files %q, want one", list)
			}
			end(c)
			c.end()
			for deadline := time.Now().Add(endsWithin); len(copies()) > 0; time.Sleep(2 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%q is still there", copies())
				}
			}
		})
	}
}
