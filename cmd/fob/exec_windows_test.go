package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// execRole makes the test binary a fob that runs a command, or that command, which outlives an interrupt.
const execRole = "FOB_TEST_EXEC_ROLE"

func init() {
	switch os.Getenv(execRole) {
	case "fob":
		env := append(os.Environ(), execRole+"=command")
		err := execReplace(context.Background(), child{path: os.Args[0], args: os.Args[:1], env: env})
		var exit *exitError
		if errors.As(err, &exit) {
			os.Exit(exit.code)
		}
		fmt.Println("not run:", err)
		os.Exit(1)
	case "command":
		interrupts := make(chan os.Signal, 1)
		signal.Notify(interrupts, os.Interrupt)
		fmt.Println("ready")
		select {
		case <-interrupts:
			fmt.Println("caught")
			os.Exit(7)
		case <-time.After(20 * time.Second):
			fmt.Println("no interrupt came")
			os.Exit(1)
		}
	}
}

func TestExecOutlivesAnInterruptOfItsCommand(t *testing.T) {
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Skip("LEFT OUT: wine delivers no interrupts to programs that Go built")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), execRole+"=fob")
	cmd.Stderr = os.Stderr
	// A group of its own, so that the interrupt reaches the two processes and not the test.
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || strings.TrimSpace(lines.Text()) != "ready" {
		t.Fatalf("the command said %q, want ready", lines.Text())
	}
	if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(cmd.Process.Pid)); err != nil {
		t.Fatalf("sending the interrupt: %v", err)
	}
	lines.Scan()
	said := lines.Text()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); strings.TrimSpace(said) != "caught" || code != 7 {
		t.Errorf("the command said %q and fob ended with %d, want caught and 7", said, code)
	}
}
