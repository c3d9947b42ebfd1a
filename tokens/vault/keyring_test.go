package vault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

func TestWhatAnyKeyringSaysIsClassified(t *testing.T) {
	cause := errors.New("something new\x1b[2J")
	for _, c := range []struct {
		err, want error
		says      string
	}{
		{keyring.ErrNotFound, ErrNotFound, "no such item"},
		{keyring.ErrSetDataTooBig, ErrFull, "too large"},
		{keyring.ErrUnsupportedPlatform, ErrUnavailable, "FOB_VAULT=memory"},
		{cause, ErrUnavailable, "something new"},
	} {
		err := classifyError("reading from", c.err)
		if !errors.Is(err, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%v: got %v, want it to be %v and its cause", c.err, err, c.want)
		}
		if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "reading from the keyring") ||
			strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%v: got %q, want it to say %q, what was done, and no control character", c.err, err, c.says)
		}
	}
	if err := classifyError("reading from", nil); err != nil {
		t.Errorf("nil: got %v", err)
	}
}

func TestTheKeyringBackendThroughTheLibrary(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent") // the library's mock is what answers
	keyring.MockInit()
	s := open(t, t.TempDir(), NewKeyring())
	if err := s.Probe(t.Context()); err != nil {
		t.Fatalf("Probe: %v", err)
	}
	want := record("abc", 1, 9000)
	if err := s.Put(t.Context(), want); err != nil {
		t.Fatalf("Put: %v", err)
	}
	got, err := s.Get(t.Context(), "abc")
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	if err := same(got, want); err != nil {
		t.Error(err)
	}
	m, _ := s.manifest("abc")
	if _, err := keyring.Get("fob", fmt.Sprintf("abc.%s.0", m.Generation)); err != nil {
		t.Errorf("the first item, by its documented name: %v", err)
	}
	if err := s.Delete(t.Context(), "abc"); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if _, err := keyring.Get("fob", fmt.Sprintf("abc.%s.0", m.Generation)); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("the first item after Delete: got %v, want it gone", err)
	}
	if err := NewKeyring().Delete(t.Context(), "none"); err != nil {
		t.Errorf("deleting what is not there: got %v, want nil", err)
	}
	if _, err := NewKeyring().Get(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("reading what is not there: got %v, want ErrNotFound", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewKeyring().Set(ctx, "a", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: got %v, want Canceled", err)
	}
	keyring.MockInitWithError(errors.New("broken"))
	if err := s.Probe(t.Context()); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "broken") {
		t.Errorf("a keyring that fails: got %v, want ErrUnavailable with what it said", err)
	}
}
