package vault

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestALockHasOneOwner(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		s := open(t, dir, NewMemory())
		other := s
		if dir != "" {
			other = open(t, dir, NewMemory()) // another Store on the same folder
		}
		var mu sync.Mutex
		inside, most := 0, 0
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for range 10 {
					store := s
					if i%2 == 1 {
						store = other
					}
					lock, err := store.Lock(context.Background(), "abc")
					if err != nil {
						t.Errorf("Lock: %v", err)
						return
					}
					mu.Lock()
					inside++
					most = max(most, inside)
					mu.Unlock()
					mu.Lock()
					inside--
					mu.Unlock()
					lock.Unlock()
					lock.Unlock() // twice does no harm
				}
			}()
		}
		wg.Wait()
		if most != 1 {
			t.Errorf("dir %q: holders at once: got %d, want 1", dir, most)
		}
		if len(s.locks.local) != 0 {
			t.Errorf("dir %q: remembered locks: got %d, want 0", dir, len(s.locks.local))
		}
	}
}

func TestWaitingForALockEndsWithItsContext(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		s := open(t, dir, NewMemory())
		lock, err := s.Lock(t.Context(), "abc")
		if err != nil {
			t.Fatal(err)
		}
		waiters := []*Store{s}
		if dir != "" {
			waiters = append(waiters, open(t, dir, NewMemory()))
		}
		for i, waiter := range waiters {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			if _, err := waiter.Lock(ctx, "abc"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("dir %q, waiter %d: got %v, want DeadlineExceeded", dir, i, err)
			}
			cancel()
		}
		another, err := s.Lock(t.Context(), "other")
		if err != nil {
			t.Errorf("another session's lock: %v", err)
		} else {
			another.Unlock()
		}
		lock.Unlock()
		again, err := waiters[len(waiters)-1].Lock(t.Context(), "abc")
		if err != nil {
			t.Fatalf("after the unlock: %v", err)
		}
		again.Unlock()
	}
}

// childEnv makes the test binary a process that takes a lock, reports it and waits to be killed.
const childEnv = "FOB_VAULT_TEST_LOCK_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		s, err := Open(Config{Dir: dir, Backend: NewMemory()})
		if err == nil {
			_, err = s.Lock(context.Background(), "abc")
		}
		fmt.Println("locked", err)
		// Not select {}: without cgo the runtime sees that nothing can wake it, and ends the process. The pipe ends
		// with the parent.
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestALockHoldsAcrossProcessesAndEndsWithItsProcess(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "locked <nil>\n" {
		t.Fatalf("the other process: got %q, %v", line, err)
	}
	s := open(t, dir, NewMemory())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if lock, err := s.Lock(ctx, "abc"); !errors.Is(err, context.DeadlineExceeded) {
		if err == nil {
			lock.Unlock()
		}
		t.Errorf("while the other process holds it: got %v, want DeadlineExceeded", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	lock, err := s.Lock(ctx, "abc")
	if err != nil {
		t.Fatalf("after the other process was killed: %v", err)
	}
	lock.Unlock()
}

func TestSweepRemovesUnneededLockFiles(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, NewMemory())
	if err := errors.Join(s.Put(t.Context(), record("kept", 1, 10)), s.Put(t.Context(), record("gone", 1, 10)),
		s.Put(t.Context(), record("locked", 1, 10))); err != nil {
		t.Fatal(err)
	}
	lock, err := s.Lock(t.Context(), "locked")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Delete(t.Context(), "gone"), s.Delete(t.Context(), "locked")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"kept.write.lock": true, "gone.write.lock": false,
		"locked.write.lock": false,
		"locked.lock":       true} {
		_, err := os.Stat(filepath.Join(dir, "locks", name))
		if got := err == nil; got != want {
			t.Errorf("%s is there: got %v, want %v", name, got, want)
		}
	}
	lock.Unlock()
	again, err := s.Lock(t.Context(), "gone")
	if err != nil {
		t.Fatalf("locking anew: %v", err)
	}
	again.Unlock()
}
