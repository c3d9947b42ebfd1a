//go:build !windows

package redirect

import "syscall"

func isWindowsInUse(error) bool    { return false }
func isWindowsNoFamily(error) bool { return false }

// detached puts the opener into a session of its own, so that ctrl+c in the terminal does not end the browser.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
