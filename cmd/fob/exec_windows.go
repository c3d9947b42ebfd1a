package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
)

// execReplace runs the command to its end and takes over its exit code: Windows cannot replace a process. The console sends
// ctrl+c to the command by itself.
func execReplace(_ context.Context, c child) error {
	// Ignoring the signal would leave it to Windows, which ends the process. What is received and dropped does not.
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
