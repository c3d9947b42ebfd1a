package flows

import (
	"strings"
	"testing"
)

func TestAnIDTokenIsDecodedUpToItsSizeLimit(t *testing.T) {
	for length, tooLong := range map[int]bool{maxIDToken: false, maxIDToken + 1: true} {
		_, err := decodeJWT("a.b." + strings.Repeat("c", length-4))
		if err == nil || strings.Contains(err.Error(), "more than") != tooLong {
			t.Errorf("%d bytes: got %v, want it too long: %t", length, err, tooLong)
		}
	}
}
