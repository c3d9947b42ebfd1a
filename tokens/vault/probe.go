package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// probeID is the ID of the item that Probe writes. No session has it.
const probeID = "probe"

// Probe finds out whether the vault works: it writes an item of full size, reads it back and deletes it, and does the
// same with files in the state folder. It is called before a person is sent to sign in, and before a token is spent.
func (s *Store) Probe(ctx context.Context) error {
	generation, err := NewID(s.rand)
	if err != nil {
		return err
	}
	const trying = "trying the vault: %w"
	// Without it, another process would take the item for one that a killed process left, and delete it.
	lock, err := s.locks.take(ctx, writeLock(probeID))
	if err != nil {
		return fmt.Errorf(trying, err)
	}
	defer lock.Unlock()
	// The journal entry tries the folder, and names the item in case that we are killed before it is deleted.
	entry := journalEntry{ID: probeID, Backend: s.Backend(), Generations: []leftover{{generation, 1}}}
	if err := s.begin(generation, entry); err != nil {
		return fmt.Errorf(trying, err)
	}
	for _, folder := range []string{sessionsFolder, locksFolder} {
		if err := s.shelf.try(folder); err != nil {
			_ = s.done(generation)
			return fmt.Errorf(trying, s.folderProblem("writing in the folder "+folder, err))
		}
	}
	if err := s.tryItem(ctx, itemName(probeID, generation, 0), []byte(generation)); err != nil {
		s.takeBack(ctx, probeID, generation, 1, err)
		if refused(err) {
			_ = s.done(generation)
		}
		return fmt.Errorf(trying, err)
	}
	if err := s.done(generation); err != nil {
		return fmt.Errorf(trying, s.folderProblem("removing from the journal", err))
	}
	return nil
}

// refused reports whether the backend said plainly that it wrote nothing.
func refused(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrLocked) || errors.Is(err, ErrFull)
}

func (s *Store) tryItem(ctx context.Context, item string, seed []byte) error {
	want := bytes.Repeat(seed, ChunkSize/len(seed)+1)[:ChunkSize]
	if err := s.guard.set(ctx, item, want); err != nil {
		return err
	}
	got, err := s.guard.get(ctx, item)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fail(ErrDamaged, nil, "the %s gave back %d bytes that are not the %d that were written", s.Backend(), len(got), len(want))
	}
	return s.guard.remove(ctx, item)
}
