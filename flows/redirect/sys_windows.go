package redirect

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

func isWindowsInUse(err error) bool { return errors.Is(err, windows.WSAEADDRINUSE) }

func isWindowsNoFamily(err error) bool {
	return errors.Is(err, windows.WSAEADDRNOTAVAIL) || errors.Is(err, windows.WSAEAFNOSUPPORT)
}

// detached gives the opener no console and keeps ctrl+c from it.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
}
