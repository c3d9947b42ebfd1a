package vault

import (
	"errors"
	"os/exec"
)

func reachable(string) error { return nil }

func perhapsGone(error) bool { return false }

// systemFault classifies the exit status of /usr/bin/security, which is the low byte of an OSStatus.
func systemFault(err error) (todo string, kind error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return "/usr/bin/security could not be run; " + otherVault, ErrUnavailable
	}
	switch exit.ExitCode() {
	case 36: // errSecInteractionNotAllowed: an SSH session, or a locked screen
		return "the keychain is locked and cannot ask here: run `security unlock-keychain` first", ErrLocked
	case 51, 128: // errSecAuthFailed, errSecUserCanceled
		return `access was not allowed: unlock the login keychain, and allow "security", which reads it for fob`,
			ErrLocked
	case 50, 37: // errSecNoSuchKeychain, errSecNoDefaultKeychain
		return "there is no default keychain: make one in Keychain Access; " + otherVault, ErrUnavailable
	}
	return "see the login keychain in Keychain Access; " + otherVault, ErrUnavailable
}
