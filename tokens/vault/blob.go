package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"
)

// manifest says where the parts of a record stand in the backend. It is kept in the open, beside the metadata; the
// checksum is over salted text and tells nothing of what it covers.
type manifest struct {
	Backend    string `json:"backend"`
	Generation string `json:"generation"` // random: a leftover of an earlier write is never mistaken for a part of this one
	Chunks     int    `json:"chunks"`
	Size       int    `json:"size"` // bytes of the whole
	SHA256     string `json:"sha256"`
}

// maxChunks bounds what a manifest may ask for.
const maxChunks = maxRecord/ChunkSize*2 + 2

func (m manifest) sound() bool {
	return m.Generation != "" && m.Chunks > 0 && m.Chunks <= maxChunks && m.Size > 0 && m.Size <= maxRecord && len(m.SHA256) == 2*sha256.Size
}

// itemName is the name of one item of a record.
func itemName(id, generation string, n int) string { return fmt.Sprintf("%s.%s.%d", id, generation, n) }

// split cuts valid UTF-8 text into chunks that are valid UTF-8 themselves and at most ChunkSize bytes: a keyring keeps
// text, not bytes.
func split(text []byte) [][]byte {
	var chunks [][]byte
	for len(text) > ChunkSize {
		cut := ChunkSize
		for cut > ChunkSize-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
			cut--
		}
		chunks = append(chunks, text[:cut])
		text = text[cut:]
	}
	return append(chunks, text)
}

// putBlob stores text under the ID in a new generation, then writes the file that names it, then removes the old
// generation. A journal entry stands from before the first item until after the last, so that whatever a kill leaves in
// between is known. The caller holds the write lock; when that is lost before the file is written, nothing is changed
// and the error is errLockLost.
func (s *Store) putBlob(ctx context.Context, lock *held, id string, text []byte, f openFile) error {
	generation, err := NewID(s.rand)
	if err != nil {
		return err
	}
	chunks, sum := split(text), sha256.Sum256(text)
	f.Version = recordVersion
	f.Stored = manifest{
		Backend: s.Backend(), Generation: generation,
		Chunks: len(chunks), Size: len(text), SHA256: hex.EncodeToString(sum[:]),
	}
	old, beside, err := s.oldGenerations(id)
	if err != nil {
		return err
	}
	entry := journalEntry{ID: id, Backend: s.Backend(), Generations: append([]leftover{{generation, len(chunks)}}, old...)}
	if err := s.begin(generation, entry); err != nil {
		return err
	}
	err = s.writeChunks(ctx, id, f.Stored, chunks)
	if err == nil {
		err = lock.Lost()
	}
	if err != nil {
		s.takeBack(ctx, id, generation, len(chunks), err)
		return err
	}
	if err := s.writeFile(id, f, beside); err != nil {
		// Whether the file was replaced is not known now: the journal keeps both generations for the next sweep.
		return err
	}
	// From here on the record is stored. What cannot be cleared away now is left to a sweep.
	for _, l := range old {
		if s.removeChunks(context.WithoutCancel(ctx), id, l.Generation, l.Chunks) != nil {
			return nil
		}
	}
	_ = s.done(generation)
	return nil
}

// oldGenerations are those of this backend that a new record of the ID takes the place of. A damaged file names none,
// and what it stood for is lost. One that cannot be read now may be good: beside says that it must not be replaced.
func (s *Store) oldGenerations(id string) (old []leftover, beside bool, err error) {
	m, err := s.manifest(id)
	switch {
	case errors.Is(err, ErrForeign):
		return nil, false, err
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrDamaged):
	case err != nil:
		return nil, true, nil
	case m.Backend == s.Backend():
		old = append(old, leftover{m.Generation, m.Chunks})
	}
	if hidden, ok := s.hiddenGeneration(id); ok {
		old = append(old, hidden)
	}
	return old, false, nil
}

