//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// endSignals returns the signals that end a Go program by default and can be caught. Those of a crash are included:
// another process may send them, and the terminal must leave raw mode then too.
func endSignals() []os.Signal {
	var list []os.Signal
	for _, name := range []string{
		"SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV",
		"SIGSYS", "SIGSTKFLT", "SIGEMT", // the last two not on all systems
	} {
		if s := unix.SignalNum(name); s != 0 {
			list = append(list, s)
		}
	}
	return list
}
