package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Another process changes the metadata file: where secrets may go is checked against the vault.
func TestTheFileBesideTheRecordCannotRedirectIt(t *testing.T) {
	for name, c := range map[string]struct{ from, to, says string }{
		"the issuer": {`"https://issuer.example"`, `"https://evil.example"`, "evil.example"},
		"the token endpoint": {`"https://issuer.example/token"`, `"https://evil.example/token"`,
			"evil.example/token"},
		"the client": {`"client_id": "client"`, `"client_id": "another"`, "another"},
		"how it authenticates": {`"auth_method": "client_secret_basic"`, `"auth_method": "none"`,
			"client_secret_basic"},
		"the proxy":               {`"proxy": "none"`, `"proxy": "http://evil.example:8080"`, "the setting proxy"},
		"a setting that is added": {`"proxy": "none"`, `"proxy": "none", "insecure": "true"`, "the setting insecure"},
		"one that is taken away":  {`"proxy": "none"`, ``, "the setting proxy"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, memory := t.TempDir(), NewMemory()
			r := record("abc", 1, 100)
			r.Meta.TokenEndpoint, r.Meta.AuthMethod = "https://issuer.example/token", "client_secret_basic"
			if err := open(t, dir, memory).Put(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, sessionsFolder, "abc.json")
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := bytes.Replace(good, []byte(c.from), []byte(c.to), 1)
			if bytes.Equal(good, changed) {
				t.Fatalf("%s is not in the file: %s", c.from, good)
			}
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := open(t, dir, memory).Get(t.Context(), "abc")
			if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), c.says) ||
				!strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want ErrChanged that names %s and the file", err, c.says)
			}
			if !got.Secrets.Set.RefreshToken.IsZero() {
				t.Error("the secrets were handed out")
			}
			if err := os.WriteFile(path, good, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := open(t, dir, memory).Get(t.Context(), "abc"); err != nil {
				t.Errorf("after the right value was put back: %v", err)
			}
		})
	}
}

// Records that an earlier fob wrote name nothing that they are bound to, and are bound by the next write.
func TestARecordOfAnEarlierFobIsBoundByTheNextWrite(t *testing.T) {
	dir, memory := t.TempDir(), NewMemory()
	s := open(t, dir, memory)
	r := record("abc", 1, 100)
	text, err := encodeSecrets(r.Secrets, nil, s.rand)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.storeBlob(t.Context(), "abc", text, metadataFile{Meta: &r.Meta}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(t.Context(), "abc")
	if err != nil {
		t.Fatalf("before: %v", err)
	}
	if err := s.Put(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	got.Meta.Issuer = "https://evil.example"
	if err := s.PutMeta(t.Context(), got.Meta); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "abc"); !errors.Is(err, ErrChanged) {
		t.Errorf("after: got %v, want ErrChanged", err)
	}
}
