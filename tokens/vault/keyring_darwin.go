package vault

import (
	"errors"
	"os/exec"
)

func checkReachable(string) error { return nil }

func maybeDeleted(error) bool { return false }

// classifySystemError classifies the exit status of /usr/bin/security, which is the low byte of an OSStatus.
func classifySystemError(err error) (hint string, kind error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return "/usr/bin/security could not be run; " + memoryVaultHint, ErrUnavailable
	}
	switch exit.ExitCode() {
	case 36: // errSecInteractionNotAllowed: an SSH session, or a locked screen
		return "the keychain is locked and cannot show a dialog here: run `security unlock-keychain` first", ErrLocked
	case 51, 128: // errSecAuthFailed, errSecUserCanceled
		return `access was not allowed: unlock the login keychain, and allow "security", which reads it for fob`,
			ErrLocked
	case 50, 37: // errSecNoSuchKeychain, errSecNoDefaultKeychain
		return "there is no default keychain: create one in Keychain Access; " + memoryVaultHint, ErrUnavailable
	}
	return "see the login keychain in Keychain Access; " + memoryVaultHint, ErrUnavailable
}
