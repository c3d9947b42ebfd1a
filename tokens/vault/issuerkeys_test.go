package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func issuerKeys(issuer string, at time.Time) IssuerKeys {
	return IssuerKeys{Issuer: issuer, ReadAt: at,
		Keys: json.RawMessage(`[{"kty":"OKP","crv":"Ed25519","kid":"a",` +
			`"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]`)}
}

// keyFiles are the files of keys under dir.
func keyFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, keysFolder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestIssuerKeysAreStoredForTheNextProcess(t *testing.T) {
	dir, now := t.TempDir(), epoch
	want := issuerKeys("https://a.example", now)
	if err := open(t, dir, NewMemory()).PutKeys(want); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, dir, NewMemory()).Keys("https://a.example")
	if err != nil || got.Issuer != want.Issuer || !got.ReadAt.Equal(now) || string(got.Keys) != string(want.Keys) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for _, other := range []string{"https://a.example/", "https://A.example", "https://b.example", ""} {
		if got, err := open(t, dir, NewMemory()).Keys(other); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: got %+v, %v; want %v: an issuer is compared exactly", other, got, err, ErrNotFound)
		}
	}
	for _, file := range keyFiles(t, dir) {
		if info, err := os.Stat(file); err != nil || !onWindows && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v, %v; want mode 0600", file, info.Mode(), err)
		}
	}
}

func TestADamagedKeysFileIsReportedAndReplaced(t *testing.T) {
	now := epoch
	const issuer = "https://a.example"
	whole := func(k IssuerKeys, version int) string {
		text, err := json.Marshal(keysFile{version, k})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	good := whole(issuerKeys(issuer, now), keysVersion)
	for name, text := range map[string]string{
		"empty": "", "cut off": good[:len(good)/2], "another issuer's": whole(issuerKeys("https://b.example", now),
			keysVersion),
		"a later version": whole(issuerKeys(issuer, now),
			keysVersion+1), "without a time": whole(issuerKeys(issuer, time.Time{}), keysVersion),
		"read in the future": whole(issuerKeys(issuer, now.Add(time.Hour)), keysVersion),
		"too large":          good + strings.Repeat(" ", maxKeysFile), "huge": good + strings.Repeat(" ", maxFile),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, NewMemory())
			if err := s.PutKeys(issuerKeys(issuer, now)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(keyFiles(t, dir)[0], []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Keys(issuer); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %+v, %v; want %v", got, err, ErrDamaged)
			}
			if err := s.PutKeys(issuerKeys(issuer, now)); err != nil {
				t.Error(err)
			}
			if _, err := s.Keys(issuer); err != nil {
				t.Errorf("after the next keys: %v", err)
			}
		})
	}
}

func TestStoredIssuerKeysAreLimited(t *testing.T) {
	dir, now := t.TempDir(), epoch
	s := open(t, dir, NewMemory())
	put := func(n int) {
		t.Helper()
		if err := s.PutKeys(issuerKeys(fmt.Sprintf("https://%d.example", n),
			now.Add(time.Duration(n-1000)*time.Minute))); err != nil {
			t.Fatal(err)
		}
	}
	for n := range maxIssuers {
		put(n)
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(keysName("https://7.example"))), []byte("?"),
		0o600); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{maxIssuers, maxIssuers + 1} { // the damaged file goes first, then the oldest
		put(n)
	}
	for n := range maxIssuers + 2 {
		_, err := s.Keys(fmt.Sprintf("https://%d.example", n))
		if gone := n == 0 || n == 7; gone != errors.Is(err, ErrNotFound) {
			t.Errorf("%d: got %v; want it gone: %v", n, err, gone)
		}
	}
	if got := len(keyFiles(t, dir)); got != maxIssuers {
		t.Errorf("got %d files, want %d", got, maxIssuers)
	}
	large := issuerKeys("https://9.example", now)
	large.Keys = json.RawMessage(`["` + strings.Repeat("x", maxKeysFile) + `"]`)
	if err := s.PutKeys(large); !errors.Is(err, ErrFull) {
		t.Errorf("a set that is too large: got %v, want %v", err, ErrFull)
	}
	if _, err := s.Keys("https://9.example"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the set before it: got %v, want it gone: the issuer has another one", err)
	}
}

func TestAVaultInMemoryKeepsTheKeysThere(t *testing.T) {
	s, err := Open(Config{Backend: NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := s.PutKeys(issuerKeys("https://a.example", epoch)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Keys("https://a.example"); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) != 0 {
		t.Errorf("got %v, %v; want no file", left, err)
	}
}

func TestAHalfWrittenFileOfKeysIsSwept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, NewMemory())
	if err := s.PutKeys(issuerKeys("https://a.example", epoch)); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, keysFolder, tempPrefix+"1")
	if err := os.WriteFile(half, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(half, time.Time{}, epoch.Add(-2*halfWritten)); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Sweep(t.Context()); n != 1 || err != nil || len(keyFiles(t, dir)) != 1 {
		t.Errorf("got %d, %v and %v; want the half-written file alone gone", n, err, keyFiles(t, dir))
	}
}
