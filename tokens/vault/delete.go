package vault

import (
	"context"
	"errors"
	"fmt"
)

// Delete removes a session: the metadata first, so that it is gone from every list, then what the backend holds. It is
// no error when there is none.
//
// What another fob may still need is not removed: ErrForeign when the record was written by a newer fob, or is no file;
// ErrUnavailable when it is kept in another backend. After ErrDamaged the file is removed and it is not known what it
// named in the backend.
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
	s.sweepDead(ctx)
	return nil
}

func (s *Store) lockAndDelete(ctx context.Context, id string) error {
	lock, err := s.locks.take(ctx, writeLock(id))
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
	case !m.sound():
		if removeErr := s.shelf.remove(fileName(id)); removeErr != nil {
			return s.folderProblem("removing its file", removeErr)
		}
		return fail(ErrDamaged, err, "its file was damaged and is removed; what it named in the %s could not be found: "+
			"look there for items of the service %q named %s.…", s.Backend(), service, id)
	default:
		if err := s.mayRemove(ctx, id, m); err != nil {
			return err
		}
		return s.removeRecord(ctx, lock, id, m)
	}
}

// mayRemove refuses to remove what this fob cannot judge.
func (s *Store) mayRemove(ctx context.Context, id string, m manifest) error {
	text, err := s.readChunks(ctx, id, m)
	if m.Backend != s.Backend() && err != nil {
		// A file that names another backend than the one that has the items is wrong, and they can be removed all the same.
		return otherBackend(m.Backend, s.Backend())
	}
	if err == nil {
		if _, _, err := decodeSecrets(text); errors.Is(err, ErrForeign) {
			return err
		}
	}
	return nil // damaged, or the backend does not answer: the removal says so
}

func otherBackend(named, ours string) error {
	return fail(ErrUnavailable, nil, "it is kept in the vault %q and this is %q: set FOB_VAULT=%s", named, ours, named)
}

// removeRecord removes the file of a record, then its items. The caller holds the lock.
func (s *Store) removeRecord(ctx context.Context, lock *held, id string, m manifest) error {
	generation, err := NewID(s.rand)
	if err != nil {
		return err
	}
	entry := journalEntry{ID: id, Backend: s.Backend(), Generations: []leftover{{m.Generation, m.Chunks}}}
	if hidden, ok := s.hiddenGeneration(id); ok {
		entry.Generations = append(entry.Generations, hidden)
	}
	if err := s.begin(generation, entry); err != nil {
		return err
	}
	if err := lock.Lost(); err != nil {
		_ = s.done(generation)
		return err
	}
	if err := s.shelf.remove(fileName(id)); err != nil {
		return s.folderProblem("removing its file", err)
	}
	for _, l := range entry.Generations {
		if err := s.removeChunks(ctx, id, l.Generation, l.Chunks); err != nil {
			return fmt.Errorf("it is no longer listed, but the %s still holds it until the next sweep: %w", s.Backend(), err)
		}
	}
	_ = s.done(generation)
	return nil
}
