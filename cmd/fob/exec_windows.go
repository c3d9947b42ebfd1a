package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
)

// execReplace runs the command and exits with its exit code: Windows cannot replace a process. The console sends ctrl+c
// to the command itself.
func execReplace(_ context.Context, c child) error {
	// With signal.Ignore, Windows would end this process. A signal that is received and dropped does not.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	cmd := exec.Command(c.path, c.args[1:]...)
	cmd.Env = c.env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &exitError{code: exit.ExitCode()}
	}
	return err
}
