//go:build linux

// LEFT OUT elsewhere: it opens terminals by Linux's own calls.

package ui

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"fob/ui/terminal"
)

// stubborn is a model that panics or hangs when a key comes.
type stubborn struct {
	where string
	hung  chan struct{}
	fall  bool
}

func (s *stubborn) Init() tea.Cmd { return nil }

func (s *stubborn) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := m.(tea.KeyMsg); !ok {
		return s, nil
	}
	switch s.where {
	case "update":
		panic("on purpose")
	case "view":
		s.fall = true
	case "command":
		return s, func() tea.Msg { panic("on purpose") }
	case "hang":
		close(s.hung)
		select {}
	}
	return s, nil
}

func (s *stubborn) View() string {
	if s.fall {
		panic("on purpose")
	}
	return "READY"
}

// superviseOnTerminal runs a model as Run runs the workbench, types a key, and returns what came of it and the
// terminal's modes before and after.
func superviseOnTerminal(t *testing.T, s *stubborn) (before, after unix.Termios, text string, err error) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	modes := func() unix.Termios {
		m, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return *m
	}
	before = modes()
	seen := watch(master)
	defer func() { _ = master.Close() }()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ran := make(chan error, 1)
	go func() {
		output := terminal.NewOutput(tty)
		job := terminal.NewJob(tty)
		defer job.Close()
		undo := terminal.Guard(tty, output, nil)
		var program *tea.Program
		input := terminal.NewInput(tty, func(m tea.Msg) { program.Send(m) })
		program = newProgram(s, input, output, false)
		err := supervise(ctx, program, input, job)
		undo()
		ran <- err
	}()
	shown(t, seen, "READY")
	if _, err := master.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	if s.where == "hang" {
		<-s.hung
		stop()
	}
	select {
	case err = <-ran:
	case <-time.After(20 * time.Second):
		t.Fatal("it did not end")
	}
	shown(t, seen, "\x1b[?1049l")
	return before, modes(), seen(), err
}

func TestProgramThatPanicsOrHangsRestoresTheTerminal(t *testing.T) {
	quitTimeout = 50 * time.Millisecond
	defer func() { quitTimeout = 3 * time.Second }()
	for where, want := range map[string]error{
		"update": tea.ErrProgramPanic, "view": tea.ErrProgramPanic, "command": tea.ErrProgramPanic,
		"hang": context.Canceled,
	} {
		t.Run(where, func(t *testing.T) {
			before, after, text, err := superviseOnTerminal(t, &stubborn{where: where, hung: make(chan struct{})})
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			if before != after {
				t.Errorf("the terminal's modes differ:\n got %+v\nwant %+v", after, before)
			}
			end := text[strings.LastIndex(text, "READY"):]
			for _, off := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l", "\x1b[?1002l"} {
				if !strings.Contains(end, off) {
					t.Errorf("%q was not sent after the last frame: %q", off, end)
				}
			}
		})
	}
}

// listener is a model that reports each of its own messages.
type listener struct{ took chan struct{} }

type ping struct{}

func (l listener) Init() tea.Cmd { return nil }

func (l listener) View() string { return "READY" }

func (l listener) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := m.(ping); ok {
		l.took <- struct{}{}
	}
	return l, nil
}

// The caller handles a signal that ends the program. If the workbench handled it too, both would end it at once, and
// one would wait for the other.
func TestOnlyTheCallerHandlesSignals(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM)
	defer signal.Stop(signals)
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = tty.Close(), master.Close() }()
	seen := watch(master)
	output := terminal.NewOutput(tty)
	defer terminal.Guard(tty, output, nil)()
	model := listener{make(chan struct{}, 1)}
	var program *tea.Program
	input := terminal.NewInput(tty, func(m tea.Msg) { program.Send(m) })
	program = newProgram(model, input, output, false)
	ran := make(chan error, 1)
	go func() { _, err := program.Run(); ran <- err }()
	shown(t, seen, "READY")
	for range 20 {
		if err := unix.Kill(unix.Getpid(), unix.SIGTERM); err != nil {
			t.Fatal(err)
		}
		<-signals
		program.Send(ping{})
		select {
		case <-model.took:
		case err := <-ran:
			t.Fatalf("the workbench ended by itself with the signal: %v", err)
		case <-time.After(20 * time.Second):
			t.Fatal("the workbench takes nothing after the signal")
		}
	}
	program.Quit()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}
