package vault

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fob/tokens"
)

// Config says what a Store is made of. Backend is required.
type Config struct {
	Dir     string // state folder; "" keeps the metadata in memory as well
	Backend Backend
	Now     func() time.Time // nil: time.Now
	Timeout time.Duration    // of one call to the backend; 0: 5 s
}

// Store keeps records. It is safe for concurrent use, and several processes may share a Dir.
type Store struct {
	dir   string
	guard *guard
	shelf shelf
	locks *locks
	now   func() time.Time
	rand  io.Reader
}

// Open makes a Store. It touches neither the backend nor the disk but to see that Dir, where it exists, is a folder.
func Open(c Config) (*Store, error) {
	if c.Backend == nil {
		return nil, fail(ErrUnavailable, nil, "opening the vault: no backend was chosen")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	s := &Store{dir: c.Dir, now: c.Now, rand: rand.Reader, guard: &guard{backend: c.Backend, timeout: c.Timeout, now: c.Now}}
	if c.Dir == "" {
		s.shelf, s.locks = newMemoryShelf(), newLocks("")
		return s, nil
	}
	if info, err := os.Stat(c.Dir); err == nil && !info.IsDir() {
		return nil, fail(ErrUnavailable, nil, "opening the vault: %s is a file, and the state folder was expected there", c.Dir)
	}
	s.shelf, s.locks = &diskShelf{dir: c.Dir}, newLocks(filepath.Join(c.Dir, "locks"))
	return s, nil
}

// Backend is the name of the backend: "keyring", "memory", "file".
func (s *Store) Backend() string { return s.guard.backend.Name() }

// The folders of the metadata.
const (
	sessionsFolder = "sessions"
	secretsFolder  = "secrets"
)

func fileName(id string) string {
	if strings.HasPrefix(id, secretPrefix) {
		return secretsFolder + "/" + id + ".json"
	}
	return sessionsFolder + "/" + id + ".json"
}

func writeLock(id string) string { return id + ".write.lock" }

// openFile is a metadata file: Meta of a session, or Name of a profile's secret.
type openFile struct {
	Version int      `json:"version"`
	Stored  manifest `json:"stored"`
	Meta    *Meta    `json:"meta,omitempty"`
	Name    string   `json:"name,omitempty"`
}

func (s *Store) readFile(id string) (openFile, error) {
	data, err := s.shelf.read(fileName(id))
	if errors.Is(err, fs.ErrNotExist) {
		return openFile{}, fail(ErrNotFound, nil, "%s is not in the vault", describe(id))
	}
	if err != nil && !errors.Is(err, ErrDamaged) {
		return openFile{}, s.folderProblem("reading "+describe(id), err)
	}
	var f openFile
	if err == nil {
		f, err = decodeFile(id, data)
	}
	if err != nil {
		return f, fail(ErrDamaged, err, "the file of %s (%s) is damaged: %v: remove the session and sign in again", describe(id), s.where(id), err)
	}
	return f, nil
}

// decodeFile reads a metadata file. With an error it returns what could be read, so that a removal can clear up.
func decodeFile(id string, data []byte) (openFile, error) {
	var f openFile
	if err := json.Unmarshal(data, &f); err != nil {
		return f, err
	}
	switch {
	case f.Version != recordVersion:
		return f, versionProblem("the file", f.Version, recordVersion)
	case !f.Stored.sound():
		return f, errors.New("it does not say where the record stands")
	case strings.HasPrefix(id, secretPrefix) != (f.Meta == nil):
		return f, errors.New("it is of another kind than its folder says")
	case f.Meta != nil && f.Meta.ID != id:
		return f, fmt.Errorf("it is about session %q", tokens.VisibleLine(tokens.Clip(f.Meta.ID, 80)))
	}
	return f, nil
}

func describe(id string) string {
	if strings.HasPrefix(id, secretPrefix) {
		return "the secret"
	}
	return "session " + id
}

func (s *Store) where(id string) string {
	if s.dir == "" {
		return "in memory"
	}
	return filepath.Join(s.dir, filepath.FromSlash(fileName(id)))
}

func (s *Store) writeFile(id string, f openFile) error {
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the metadata of %s as JSON: %w", describe(id), err)
	}
	if err := s.shelf.write(fileName(id), append(data, '\n')); err != nil {
		return s.folderProblem("writing the metadata of "+describe(id), err)
	}
	return nil
}

func (s *Store) folderProblem(doing string, err error) error {
	if errors.Is(err, ErrFull) || errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fail(ErrUnavailable, err, "%s: %v: check that the state folder %s can be written and has room, or set FOB_STATE to another", doing, err, s.dir)
}

// manifest says where the current record of an ID stands; ErrNotFound when there is none.
func (s *Store) manifest(id string) (manifest, error) {
	if id == probeID {
		return manifest{}, ErrNotFound
	}
	f, err := s.readFile(id)
	return f.Stored, err
}

