package main

// disableCoreDumps does nothing: Windows writes no core of a process by itself.
func disableCoreDumps() {}

// withCoreLimit starts a program.
func withCoreLimit(start func() error) error { return start() }
