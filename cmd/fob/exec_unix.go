//go:build unix

package main

import (
	"context"
	"syscall"
)

// execReplace replaces this process with the command. So the command gets every signal and the terminal, its exit code
// is exact, and no second process knows the token.
func execReplace(_ context.Context, c child) error {
	return withCoreLimit(func() error { return syscall.Exec(c.path, c.args, c.env) })
}
