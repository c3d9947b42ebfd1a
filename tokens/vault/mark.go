package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Mark says that a request which spends something that works once has left, and that its answer is not stored yet. It
// outlives the process, so that a later one knows what must not be sent a second time.
type Mark struct {
	ID      string    `json:"id"`   // of the session; of a sign-in, that which its session will have
	Kind    MarkKind  `json:"kind"` // what was spent
	BegunAt time.Time `json:"begun_at"`
	// Refreshes is that of the record whose refresh token was sent: a record with more of them has the answer.
	Refreshes int    `json:"refreshes,omitempty"`
	Issuer    string `json:"issuer,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	// Answered is set when the answer has arrived and could not be stored: what was sent is known to be spent.
	Answered bool `json:"answered,omitempty"`
}

// MarkKind is what a marked request spends.
type MarkKind string

// The kinds of marks.
const (
	MarkRefresh MarkKind = "refresh_token"
	MarkCode    MarkKind = "authorization_code"
)

// DeadRefresh says why a refresh token that is kept must not be sent again.
type DeadRefresh struct {
	At  time.Time `json:"at"`
	Why string    `json:"why"` // in words: what the provider said of it
}

const marksFolder = "marks"

func markName(id string) string { return marksFolder + "/" + id + ".json" }

// PutMark writes the mark of a session in place of the one it had. When it returns nil, the mark survives a crash.
func (s *Store) PutMark(m Mark) error {
	if err := checkID(m.ID); err != nil {
		return err
	}
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("writing a mark as JSON: %w", err)
	}
	if err := s.shelf.write(markName(m.ID), append(data, '\n')); err != nil {
		return s.folderProblem("marking that a request of "+describe(m.ID)+" is about to leave", err)
	}
	return nil
}

// Mark reads the mark of a session; ErrNotFound when it has none. A mark that cannot be read is one all the same: it is
// returned beside ErrDamaged, with the ID alone.
func (s *Store) Mark(id string) (Mark, error) {
	if err := checkID(id); err != nil {
		return Mark{}, err
	}
	data, err := s.shelf.read(markName(id))
	var m Mark
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Mark{}, fail(ErrNotFound, nil, "%s has no mark", describe(id))
	case err != nil && !errors.Is(err, ErrDamaged):
		return Mark{}, s.folderProblem("reading the mark of "+describe(id), err)
	case err == nil:
		err = json.Unmarshal(data, &m)
	}
	if err == nil && (m.ID != id || m.BegunAt.IsZero()) {
		err = errors.New("it does not say what it is about")
	}
	if err != nil {
		return Mark{ID: id}, fail(ErrDamaged, err, "the file %s of %s cannot be read: %v", markName(id), describe(id), err)
	}
	return m, nil
}

// DropMark removes the mark of a session. It is no error when there is none.
func (s *Store) DropMark(id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	if err := s.shelf.remove(markName(id)); err != nil {
		return s.folderProblem("removing the mark of "+describe(id), err)
	}
	return nil
}

// Marks are the marks of all sessions and sign-ins, the oldest first. Those that cannot be read are left out.
func (s *Store) Marks() ([]Mark, error) {
	names, err := s.shelf.list(marksFolder)
	if err != nil {
		return nil, s.folderProblem("listing the marks", err)
	}
	var list []Mark
	for _, name := range names {
		if m, err := s.Mark(strings.TrimSuffix(name, ".json")); err == nil {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b Mark) int { return a.BegunAt.Compare(b.BegunAt) })
	return list, nil
}

// TryLock is Lock that does not wait: nil without an error when another holds the lock.
func (s *Store) TryLock(id string) (Lock, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	lock, err := s.Lock(ctx, id)
	if ended(err) {
		return nil, nil
	}
	return lock, err
}

// ProbeFor finds out whether a new record of a session can be stored: Probe, and whether the state folder has room for
// a metadata file of its size and more. It is called before a refresh token is spent.
func (s *Store) ProbeFor(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	if err := s.Probe(ctx); err != nil {
		return err
	}
	const more = 16 << 10 // what a journal entry, a mark and a longer ledger may take
	old, err := s.shelf.read(fileName(id))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.folderProblem("reading "+describe(id), err)
	}
	room := marksFolder + "/" + tempPrefix + id // a process that is killed here leaves it to a sweep
	if err := s.shelf.write(room, []byte(strings.Repeat(" ", min(len(old)+more, maxFile)))); err != nil {
		_ = s.shelf.remove(room)
		return s.folderProblem("trying whether "+describe(id)+" can be stored", err)
	}
	if err := s.shelf.remove(room); err != nil {
		return s.folderProblem("trying whether "+describe(id)+" can be stored", err)
	}
	return nil
}
