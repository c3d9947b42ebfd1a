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

// IssuerKeys are the public keys of an issuer at one time. They are stored beside the sessions so that a token can be
// verified offline. They are not secret, and losing them costs one request.
type IssuerKeys struct {
	Issuer string          `json:"issuer"`  // compared exactly
	ReadAt time.Time       `json:"read_at"` // when the keys were fetched
	Keys   json.RawMessage `json:"keys"`    // a list of public JWKs (RFC 7517 5.1)
}

const (
	keysFolder = "keys"
	// maxKeysFile limits the keys of one issuer, in bytes, and maxIssuers the number of issuers. The largest sets of
	// public providers have a tenth of that size, and few users sign in to a tenth as many issuers.
	maxKeysFile = 128 << 10
	maxIssuers  = 64
	keysVersion = 1
)

// keysFile is the file format of an issuer's keys.
type keysFile struct {
	Version int `json:"version"`
	IssuerKeys
}

// keysName returns the file name of an issuer: a hash, because an issuer contains characters that file names cannot.
func keysName(issuer string) string {
	sum := sha256.Sum256([]byte(issuer))
	return keysFolder + "/" + hex.EncodeToString(sum[:16]) + ".json"
}

// PutKeys stores the keys of an issuer and replaces its old ones. Above maxIssuers, the keys that were fetched longest
// ago are removed. A set that is too large is an error (ErrFull), and the stored keys are removed: they are no longer
// the issuer's.
func (s *Store) PutKeys(k IssuerKeys) error {
	doing := "storing the public keys of " + tokens.VisibleLine(tokens.Clip(k.Issuer, 200))
	data, err := json.Marshal(keysFile{keysVersion, k})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	name := keysName(k.Issuer)
	if len(data) > maxKeysFile {
		_ = s.metadata.remove(name)
		return fail(ErrFull, nil, "%s: they have %d bytes, at most %d can be stored", doing, len(data), maxKeysFile)
	}
	if err := s.metadata.write(name, data); err != nil {
		return s.dir.problem(doing, err)
	}
	if err := dropOldKeys(s.metadata, s.now()); err != nil {
		return s.dir.problem(doing, err)
	}
	return nil
}

// Keys returns the stored keys of an issuer. ErrNotFound: there are no keys. ErrDamaged: the file is not what was
// written; the next PutKeys replaces it.
func (s *Store) Keys(issuer string) (IssuerKeys, error) {
	k, err := readKeys(s.metadata, keysName(issuer), s.now())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return IssuerKeys{}, fail(ErrNotFound, nil, "no public keys of %s are stored",
			tokens.VisibleLine(tokens.Clip(issuer, 200)))
	case err != nil:
		return IssuerKeys{}, err
	case k.Issuer != issuer:
		return IssuerKeys{}, fail(ErrDamaged, nil, "the file of the public keys of %s is for another issuer",
			tokens.VisibleLine(tokens.Clip(issuer, 200)))
	}
	return k, nil
}

func readKeys(metadata metadataStore, name string, now time.Time) (IssuerKeys, error) {
	data, err := metadata.read(name)
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
		return IssuerKeys{}, fail(ErrDamaged, nil, "the file %s has version %d, this fob writes %d",
			name, f.Version, keysVersion)
	case f.ReadAt.IsZero() || f.ReadAt.After(now.Add(tokens.DefaultSkew)):
		return IssuerKeys{}, fail(ErrDamaged, nil, "the file %s does not say when the keys were fetched", name)
	}
	return f.IssuerKeys, nil
}

// dropOldKeys removes the keys that were fetched longest ago until at most maxIssuers remain; damaged files first.
func dropOldKeys(metadata metadataStore, now time.Time) error {
	names, err := metadata.list(keysFolder)
	// not a file of fob
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, ".json") })
	if err != nil || len(names) <= maxIssuers {
		return err
	}
	readAt := map[string]time.Time{}
	for _, name := range names {
		k, _ := readKeys(metadata, keysFolder+"/"+name, now) // damaged: zero time
		readAt[name] = k.ReadAt
	}
	slices.SortFunc(names, func(a, b string) int { return readAt[a].Compare(readAt[b]) })
	for _, name := range names[:len(names)-maxIssuers] {
		if err := metadata.remove(keysFolder + "/" + name); err != nil {
			return err
		}
	}
	return nil
}
