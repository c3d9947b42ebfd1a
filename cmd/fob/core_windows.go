package main

// disableCoreDumps does nothing: Windows writes no core dumps by default.
func disableCoreDumps() {}

// withCoreLimit calls start, which starts a program.
func withCoreLimit(start func() error) error { return start() }
