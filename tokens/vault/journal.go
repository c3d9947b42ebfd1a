package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

const journalFolder = "journal"

// journalEntry names the generations of a record that a write or a removal changes. It exists until the operation is
// complete. An entry that is found later comes from a killed process or a backend that did not respond.
type journalEntry struct {
	ID          string     `json:"id"`
	Backend     string     `json:"backend,omitempty"` // where they are stored; "" in entries of earlier versions
	Generations []leftover `json:"generations"`
}

type leftover struct {
	Generation string `json:"generation"`
	Chunks     int    `json:"chunks"`
}

func journalName(generation string) string { return journalFolder + "/" + generation + ".json" }

func (s *Store) beginJournal(generation string, e journalEntry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := s.metadata.write(journalName(generation), data); err != nil {
		return s.dir.problem("writing the journal", err)
	}
	return nil
}

func endJournal(metadata metadataStore, generation string) error {
	return metadata.remove(journalName(generation))
}

// halfWritten is the age after which a temporary file is considered left by a killed process.
const halfWritten = time.Hour

// Sweep removes what killed processes left: items of generations that no record names, partly written files, lock files
// of removed sessions. It returns how many it removed. It waits for writes of other processes until ctx ends.
func (s *Store) Sweep(ctx context.Context) (n int, err error) {
	names, err := s.metadata.list(journalFolder)
	if err != nil {
		return 0, s.dir.problem("reading the journal", err)
	}
	for _, file := range names {
		swept, sweepErr := s.sweepEntry(ctx, file, s.locks.acquire)
		if sweepErr != nil {
			err = errors.Join(err, fmt.Errorf("sweeping %s/%s: %w", journalFolder, file, sweepErr))
		}
		if swept {
			n++
		}
		if ctx.Err() != nil {
			return n, err
		}
	}
	tidied, tidyErr := s.metadata.removeTemp(s.now().Add(-halfWritten))
	locksErr := s.locks.sweep(func(name string) bool { return lockNeeded(s.metadata, name) })
	return n + tidied, errors.Join(err, tidyErr, locksErr)
}

// The limits of what each write removes.
const (
	maxSwept  = 8
	sweepTime = 2 * time.Second
)

// sweepLeftovers removes what killed processes left, without waiting: an entry whose lock is taken belongs to a running
// write. The rest is left to Sweep.
func (s *Store) sweepLeftovers(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	names, _ := s.metadata.list(journalFolder)
	for _, file := range names[:min(len(names), maxSwept)] {
		if _, err := s.sweepEntry(ctx, file, s.locks.tryAcquire); errors.Is(err, ErrTimeout) || ctx.Err() != nil {
			return
		}
	}
	_, _ = s.metadata.removeTemp(s.now().Add(-halfWritten))
}

// acquireFunc is locks.acquire or locks.tryAcquire.
type acquireFunc func(ctx context.Context, name string) (*lockHandle, error)

// sweepEntry removes the generations of a journal entry that no record uses. acquire acquires its lock.
func (s *Store) sweepEntry(ctx context.Context, file string, acquire acquireFunc) (bool, error) {
	entry, err := readEntry(s.metadata, file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // its writer has finished
	}
	if err != nil {
		return false, err
	}
	if entry.Backend != "" && entry.Backend != s.Backend() {
		return false, nil // a process with that backend can remove it
	}
	lock, err := acquire(ctx, writeLock(entry.ID))
	if lock == nil || err != nil {
		return false, err
	}
	defer lock.Unlock()
	// The writer may have finished while this process waited for the lock.
	if entry, err = readEntry(s.metadata, file); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	current, err := s.manifest(entry.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, fmt.Errorf("not swept, because it is unknown which parts are in use: %w", err)
	}
	for _, l := range entry.Generations {
		if l.Generation == current.Generation {
			continue
		}
		if err := s.guard.removeChunks(ctx, entry.ID, l.Generation, min(l.Chunks, maxChunks)); err != nil {
			return false, err
		}
	}
	return true, s.metadata.remove(journalFolder + "/" + file)
}

func readEntry(metadata metadataStore, file string) (journalEntry, error) {
	data, err := metadata.read(journalFolder + "/" + file)
	if err != nil {
		return journalEntry{}, err
	}
	var e journalEntry
	if json.Unmarshal(data, &e) != nil || len(e.Generations) == 0 || !isOwnID(e.ID) {
		return journalEntry{}, fail(ErrDamaged, nil, "invalid journal entry: remove the file")
	}
	return e, nil
}

// isOwnID accepts every ID that this package uses, its internal ones included.
func isOwnID(id string) bool {
	return id == probeID || checkID(strings.TrimPrefix(id, secretPrefix)) == nil
}

// lockNeeded reports whether the record of a lock file exists.
func lockNeeded(metadata metadataStore, name string) bool {
	id := strings.TrimSuffix(strings.TrimSuffix(name, ".lock"), ".write")
	if !isOwnID(id) {
		return true // not a file of fob
	}
	_, err := metadata.read(fileName(id))
	return !errors.Is(err, fs.ErrNotExist)
}
