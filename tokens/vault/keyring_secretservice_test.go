//go:build linux || netbsd || openbsd || ((freebsd || dragonfly) && cgo)

// LEFT OUT elsewhere: it tests the client of the Secret Service, which only these systems have.

package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"
)

func TestWhatTheSecretServiceSaysIsClassified(t *testing.T) {
	remote := func(name, text string) error { return dbus.Error{Name: name, Body: []any{text}} }
	for _, c := range []struct {
		err  error
		want error
		says string
	}{
		{remote("org.freedesktop.DBus.Error.ServiceUnknown",
			"The name org.freedesktop.secrets was not provided by any .service files"),
			ErrUnavailable, "gnome-keyring"},
		{remote("org.freedesktop.DBus.Error.Spawn.ChildExited", "exited"), ErrUnavailable, "gnome-keyring"},
		{remote("org.freedesktop.Secret.Error.IsLocked", "locked"), ErrLocked, "unlock"},
		{remote("org.freedesktop.Secret.Error.NoSuchObject", "no"), ErrUnavailable, "Secret Service"},
		{remote("org.freedesktop.DBus.Error.NoReply", "no reply"), ErrTimeout, "unlock"},
		{remote("org.example.Other", "odd"), ErrUnavailable, "fob doctor"},
		{fmt.Errorf("failed to unlock correct collection '/x'"), ErrLocked, "unlock"},
		{errors.New("dial unix /run/user/1000/bus: connect: connection refused"), ErrUnavailable,
			"DBUS_SESSION_BUS_ADDRESS"},
		{dbus.ErrClosed, ErrUnavailable, "DBUS_SESSION_BUS_ADDRESS"},
	} {
		err := classifyError("writing to", c.err)
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
		err := checkBusReachable("reading from", c.address, c.dir)
		if c.works != (err == nil) {
			t.Errorf("address %q, bus in the run folder %v: got %v, want it to work: %v",
				c.address, c.dir == full, err, c.works)
		}
		if err != nil && (!errors.Is(err, ErrUnavailable) ||
			!strings.Contains(err.Error(), "DBUS_SESSION_BUS_ADDRESS") || !strings.Contains(err.Error(), "FOB_VAULT")) {
			t.Errorf("got %v, want ErrUnavailable that names DBUS_SESSION_BUS_ADDRESS and what else there is", err)
		}
	}
}

// vanishingItems is a keyring whose item is deleted between the search for it and what is done with it.
type vanishingItems struct {
	goKeyring
	says  error
	tries int
}

func (g *vanishingItems) fail() error {
	if g.tries++; g.tries == 1 {
		return g.says
	}
	return keyring.ErrNotFound
}

func (g *vanishingItems) Get(string, string) (string, error) { return "", g.fail() }
func (g *vanishingItems) Delete(string, string) error        { return g.fail() }

// A missing object is not a missing service: the user need not install gnome-keyring when an item was replaced.
func TestAnItemDeletedDuringAReadIsMissing(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	const item = "/org/freedesktop/secrets/collection/login/12"
	remote := func(name string) error {
		return dbus.Error{Name: name, Body: []any{"Object does not exist at path " + item}}
	}
	for _, says := range []error{
		remote("org.freedesktop.DBus.Error.UnknownMethod"), remote("org.freedesktop.DBus.Error.UnknownObject"),
		remote("org.freedesktop.DBus.Error.UnknownInterface"), remote("org.freedesktop.Secret.Error.NoSuchObject"),
		fmt.Errorf("failed to unlock correct collection '%s'", item),
	} {
		if _, err := (keyringBackend{&vanishingItems{says: says}}).Get(t.Context(), "x"); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v: reading: got %v, want ErrNotFound", says, err)
		}
		if err := (keyringBackend{&vanishingItems{says: says}}).Delete(t.Context(), "x"); err != nil {
			t.Errorf("%v: deleting: got %v, want nil", says, err)
		}
	}
	// A person is not asked twice, and a service that is not there is one that is not there.
	for says, want := range map[error]error{
		errors.New("failed to unlock correct collection '/org/freedesktop/secrets/collection/login'"): ErrLocked,
		errors.New("failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'"):  ErrLocked,
		errors.New("dial unix /run/user/1000/bus: connect: connection refused"):                       ErrUnavailable,
	} {
		g := &vanishingItems{says: says}
		if _, err := (keyringBackend{g}).Get(t.Context(), "x"); !errors.Is(err, want) || g.tries != 1 {
			t.Errorf("%v: got %v after %d tries, want %v after 1", says, err, g.tries, want)
		}
	}
}
