package profile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

var schema = Schema{
	Grants:      []string{"authorization_code", "client_credentials", "device_code"},
	Inputs:      []string{"scope", "audience", "resource", "max_age", "par"},
	Endpoints:   []string{"authorization", "token", "device_authorization"},
	AuthMethods: []string{"none", "client_secret_basic", "client_secret_post"},
}

// full is a file with everything in it.
const full = `# my providers
version: 1
default: acme

profiles:
  # the one at work
  acme:
    issuer: https://login.acme.example/  # with the slash
    client_id: fob
    client_secret: {env: ACME_SECRET}
    auth_method: client_secret_post
    grant: authorization_code
    scope: [openid, profile, "api:read"]
    max_age: 0300
    par: true
    redirect_uri: http://localhost:8080/cb
    redirect_ports: [8080, 8081]
    api: https://api.acme.example/v1
    params:
      authorization:
        prompt: consent   # Google wants it
        resource: [https://a.example, https://b.example]
      token:
        scope: []
    endpoints:
      token: https://login.acme.example/token2
    tls:
      ca: /etc/acme/ca.pem
      cert: ~/acme.pem
      key: keys/acme.key
      insecure: false
    proxy: socks5://127.0.0.1:1080

  # a machine
  ci-bot:
    issuer: https://login.acme.example/
    client_id: "123456789012345678901234567890"
    client_secret:
      command: [pass, show, acme/ci]
    grant: client_credentials

  empty:
# the end
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, text string) *File {
	t.Helper()
	f, err := Load(write(t, text), schema)
	if err != nil {
		t.Fatalf("Load: %v\nof:\n%s", err, text)
	}
	return f
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Load opens the file and reads all its profiles.
func Load(path string, s Schema) (*File, error) {
	f, err := Open(context.Background(), path, s)
	if err != nil {
		return nil, err
	}
	return f, f.Check()
}
