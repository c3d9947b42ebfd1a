package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/tokens"
)

func TestRecordsOfAnySizeComeBackWhole(t *testing.T) {
	for _, size := range []int{1, 100, 1990, 2000, 2001, 3 << 10, 8 << 10, 20 << 10, 100 << 10} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			backend := &limited{Memory: NewMemory().(*Memory)}
			dir := t.TempDir()
			s := open(t, dir, backend)
			want := record("abc123", uint64(size), size)
			if err := s.Put(t.Context(), want); err != nil {
				t.Fatalf("Put: %v", err)
			}
			// Another process opens the same folder and the same keyring.
			got, err := open(t, dir, backend).Get(t.Context(), "abc123")
			if err != nil {
				t.Fatalf("Get: %v", err)
			}
			if err := same(got, want); err != nil {
				t.Error(err)
			}
			if backend.largest > ChunkSize {
				t.Errorf("the largest item: got %d bytes, want at most %d", backend.largest, ChunkSize)
			}
		})
	}
}

func TestChunksAreTextOfBoundedSize(t *testing.T) {
	for _, text := range []string{"", "a", strings.Repeat("a", 2000), strings.Repeat("a", 2001),
		strings.Repeat("é", 3000),
		"a" + strings.Repeat("€", 3000), "ab" + strings.Repeat("𝄞", 3000)} {
		chunks := split([]byte(text))
		if got := string(bytes.Join(chunks, nil)); got != text {
			t.Fatalf("joined: got %d bytes, want %d", len(got), len(text))
		}
		for i, c := range chunks {
			if len(c) > ChunkSize || strings.ToValidUTF8(string(c), "?") != string(c) {
				t.Errorf("chunk %d of %.8q: got %d bytes, valid %v; want at most %d, valid",
					i, text, len(c), strings.ToValidUTF8(string(c), "?") == string(c), ChunkSize)
			}
		}
	}
}

func TestPutReplacesAndLeavesNothingBehind(t *testing.T) {
	memory := NewMemory().(*Memory)
	s := open(t, t.TempDir(), memory)
	for i, size := range []int{9000, 100, 30000, 2000} {
		want := record("abc", uint64(i), size)
		if err := s.Put(t.Context(), want); err != nil {
			t.Fatalf("Put %d: %v", i, err)
		}
		got, err := s.Get(t.Context(), "abc")
		if err != nil {
			t.Fatalf("Get %d: %v", i, err)
		}
		if err := same(got, want); err != nil {
			t.Error(err)
		}
		if got, want := memory.Items(), wantItems(t, s, "abc"); !slices.Equal(got, want) {
			t.Errorf("items: got %v, want %v", got, want)
		}
	}
	if err := s.Delete(t.Context(), "abc"); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	if got := memory.Items(); len(got) != 0 {
		t.Errorf("items after Delete: got %v, want none", got)
	}
	if _, err := s.Get(t.Context(), "abc"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get after Delete: got %v, want ErrNotFound", err)
	}
	if err := s.Delete(t.Context(), "abc"); err != nil {
		t.Errorf("Delete again: got %v, want nil", err)
	}
	if left, _ := s.metadata.list(journalFolder); len(left) != 0 {
		t.Errorf("journal: got %v, want it empty", left)
	}
}

func TestTheStateFolderContainsNoSecrets(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, NewMemory())
	r := record("abc", 1, 5000)
	if err := errors.Join(s.Put(t.Context(), r), s.SetSecret(t.Context(), "profile/acme", tokens.NewSecret("hunter2")),
		s.Probe(t.Context())); err != nil {
		t.Fatal(err)
	}
	secrets := []string{r.Secrets.Set.AccessToken.Reveal()[:40], r.Secrets.Set.RefreshToken.Reveal(),
		r.Secrets.ClientSecret.Reveal(), "hunter2"}
	files := 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		want := os.FileMode(0o600)
		if e.IsDir() {
			want = 0o700
		}
		if path != dir && !onWindows && info.Mode().Perm() != want {
			t.Errorf("mode of %s: got %04o, want %04o", path, info.Mode().Perm(), want)
		}
		if e.IsDir() {
			return nil
		}
		files++
		data, err := os.ReadFile(path)
		for _, secret := range secrets {
			if strings.Contains(string(data), secret) {
				t.Errorf("%s holds a secret", path)
			}
		}
		return err
	})
	if err != nil || files < 2 {
		t.Fatalf("walking: got %d files, %v; want at least the two metadata files", files, err)
	}
}

func TestOpenFoldersAreClosed(t *testing.T) {
	notOnWindows(t, "folders have no modes")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, sessionsFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir, NewMemory()).Put(t.Context(), record("abc", 1, 10)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, sessionsFolder))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode: got %04o, %v; want 0700", info.Mode().Perm(), err)
	}
}

func TestListNeedsNoBackendAndSkipsDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	memory := NewMemory()
	s := open(t, dir, memory)
	for i := range 3 {
		r := record(fmt.Sprintf("id%d", i), uint64(i), 10)
		r.Meta.CreatedAt = epoch.Add(time.Duration(i) * time.Minute)
		if err := s.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	damage := map[string]string{
		"broken": `{"version":1,`,
		"newer":  `{"version":2,"meta":{"id":"newer"}}`,
		"other": `{"version":1,"stored":{"backend":"memory","generation":"g","chunks":1,"size":1,"sha256":"` +
			strings.Repeat("0", 64) + `"},"meta":{"id":"id1"}}`,
		"nowhere": `{"version":1,"meta":{"id":"nowhere"}}`,
		"big":     strings.Repeat(" ", maxFile+1),
	}
	for name, text := range damage {
		if err := os.WriteFile(filepath.Join(dir, sessionsFolder, name+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.WriteFile(filepath.Join(dir, sessionsFolder, "README"), nil, 0o600)
	burnt := &fuse{}
	list, err := open(t, dir, &fused{memory, burnt}).List(t.Context())
	var ids []string
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	if want := []string{"id2", "id1", "id0"}; !slices.Equal(ids, want) {
		t.Errorf("listed: got %v, want %v", ids, want)
	}
	if burnt.steps != 0 {
		t.Errorf("calls of the backend: got %v, want none", burnt.log)
	}
	if !errors.Is(err, ErrDamaged) {
		t.Fatalf("error: got %v, want ErrDamaged", err)
	}
	for name := range damage {
		if !strings.Contains(err.Error(), name+".json") {
			t.Errorf("error does not name %s: %v", name, err)
		}
	}
}

func TestPutMetaLeavesTheSecretsAlone(t *testing.T) {
	dir := t.TempDir()
	memory := NewMemory()
	s := open(t, dir, memory)
	r := record("abc", 1, 3000)
	if err := s.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Meta.Label = "another label"
	burnt := &fuse{}
	if err := open(t, dir, &fused{memory, burnt}).PutMeta(t.Context(), r.Meta); err != nil {
		t.Fatalf("PutMeta: %v", err)
	}
	if burnt.steps != 0 {
		t.Errorf("calls of the backend: got %v, want none", burnt.log)
	}
	got, err := s.Get(t.Context(), "abc")
	if err != nil {
		t.Fatal(err)
	}
	if err := same(got, r); err != nil {
		t.Error(err)
	}
	if err := s.PutMeta(t.Context(), Meta{ID: "none"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("PutMeta of no session: got %v, want ErrNotFound", err)
	}
}

func TestDamageIsReported(t *testing.T) {
	ctx := context.Background()
	cases := map[string]func(m *Memory, items []string) error{
		"a part is missing": func(m *Memory, items []string) error { return m.Delete(ctx, items[1]) },
		"a part is changed": func(m *Memory, items []string) error {
			return m.Set(ctx, items[0], bytes.Repeat([]byte("x"), ChunkSize))
		},
		"a part is shorter": func(m *Memory, items []string) error { return m.Set(ctx, items[0], []byte("x")) },
		"a part is longer": func(m *Memory, items []string) error {
			return m.Set(ctx, items[1], bytes.Repeat([]byte("x"), 1<<20))
		},
		"two parts are swapped": func(m *Memory, items []string) error {
			a, _ := m.Get(ctx, items[0])
			b, _ := m.Get(ctx, items[1])
			return errors.Join(m.Set(ctx, items[0], b), m.Set(ctx, items[1], a))
		},
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			memory := NewMemory().(*Memory)
			s := open(t, t.TempDir(), memory)
			if err := s.Put(ctx, record("abc", 1, 4500)); err != nil {
				t.Fatal(err)
			}
			if err := damage(memory, memory.Items()); err != nil {
				t.Fatal(err)
			}
			_, err := s.Get(ctx, "abc")
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "session abc") {
				t.Errorf("got %v, want ErrDamaged about session abc", err)
			}
			if err := s.Delete(ctx, "abc"); err != nil {
				t.Errorf("Delete of a damaged record: %v", err)
			}
		})
	}
}

func TestARecordInAnotherBackendNamesIt(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir, NewMemory()).Put(t.Context(), record("abc", 1, 10)); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, dir, named{NewMemory(), "file"}).Get(t.Context(), "abc")
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "FOB_VAULT=memory") {
		t.Errorf("got %v, want ErrUnavailable with FOB_VAULT=memory", err)
	}
}

type named struct {
	Backend
	name string
}

func (n named) Name() string { return n.name }

