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
	"runtime"
	"slices"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/files"
)

// Config says what a Store is made of. Backend is required.
type Config struct {
	Dir     string // state folder; "" keeps the metadata in memory as well
	Backend Backend
	Now     func() time.Time  // nil: time.Now
	Timeout time.Duration     // of one call to the backend; 0: 5 s, and PersonTimeout on macOS, which asks in a dialog
	Waiting func(hint string) // called once, when a call takes long, with what it may be waiting for; nil: nobody is told
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
		if runtime.GOOS == "darwin" {
			c.Timeout = PersonTimeout
		}
	}
	s := &Store{dir: c.Dir, now: c.Now, rand: rand.Reader, guard: &guard{
		backend: c.Backend, timeout: c.Timeout, now: c.Now, notice: noticeAfter, waiting: c.Waiting,
	}}
	if c.Dir == "" {
		s.shelf, s.locks = newMemoryShelf(), newLocks("")
		return s, nil
	}
	if info, err := os.Stat(c.Dir); err == nil && !info.IsDir() {
		return nil, fail(ErrUnavailable, nil, "opening the vault: %s is a file, and the state folder was expected there", c.Dir)
	}
	s.shelf, s.locks = &diskShelf{dir: c.Dir}, newLocks(filepath.Join(c.Dir, locksFolder))
	return s, nil
}

// Backend is the name of the backend: "keyring", "memory", "file".
func (s *Store) Backend() string { return s.guard.backend.Name() }

// The folders of the metadata.
const (
	sessionsFolder = "sessions"
	secretsFolder  = "secrets"
	locksFolder    = "locks"
)

// allFolders are the folders that fob makes in the state folder.
var allFolders = []string{sessionsFolder, secretsFolder, journalFolder, keysFolder, marksFolder, locksFolder}

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
	return s.decodeOr(id, data, err)
}

// decodeOr decodes a metadata file, or says why it could not be read.
func (s *Store) decodeOr(id string, data []byte, err error) (openFile, error) {
	var f openFile
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, fail(ErrNotFound, nil, "%s is not in the vault", describe(id))
	case err == nil:
		f, err = decodeFile(id, data)
	case !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign):
		return f, s.folderProblem("reading "+describe(id), err)
	}
	switch {
	case errors.Is(err, ErrForeign):
		return f, fail(ErrForeign, err, "the file of %s (%s) is not read: %v", describe(id), s.where(id), err)
	case err != nil:
		return f, fail(ErrDamaged, err, "the file of %s (%s) is damaged: %v: remove the session and sign in again", describe(id), s.where(id), err)
	}
	return f, nil
}

// decodeFile reads a metadata file. With an error it returns what could be read, so that a removal can clear up.
func decodeFile(id string, data []byte) (openFile, error) {
	var says struct{ Version int }
	if json.Unmarshal(data, &says) == nil && says.Version > recordVersion {
		return openFile{Version: says.Version}, versionProblem("it", says.Version, recordVersion)
	}
	var f openFile
	if err := json.Unmarshal(data, &f); err != nil {
		return f, err
	}
	switch {
	case f.Version != recordVersion:
		return f, versionProblem("it", f.Version, recordVersion)
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

// writeFile writes a metadata file; beside the one that is there, where that cannot be read.
func (s *Store) writeFile(id string, f openFile, beside bool) error {
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the metadata of %s as JSON: %w", describe(id), err)
	}
	write := s.shelf.write
	if beside {
		write = s.shelf.writeBeside
	}
	if err := write(fileName(id), append(data, '\n')); err != nil {
		return s.folderProblem("writing the metadata of "+describe(id), err)
	}
	return nil
}

func (s *Store) folderProblem(doing string, err error) error {
	switch {
	case errors.Is(err, ErrFull), errors.Is(err, ErrDamaged), errors.Is(err, ErrForeign):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, files.ErrInUse):
		return fail(ErrUnavailable, err, "%s: %v: close the program that has files in %s open (a virus scanner, a backup, "+
			"a sync client), or keep it out of that folder", doing, err, s.dir)
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
	text, err := encodeSecrets(r.Secrets, bindingOf(r.Meta), s.rand)
	if err == nil {
		err = s.store(ctx, id, text, openFile{Meta: &r.Meta})
	}
	if err != nil {
		return fmt.Errorf("storing session %s: %w", id, err)
	}
	return nil
}

// store stores text under the ID, with the metadata, in place of what is there, and clears away what killed writers
// left.
func (s *Store) store(ctx context.Context, id string, text []byte, f openFile) error {
	const tries = 3 // each time that somebody replaces the lock file in the meantime
	var err error
	for range tries {
		if err = s.lockAndPut(ctx, id, text, f); !errors.Is(err, errLockLost) {
			break
		}
	}
	if err == nil {
		s.sweepDead(ctx)
	}
	return err
}

func (s *Store) lockAndPut(ctx context.Context, id string, text []byte, f openFile) error {
	lock, err := s.locks.take(ctx, writeLock(id))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	return s.putBlob(ctx, lock, id, text, f)
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
	var bound *binding
	if err == nil {
		r.Secrets, bound, err = decodeSecrets(text)
	}
	if err == nil {
		err = bound.check(r.Meta, s.where(id))
	}
	if err != nil {
		return Record{}, fmt.Errorf("reading session %s: %w", id, err)
	}
	return r, nil
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
	if err := lock.Lost(); err != nil {
		return err
	}
	f.Meta = &m
	return s.writeFile(m.ID, f, false)
}

// List returns every session, the newest first, without touching the backend. What cannot be read (ErrDamaged,
// ErrForeign) is skipped and told of in the error, beside the good ones.
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
		if !isRecord {
			continue // not ours
		}
		if checkID(id) != nil {
			faults = append(faults, fail(ErrForeign, nil, "%s is not read: its name is no ID of a session",
				filepath.Join(s.dir, sessionsFolder, tokens.VisibleLine(tokens.Clip(name, 80)))))
			continue
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
