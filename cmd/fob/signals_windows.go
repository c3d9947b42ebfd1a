package main

import (
	"os"
	"syscall"
)

// endSignals lists what ends a program: ctrl+c, and the closing of its console.
func endSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }
