package tokens

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const canary = "canary-0123456789-abcdefghijklmnopqrstuvwxyz"

// Every way in which Go prints, logs or marshals a value, alone and buried in unexported fields.
func TestSecretNeverPrintsItsValue(t *testing.T) {
	s := NewSecret(canary)
	type buried struct {
		hidden  Secret
		pointer *Secret
		list    []Secret
		m       map[string]Secret
	}
	b := buried{s, &s, []Secret{s}, map[string]Secret{"k": s}}
	set := Set{AccessToken: s, RefreshToken: s, IDToken: s}
	values := map[string]any{"secret": s, "pointer": &s, "buried": b, "pointer to buried": &b, "set": set,
		"any": []any{s, b}}
	prints := map[string]func(any) string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%t", "%20s", "%-20v",
		"%.3s", "%w"} {
		prints[verb] = func(v any) string { return fmt.Errorf(verb, v).Error() }
	}
	prints["Sprint"] = func(v any) string { return fmt.Sprint(v) }
	prints["json"] = func(v any) string { b, err := json.Marshal(v); return string(b) + fmt.Sprint(err) }
	prints["yaml"] = func(v any) string { b, err := yaml.Marshal(v); return string(b) + fmt.Sprint(err) }
	prints["slog text"] = func(v any) string {
		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
		return out.String()
	}
	prints["slog json"] = func(v any) string {
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
		return out.String()
	}
	prints["errors.Join"] = func(v any) string { return errors.Join(fmt.Errorf("doing: %v", v)).Error() }
	hexCanary := fmt.Sprintf("%x", canary[:12])
	for what, v := range values {
		for how, print := range prints {
			if got := print(v); strings.Contains(got, canary[:12]) ||
				strings.Contains(strings.ToLower(got), hexCanary) {
				t.Errorf("%s printed by %s lets the value out: %s", what, how, got)
			}
		}
	}
	if text, _ := s.MarshalText(); strings.Contains(string(text), "canary") {
		t.Errorf("MarshalText lets the value out: %s", text)
	}
	if s.Reveal() != canary {
		t.Errorf("Reveal() = %q, want the value", s.Reveal())
	}
}

func TestFingerprintTellsMachineMadeSecretsApartAndHidesGuessableOnes(t *testing.T) {
	for _, c := range []struct {
		name   string
		secret Secret
		want   string
	}{
		{"a token", NewSecret(canary), "sha256:b540b19e 44 B"},
		{"a short client secret", NewSecret("s3cret"), "hidden"},
		{"a password, however long", NewGuessable(canary), "hidden"},
		{"nothing", NewSecret(""), "none"},
		{"the zero value", Secret{}, "none"},
	} {
		if got := c.secret.Fingerprint(); got != c.want {
			t.Errorf("%s: Fingerprint() = %q, want %q", c.name, got, c.want)
		}
		if got, want := fmt.Sprintf("%q", c.secret), `"`+c.want+`"`; got != want {
			t.Errorf("%s: %%q = %s, want %s", c.name, got, want)
		}
	}
	if !NewSecret("a").Equal(NewSecret("a")) || NewSecret("a").Equal(NewSecret("b")) || NewSecret("a").Equal(Secret{}) {
		t.Error("Equal does not compare values")
	}
}

// A fingerprint read back would become the secret: reading one from a document must fail.
func TestSecretIsNotReadFromADocument(t *testing.T) {
	var into struct{ S Secret }
	if err := json.Unmarshal([]byte(`{"S":"sha256:ab12cd34 812 B"}`), &into); err == nil {
		t.Error("json.Unmarshal into a Secret succeeded")
	}
	if err := into.S.UnmarshalText([]byte("x")); err == nil {
		t.Error("UnmarshalText into a Secret succeeded")
	}
}
