//go:build linux

// LEFT OUT elsewhere: it opens terminals by Linux's own calls.

package terminal

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// build compiles one of the programs in testdata.
func build(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./testdata/"+name).CombinedOutput()
	if err != nil {
		t.Fatalf("building %s: %v\n%s", name, err, out)
	}
	return path
}

// screen is a terminal that answers no queries: what a program writes to it is kept.
type screen struct {
	master, tty *os.File
	mu          sync.Mutex
	text        strings.Builder
	closed      chan struct{}
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	_ = pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: 80})
	s := &screen{master: master, tty: tty, closed: make(chan struct{})}
	go func() {
		defer close(s.closed)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			s.mu.Lock()
			s.text.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = tty.Close(); _ = master.Close(); <-s.closed })
	return s
}

func (s *screen) seen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits until the screen has shown the text.
func (s *screen) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if strings.Contains(s.seen(), text) {
			return
		}
	}
	t.Fatalf("the screen never showed %q; it showed %q", text, s.seen())
}

func (s *screen) start(t *testing.T, path string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.tty, s.tty, s.tty
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "COLORFGBG=")
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// This is one of the two tests that look at a clock: what it guards against is a wait of 5 s.
func TestAProgramStartsOnATerminalThatAnswersNothing(t *testing.T) {
	path := build(t, "silent")
	s := newScreen(t)
	began := time.Now()
	if err := s.start(t, path).Wait(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	s.await(t, "started")
	if took > time.Second {
		t.Errorf("it took %v, want less than 1s", took)
	}
	if got := s.seen(); strings.Contains(got, "\x1b") {
		t.Errorf("the terminal was asked something: %q", got)
	}
}

func TestTheTerminalIsLeftAsItWas(t *testing.T) {
	path := build(t, "crash")
	for _, where := range []string{"quit", "update", "view", "command"} {
		t.Run(where, func(t *testing.T) {
			s := newScreen(t)
			before, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			cmd := s.start(t, path, where)
			s.await(t, "READY")
			if _, err := s.master.WriteString("x"); err != nil {
				t.Fatal(err)
			}
			s.await(t, "ended")
			_ = cmd.Wait()
			after, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			if *before != *after {
				t.Errorf("modes differ:\n got %+v\nwant %+v", *after, *before)
			}
			end := s.seen()[strings.LastIndex(s.seen(), "READY"):]
			for _, off := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l", "\x1b[?1002l"} {
				if !strings.Contains(end, off) {
					t.Errorf("%q was not sent after the last frame: %q", off, end)
				}
			}
		})
	}
}

func TestALongPasteReachesTheProgramWhole(t *testing.T) {
	path := build(t, "crash")
	s := newScreen(t)
	cmd := s.start(t, path, "paste")
	s.await(t, "READY")
	text := strings.Repeat("eyJ0", 50_000)
	if _, err := s.master.WriteString("\x1b[200~" + text + "\x1b[201~"); err != nil {
		t.Fatal(err)
	}
	s.await(t, "pasted 200000 eyJ")
	_ = cmd.Wait()
}
