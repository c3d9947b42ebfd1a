//go:build linux

// LEFT OUT elsewhere: it opens terminals by Linux's own calls.

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// endsWithin is how long a test waits for the end of a program. It is long, since it is reached only if something is
// broken.
const endsWithin = 20 * time.Second

// console is a program on a separate terminal, of which it records the output.
type console struct {
	t           *testing.T
	cmd         *exec.Cmd
	master, tty *os.File
	before      unix.Termios
	ended       chan error
	recorded    chan struct{}
	hung        context.Context
	hang        context.CancelFunc

	mu   sync.Mutex
	text strings.Builder
}

// console starts the program on a terminal of 100x30; change, if any, is called with the command before it starts.
func (w *world) console(change func(*exec.Cmd), args ...string) *console {
	w.t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		w.t.Fatal(err)
	}
	_ = pty.Setsize(master, &pty.Winsize{Rows: 30, Cols: 100})
	c := &console{
		t: w.t, cmd: w.command(args...), master: master, tty: tty, ended: make(chan error, 1),
		recorded: make(chan struct{}),
	}
	c.hung, c.hang = context.WithCancel(context.Background())
	c.before = c.modes()
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = tty, tty, tty
	c.cmd.Env = append(c.cmd.Env, "TERM=xterm-256color", "BROWSER=true", "HOME="+w.dir)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if change != nil {
		change(c.cmd)
	}
	go c.record()
	if err := c.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() { c.ended <- c.cmd.Wait() }()
	w.t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		c.hangUp()
		_ = tty.Close()
	})
	return c
}

// record reads what the program writes until hangUp.
func (c *console) record() {
	defer close(c.recorded)
	fd := int(c.master.Fd())
	buf := make([]byte, 4096)
	for c.hung.Err() == nil {
		// A blocked read would keep the terminal open.
		if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 20); n == 0 || err != nil {
			continue
		}
		n, err := unix.Read(fd, buf)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.text.Write(buf[:n])
		c.mu.Unlock()
	}
}

// hangUp closes the terminal, as closing its window does.
func (c *console) hangUp() {
	c.hang()
	<-c.recorded
	_ = c.master.Close()
}

func (c *console) modes() unix.Termios {
	c.t.Helper()
	modes, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if err != nil {
		c.t.Fatal(err)
	}
	return *modes
}

func (c *console) seen() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// await waits until the program has written the text after the first from bytes.
func (c *console) await(from int, text string) {
	c.t.Helper()
	for deadline := time.Now().Add(endsWithin); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if strings.Contains(c.seen()[from:], text) {
			return
		}
	}
	all := c.seen()
	c.t.Fatalf("the program never wrote %q; at last it wrote %q", text, all[max(0, len(all)-400):])
}

// press types keys and waits for what the program shows then.
func (c *console) press(keys, shown string) {
	c.t.Helper()
	from := len(c.seen())
	if _, err := c.master.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
	c.await(from, shown)
}

func (c *console) signal(s os.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// end waits for the end of the program and returns its exit code, -1 when a signal ended it.
func (c *console) end() int {
	c.t.Helper()
	select {
	case err := <-c.ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			c.t.Fatal(err)
		}
		return c.cmd.ProcessState.ExitCode()
	case <-time.After(endsWithin):
		c.t.Fatalf("the program did not end; at last it wrote %q", c.seen()[max(0, len(c.seen())-500):])
		return 0
	}
}

// leave lists the sequences that restore a terminal: the alternate screen, the cursor, pastes, the mouse.
var leave = []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l", "\x1b[?1002l", "\x1b[?1006l"}

// restored checks that the terminal is as before the program, using the output from the given position on.
func (c *console) restored(from int) {
	c.t.Helper()
	if after := c.modes(); after != c.before {
		c.t.Errorf("the terminal's modes differ:\n got %+v\nwant %+v", after, c.before)
	}
	// The program has ended, but its last output may not have been read yet.
	c.await(from, leave[0])
	text := c.seen()[from:]
	for _, off := range leave {
		on := strings.Replace(strings.Replace(off, "l", "h", 1), "25h", "25l", 1)
		if !strings.Contains(text, off) || strings.LastIndex(text, on) > strings.LastIndex(text, off) {
			c.t.Errorf("%q was not sent at the end: %q", off, text[max(0, len(text)-300):])
		}
	}
}

// stages bring a workbench with the demo provider to the states in which it gets a signal.
var stages = map[string]func(*console){
	"idle": func(*console) {},
	"in a form": func(c *console) {
		c.press("n", "Which flow?")
		c.press("\r", "Step through")
	},
	"during a flow": func(c *console) {
		c.press("n", "Which flow?")
		c.press("\r", "Step through")
		c.press("\x18", "copy URL")
	},
}

// workbench starts the workbench with the demo provider on a separate terminal.
func (w *world) workbench(change func(*exec.Cmd)) *console {
	w.t.Helper()
	c := w.console(change, "demo")
	c.await(0, "No sessions yet.")
	return c
}

func TestASignalEndsTheWorkbenchAndRestoresTheTerminal(t *testing.T) {
	rounds := 1
	if os.Getenv("FOB_SOAK") != "" {
		rounds = 17
	}
	signals := []syscall.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGABRT, unix.SIGSEGV}
	var broken atomic.Bool
	for _, sig := range signals {
		for name, reach := range stages {
			t.Run(unix.SignalName(sig)+" "+name, func(t *testing.T) {
				t.Parallel()
				defer func() {
					if t.Failed() {
						broken.Store(true)
					}
				}()
				for range rounds {
					if broken.Load() { // each hang takes its time, and one says enough
						return
					}
					c := newWorld(t).workbench(nil)
					reach(c)
					from := len(c.seen())
					c.signal(sig)
					if code := c.end(); code != exitInterrupted {
						t.Errorf("exit %d, want %d", code, exitInterrupted)
					}
					c.restored(from)
				}
			})
		}
	}
}
