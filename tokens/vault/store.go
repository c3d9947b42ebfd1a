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

// Config configures a Store. Backend is required.
type Config struct {
	Dir     string // state folder; "": the metadata is stored in memory as well
	Backend Backend
	Now     func() time.Time // nil: time.Now
	Timeout time.Duration    // of one call to the backend; 0: 5 s, and PersonTimeout on macOS, which asks in a dialog
	// Waiting is called once when a call takes long, with what it may be waiting for. It may be nil.
	Waiting func(hint string)
}

// Store stores records. It is safe for concurrent use, and several processes may share a Dir.
type Store struct {
	dir      stateDir
	guard    *guard
	metadata metadataStore
	locks    *locks
	now      func() time.Time
	rand     io.Reader
}

// stateDir is the folder of the metadata files; "" for a Store in memory.
type stateDir string

// Open returns a Store. It does not access the backend; on the disk it checks only that Dir, if it exists, is a folder.
func Open(c Config) (*Store, error) {
	if c.Backend == nil {
		return nil, fail(ErrUnavailable, nil, "opening the vault: no backend is configured")
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
	s := &Store{dir: stateDir(c.Dir), now: c.Now, rand: rand.Reader, guard: &guard{
		backend: c.Backend, timeout: c.Timeout, now: c.Now, noticeAfter: defaultNotice, waiting: c.Waiting,
	}}
	if c.Dir == "" {
		s.metadata, s.locks = newMemoryMetadata(), newLocks("")
		return s, nil
	}
	if info, err := os.Stat(c.Dir); err == nil && !info.IsDir() {
		return nil, fail(ErrUnavailable, nil,
			"opening the vault: %s is a file, and the state folder was expected there", c.Dir)
	}
	s.metadata, s.locks = &diskMetadata{dir: c.Dir}, newLocks(filepath.Join(c.Dir, locksFolder))
	return s, nil
}

// Backend returns the name of the backend: "keyring", "memory", "file".
func (s *Store) Backend() string { return s.guard.backend.Name() }

// The folders of the metadata files.
const (
	sessionsFolder = "sessions"
	secretsFolder  = "secrets"
	locksFolder    = "locks"
)

// allFolders are the folders that fob creates in the state folder.
var allFolders = []string{sessionsFolder, secretsFolder, journalFolder, keysFolder, marksFolder, locksFolder}

func fileName(id string) string {
	if strings.HasPrefix(id, secretPrefix) {
		return secretsFolder + "/" + id + ".json"
	}
	return sessionsFolder + "/" + id + ".json"
}

func writeLock(id string) string { return id + ".write.lock" }

// metadataFile is a metadata file: Meta of a session, or Name of a profile's secret.
type metadataFile struct {
	Version int      `json:"version"`
	Stored  manifest `json:"stored"`
	Meta    *Meta    `json:"meta,omitempty"`
	Name    string   `json:"name,omitempty"`
}

func (s *Store) readFile(id string) (metadataFile, error) {
	data, err := s.metadata.read(fileName(id))
	return s.decodeOr(id, data, err)
}

// decodeOr decodes a metadata file, or returns an error that explains why it cannot be read.
func (s *Store) decodeOr(id string, data []byte, err error) (metadataFile, error) {
	var f metadataFile
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, fail(ErrNotFound, nil, "%s is not in the vault", describe(id))
	case err == nil:
		f, err = decodeFile(id, data)
	case !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign):
		return f, s.dir.problem("reading "+describe(id), err)
	}
	switch {
	case errors.Is(err, ErrForeign):
		return f, fail(ErrForeign, err, "the file of %s (%s) cannot be read: %v", describe(id), s.dir.where(id), err)
	case err != nil:
		return f, fail(ErrDamaged, err, "the file of %s (%s) is damaged: %v: remove the session and sign in again",
			describe(id), s.dir.where(id), err)
	}
	return f, nil
}

