//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// endSignals lists the signals that end a Go program by default and can be caught. Those of a crash are among them:
// sent by another process they are ours to handle, and a terminal in rawSecret mode is as bad after them as after SIGTERM.
func endSignals() []os.Signal {
	var list []os.Signal
	for _, name := range []string{
		"SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV",
		"SIGSYS",
		"SIGSTKFLT", "SIGEMT", // not everywhere
	} {
		if s := unix.SignalNum(name); s != 0 {
			list = append(list, s)
		}
	}
	return list
}
