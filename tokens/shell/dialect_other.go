//go:build !windows

package shell

func detect() Dialect { return POSIX }
