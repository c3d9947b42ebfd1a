package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"
)

// manifest says where the parts of a record are stored in the backend. It is part of the metadata file. The checksum is
// over salted text and reveals nothing about the secrets.
type manifest struct {
	Backend string `json:"backend"`
	// Generation is random, so that a part of an earlier write is never used as a part of this one.
	Generation string `json:"generation"`
	Chunks     int    `json:"chunks"`
	Size       int    `json:"size"` // of the record in bytes
	SHA256     string `json:"sha256"`
}

// maxChunks limits the chunks of a manifest.
const maxChunks = maxRecord/ChunkSize*2 + 2

func (m manifest) valid() bool {
	return m.Generation != "" && m.Chunks > 0 && m.Chunks <= maxChunks && m.Size > 0 && m.Size <= maxRecord &&
		len(m.SHA256) == 2*sha256.Size
}

// itemName returns the name of one item of a record.
func itemName(id, generation string, n int) string { return fmt.Sprintf("%s.%s.%d", id, generation, n) }

// split cuts valid UTF-8 text into chunks of at most ChunkSize bytes that are valid UTF-8 themselves: a keyring stores
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

// putBlob stores text under the ID as a new generation, then writes the metadata file that names it, then removes the
// old generation. A journal entry exists from before the first change until after the last, so that whatever a killed
// process leaves can be found. The caller has the write lock. If the lock is lost before the metadata file is written,
// nothing is changed and the error is errLockLost.
func (s *Store) putBlob(ctx context.Context, lock *lockHandle, id string, text []byte, f metadataFile) error {
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
	old, spare, err := s.oldGenerations(id)
	if err != nil {
		return err
	}
	entry := journalEntry{ID: id, Backend: s.Backend(),
		Generations: append([]leftover{{generation, len(chunks)}}, old...)}
	if err := s.beginJournal(generation, entry); err != nil {
		return err
	}
	err = s.guard.writeChunks(ctx, id, f.Stored, chunks)
	if err == nil {
		err = lock.Lost()
	}
	if err != nil {
		s.rollBack(ctx, id, generation, len(chunks), err)
		return err
	}
	if err := s.writeFile(id, f, spare); err != nil {
		// It is not known whether the file was replaced: the journal entry stays, with both generations, for the next
		// sweep.
		return err
	}
	// The record is stored. Old items that cannot be removed now are left to a sweep.
	for _, l := range old {
		if s.guard.removeChunks(context.WithoutCancel(ctx), id, l.Generation, l.Chunks) != nil {
			return nil
		}
	}
	_ = endJournal(s.metadata, generation)
	return nil
}

// oldGenerations returns the generations in this backend that a new record of the ID replaces. A damaged file names
// none, and its record is lost. A file that cannot be read now may be valid: spare reports that it must not be
// replaced.
func (s *Store) oldGenerations(id string) (old []leftover, spare bool, err error) {
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
	if stale, ok := s.staleGeneration(id); ok {
		old = append(old, stale)
	}
	return old, false, nil
}

// staleGeneration returns the generation named by the file that a spare file replaces.
func (s *Store) staleGeneration(id string) (leftover, bool) {
	data, err := s.metadata.readStale(fileName(id))
	if err != nil {
		return leftover{}, false
	}
	f, err := decodeFile(id, data)
	return leftover{f.Stored.Generation, f.Stored.Chunks}, err == nil && f.Stored.Backend == s.Backend()
}

// writeChunks writes the items and reads each back: some keyrings drop a write without an error, and the old record is
// removed afterwards.
func (g *guard) writeChunks(ctx context.Context, id string, m manifest, chunks [][]byte) error {
	for n, chunk := range chunks {
		if err := g.set(ctx, itemName(id, m.Generation, n), chunk); err != nil {
			return fmt.Errorf("storing part %d of %d: %w", n+1, len(chunks), err)
		}
	}
	if _, err := g.readChunks(ctx, id, m); err != nil {
		return fmt.Errorf("reading back what was just stored: %w", err)
	}
	return nil
}

// rollBack removes an unfinished generation. If the backend does not respond, the journal entry stays.
func (s *Store) rollBack(ctx context.Context, id, generation string, chunks int, cause error) {
	if errors.Is(cause, ErrTimeout) || contextEnded(cause) {
		// The abandoned write may still take effect after a removal.
		return
	}
	if s.guard.removeChunks(context.WithoutCancel(ctx), id, generation, chunks) == nil {
		_ = endJournal(s.metadata, generation)
	}
}

func (g *guard) removeChunks(ctx context.Context, id, generation string, chunks int) error {
	for n := range chunks {
		if err := g.remove(ctx, itemName(id, generation, n)); err != nil {
			return fmt.Errorf("deleting part %d of %d: %w", n+1, chunks, err)
		}
	}
	return nil
}

// readChunks joins the parts of a record and checks the result against the manifest.
func (g *guard) readChunks(ctx context.Context, id string, m manifest) ([]byte, error) {
	text := make([]byte, 0, m.Size)
	for n := range m.Chunks {
		chunk, err := g.get(ctx, itemName(id, m.Generation, n))
		if errors.Is(err, ErrNotFound) {
			// Not wrapped: a missing part does not mean that the record does not exist.
			return nil, fail(ErrDamaged, nil, "part %d of %d is not in the %s, though the file of the record names "+
				"it: another program removed it, or this is another %[3]s than the one it was "+
				"stored in",
				n+1, m.Chunks, g.backend.Name())
		}
		if err != nil {
			return nil, fmt.Errorf("reading part %d of %d: %w", n+1, m.Chunks, err)
		}
		if len(text)+len(chunk) > m.Size {
			return nil, fail(ErrDamaged, nil, "the parts in the %s are longer than the %d bytes that were stored",
				g.backend.Name(), m.Size)
		}
		text = append(text, chunk...)
	}
	if sum := sha256.Sum256(text); len(text) != m.Size || hex.EncodeToString(sum[:]) != m.SHA256 {
		return nil, fail(ErrDamaged, nil, "the data in the %s is not what was stored (%d bytes of %d, or another "+
			"checksum)", g.backend.Name(), len(text), m.Size)
	}
	return text, nil
}

// readTries is how often a record is read again when another process replaces it in between.
const readTries = 5

// readCurrent reads a record. If that fails because another process has just stored a newer generation, it starts again
// from the metadata file, whatever error the backend returned for the old items.
func (g *guard) readCurrent(ctx context.Context, id string, load func() (manifest, error)) ([]byte, error) {
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
		if m.Backend != g.backend.Name() {
			return nil, otherBackend(m.Backend, g.backend.Name())
		}
		text, err := g.readChunks(ctx, id, m)
		if err == nil || ctx.Err() != nil {
			return text, err
		}
		seen, failed = m, err
	}
	return nil, failed
}
