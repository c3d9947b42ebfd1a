package profile

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/files"
	"fob/tokens/shell"
)

// VaultLookup returns the secret stored in the vault under a name.
type VaultLookup func(ctx context.Context, name string) (tokens.Secret, error)

const (
	// maxSecret bounds a secret: the largest in use are private keys of a few kilobytes.
	maxSecret = 64 << 10
	// maxStderr bounds the error output of a command that is shown.
	maxStderr = 500
	// commandTimeout is long enough for a password manager that asks for a fingerprint.
	commandTimeout = 60 * time.Second
)

// check returns an error unless the reference has exactly one source; nil is valid.
func (r *Ref) check() error {
	if r == nil {
		return nil
	}
	n := 0
	for _, set := range []bool{r.Env != "", r.File != "", len(r.Command) > 0, r.Vault != ""} {
		if set {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("%d sources are named; expected exactly one of env, file, command, vault", n)
	}
	return nil
}

// String returns the source of the secret, without the secret: "env ACME_SECRET".
func (r Ref) String() string {
	switch {
	case r.Env != "":
		return "env " + tokens.VisibleLine(r.Env)
	case r.File != "":
		return "file " + tokens.VisibleLine(r.File)
	case len(r.Command) > 0:
		return "command " + tokens.VisibleLine(r.Command[0])
	case r.Vault != "":
		return "vault " + tokens.VisibleLine(r.Vault)
	}
	return "nowhere"
}

// Resolve reads the secret: from the environment, from a file (without its last line break), from the output of a
// command (run without a shell, for at most a minute), or from the vault. Errors name the reference and the cause,
// never the secret.
func (r Ref) Resolve(ctx context.Context, getenv func(string) string, vault VaultLookup) (tokens.Secret, error) {
	if err := r.check(); err != nil {
		return tokens.Secret{}, fmt.Errorf("secret: %w", err)
	}
	var value string
	var err error
	switch {
	case r.Env != "":
		if value = getenv(r.Env); value == "" {
			err = errors.New("the variable is not set, or empty")
		}
	case r.File != "":
		value, err = readSecret(ctx, files.ExpandHome(r.File, cmp.Or(getenv("HOME"), getenv("USERPROFILE"))))
	case len(r.Command) > 0 && r.untrustedReason != "":
		err = fmt.Errorf("the command is not run, since another user could have written it: %s", r.untrustedReason)
	case len(r.Command) > 0:
		value, err = runSecret(ctx, r.Command, commandTimeout)
	case vault == nil:
		err = errors.New("there is no vault here")
	default:
		var s tokens.Secret
		if s, err = vault(ctx, r.Vault); err == nil && s.IsZero() {
			err = errors.New("it is empty")
		}
		if err == nil {
			return s, nil
		}
	}
	if err != nil {
		return tokens.Secret{}, fmt.Errorf("secret from %s: %w", r, err)
	}
	return tokens.NewSecret(value), nil
}

// readSecret reads a file that contains only a secret.
func readSecret(ctx context.Context, path string) (string, error) {
	data, info, err := files.Read(ctx, path, maxSecret)
	if info != nil {
		// This is an error, not a warning: a warning would be read once, and every user of the machine could still read
		// the file. The mode says nothing for what is not a regular file (a pipe, a mounted secret's device), nor on
		// Windows.
		mode := info.Mode()
		if mode.IsRegular() && !files.OwnerOnly(info) && !mounted(path) {
			return "", fmt.Errorf("others can read it (mode %04o): run `chmod 600 %s`",
				mode.Perm(), shell.Word(tokens.VisibleLine(path)))
		}
	}
	switch {
	case errors.Is(err, files.ErrFolder):
		return "", files.ErrFolder
	case errors.Is(err, files.ErrTooLong):
		return "", errSecretTooLong
	case err != nil:
		return "", err
	}
	return trimSecret(files.Text(data))
}

// mounted reports whether the file is a secret mounted by Docker or Kubernetes, which is readable only inside the
// container, but for all users there.
func mounted(path string) bool {
	return strings.HasPrefix(path, "/run/secrets/") || strings.HasPrefix(path, "/var/run/secrets/")
}

var errSecretTooLong = fmt.Errorf("it is longer than the %d bytes that a secret may have", maxSecret)

// trimSecret removes the line break that editors and commands append.
func trimSecret(data []byte) (string, error) {
	if len(data) > maxSecret {
		return "", errSecretTooLong
	}
	data = bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
	if len(data) == 0 {
		return "", errors.New("it is empty")
	}
	return string(data), nil
}

// bounded keeps the first bytes written to it.
type bounded struct {
	data []byte
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if room := b.most - len(b.data); room > 0 {
		b.data = append(b.data, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

// runSecret runs a command, without a terminal to ask on, and returns its output.
func runSecret(ctx context.Context, argv []string, timeout time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, complaint := &bounded{most: maxSecret + 1}, &bounded{most: maxStderr}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = out, complaint
	cmd.WaitDelay = 2 * time.Second // a child of the command may keep the pipes open
	err := cmd.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("it did not end within %s", timeout)
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	if err != nil {
		if text := strings.TrimSpace(string(complaint.data)); text != "" {
			return "", fmt.Errorf("%w; it printed: %s", err, tokens.VisibleLine(text))
		}
		return "", err
	}
	return trimSecret(files.Text(out.data))
}
