package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"fob/tokens"
)

// IssuerKeys are the public keys of an issuer as they were at a time: what was read of them is kept beside the sessions,
// so that a token can be judged without asking anybody. There is nothing secret in them, and losing them costs a request.
type IssuerKeys struct {
	Issuer string          `json:"issuer"`  // whose they are, letter by letter
	ReadAt time.Time       `json:"read_at"` // when the issuer said so
	Keys   json.RawMessage `json:"keys"`    // a list of public JWKs (RFC 7517 5.1)
}

const (
	keysFolder = "keys"
	// maxKeysFile bounds what is kept of one issuer, in bytes, and maxIssuers of how many something is: the largest sets of
	// public providers have a tenth of the one, and few people sign in to a tenth of the other.
	maxKeysFile = 128 << 10
	maxIssuers  = 64
	keysVersion = 1
)

// keysFile is the file of an issuer's keys.
type keysFile struct {
	Version int `json:"version"`
	IssuerKeys
}

// keysName is the file of an issuer: named by a hash, since an issuer holds what no file name can.
func keysName(issuer string) string {
	sum := sha256.Sum256([]byte(issuer))
	return keysFolder + "/" + hex.EncodeToString(sum[:16]) + ".json"
}

// PutKeys keeps the keys of an issuer in place of those it had. Where those of too many issuers are kept, the ones that
// were read the longest ago go. A set that is too large is an error (ErrFull), and what was kept is gone: it is no longer
// what the issuer says.
func (s *Store) PutKeys(k IssuerKeys) error {
	doing := "keeping the public keys of " + tokens.VisibleLine(tokens.Clip(k.Issuer, 200))
	data, err := json.Marshal(keysFile{keysVersion, k})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	name := keysName(k.Issuer)
	if len(data) > maxKeysFile {
		_ = s.shelf.remove(name)
		return fail(ErrFull, nil, "%s: they have %d bytes, at most %d are kept", doing, len(data), maxKeysFile)
	}
	if err := s.shelf.write(name, data); err != nil {
		return s.folderProblem(doing, err)
	}
	if err := s.dropOldKeys(); err != nil {
		return s.folderProblem(doing, err)
	}
	return nil
}

// Keys are the keys that are kept of an issuer. ErrNotFound: there are none; ErrDamaged: the file is not what was written,
// and the next PutKeys replaces it.
func (s *Store) Keys(issuer string) (IssuerKeys, error) {
	k, err := s.readKeys(keysName(issuer))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return IssuerKeys{}, fail(ErrNotFound, nil, "no public keys of %s are kept", tokens.VisibleLine(tokens.Clip(issuer, 200)))
	case err != nil:
		return IssuerKeys{}, err
	case k.Issuer != issuer:
		return IssuerKeys{}, fail(ErrDamaged, nil, "the file of the public keys of %s is about another issuer", tokens.VisibleLine(tokens.Clip(issuer, 200)))
	}
	return k, nil
}

func (s *Store) readKeys(name string) (IssuerKeys, error) {
	data, err := s.shelf.read(name)
	if err != nil {
		return IssuerKeys{}, err
	}
	var f keysFile
	if err = json.Unmarshal(data, &f); err == nil && len(data) > maxKeysFile {
		err = fmt.Errorf("it has %d bytes, at most %d are written", len(data), maxKeysFile)
	}
	switch {
	case err != nil:
		return IssuerKeys{}, fail(ErrDamaged, err, "the file %s is damaged: %v", name, err)
	case f.Version != keysVersion:
		return IssuerKeys{}, fail(ErrDamaged, nil, "the file %s has version %d, this fob writes %d", name, f.Version, keysVersion)
	case f.ReadAt.IsZero() || f.ReadAt.After(s.now().Add(tokens.DefaultSkew)):
		return IssuerKeys{}, fail(ErrDamaged, nil, "the file %s does not say when the keys were read", name)
	}
	return f.IssuerKeys, nil
}

// dropOldKeys removes the keys that were read the longest ago until no more than maxIssuers have some; damaged files first.
func (s *Store) dropOldKeys() error {
	names, err := s.shelf.list(keysFolder)
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, ".json") }) // not ours
	if err != nil || len(names) <= maxIssuers {
		return err
	}
	readAt := map[string]time.Time{}
	for _, name := range names {
		k, _ := s.readKeys(keysFolder + "/" + name) // damaged: read at the zero time
		readAt[name] = k.ReadAt
	}
	slices.SortFunc(names, func(a, b string) int { return readAt[a].Compare(readAt[b]) })
	for _, name := range names[:len(names)-maxIssuers] {
		if err := s.shelf.remove(keysFolder + "/" + name); err != nil {
			return err
		}
	}
	return nil
}
