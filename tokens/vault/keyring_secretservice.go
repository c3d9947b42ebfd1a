//go:build linux || netbsd || openbsd || ((freebsd || dragonfly) && cgo)

package vault

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/godbus/dbus/v5"
)

// checkReachable checks before the first call that there is a session bus. Without one, the D-Bus library would start
// an empty bus of its own and leave it running.
func checkReachable(doing string) error {
	return checkBusReachable(doing, os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "/run/user/"+strconv.Itoa(os.Getuid()))
}

func checkBusReachable(doing, address, runtimeDir string) error {
	if address != "" && address != "autolaunch:" {
		return nil
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join(runtimeDir, name)); err == nil {
			return nil
		}
	}
	return fail(ErrUnavailable, nil, "%s the keyring: there is no D-Bus session here (DBUS_SESSION_BUS_ADDRESS is "+
		"not set): sign in to a desktop session, or start one with a Secret Service in it (dbus-run-session with "+
		"gnome-keyring-daemon); %s", doing, memoryVaultHint)
}

// unlockFailed is the prefix of the library's error for an item or collection that the Secret Service did not unlock.
const unlockFailed = "failed to unlock correct collection '/org/freedesktop/secrets/collection/"

// maybeDeleted reports whether an error may be due to an item that has just been deleted: the Secret Service reports a
// missing object as the bus reports a missing service.
func maybeDeleted(err error) bool {
	var remote dbus.Error
	if err != nil && !errors.As(err, &remote) {
		path, found := strings.CutPrefix(err.Error(), unlockFailed)
		return found && strings.Contains(path, "/") // an item; its path is below that of its collection
	}
	switch remote.Name {
	case "org.freedesktop.Secret.Error.NoSuchObject", "org.freedesktop.DBus.Error.UnknownObject",
		"org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownInterface":
		return true
	}
	return false
}

// What the user can do, by what is wrong.
const (
	hintNoService = "no Secret Service answers on this D-Bus session: install and start gnome-keyring, KWallet or " +
		"KeePassXC with its Secret Service switched on; " + memoryVaultHint
	hintNoBus  = "the D-Bus session cannot be reached: check DBUS_SESSION_BUS_ADDRESS; " + memoryVaultHint
	hintLocked = "unlock the keyring (its dialog was closed, or there is no default keyring: create one with " +
		"seahorse or kwalletmanager) and try again"
	hintOther = "run fob doctor, which tries the keyring step by step; " + memoryVaultHint
)

// classifySystemError classifies an error of the Secret Service or the bus.
func classifySystemError(err error) (hint string, kind error) {
	var remote dbus.Error
	if errors.As(err, &remote) {
		switch remote.Name {
		case "org.freedesktop.Secret.Error.IsLocked":
			return hintLocked, ErrLocked
		case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
			"org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownInterface",
			"org.freedesktop.Secret.Error.NoSuchObject", "org.freedesktop.DBus.Error.UnknownObject":
			return hintNoService, ErrUnavailable
		case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.TimedOut",
			"org.freedesktop.DBus.Error.Timeout":
			return timeoutHint(runtime.GOOS), ErrTimeout
		}
		if strings.HasPrefix(remote.Name, "org.freedesktop.DBus.Error.Spawn") {
			return hintNoService, ErrUnavailable
		}
		return hintOther, ErrUnavailable
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "failed to unlock"):
		return hintLocked, ErrLocked
	case strings.Contains(text, "not provided by any .service files"):
		return hintNoService, ErrUnavailable
	case strings.Contains(text, "dial "), strings.Contains(text, "dbus: "),
		strings.Contains(text, "dbus-launch"), errors.Is(err, dbus.ErrClosed):
		return hintNoBus, ErrUnavailable
	}
	return hintOther, ErrUnavailable
}
