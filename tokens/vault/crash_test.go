package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Each case writes with a fuse that burns out at one step after the other, on disk or in the backend, then opens the
// vault anew as another process would.
func TestAKillAtAnyPointLeavesTheOldOrTheNewRecordWhole(t *testing.T) {
	old, new := record("abc", 1, 4500), record("abc", 2, 6500)
	for _, mode := range []struct {
		name        string
		once, after bool
	}{{"killed before", false, false}, {"killed after", false, true}, {"one failure", true, false}, {"one lost answer",
		true, true}} {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, first write %v", mode.name, first), func(t *testing.T) {
				for n := 0; ; n++ {
					dir, memory := t.TempDir(), NewMemory().(*Memory)
					if !first {
						if err := open(t, dir, memory).Put(t.Context(), old); err != nil {
							t.Fatal(err)
						}
					}
					f := &fuse{left: n, once: mode.once, after: mode.after}
					putErr := openFused(t, dir, memory, f).Put(t.Context(), new)
					at := fmt.Sprintf("step %d (%s)", n, f.log[min(n, len(f.log)-1)])
					checkAfterCrash(t, at, dir, memory, putErr, first, old, new)
					if f.left >= 0 {
						if putErr != nil || n < 20 {
							t.Errorf("all of %d steps went well: got %v, want no error and at least 20 steps",
								n, putErr)
						}
						return
					}
				}
			})
		}
	}
}

func checkAfterCrash(t *testing.T, at, dir string, memory *Memory, putErr error, first bool, old, new Record) {
	t.Helper()
	s := open(t, dir, memory)
	for _, when := range []string{"before the sweep", "after the sweep"} {
		got, err := s.Get(t.Context(), "abc")
		isOld, isNew := same(got, old), same(got, new)
		switch {
		case errors.Is(err, ErrNotFound) && first && putErr != nil:
		case err != nil:
			t.Fatalf("%s, %s: Get: %v", at, when, err)
		case putErr == nil && isNew != nil:
			t.Fatalf("%s, %s: Put said it was stored, and: %v", at, when, isNew)
		case isNew != nil && isOld != nil:
			t.Fatalf("%s, %s: neither the old record (%v) nor the new one (%v)", at, when, isOld, isNew)
		}
		if when == "before the sweep" {
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Fatalf("%s: Sweep: %v", at, err)
			}
		}
	}
	if got, want := memory.Items(), wantItems(t, s, "abc"); !slices.Equal(got, want) {
		t.Fatalf("%s: items after the sweep: got %v, want %v", at, got, want)
	}
	if left, _ := s.metadata.list(journalFolder); len(left) != 0 {
		t.Fatalf("%s: the journal after the sweep: got %v, want it empty", at, left)
	}
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Fatalf("%s: a second sweep: got %d, %v; want nothing to do", at, n, err)
	}
	// It can be written again.
	if err := s.Put(t.Context(), old); err != nil {
		t.Fatalf("%s: Put afterwards: %v", at, err)
	}
	if got, want := memory.Items(), wantItems(t, s, "abc"); !slices.Equal(got, want) {
		t.Fatalf("%s: items after another write: got %v, want %v", at, got, want)
	}
}

func TestAKillDuringARemovalLeavesTheRecordOrNothing(t *testing.T) {
	want := record("abc", 1, 4500)
	for n := 0; ; n++ {
		dir, memory := t.TempDir(), NewMemory().(*Memory)
		if err := open(t, dir, memory).Put(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		f := &fuse{left: n}
		deleteErr := openFused(t, dir, memory, f).Delete(t.Context(), "abc")
		s := open(t, dir, memory)
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatalf("step %d: Sweep: %v", n, err)
		}
		got, err := s.Get(t.Context(), "abc")
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			t.Fatalf("step %d: Get: %v", n, err)
		case deleteErr == nil:
			t.Fatalf("step %d: Delete said it was gone, and it is there", n)
		case same(got, want) != nil:
			t.Fatalf("step %d: %v", n, same(got, want))
		}
		if items, want := memory.Items(), wantItems(t, s, "abc"); !slices.Equal(items, want) {
			t.Fatalf("step %d: items after the sweep: got %v, want %v", n, items, want)
		}
		if f.left >= 0 {
			return
		}
	}
}

