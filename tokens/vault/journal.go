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

// journalEntry names the generations of a record that a write or a removal touches. It stands until the work is done;
// what is found later is the trace of a process that was killed, or of a backend that did not answer.
type journalEntry struct {
	ID          string     `json:"id"`
	Backend     string     `json:"backend,omitempty"` // which holds them; "" in entries of earlier versions
	Generations []leftover `json:"generations"`
}

type leftover struct {
	Generation string `json:"generation"`
	Chunks     int    `json:"chunks"`
}

func journalName(generation string) string { return journalFolder + "/" + generation + ".json" }

func (s *Store) begin(generation string, e journalEntry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := s.shelf.write(journalName(generation), data); err != nil {
		return s.folderProblem("writing the journal", err)
	}
	return nil
}

func (s *Store) done(generation string) error { return s.shelf.remove(journalName(generation)) }

// halfWritten is the age from which a temporary file is taken to be left by a killed process.
const halfWritten = time.Hour

// Sweep removes what killed processes left: items of generations that no record names, half-written files, lock files
// of sessions that are gone. It returns how many leftovers it cleared away. What another process is writing at the
// moment is waited for, until ctx ends.
func (s *Store) Sweep(ctx context.Context) (n int, err error) {
	names, err := s.shelf.list(journalFolder)
	if err != nil {
		return 0, s.folderProblem("reading the journal", err)
	}
	for _, file := range names {
		swept, sweepErr := s.sweepEntry(ctx, file, s.locks.take)
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
	tidied, tidyErr := s.shelf.tidy(s.now().Add(-halfWritten))
	return n + tidied, errors.Join(err, tidyErr, s.locks.sweep(s.lockNeeded))
}

// The bounds of what a write clears away on the way.
const (
	maxSwept  = 8
	sweepTime = 2 * time.Second
)

// sweepDead clears away what killed writers left, where that takes no waiting: an entry whose lock is held belongs to a
// write that goes on. What it cannot clear away is left to Sweep.
func (s *Store) sweepDead(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	names, _ := s.shelf.list(journalFolder)
	for _, file := range names[:min(len(names), maxSwept)] {
		if _, err := s.sweepEntry(ctx, file, s.locks.try); errors.Is(err, ErrTimeout) || ctx.Err() != nil {
			return
		}
	}
	_, _ = s.shelf.tidy(s.now().Add(-halfWritten))
}

// takeLock takes a lock by its name: locks.take or locks.try.
type takeLock func(ctx context.Context, name string) (*held, error)

// sweepEntry clears away what a journal entry names and no record does. take takes its lock.
func (s *Store) sweepEntry(ctx context.Context, file string, take takeLock) (bool, error) {
	entry, err := s.readEntry(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // whoever wrote it has finished
	}
	if err != nil {
		return false, err
	}
	if entry.Backend != "" && entry.Backend != s.Backend() {
		return false, nil // a process with that backend can remove it
	}
	lock, err := take(ctx, writeLock(entry.ID))
	if lock == nil || err != nil {
		return false, err
	}
	defer lock.Unlock()
	// The writer may have finished while we waited for it.
	if entry, err = s.readEntry(file); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	current, err := s.manifest(entry.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, fmt.Errorf("not swept, since it is not known which parts are in use: %w", err)
	}
	for _, l := range entry.Generations {
		if l.Generation == current.Generation {
			continue
		}
		if err := s.removeChunks(ctx, entry.ID, l.Generation, min(l.Chunks, maxChunks)); err != nil {
			return false, err
		}
	}
	return true, s.shelf.remove(journalFolder + "/" + file)
}

func (s *Store) readEntry(file string) (journalEntry, error) {
	data, err := s.shelf.read(journalFolder + "/" + file)
	if err != nil {
		return journalEntry{}, err
	}
	var e journalEntry
	if json.Unmarshal(data, &e) != nil || len(e.Generations) == 0 || !fileSafe(e.ID) {
		return journalEntry{}, fail(ErrDamaged, nil, "this is no journal entry that fob wrote: remove the file by hand")
	}
	return e, nil
}

// fileSafe accepts every ID that this package uses, those of its own making included.
func fileSafe(id string) bool {
	return id == probeID || checkID(strings.TrimPrefix(id, secretPrefix)) == nil
}

// lockNeeded tells the lock files that stand for something.
func (s *Store) lockNeeded(name string) bool {
	id := strings.TrimSuffix(strings.TrimSuffix(name, ".lock"), ".write")
	if !fileSafe(id) {
		return true // not ours
	}
	_, err := s.shelf.read(fileName(id))
	return !errors.Is(err, fs.ErrNotExist)
}