// Put stores the record whole, in place of the one with its ID. After an error the old record is still there; only when
// the file system failed while the metadata was being replaced can it be either one, whole.
func (s *Store) Put(ctx context.Context, r Record) error {
	id := r.Meta.ID
	if err := checkID(id); err != nil {
		return err
	}
	text, err := encodeSecrets(r.Secrets, s.rand)
	if err != nil {
		return fmt.Errorf("storing session %s: %w", id, err)
	}
	lock, err := s.locks.take(ctx, writeLock(id))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	err = s.putBlob(ctx, id, text, func(m manifest) error {
		return s.writeFile(id, openFile{Version: recordVersion, Stored: m, Meta: &r.Meta})
	})
	if err != nil {
		return fmt.Errorf("storing session %s: %w", id, err)
	}
	return nil
}

// Get reads a record. ErrNotFound: no such session; ErrDamaged: what is there is not what was stored.
func (s *Store) Get(ctx context.Context, id string) (Record, error) {
	if err := checkID(id); err != nil {
		return Record{}, err
	}
	var r Record
	text, err := s.getBlob(ctx, id, func() (manifest, error) {
		f, err := s.readFile(id)
		if err != nil {
			return manifest{}, err
		}
		r.Meta = *f.Meta
		return f.Stored, nil
	})
	if err == nil {
		r.Secrets, err = decodeSecrets(text)
	}
	if err != nil {
		return Record{}, fmt.Errorf("reading session %s: %w", id, err)
	}
	return r, nil
}

// Delete removes a session: the metadata first, so that it is gone from every list, then what the backend holds. It is
// no error when there is none.
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
	lock, err := s.locks.take(ctx, writeLock(id))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	f, err := s.readFile(id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	m := f.Stored
	if !m.sound() || m.Backend != s.Backend() {
		if removeErr := s.shelf.remove(fileName(id)); removeErr != nil {
			return s.folderProblem("removing its file", removeErr)
		}
		return fail(ErrDamaged, err, "its file is removed, but what it named could not be removed from here: look for items of the service %q named %s.… in the keyring", service, id)
	}
	generation, err := NewID(s.rand)
	if err != nil {
		return err
	}
	if err := s.begin(generation, journalEntry{ID: id, Generations: []leftover{{m.Generation, m.Chunks}}}); err != nil {
		return err
	}
	if err := s.shelf.remove(fileName(id)); err != nil {
		return s.folderProblem("removing its file", err)
	}
	if err := s.removeChunks(ctx, id, m.Generation, m.Chunks); err != nil {
		return fmt.Errorf("it is no longer listed, but the %s still holds it until the next sweep: %w", s.Backend(), err)
	}
	_ = s.done(generation)
	return nil
}

// Meta reads what is known of a session without touching the backend.
func (s *Store) Meta(_ context.Context, id string) (Meta, error) {
	if err := checkID(id); err != nil {
		return Meta{}, err
	}
	f, err := s.readFile(id)
	if err != nil {
		return Meta{}, err
	}
	return *f.Meta, nil
}

// PutMeta replaces what is known of a session (a new label, for instance) without touching its secrets.
func (s *Store) PutMeta(ctx context.Context, m Meta) error {
	if err := checkID(m.ID); err != nil {
		return err
	}
	lock, err := s.locks.take(ctx, writeLock(m.ID))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	f, err := s.readFile(m.ID)
	if err != nil {
		return err
	}
	f.Meta = &m
	return s.writeFile(m.ID, f)
}

// List returns every session, the newest first, without touching the backend. Damaged files are skipped and told of in
// the error, beside the good ones.
func (s *Store) List(ctx context.Context) ([]Meta, error) {
	names, err := s.shelf.list(sessionsFolder)
	if err != nil {
		return nil, s.folderProblem("listing the sessions", err)
	}
	list := make([]Meta, 0, len(names))
	var faults []error
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return list, err
		}
		id, isRecord := strings.CutSuffix(name, ".json")
		if !isRecord || checkID(id) != nil {
			continue // not ours
		}
		f, err := s.readFile(id)
		if errors.Is(err, ErrNotFound) {
			continue // removed since
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		list = append(list, *f.Meta)
	}
	slices.SortFunc(list, func(a, b Meta) int {
		if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list, errors.Join(faults...)
}

// Lock takes the lock of a session, which no other goroutine or process can hold at the same time, and waits for it
// until ctx ends. Who is going to spend a refresh token takes it first and then reads the record again.
func (s *Store) Lock(ctx context.Context, id string) (Lock, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	lock, err := s.locks.take(ctx, id+".lock")
	if err != nil {
		return nil, err
	}
	return lock, nil
}