// hiddenGeneration is the one that the file names which a spare file stands in for.
func (s *Store) hiddenGeneration(id string) (leftover, bool) {
	data, err := s.shelf.hidden(fileName(id))
	if err != nil {
		return leftover{}, false
	}
	f, err := decodeFile(id, data)
	return leftover{f.Stored.Generation, f.Stored.Chunks}, err == nil && f.Stored.Backend == s.Backend()
}

// writeChunks writes the items and reads each back: some keyrings drop a write without a word, and the old record is
// given up for this one.
func (s *Store) writeChunks(ctx context.Context, id string, m manifest, chunks [][]byte) error {
	for n, chunk := range chunks {
		if err := s.guard.set(ctx, itemName(id, m.Generation, n), chunk); err != nil {
			return fmt.Errorf("storing part %d of %d: %w", n+1, len(chunks), err)
		}
	}
	if _, err := s.readChunks(ctx, id, m); err != nil {
		return fmt.Errorf("reading back what was just stored: %w", err)
	}
	return nil
}

// takeBack removes a generation that was not finished. Where the backend does not answer, the journal keeps its name.
func (s *Store) takeBack(ctx context.Context, id, generation string, chunks int, why error) {
	if errors.Is(why, ErrTimeout) || ended(why) {
		// The write that was given up may still come through after a removal.
		return
	}
	if s.removeChunks(context.WithoutCancel(ctx), id, generation, chunks) == nil {
		_ = s.done(generation)
	}
}

func (s *Store) removeChunks(ctx context.Context, id, generation string, chunks int) error {
	for n := range chunks {
		if err := s.guard.remove(ctx, itemName(id, generation, n)); err != nil {
			return fmt.Errorf("deleting part %d of %d: %w", n+1, chunks, err)
		}
	}
	return nil
}

// readChunks puts the record together and compares it with the manifest.
func (s *Store) readChunks(ctx context.Context, id string, m manifest) ([]byte, error) {
	text := make([]byte, 0, m.Size)
	for n := range m.Chunks {
		chunk, err := s.guard.get(ctx, itemName(id, m.Generation, n))
		if errors.Is(err, ErrNotFound) {
			// Not wrapped: that a part is missing does not mean that the record is not there.
			return nil, fail(ErrDamaged, nil, "part %d of %d is not in the %s, though the file of the record names it: it was "+
				"removed there by something else than fob, or this is another %[3]s than the one it was stored in",
				n+1, m.Chunks, s.Backend())
		}
		if err != nil {
			return nil, fmt.Errorf("reading part %d of %d: %w", n+1, m.Chunks, err)
		}
		if len(text)+len(chunk) > m.Size {
			return nil, fail(ErrDamaged, nil, "the parts in the %s are longer than the %d bytes that were stored", s.Backend(), m.Size)
		}
		text = append(text, chunk...)
	}
	if sum := sha256.Sum256(text); len(text) != m.Size || hex.EncodeToString(sum[:]) != m.SHA256 {
		return nil, fail(ErrDamaged, nil, "what is in the %s is not what was stored (%d bytes of %d, or another checksum)", s.Backend(), len(text), m.Size)
	}
	return text, nil
}

// readTries is how often a record is read again when another process replaced it in the meantime.
const readTries = 5

// getBlob reads a record. When reading fails because another process has just stored a newer generation, whatever the
// backend says of items that are going, it starts again from the file.
func (s *Store) getBlob(ctx context.Context, id string, load func() (manifest, error)) ([]byte, error) {
	var seen manifest
	var failed error
	for range readTries {
		m, err := load()
		if err != nil {
			return nil, err
		}
		if m == seen {
			return nil, failed
		}
		if m.Backend != s.Backend() {
			return nil, otherBackend(m.Backend, s.Backend())
		}
		text, err := s.readChunks(ctx, id, m)
		if err == nil || ctx.Err() != nil {
			return text, err
		}
		seen, failed = m, err
	}
	return nil, failed
}
