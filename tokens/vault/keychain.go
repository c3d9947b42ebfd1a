package vault

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/zalando/go-keyring"

	"fob/tokens"
)

const (
	securityTool = "/usr/bin/security"
	// keychainPrefix marks a value that go-keyring wrote.
	keychainPrefix = "go-keyring-base64:"
	// errSecItemNotFound is the exit status of security for -25300, its low byte.
	errSecItemNotFound = 44
)

// keychain is the macOS keychain. go-keyring writes and deletes; it is not used for reading, because it treats what
// security prints on standard error, warnings included, as part of the value.
type keychain struct {
	goKeyring
	tool string
}

// Get reads an item.
func (k keychain) Get(service, item string) (string, error) {
	out, err := exec.Command(k.tool, "find-generic-password", "-s", service, "-wa", item).Output()
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed) && failed.ExitCode() == errSecItemNotFound:
		return "", keyring.ErrNotFound
	case errors.As(err, &failed):
		return "", fmt.Errorf("%w: %s", err, tokens.VisibleLine(tokens.Clip(strings.TrimSpace(string(failed.Stderr)),
			300)))
	case err != nil:
		return "", err
	}
	text := strings.TrimSpace(string(out))
	encoded, found := strings.CutPrefix(text, keychainPrefix)
	if !found {
		return "", fail(ErrDamaged, nil, "the keychain item %q was not written by fob", item)
	}
	value, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", fail(ErrDamaged, nil, "the keychain item %q is truncated or was changed", item) // err may quote it
	}
	return string(value), nil
}
