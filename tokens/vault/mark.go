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

// Mark records that a request which uses a one-time token or code was sent, and that its response is not stored yet. It
// survives the process, so that a later one knows what must not be sent again.
type Mark struct {
	ID      string    `json:"id"`   // of the session; for a sign-in, of its future session
	Kind    MarkKind  `json:"kind"` // what was used
	BegunAt time.Time `json:"begun_at"`
	// Refreshes is the count of the record whose refresh token was sent: a record with a higher count has the response.
	Refreshes int    `json:"refreshes,omitempty"`
	Issuer    string `json:"issuer,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	// Answered is set if the response arrived but could not be stored: the token or code is known to be used up.
	Answered bool `json:"answered,omitempty"`
}

// MarkKind says what the marked request uses.
type MarkKind string

// The kinds of marks.
const (
	MarkRefresh MarkKind = "refresh_token"
	MarkCode    MarkKind = "authorization_code"
)

// InvalidRefresh records why a stored refresh token must not be sent again.
type InvalidRefresh struct {
	At     time.Time `json:"at"`
	Reason string    `json:"why"` // a sentence, for instance the provider's error
}

const marksFolder = "marks"

func markName(id string) string { return marksFolder + "/" + id + ".json" }

// PutMark writes the mark of a session and replaces its old one. After a nil error the mark survives a crash.
func (s *Store) PutMark(m Mark) error {
	if err := checkID(m.ID); err != nil {
		return err
	}
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("writing a mark as JSON: %w", err)
	}
	if err := s.metadata.write(markName(m.ID), append(data, '\n')); err != nil {
		return s.dir.problem("marking that a request of "+describe(m.ID)+" will be sent", err)
	}
	return nil
}

// Mark reads the mark of a session; ErrNotFound: there is no mark. A mark that cannot be read still counts: it is
// returned with the ID only, beside ErrDamaged.
func (s *Store) Mark(id string) (Mark, error) {
	if err := checkID(id); err != nil {
		return Mark{}, err
	}
	data, err := s.metadata.read(markName(id))
	var m Mark
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Mark{}, fail(ErrNotFound, nil, "%s has no mark", describe(id))
	case err != nil && !errors.Is(err, ErrDamaged):
		return Mark{}, s.dir.problem("reading the mark of "+describe(id), err)
	case err == nil:
		err = json.Unmarshal(data, &m)
	}
	if err == nil && (m.ID != id || m.BegunAt.IsZero()) {
		err = errors.New("it has no session ID or no time")
	}
	if err != nil {
		return Mark{ID: id}, fail(ErrDamaged, err, "the file %s of %s cannot be read: %v",
			markName(id), describe(id), err)
	}
	return m, nil
}

// DropMark removes the mark of a session. It is no error if there is no mark.
func (s *Store) DropMark(id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	if err := s.metadata.remove(markName(id)); err != nil {
		return s.dir.problem("removing the mark of "+describe(id), err)
	}
	return nil
}

// Marks returns the marks of all sessions and sign-ins, oldest first, without those that cannot be read.
func (s *Store) Marks() ([]Mark, error) {
	names, err := s.metadata.list(marksFolder)
	if err != nil {
		return nil, s.dir.problem("listing the marks", err)
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

// TryLock is Lock without waiting: it returns nil without an error if the lock is taken.
func (s *Store) TryLock(id string) (Lock, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	lock, err := s.Lock(ctx, id)
	if contextEnded(err) {
		return nil, nil
	}
	return lock, err
}

// ProbeFor checks that a new record of a session can be stored: it calls Probe and checks that the state folder has
// space for a larger metadata file. Call it before using a refresh token.
func (s *Store) ProbeFor(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	if err := s.Probe(ctx); err != nil {
		return err
	}
	const more = 16 << 10 // for a journal entry, a mark and a longer ledger
	old, err := s.metadata.read(fileName(id))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.dir.problem("reading "+describe(id), err)
	}
	room := marksFolder + "/" + tempPrefix + id // Sweep removes it if the process is killed here
	if err := s.metadata.write(room, []byte(strings.Repeat(" ", min(len(old)+more, maxFile)))); err != nil {
		_ = s.metadata.remove(room)
		return s.dir.problem("checking that "+describe(id)+" can be stored", err)
	}
	if err := s.metadata.remove(room); err != nil {
		return s.dir.problem("checking that "+describe(id)+" can be stored", err)
	}
	return nil
}
