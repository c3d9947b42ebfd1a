package vault

import (
	"errors"

	"golang.org/x/sys/windows"
)

func checkReachable(string) error { return nil }

func maybeDeleted(error) bool { return false }

// rpcBadStubData is Credential Manager's error for an item that is too large (RPC_X_BAD_STUB_DATA).
const rpcBadStubData = windows.Errno(1783)

// nteBadKeyState is DPAPI's error when the account's keys are not those that the data was encrypted with
// (NTE_BAD_KEY_STATE).
const nteBadKeyState = windows.Errno(0x8009000B)

// classifySystemError classifies the error codes of the Credential Manager.
func classifySystemError(err error) (hint string, kind error) {
	switch {
	case errors.Is(err, windows.ERROR_NO_SUCH_LOGON_SESSION):
		return "Credential Manager works only in a session with a password sign-in, not in this network logon; " +
			memoryVaultHint, ErrUnavailable
	case errors.Is(err, rpcBadStubData), errors.Is(err, windows.ERROR_NOT_ENOUGH_MEMORY),
		errors.Is(err, windows.ERROR_NOT_ENOUGH_QUOTA):
		return "Credential Manager rejected the item: remove some of its entries", ErrFull
	case errors.Is(err, nteBadKeyState):
		return "Windows cannot decrypt what it stored for this account, as after a reset of its password: sign in " +
				"again",
			ErrDamaged
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return "Credential Manager denied access: check the policy of this machine; " + memoryVaultHint, ErrUnavailable
	}
	return "check that the service Credential Manager (VaultSvc) runs; " + memoryVaultHint, ErrUnavailable
}
