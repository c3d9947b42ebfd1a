package vault

import (
	"errors"

	"golang.org/x/sys/windows"
)

func reachable(string) error { return nil }

func perhapsGone(error) bool { return false }

// rpcBadStubData is what Credential Manager says of an item that is too big (RPC_X_BAD_STUB_DATA).
const rpcBadStubData = windows.Errno(1783)

// nteBadKeyState is what DPAPI says when the account's keys are not those that it encrypted with (NTE_BAD_KEY_STATE).
const nteBadKeyState = windows.Errno(0x8009000B)

// systemFault classifies the error codes of the Credential Manager.
func systemFault(err error) (todo string, kind error) {
	switch {
	case errors.Is(err, windows.ERROR_NO_SUCH_LOGON_SESSION):
		return "Credential Manager works only in a session with a password sign-in, not in this network logon; " + otherVault, ErrUnavailable
	case errors.Is(err, rpcBadStubData), errors.Is(err, windows.ERROR_NOT_ENOUGH_MEMORY), errors.Is(err, windows.ERROR_NOT_ENOUGH_QUOTA):
		return "Credential Manager refused the item: remove some of its entries", ErrFull
	case errors.Is(err, nteBadKeyState):
		return "Windows cannot decrypt what it stored for this account, as after a reset of its password: sign in again",
			ErrDamaged
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return "Credential Manager refused access: check the policy of this machine; " + otherVault, ErrUnavailable
	}
	return "check that the service Credential Manager (VaultSvc) runs; " + otherVault, ErrUnavailable
}
