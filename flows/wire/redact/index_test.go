package redact

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"fob/tokens"
)

// withSecrets returns a Redactor with the values in its Index.
func withSecrets(values ...string) *Redactor {
	s := &Redactor{Index: NewIndex()}
	for _, v := range values {
		s.Index.Add(tokens.NewSecret(v), true)
	}
	return s
}

// Half a secret is not found any more, so a body is never cut inside one: neither where only the beginning is searched,
// nor where what is kept ends.
func TestABodyIsNotCutInsideASecret(t *testing.T) {
	const canary = "CANARYabcdefghijklmnopqrstuvwxyz0123456789"
	// Tokens that shrink when they are replaced bring the edge of the search into what is kept.
	token := strings.Repeat("Xy0", 50)
	dense := strings.Repeat(token+" ", 2000)
	for name, c := range map[string]struct {
		filler string
		edge   int
	}{
		"where the search ends, kept": {dense, 2 * maxRecordedBody},
		"where what is kept ends":     {strings.Repeat("b", 1<<20), maxRecordedBody},
	} {
		t.Run(name, func(t *testing.T) {
			for shift := 1; shift < len(canary); shift++ {
				text := c.filler[:c.edge-shift] + canary + " tail " + strings.Repeat("b", 1<<19)
				got, cut := withSecrets(canary, token).Body([]byte(text), "text/plain", len(text))
				if !cut {
					t.Fatalf("shift %d: the body of %d bytes was not cut", shift, len(text))
				}
				if i := strings.Index(got, canary[:6]); i >= 0 {
					t.Fatalf("shift %d: a part of the secret is at %d: …%s", shift, i,
						got[max(0, i-20):min(len(got), i+60)])
				}
			}
		})
	}
	// The same of a URL and a header field, which are cut as well.
	for shift := 1; shift < len(canary); shift++ {
		head := strings.Repeat("b", maxRecordedLine-shift)
		s := withSecrets(canary)
		for name, got := range map[string]string{"URL": s.URL("https://h/" + head[10:] + canary),
			"header": s.Index.Line(s.Header("X", head+canary))} {
			if strings.Contains(got, canary[:6]) {
				t.Fatalf("%s, shift %d: a part of the secret is in it", name, shift)
			}
		}
	}
}

// Of two secrets that overlap nothing is left, whichever is longer, and also where three of them do.
func TestOfOverlappingSecretsNothingIsLeft(t *testing.T) {
	const a, b, c = "CANARY-first-0123456789", "0123456789-second-YRANAC", "YRANAC-and-the-third-one"
	joined := "CANARY-first-0123456789-second-YRANAC-and-the-third-one"
	for name, values := range map[string][]string{
		"two": {a, b}, "the other order": {b, a}, "three": {a, b, c}, "one inside another": {joined, b},
		"one inside another, the other order": {b, joined}, "beginning alike": {a, a + "-second"},
	} {
		got := withSecrets(values...).Index.Replace("x " + joined + " y")
		left := strings.NewReplacer("x ", "", " y", "").Replace(got)
		if name == "two" || name == "the other order" {
			left = strings.TrimSuffix(left, "-and-the-third-one")
		}
		if name == "beginning alike" {
			left = strings.TrimSuffix(left, "-YRANAC-and-the-third-one")
		}
		masks := strings.Count(got, "sha256:") + strings.Count(got, tokens.Hidden)
		if !strings.HasPrefix(left, "sha256:") && left != tokens.Hidden || masks != 1 {
			t.Errorf("%s: got %q, want one mask and nothing of the secrets", name, got)
		}
	}
	if got := withSecrets(a, b).Index.Replace(a + " " + b); strings.Count(got, "-")+strings.Count(got, "CANARY") != 0 {
		t.Errorf("one after the other: got %q", got)
	}
}

// An error may repeat what was sent: net/http quotes what it could not read.
func TestKnownSecretsAreNotInErrorTexts(t *testing.T) {
	const canary = "CANARY zz//unshaped--value!!of nobody" // it has no shape and no name before it
	s := withSecrets(canary)
	inner := errors.New("malformed HTTP response \"" + canary + "\"")
	got := s.Error(fmt.Errorf("transport: %w", inner))
	if strings.Contains(got.Error(), "CANARY") || !errors.Is(got, inner) {
		t.Errorf("got %v, want the text masked and the cause kept", got)
	}
	shaped := s.Error(errors.New("malformed HTTP response \"access_token=" + unseen + "\"")).Error()
	if strings.Contains(shaped, unseen) {
		t.Errorf("got %s, want what has a secret's shape masked as well", shaped)
	}
	if plain := errors.New("connection refused"); s.Error(plain) != plain {
		t.Error("an error without a secret must stay itself")
	}
}

// Servers write percent escapes in either case.
func TestASecretIsFoundInEitherCaseOfItsEscapes(t *testing.T) {
	const secret = "canary/1+2=3?4&5"
	for _, text := range []string{"canary%2F1%2B2%3D3%3F4%265", "canary%2f1%2b2%3d3%3f4%265"} {
		if got := withSecrets(secret).Index.Replace("a " + text + " b"); strings.Contains(got, "1%2") {
			t.Errorf("%s: got %q, want it replaced", text, got)
		}
	}
}