// decodeFile decodes a metadata file. It returns what could be read even with an error, so that the record can be
// removed.
func decodeFile(id string, data []byte) (metadataFile, error) {
	var header struct{ Version int }
	if json.Unmarshal(data, &header) == nil && header.Version > recordVersion {
		return metadataFile{Version: header.Version}, versionProblem("it", header.Version, recordVersion)
	}
	var f metadataFile
	if err := json.Unmarshal(data, &f); err != nil {
		return f, err
	}
	switch {
	case f.Version != recordVersion:
		return f, versionProblem("it", f.Version, recordVersion)
	case !f.Stored.valid():
		return f, errors.New("it does not say where the record is stored")
	case strings.HasPrefix(id, secretPrefix) != (f.Meta == nil):
		return f, errors.New("it is not the kind of file that belongs in its folder")
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

func (d stateDir) where(id string) string {
	if d == "" {
		return "in memory"
	}
	return filepath.Join(string(d), filepath.FromSlash(fileName(id)))
}

// writeFile writes a metadata file. With spare set it writes a spare file and does not replace the current one, which
// cannot be read.
func (s *Store) writeFile(id string, f metadataFile, spare bool) error {
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the metadata of %s as JSON: %w", describe(id), err)
	}
	write := s.metadata.write
	if spare {
		write = s.metadata.writeSpare
	}
	if err := write(fileName(id), append(data, '\n')); err != nil {
		return s.dir.problem("writing the metadata of "+describe(id), err)
	}
	return nil
}

func (d stateDir) problem(doing string, err error) error {
	switch {
	case errors.Is(err, ErrFull), errors.Is(err, ErrDamaged), errors.Is(err, ErrForeign):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, files.ErrInUse):
		return fail(ErrUnavailable, err, "%s: %v: close the program that has files in %s open (a virus scanner, a "+
			"backup, a sync client), or keep it out of that folder", doing, err, d)
	}
	return fail(ErrUnavailable, err, "%s: %v: check that the state folder %s can be written and has room, or set "+
		"FOB_STATE to another", doing, err, d)
}

// manifest returns where the current record of an ID is stored, or ErrNotFound.
func (s *Store) manifest(id string) (manifest, error) {
	if id == probeID {
		return manifest{}, ErrNotFound
	}
	f, err := s.readFile(id)
	return f.Stored, err
}

// Put stores the record and replaces the one with its ID. After an error the old record is still there. Only if the
// file system failed while the metadata file was being replaced may it be either one, complete.
func (s *Store) Put(ctx context.Context, r Record) error {
	id := r.Meta.ID
	if err := checkID(id); err != nil {
		return err
	}
	text, err := encodeSecrets(r.Secrets, bindingOf(r.Meta), s.rand)
	if err == nil {
		err = s.storeBlob(ctx, id, text, metadataFile{Meta: &r.Meta})
	}
	if err != nil {
		return fmt.Errorf("storing session %s: %w", id, err)
	}
	return nil
}

// storeBlob stores text and metadata under the ID, replacing what is there, and removes what killed processes left.
func (s *Store) storeBlob(ctx context.Context, id string, text []byte, f metadataFile) error {
	const tries = 3 // one more each time another process replaces the lock file in between
	var err error
	for range tries {
		if err = s.lockAndPut(ctx, id, text, f); !errors.Is(err, errLockLost) {
			break
		}
	}
	if err == nil {
		s.sweepLeftovers(ctx)
	}
	return err
}

func (s *Store) lockAndPut(ctx context.Context, id string, text []byte, f metadataFile) error {
	lock, err := s.locks.acquire(ctx, writeLock(id))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	return s.putBlob(ctx, lock, id, text, f)
}

// Get reads a record. ErrNotFound: no such session. ErrDamaged: it is not what was stored.
func (s *Store) Get(ctx context.Context, id string) (Record, error) {
	if err := checkID(id); err != nil {
		return Record{}, err
	}
	var r Record
	text, err := s.guard.readCurrent(ctx, id, func() (manifest, error) {
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
		err = bound.check(r.Meta, s.dir.where(id))
	}
	if err != nil {
		return Record{}, fmt.Errorf("reading session %s: %w", id, err)
	}
	return r, nil
}

// Meta reads the metadata of a session without accessing the backend.
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

// PutMeta replaces the metadata of a session (a new label, for instance) without accessing its secrets.
func (s *Store) PutMeta(ctx context.Context, m Meta) error {
	if err := checkID(m.ID); err != nil {
		return err
	}
	lock, err := s.locks.acquire(ctx, writeLock(m.ID))
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

// List returns all sessions, newest first, without accessing the backend. Records that cannot be read (ErrDamaged,
// ErrForeign) are skipped and reported in the error, which is returned beside the others.
func (s *Store) List(ctx context.Context) ([]Meta, error) {
	names, err := s.metadata.list(sessionsFolder)
	if err != nil {
		return nil, s.dir.problem("listing the sessions", err)
	}
	list := make([]Meta, 0, len(names))
	var faults []error
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return list, err
		}
		id, isRecord := strings.CutSuffix(name, ".json")
		if !isRecord {
			continue // not a file of fob
		}
		if checkID(id) != nil {
			faults = append(faults, fail(ErrForeign, nil, "%s is skipped: its name is not a session ID",
				filepath.Join(string(s.dir), sessionsFolder, tokens.VisibleLine(tokens.Clip(name, 80)))))
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

// Lock acquires the lock of a session, which excludes all other goroutines and processes, and waits for it until ctx
// ends. Acquire the lock before using a refresh token, then re-read the record.
func (s *Store) Lock(ctx context.Context, id string) (Lock, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	lock, err := s.locks.acquire(ctx, id+".lock")
	if err != nil {
		return nil, err
	}
	return lock, nil
}
