//go:build linux

// LEFT OUT elsewhere: it opens terminals by Linux's own calls, and needs a shell with job control.

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// underShell makes a shell with job control start the program: it prints STOPPED when the program has stopped, and with
// the next line that is typed it runs then, by default fg. At the end it prints ENDED and the exit code.
func underShell(then string) func(*exec.Cmd) {
	const script = `"$@"; echo "STOPPED $?"; read line; eval "$THEN"; echo "ENDED $?"`
	return func(cmd *exec.Cmd) {
		cmd.Args = append([]string{"sh", "-m", "-c", script, "sh", cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
		cmd.Env = append(cmd.Env, "THEN="+then)
	}
}

// child is the process that the shell of underShell has started.
func (c *console) child() int { c.t.Helper(); return childOf(c.t, c.cmd.Process.Pid) }

// childOf returns the first child of a process, waiting for its start.
func childOf(t *testing.T, pid int) (child int) {
	t.Helper()
	for deadline := time.Now().Add(endsWithin); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		for _, thread := range threads {
			if data, err := os.ReadFile(thread); err == nil && len(data) > 0 {
				if _, err := fmt.Sscan(string(data), &child); err == nil {
					return child
				}
			}
		}
	}
	t.Fatalf("process %d has no child", pid)
	return 0
}

func (c *console) kill(pid int, s syscall.Signal) {
	c.t.Helper()
	if err := unix.Kill(pid, s); err != nil {
		c.t.Fatal(err)
	}
}

// cooked checks that the terminal is in the modes that a shell expects; the shell may change some of them.
func (c *console) cooked(from int) {
	c.t.Helper()
	modes, want := c.modes(), c.before
	if modes.Lflag != want.Lflag || modes.Iflag != want.Iflag || modes.Oflag != want.Oflag {
		c.t.Errorf("the terminal's modes differ:\n got %+v\nwant %+v", modes, c.before)
	}
	text := c.seen()[from:]
	for _, off := range leave {
		if !strings.Contains(text, off) {
			c.t.Errorf("%q was not sent: %q", off, text)
		}
	}
}

func TestSuspendRestoresTheTerminalAndContinues(t *testing.T) {
	for name, stop := range map[string]func(*console){
		"ctrl+z":     func(c *console) { c.press("\x1a", "STOPPED") },
		"kill -TSTP": func(c *console) { c.kill(c.child(), unix.SIGTSTP) },
	} {
		for stage, reach := range stages {
			t.Run(name+" "+stage, func(t *testing.T) {
				t.Parallel()
				c := newWorld(t).workbench(underShell("fg"))
				reach(c)
				from := len(c.seen())
				stop(c)
				c.await(from, "STOPPED")
				c.cooked(from)
				from = len(c.seen())
				c.press("\r", "\x1b[?1049h")
				c.await(from, "\x1b[?1002h") // the mouse too
				c.await(from, "Sessions")
				c.press("?\x1b?", "p") // it takes keys again
				c.press("\x03\x03\x03\x03", "ENDED")
				c.cooked(from)
			})
		}
	}
}

func TestTheScreenIsDrawnAgainAfterAStopThatCannotBeSeen(t *testing.T) {
	c := newWorld(t).workbench(underShell("fg"))
	from := len(c.seen())
	c.kill(c.child(), unix.SIGSTOP)
	c.await(from, "STOPPED")
	from = len(c.seen())
	c.press("\n", "\x1b[?1049h") // the terminal is still in raw mode
	c.await(from, "No sessions yet.")
	c.press("q", "ENDED 0")
}

func TestCtrlZWithoutAShellGoesOn(t *testing.T) {
	c := newWorld(t).workbench(nil)
	c.press("\x1a", "no shell with job control")
	from := len(c.seen())
	c.press("q", "\x1b[?1049l")
	if code := c.end(); code != exitDone {
		t.Errorf("exit %d, want 0", code)
	}
	c.restored(from)
}

// A shell continues a stopped job that it kills in the background, where the job does not own the terminal.
func TestASignalEndsASuspendedWorkbench(t *testing.T) {
	c := newWorld(t).workbench(underShell("kill %1; kill -CONT %1; cat"))
	c.press("\x1a", "STOPPED")
	from := len(c.seen())
	c.press("\r", "interrupted")
	if text := c.seen()[from:]; strings.Contains(text, "\x1b[?1049h") || c.modes().Lflag != c.before.Lflag {
		t.Errorf("the terminal was taken once more: %q", text)
	}
}

func TestAClosedTerminalEndsTheWorkbench(t *testing.T) {
	for name, prefix := range map[string]string{"as it is": "exec", "under nohup": "trap '' HUP; exec"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.workbench(func(cmd *exec.Cmd) {
				cmd.Args = append([]string{"sh", "-c", prefix + ` "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
				cmd.Path = "/bin/sh"
			})
			c.hangUp()
			if code := c.end(); code != exitInterrupted {
				t.Errorf("exit %d, want %d", code, exitInterrupted)
			}
		})
	}
}

// Under nohup a verb runs on without its terminal.
func TestNohupIsRespected(t *testing.T) {
	w := newWorld(t)
	c := w.console(func(cmd *exec.Cmd) {
		cmd.Args = append([]string{"sh", "-c", `trap '' HUP; exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
	}, "demo", "--serve")
	c.await(0, "issuer")
	c.signal(unix.SIGHUP)
	c.signal(unix.SIGCONT) // a later signal, which the program has not handled before the first
	select {
	case <-c.ended:
		t.Fatal("SIGHUP ended a program that ignores it")
	case <-time.After(50 * time.Millisecond):
	}
	c.signal(unix.SIGTERM)
	if code := c.end(); code != exitDone {
		t.Errorf("exit %d, want 0", code)
	}
}
