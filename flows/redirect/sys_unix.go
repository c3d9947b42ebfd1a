//go:build !windows

package redirect

import "syscall"

// exclusive does nothing here: a port that is listened at is nobody else's.
func exclusive(_, _ string, _ syscall.RawConn) error { return nil }

// detached puts the opener into a session of its own, so that ctrl+c in the terminal does not end the browser.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
