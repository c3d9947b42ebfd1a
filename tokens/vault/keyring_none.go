//go:build !(linux || netbsd || openbsd || ((freebsd || dragonfly) && cgo) || windows || darwin)

package vault

import "runtime"

// checkReachable returns an error for every call: this build has no Secret Service client.
func checkReachable(doing string) error {
	return fail(ErrUnavailable, nil, "%s the keyring: this fob was built without one (on %s that needs cgo): %s",
		doing, runtime.GOOS, memoryVaultHint)
}

func maybeDeleted(error) bool { return false }

func classifySystemError(error) (hint string, kind error) { return memoryVaultHint, ErrUnavailable }
