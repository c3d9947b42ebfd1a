package tokens

import (
	"errors"
	"syscall"
)

// windowsSocketErrors are the numbers of Winsock errors. The Unix constants exist on Windows too, with numbers that no
// call returns.
var windowsSocketErrors = map[syscall.Errno]syscall.Errno{
	syscall.EACCES: 10013, syscall.EPROTONOSUPPORT: 10043, syscall.EAFNOSUPPORT: 10047, syscall.EADDRINUSE: 10048,
	syscall.EADDRNOTAVAIL: 10049, syscall.ENETUNREACH: 10051, syscall.ECONNABORTED: 10053, syscall.ECONNRESET: 10054,
	syscall.ECONNREFUSED: 10061, syscall.EHOSTUNREACH: 10065,
}

// IsSocketError reports whether err is one of the errors of a socket, named as on Unix.
func IsSocketError(err error, list ...syscall.Errno) bool {
	for _, errno := range list {
		if errors.Is(err, errno) {
			return true
		}
		if number, ok := windowsSocketErrors[errno]; ok && errors.Is(err, number) {
			return true
		}
	}
	return false
}
