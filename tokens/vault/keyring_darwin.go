package vault

import (
	"errors"
	"os/exec"
)

func reachable(string) error { return nil }

// systemFault classifies the exit status of /usr/bin/security, which is the low byte of an OSStatus.
func systemFault(err error) (kind error, todo string) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return ErrUnavailable, "/usr/bin/security could not be run; " + otherVault
	}
	switch exit.ExitCode() {
	case 36: // errSecInteractionNotAllowed: an SSH session, or a locked screen
		return ErrLocked, "the keychain is locked and cannot ask here: run `security unlock-keychain` first"
	case 51, 128: // errSecAuthFailed, errSecUserCanceled
		return ErrLocked, "access was not allowed: unlock the login keychain and allow fob in its dialog"
	case 50, 37: // errSecNoSuchKeychain, errSecNoDefaultKeychain
		return ErrUnavailable, "there is no default keychain: make one in Keychain Access; " + otherVault
	}
	return ErrUnavailable, "see the login keychain in Keychain Access; " + otherVault
}
