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

// reachable finds out before the first call whether there is a session bus. Without one, the D-Bus library would start
// a bus of its own, with nothing on it, and leave it running.
func reachable(doing string) error {
	return busReachable(doing, os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "/run/user/"+strconv.Itoa(os.Getuid()))
}

func busReachable(doing, address, runtimeDir string) error {
	if address != "" && address != "autolaunch:" {
		return nil
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join(runtimeDir, name)); err == nil {
			return nil
		}
	}
	return fail(ErrUnavailable, nil, "%s the keyring: there is no D-Bus session here (DBUS_SESSION_BUS_ADDRESS is not set): "+
		"sign in to a desktop session, or start one with a Secret Service in it "+
		"(dbus-run-session with gnome-keyring-daemon); %s", doing, otherVault)
}

// unlockFailed begins the library's error for an item, or its collection, that the Secret Service did not unlock.
const unlockFailed = "failed to unlock correct collection '/org/freedesktop/secrets/collection/"

// perhapsGone reports whether an error can come of an item that was deleted a moment ago: the Secret Service answers
// for an object that is not there as the bus does for a service that is not there.
func perhapsGone(err error) bool {
	var remote dbus.Error
	if err != nil && !errors.As(err, &remote) {
		path, found := strings.CutPrefix(err.Error(), unlockFailed)
		return found && strings.Contains(path, "/") // an item, which stands below its collection
	}
	switch remote.Name {
	case "org.freedesktop.Secret.Error.NoSuchObject", "org.freedesktop.DBus.Error.UnknownObject",
		"org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownInterface":
		return true
	}
	return false
}

// The sentences that tell a person what to do, by what is wrong.
const (
	todoNoService = "no Secret Service answers on this D-Bus session: install and start gnome-keyring, KWallet or KeePassXC with its Secret Service switched on; " + otherVault
	todoNoBus     = "the D-Bus session cannot be reached: check DBUS_SESSION_BUS_ADDRESS; " + otherVault
	todoLocked    = "unlock the keyring (its dialog was closed, or there is no default keyring: make one with seahorse or kwalletmanager) and try again"
	todoOther     = "run fob doctor, which tries the keyring step by step; " + otherVault
)

// systemFault classifies what the Secret Service or the bus said.
func systemFault(err error) (todo string, kind error) {
	var remote dbus.Error
	if errors.As(err, &remote) {
		switch remote.Name {
		case "org.freedesktop.Secret.Error.IsLocked":
			return todoLocked, ErrLocked
		case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
			"org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownInterface",
			"org.freedesktop.Secret.Error.NoSuchObject", "org.freedesktop.DBus.Error.UnknownObject":
			return todoNoService, ErrUnavailable
		case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.TimedOut", "org.freedesktop.DBus.Error.Timeout":
			return timeoutHint(runtime.GOOS), ErrTimeout
		}
		if strings.HasPrefix(remote.Name, "org.freedesktop.DBus.Error.Spawn") {
			return todoNoService, ErrUnavailable
		}
		return todoOther, ErrUnavailable
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "failed to unlock"):
		return todoLocked, ErrLocked
	case strings.Contains(text, "not provided by any .service files"):
		return todoNoService, ErrUnavailable
	case strings.Contains(text, "dial "), strings.Contains(text, "dbus: "), strings.Contains(text, "dbus-launch"), errors.Is(err, dbus.ErrClosed):
		return todoNoBus, ErrUnavailable
	}
	return todoOther, ErrUnavailable
}
