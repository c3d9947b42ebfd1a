//go:build unix

package main

import (
	"context"
	"syscall"
)

// execReplace replaces this process by the command. That passes on every signal, the terminal and the exit code exactly,
// and leaves no second process that knows the token.
func execReplace(_ context.Context, c child) error {
	return withCoreLimit(func() error { return syscall.Exec(c.path, c.args, c.env) })
}
