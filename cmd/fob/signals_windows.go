package main

import (
	"os"
	"syscall"
)

// endSignals returns the signals that end the program: ctrl+c and the closing of its console.
func endSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }
