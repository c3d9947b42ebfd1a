package session

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fob/flows"
	"fob/tokens/jose"
)

// A secret that the user enters for one run (a password, a subject token, an assertion, a client key) is nowhere
// afterwards: not in the error, the diagnosis, the steps, the exports, the metadata or any file. The server rejects
// each of them.
func TestAnEnteredSecretIsNowhereAfterwards(t *testing.T) {
	key, err := jose.Generate("ES256", "by-hand")
	if err != nil {
		t.Fatal(err)
	}
	private, err := jose.NewKeySet(key).PrivateJSON()
	if err != nil {
		t.Fatal(err)
	}
	_, d, _ := strings.Cut(private.Reveal(), `"d":"`)
	d, _, _ = strings.Cut(d, `"`)
	const canary = "canary-by-hand-0123456789-abcdef"
	for name, c := range map[string]struct {
		grant  string
		values flows.Values
		secret string
	}{
		"a password":      {"password", flows.Values{"username": "alice", "password": canary}, canary},
		"a subject token": {"token_exchange", flows.Values{"subject_token": canary, "scope": "api:read"}, canary},
		"an actor token": {"token_exchange", flows.Values{"subject_token": "x", "actor_token": canary,
			"actor_token_type": "jwt"}, canary},
		"a SAML assertion": {"saml2_bearer", flows.Values{"assertion": "<saml:Assertion>" + canary +
			"</saml:Assertion>"},
			canary},
		"a JWT assertion": {"jwt_bearer", flows.Values{"assertion": canary}, canary},
		"a client key": {"client_credentials", flows.Values{"client_key": private.Reveal(),
			"scope": "api:nothing"}, d},
		"a login hint token": {"ciba", flows.Values{"login_hint_token": canary}, canary},
		"a user code":        {"ciba", flows.Values{"login_hint": "alice", "user_code": canary}, canary},
	} {
		t.Run(name, func(t *testing.T) {
			if len(c.secret) < 20 {
				t.Fatalf("the secret to look for is too short to be told from other text: %d bytes", len(c.secret))
			}
			b := newBench(t)
			var steps []flows.Step
			_, err := b.Login(b.ctx(), LoginRequest{Profile: "service", Grant: c.grant, Values: c.values},
				func(s flows.Step) { steps = append(steps, s) })
			seen := map[string]string{"the error": fmt.Sprint(err),
				"the error in detail": fmt.Sprintf("%+v %#v", err, err),
				"the steps":           mustJSON(t, steps), "the steps as text": fmt.Sprintf("%+v", steps)}
			if err != nil {
				diagnosis, _ := b.Diagnose(err, ErrorContext{})
				seen["the diagnosis"] = mustJSON(t, diagnosis)
			}
			for _, format := range []string{"markdown", "mermaid", "har"} {
				var out strings.Builder
				if err := b.ExportRun(&out, format); err != nil {
					t.Logf("no export as %s: %v", format, err)
				}
				seen["the export as "+format] = out.String()
			}
			metas, listErr := b.Sessions(b.ctx())
			if listErr != nil {
				t.Fatal(listErr)
			}
			seen["the metadata"] = mustJSON(t, metas)
			seen["the exchanges"] = mustJSON(t, b.Exchanges())
			if err := filepath.WalkDir(b.dir, func(path string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return err
				}
				content, err := os.ReadFile(path)
				seen["the file "+e.Name()] = string(content)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			for where, text := range seen {
				if strings.Contains(text, c.secret) {
					t.Errorf("%s shows the secret", where)
				}
			}
			if len(steps) == 0 && err == nil {
				t.Error("nothing was run: the test shows nothing")
			}
		})
	}
}
