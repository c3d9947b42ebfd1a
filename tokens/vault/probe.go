package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// probeID is the ID of the item that Probe writes. No session can have it.
const probeID = "probe"

// Probe checks that the vault works: it writes an item of full size, reads it back and deletes it, and does the same
// with files in the state folder. Call it before the user signs in and before a refresh token is used.
func (s *Store) Probe(ctx context.Context) error {
	generation, err := NewID(s.rand)
	if err != nil {
		return err
	}
	const failed = "testing the vault: %w"
	// Without the lock, another process would treat the item as left by a killed process and delete it.
	lock, err := s.locks.acquire(ctx, writeLock(probeID))
	if err != nil {
		return fmt.Errorf(failed, err)
	}
	defer lock.Unlock()
	// The journal entry tests the folder, and names the item in case the process is killed before it is deleted.
	entry := journalEntry{ID: probeID, Backend: s.Backend(), Generations: []leftover{{generation, 1}}}
	if err := s.beginJournal(generation, entry); err != nil {
		return fmt.Errorf(failed, err)
	}
	for _, folder := range []string{sessionsFolder, locksFolder} {
		if err := s.metadata.checkWritable(folder); err != nil {
			_ = endJournal(s.metadata, generation)
			return fmt.Errorf(failed, s.dir.problem("writing in the folder "+folder, err))
		}
	}
	if err := s.guard.checkWrite(ctx, itemName(probeID, generation, 0), []byte(generation)); err != nil {
		s.rollBack(ctx, probeID, generation, 1, err)
		if wroteNothing(err) {
			_ = endJournal(s.metadata, generation)
		}
		return fmt.Errorf(failed, err)
	}
	if err := endJournal(s.metadata, generation); err != nil {
		return fmt.Errorf(failed, s.dir.problem("removing from the journal", err))
	}
	return nil
}

// wroteNothing reports whether the error means that the backend wrote nothing.
func wroteNothing(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrLocked) || errors.Is(err, ErrFull)
}

func (g *guard) checkWrite(ctx context.Context, item string, seed []byte) error {
	want := bytes.Repeat(seed, ChunkSize/len(seed)+1)[:ChunkSize]
	if err := g.set(ctx, item, want); err != nil {
		return err
	}
	got, err := g.get(ctx, item)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fail(ErrDamaged, nil, "the %s returned %d bytes that differ from the %d that were written",
			g.backend.Name(), len(got), len(want))
	}
	return g.remove(ctx, item)
}
