package profile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestChangesOfManyWritersAreAllKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "config.yaml")
	var group sync.WaitGroup
	errs := make(chan error, 30)
	for i := range cap(errs) {
		group.Go(func() {
			f, err := Open(t.Context(), path, schema)
			if err == nil {
				err = f.Update(t.Context(), func() error {
					return f.Put(Profile{Name: fmt.Sprint("p", i), Issuer: "https://a.example"})
				})
			}
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	f := must[*File](t)(Load(path, schema))
	if len(f.List()) != cap(errs) {
		t.Errorf("got %d profiles, want the %d that were added", len(f.List()), cap(errs))
	}
	entries := must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(path)))
	if len(entries) != 1 {
		t.Errorf("got %v beside the file, want nothing", entries)
	}
}

func TestAnUpdateSeesWhatOthersWrote(t *testing.T) {
	path := write(t, "profiles:\n  a:\n    client_id: one\n")
	mine, others := must[*File](t)(Load(path, schema)), must[*File](t)(Load(path, schema))
	add := func() error { return others.Put(Profile{Name: "b", ClientID: "two"}) }
	if err := others.Update(t.Context(), add); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	err := mine.Update(t.Context(), func() error {
		if _, err := mine.Get("b"); err != nil {
			t.Errorf("in the update: got %v, want what was written meanwhile", err)
		}
		return errors.Join(mine.Remove("a"), refused)
	})
	if !errors.Is(err, refused) {
		t.Errorf("got %v, want the error of the change", err)
	}
	if f := must[*File](t)(Load(path, schema)); len(f.List()) != 2 {
		t.Errorf("a change that failed was written: got %v, want a and b", f.Names())
	}
}

func TestWhatAKilledWriteLeftIsSwept(t *testing.T) {
	path := write(t, "profiles:\n")
	left := filepath.Join(filepath.Dir(path), ".config.yaml-123.tmp")
	other := filepath.Join(filepath.Dir(path), ".other.yaml-1.tmp")
	for _, name := range []string{left, other} {
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := must[*File](t)(Load(path, schema))
	if err := f.Update(t.Context(), func() error { return f.Put(Profile{Name: "a"}) }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: got %v, want it removed", left, err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("the file of another configuration: %v", err)
	}
}

func TestASaveWaitsForTheLockUntilItsContextEnds(t *testing.T) {
	path := write(t, "profiles:\n")
	f := must[*File](t)(Load(path, schema))
	inside, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		other, err := Load(path, schema)
		if err == nil {
			err = other.Update(context.WithoutCancel(t.Context()), func() error { close(inside); <-release; return nil })
		}
		done <- err
	}()
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := errors.Join(f.Put(Profile{Name: "a"}), f.Save(ctx))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), path) {
		t.Errorf("while another writes: got %v, want the end of the context and the path", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
