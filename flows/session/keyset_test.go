package session

import (
	"strings"
	"testing"

	"fob/tokens"
)

// A key set with private keys is reported also where a run ends before it verifies a signature.
func TestTheKeySetIsCheckedWithoutASignature(t *testing.T) {
	b := newBench(t)
	b.fault("jwks-private-key")
	b.fault("no-id-token")
	_, got, err := b.logsIn(LoginRequest{Profile: "demo"})
	if err == nil || !strings.Contains(got, string(tokens.CheckPublicKeys)) {
		t.Errorf("got %v with %q, want %s among the checks that did not pass", err, got, tokens.CheckPublicKeys)
	}
}