func TestSecretsOfProfiles(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		memory := NewMemory().(*Memory)
		s := open(t, dir, memory)
		long := tokens.NewSecret("-----BEGIN PRIVATE KEY-----\n" + junk(3, 5000))
		odd := tokens.NewSecret("not UTF-8: \xff\xfe\x00 é <&>")
		typed := tokens.NewGuessable("correct horse battery staple")
		for name, want := range map[string]tokens.Secret{"profile/a": tokens.NewSecret("x"), "../../etc/passwd": long,
			"odd": odd, "typed": typed} {
			if err := s.SetSecret(t.Context(), name, tokens.NewSecret("old")); err != nil {
				t.Fatalf("SetSecret %s: %v", name, err)
			}
			if err := s.SetSecret(t.Context(), name, want); err != nil {
				t.Fatalf("SetSecret %s: %v", name, err)
			}
			got, err := s.Secret(t.Context(), name)
			if err != nil || !got.Equal(want) || got.Fingerprint() != want.Fingerprint() {
				t.Errorf("Secret %s: got %s, %v; want %s", name, got, err, want)
			}
			if list, err := s.List(t.Context()); len(list) != 0 || err != nil {
				t.Errorf("List: got %v, %v; want no session", list, err)
			}
			if err := s.DeleteSecret(t.Context(), name); err != nil {
				t.Errorf("DeleteSecret %s: %v", name, err)
			}
			if _, err := s.Secret(t.Context(), name); !errors.Is(err, ErrNotFound) {
				t.Errorf("Secret %s after its removal: got %v, want ErrNotFound", name, err)
			}
		}
		if items := memory.Items(); len(items) != 0 {
			t.Errorf("items: got %v, want none", items)
		}
	}
}

func TestAChecksumDoesNotGiveAShortSecretAway(t *testing.T) {
	s := open(t, t.TempDir(), NewMemory())
	sums := map[string]bool{}
	for range 2 {
		if err := s.SetSecret(t.Context(), "a", tokens.NewSecret("1234")); err != nil {
			t.Fatal(err)
		}
		m, err := s.manifest(secretID("a"))
		if err != nil {
			t.Fatal(err)
		}
		sums[m.SHA256] = true
	}
	if len(sums) != 2 {
		t.Error("the same secret has the same checksum twice: it could be found by guessing")
	}
}

func TestIDsThatAreNotFileNamesAreRejected(t *testing.T) {
	s := open(t, t.TempDir(), NewMemory())
	for _, id := range []string{"", "../x", "a/b", "a.b", "a b", "é", strings.Repeat("a", 65), secretPrefix + "a",
		probeID} {
		_, getErr := s.Get(t.Context(), id)
		_, metaErr := s.Meta(t.Context(), id)
		_, lockErr := s.Lock(t.Context(), id)
		for what, err := range map[string]error{"Get": getErr, "Meta": metaErr, "Lock": lockErr,
			"Put": s.Put(t.Context(), record(id, 1, 10)), "Delete": s.Delete(t.Context(), id),
			"PutMeta": s.PutMeta(t.Context(), Meta{ID: id})} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%s(%q): got %v, want ErrNotFound", what, id, err)
			}
		}
	}
}

func TestNewID(t *testing.T) {
	seen := map[string]bool{}
	for i := range 100 {
		id, err := NewID(bytes.NewReader(bytes.Repeat([]byte{byte(i), byte(255 - i)}, 6)))
		if err != nil || len(id) != 12 || strings.Trim(id, crockford) != "" || checkID(id) != nil {
			t.Fatalf("got %q, %v; want 12 letters of %s", id, err, crockford)
		}
		seen[id] = true
	}
	if len(seen) != 32 {
		t.Errorf("got %d different IDs of 100 inputs that differ in 5 bits, want 32", len(seen))
	}
	if _, err := NewID(strings.NewReader("short")); err == nil {
		t.Error("too little randomness: got no error")
	}
}

func TestDefaultDir(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	got, err := DefaultDir(env("FOB_STATE", rooted("/a/b"), "XDG_STATE_HOME", rooted("/c")))
	if got != rooted("/a/b") || err != nil {
		t.Errorf("FOB_STATE: got %q, %v; want /a/b", got, err)
	}
	if got, err := DefaultDir(env("XDG_STATE_HOME", rooted("/c"), "HOME", "/h")); got != rooted("/c/fob") ||
		err != nil {
		t.Errorf("XDG_STATE_HOME: got %q, %v; want /c/fob", got, err)
	}
	if got, err := DefaultDir(env("XDG_STATE_HOME", "relative")); err == nil {
		t.Errorf("a relative XDG_STATE_HOME and no HOME: got %q, want an error", got)
	}
	for _, c := range []struct{ goos, name, value, want string }{
		{"linux", "HOME", "/h", "/h/.local/state/fob"},
		{"darwin", "HOME", "/h", "/h/Library/Application Support/fob"},
		{"windows", "LocalAppData", "/l", "/l/fob/state"},
	} {
		if got, err := systemDir(c.goos, env(c.name, c.value)); filepath.ToSlash(got) != c.want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", c.goos, got, err, c.want)
		}
		if got, err := systemDir(c.goos, env()); err == nil || !strings.Contains(err.Error(), "FOB_STATE") {
			t.Errorf("%s without an environment: got %q, %v; want an error that names FOB_STATE", c.goos, got, err)
		}
	}
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Config{"no backend": {}, "a file": {Dir: file, Backend: NewMemory()}} {
		if _, err := Open(c); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
	}
}

func TestAFolderThatCannotBeWrittenIsUnavailable(t *testing.T) {
	// A file where the folder should be fails for every user, root included.
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, journalFolder), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, NewMemory())
	for what, err := range map[string]error{"Probe": s.Probe(t.Context()),
		"Put": s.Put(t.Context(), record("abc", 1, 10))} {
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: got %v, want ErrUnavailable that names %s", what, err, dir)
		}
	}
}