func TestAKilledProbeIsSweptUp(t *testing.T) {
	for n := 0; ; n++ {
		dir, memory := t.TempDir(), NewMemory().(*Memory)
		f := &fuse{left: n}
		err := openFused(t, dir, memory, f).Probe(t.Context())
		if _, err := open(t, dir, memory).Sweep(t.Context()); err != nil {
			t.Fatalf("step %d: Sweep: %v", n, err)
		}
		if items := memory.Items(); len(items) != 0 {
			t.Fatalf("step %d: items: got %v, want none", n, items)
		}
		if f.left >= 0 {
			if err != nil {
				t.Fatalf("an undisturbed probe: %v", err)
			}
			return
		}
		if err == nil {
			t.Fatalf("step %d (%s) failed, and the probe said that the vault works", n, f.log[n])
		}
	}
}

func TestSweepWaitsForAWriterAndKeepsWhatItWrites(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory().(*Memory)
	gate := &gated{Memory: memory, entered: make(chan string, 16), pass: make(chan struct{})}
	writer, sweeper := open(t, dir, gate), open(t, dir, memory)
	written := make(chan error, 1)
	go func() { written <- writer.Put(context.Background(), record("abc", 1, 100)) }()
	<-gate.entered // it is about to write its only item
	swept := make(chan error, 1)
	go func() {
		_, err := sweeper.Sweep(context.Background())
		swept <- err
	}()
	close(gate.pass)
	if err := <-written; err != nil {
		t.Fatalf("Put: %v", err)
	}
	if err := <-swept; err != nil {
		t.Fatalf("Sweep: %v", err)
	}
	if _, err := sweeper.Get(t.Context(), "abc"); err != nil {
		t.Errorf("Get after a sweep during a write: %v", err)
	}
}

// gated holds each Set until it may pass.
type gated struct {
	*Memory
	entered chan string
	pass    chan struct{}
}

func (g *gated) Set(ctx context.Context, item string, value []byte) error {
	g.entered <- item
	select {
	case <-g.pass:
	case <-ctx.Done():
		return ctx.Err()
	}
	return g.Memory.Set(ctx, item, value)
}

func TestSweepRemovesHalfWrittenFilesOfLongAgo(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, NewMemory())
	if err := s.Put(t.Context(), record("abc", 1, 10)); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{tempPrefix + "old": 2 * halfWritten,
		tempPrefix + "fresh": halfWritten / 2} {
		path := filepath.Join(dir, sessionsFolder, name)
		if err := errors.Join(os.WriteFile(path, []byte("x"), 0o600),
			os.Chtimes(path, epoch.Add(-age), epoch.Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.Sweep(t.Context())
	if n != 1 || err != nil {
		t.Errorf("Sweep: got %d, %v; want 1", n, err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, sessionsFolder, ".*"))
	if len(left) != 1 || filepath.Base(left[0]) != tempPrefix+"fresh" {
		t.Errorf("half-written files: got %v, want the fresh one", left)
	}
}

func TestSweepKeepsWhatItCannotJudge(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory().(*Memory)
	f := &fuse{left: 1 << 20}
	s := openFused(t, dir, memory, f)
	if err := s.Put(t.Context(), record("abc", 1, 10)); err != nil {
		t.Fatal(err)
	}
	f.left = 8 // dies in the midst of the next write
	if err := s.Put(t.Context(), record("abc", 2, 10)); err == nil {
		t.Fatal("the second Put: got no error")
	}
	path := filepath.Join(dir, sessionsFolder, "abc.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := memory.Items()
	n, err := open(t, dir, memory).Sweep(t.Context())
	if n != 0 || !errors.Is(err, ErrDamaged) {
		t.Errorf("Sweep: got %d, %v; want 0 and ErrDamaged", n, err)
	}
	if after := memory.Items(); !slices.Equal(before, after) {
		t.Errorf("items: got %v, want %v as before", after, before)
	}
}

func TestAReaderMeetsAWholeRecordWhileItIsReplaced(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory()
	a, b := record("abc", 1, 9000), record("abc", 2, 3000)
	writer := open(t, dir, memory)
	if err := writer.Put(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		for i := range 20 {
			r := a
			if i%2 == 0 {
				r = b
			}
			if err := writer.Put(context.Background(), r); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	reader := open(t, dir, memory)
	for reads := 0; ; reads++ {
		select {
		case err := <-done:
			if err != nil || reads == 0 {
				t.Fatalf("writing: %v after %d reads", err, reads)
			}
			return
		default:
		}
		got, err := reader.Get(t.Context(), "abc")
		if err != nil {
			t.Fatalf("Get while it is replaced: %v", err)
		}
		if same(got, a) != nil && same(got, b) != nil {
			t.Fatal("Get while it is replaced: neither of the two records")
		}
	}
}
