//go:build unix

package main

import "golang.org/x/sys/unix"

// coreLimit is the limit of core dumps that this process was started with; nil if unknown.
var coreLimit *unix.Rlimit

// disableCoreDumps prevents a core dump of this process, whatever GOTRACEBACK says: passwords and tokens are in its
// memory. The hard limit stays, so that child processes can get the old limit back.
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

// withCoreLimit calls start, which starts a program or replaces this process, under the original limit of core dumps.
func withCoreLimit(start func() error) error {
	if coreLimit == nil {
		return start()
	}
	_ = unix.Setrlimit(unix.RLIMIT_CORE, coreLimit)
	defer disableCoreDumps()
	return start()
}
