//go:build !(linux || netbsd || openbsd || ((freebsd || dragonfly) && cgo) || windows || darwin)

package vault

import "runtime"

// reachable refuses every call: what reaches the Secret Service is not built in here.
func reachable(doing string) error {
	return fail(ErrUnavailable, nil, "%s the keyring: this fob was built without one (on %s that needs cgo): %s",
		doing, runtime.GOOS, otherVault)
}

func perhapsGone(error) bool { return false }

func systemFault(error) (todo string, kind error) { return otherVault, ErrUnavailable }
