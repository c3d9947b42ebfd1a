//go:build linux || netbsd || openbsd || ((freebsd || dragonfly) && cgo)

package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

func TestWhatTheSecretServiceSaysIsClassified(t *testing.T) {
	remote := func(name, text string) error { return dbus.Error{Name: name, Body: []any{text}} }
	for _, c := range []struct {
		err  error
		want error
		says string
	}{
		{remote("org.freedesktop.DBus.Error.ServiceUnknown", "The name org.freedesktop.secrets was not provided by any .service files"), ErrUnavailable, "gnome-keyring"},
		{remote("org.freedesktop.DBus.Error.Spawn.ChildExited", "exited"), ErrUnavailable, "gnome-keyring"},
		{remote("org.freedesktop.Secret.Error.IsLocked", "locked"), ErrLocked, "unlock"},
		{remote("org.freedesktop.Secret.Error.NoSuchObject", "no"), ErrUnavailable, "Secret Service"},
		{remote("org.freedesktop.DBus.Error.NoReply", "no reply"), ErrTimeout, "unlock"},
		{remote("org.example.Other", "odd"), ErrUnavailable, "fob doctor"},
		{fmt.Errorf("failed to unlock correct collection '/x'"), ErrLocked, "unlock"},
		{errors.New("dial unix /run/user/1000/bus: connect: connection refused"), ErrUnavailable, "DBUS_SESSION_BUS_ADDRESS"},
		{dbus.ErrClosed, ErrUnavailable, "DBUS_SESSION_BUS_ADDRESS"},
	} {
		err := classify("writing to", c.err)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: got %v (%q), want %v that says %q", c.err, errors.Is(err, c.want), err, c.want, c.says)
		}
	}
}

func TestWithoutASessionBusTheKeyringSaysSo(t *testing.T) {
	empty, full := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "bus"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		address, dir string
		works        bool
	}{{"", empty, false}, {"autolaunch:", empty, false}, {"unix:path=/x", empty, true}, {"", full, true}} {
		err := busReachable("reading from", c.address, c.dir)
		if c.works != (err == nil) {
			t.Errorf("address %q, bus in the run folder %v: got %v, want it to work: %v", c.address, c.dir == full, err, c.works)
		}
		if err != nil && (!errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "DBUS_SESSION_BUS_ADDRESS") || !strings.Contains(err.Error(), "FOB_VAULT")) {
			t.Errorf("got %v, want ErrUnavailable that names DBUS_SESSION_BUS_ADDRESS and what else there is", err)
		}
	}
}
