//go:build !windows

package redirect

import "syscall"

// exclusive does nothing here: no other process can open a port that is in use.
func exclusive(_, _ string, _ syscall.RawConn) error { return nil }

// detached starts the opener in its own session, so that ctrl+c in the terminal does not end the browser.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
