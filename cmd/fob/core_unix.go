//go:build unix

package main

import "golang.org/x/sys/unix"

// coreLimit is the limit of core dumps that this process was started with; nil: it is not known.
var coreLimit *unix.Rlimit

// disableCoreDumps sees to it that no core of this process is written, whatever GOTRACEBACK says: passwords and tokens are in
// its memory. The hard limit stays, so that the programs it starts can have theirs back.
func disableCoreDumps() {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &limit) != nil {
		return
	}
	none := limit
	none.Cur = 0
	if unix.Setrlimit(unix.RLIMIT_CORE, &none) == nil {
		coreLimit = &limit
	}
}

// withCoreLimit starts a program, or becomes one, with the limit of core dumps that this one was started with.
func withCoreLimit(start func() error) error {
	if coreLimit == nil {
		return start()
	}
	_ = unix.Setrlimit(unix.RLIMIT_CORE, coreLimit)
	defer disableCoreDumps()
	return start()
}
