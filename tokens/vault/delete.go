package vault

import (
	"context"
	"errors"
	"fmt"
)

// Delete removes a session: the metadata first, so that it is no longer listed, then its items in the backend. It is no
// error if the session does not exist.
//
// Records that another fob may still need are not removed: the error is ErrForeign if a newer fob wrote the record or
// it is not a regular file, and ErrUnavailable if it is stored in another backend. After ErrDamaged the file is
// removed, and which items it named in the backend is unknown.
func (s *Store) Delete(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	if err := s.delete(ctx, id); err != nil {
		return fmt.Errorf("removing session %s: %w", id, err)
	}
	return nil
}

func (s *Store) delete(ctx context.Context, id string) error {
	if err := s.lockAndDelete(ctx, id); err != nil {
		return err
	}
	s.sweepLeftovers(ctx)
	return nil
}

func (s *Store) lockAndDelete(ctx context.Context, id string) error {
	lock, err := s.locks.acquire(ctx, writeLock(id))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	f, err := s.readFile(id)
	switch m := f.Stored; {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil && !errors.Is(err, ErrDamaged):
		return err
	case !m.valid():
		if removeErr := s.metadata.remove(fileName(id)); removeErr != nil {
			return s.dir.problem("removing its file", removeErr)
		}
		return fail(ErrDamaged, err, "its file was damaged and is removed; its items in the %s were not found: "+
			"look there for items of the service %q named %s.…", s.Backend(), service, id)
	default:
		if err := s.mayRemove(ctx, id, m); err != nil {
			return err
		}
		return s.removeRecord(ctx, lock, id, m)
	}
}

// mayRemove returns an error for a record that this fob cannot read and another may need.
func (s *Store) mayRemove(ctx context.Context, id string, m manifest) error {
	text, err := s.guard.readChunks(ctx, id, m)
	if m.Backend != s.Backend() && err != nil {
		// A file that names the wrong backend is invalid; if the items are in this backend, they can be removed.
		return otherBackend(m.Backend, s.Backend())
	}
	if err == nil {
		if _, _, err := decodeSecrets(text); errors.Is(err, ErrForeign) {
			return err
		}
	}
	return nil // damaged, or the backend does not respond: the removal reports it
}

func otherBackend(named, own string) error {
	return fail(ErrUnavailable, nil, "it is stored in the vault %q and this is %q: set FOB_VAULT=%s", named, own, named)
}

// removeRecord removes the metadata file of a record, then its items. The caller has the lock.
func (s *Store) removeRecord(ctx context.Context, lock *lockHandle, id string, m manifest) error {
	generation, err := NewID(s.rand)
	if err != nil {
		return err
	}
	entry := journalEntry{ID: id, Backend: s.Backend(), Generations: []leftover{{m.Generation, m.Chunks}}}
	if stale, ok := s.staleGeneration(id); ok {
		entry.Generations = append(entry.Generations, stale)
	}
	if err := s.beginJournal(generation, entry); err != nil {
		return err
	}
	if err := lock.Lost(); err != nil {
		_ = endJournal(s.metadata, generation)
		return err
	}
	if err := s.metadata.remove(fileName(id)); err != nil {
		return s.dir.problem("removing its file", err)
	}
	for _, l := range entry.Generations {
		if err := s.guard.removeChunks(ctx, id, l.Generation, l.Chunks); err != nil {
			return fmt.Errorf("it is no longer listed, but remains in the %s until the next sweep: %w",
				s.Backend(), err)
		}
	}
	_ = endJournal(s.metadata, generation)
	return nil
}
