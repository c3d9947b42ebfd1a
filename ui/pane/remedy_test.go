package pane_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/profile"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
)

// Every action of a diagnosis that the workbench can carry out is one key; of the others the command line is copied.
func TestActionsOfADiagnosisHaveKeys(t *testing.T) {
	acme := profile.Profile{Name: "acme-dev", Issuer: "https://login.acme.example", ClientID: "desk"}
	ctx := panetest.Context(t, time.Now, acme)
	of := vault.Meta{ID: "abc", Profile: "acme-dev", Grant: flows.AuthorizationCode.ID,
		Kinds: []tokens.Kind{tokens.Access, tokens.Refresh}}
	again := pane.Send("again")
	signIn := func(key, value string) string {
		return fmt.Sprint(pane.SignInMsg{Session: of, Change: map[string]string{key: value}, Why: "."})
	}
	for _, c := range []struct {
		key, value string
		does       string // a part
		msg        string // as it prints; "" is not compared
	}{
		{doctor.DoInput, "scope=openid", "fills in scope=openid", signIn(doctor.DoInput, "scope=openid")},
		{doctor.DoInput, "no_such_input=1", "copies fob login acme-dev --no-such-input=1", ""},
		{doctor.DoDrop, "token.audience", "leaves token.audience out", signIn(doctor.DoDrop, "token.audience")},
		{doctor.DoAuthMethod, "none", "fills in client authentication none", signIn(doctor.DoAuthMethod, "none")},
		{doctor.DoGrant, "client_credentials", "goes to the form of that grant",
			signIn(doctor.DoGrant, "client_credentials")},
		{doctor.DoIssuer, "https://x.example", "copies fob login acme-dev --issuer https://x.example", ""},
		{doctor.DoSetting, "dpop=true", "fills in dpop=true", signIn(doctor.DoSetting, "dpop=true")},
		{doctor.DoSetting, "client_secret", "goes to client_secret", signIn(doctor.DoSetting, "client_secret")},
		{doctor.DoSetting, "proxy", "copies fob profile edit", "{command fob profile edit hidden}"},
		{doctor.DoWait, "60", "waits 1m0s, then does it again", ""},
		{doctor.DoRegister, "http://127.0.0.1:1/cb", "copies the redirect URI",
			"{redirect URI http://127.0.0.1:1/cb hidden}"},
		{doctor.DoClientCheck, "desk", "copies the client_id and goes to the provider", ""},
		{doctor.DoOpen, "https://x.example", "opens the page", ""},
		{doctor.DoCommand, "fob login acme-dev --prompt consent --scope 'a b'", "fills it in on the form", ""},
		{doctor.DoCommand, "fob refresh abc", "refreshes the session", fmt.Sprint(pane.RefreshMsg{Session: of})},
		{doctor.DoCommand, "fob provider https://x.example", "shows the provider", "{https://x.example}"},
		{doctor.DoCommand, "fob doctor", "copies fob doctor", ""},
	} {
		d := doctor.Diagnosis{Title: "x", Command: "fob login acme-dev",
			Next: []doctor.Action{{Text: "A person."}, {Text: ".", Do: map[string]string{c.key: c.value}}}}
		p := ctx.Explain(pane.ErrorMsg{What: "Trying", Err: errors.New("no"), Diagnosis: &d,
			About: session.ErrorContext{Session: of}, Retry: again})
		if len(p.Remedies) < 1 || p.Remedies[0].Key != "1" || !strings.Contains(p.Remedies[0].Does, c.does) {
			t.Errorf("%s=%s: got %+v, want one that %s", c.key, c.value, p.Remedies, c.does)
			continue
		}
		got := fmt.Sprint(p.Remedies[0].Do())
		if c.msg != "" && got != c.msg && !strings.HasPrefix(got, strings.TrimSuffix(c.msg, " hidden}")) {
			t.Errorf("%s=%s: got %s, want %s", c.key, c.value, got, c.msg)
		}
		if text := p.Text(80); !strings.Contains(text, " 1  .") || !strings.Contains(text, " →  A person.") {
			t.Errorf("%s=%s: got\n%s\nwant a key before what fob does, and none before what only a person does",
				c.key, c.value, text)
		}
	}
}

func TestALoginLineFillsTheForm(t *testing.T) {
	ctx := panetest.Context(t, time.Now)
	of := vault.Meta{ID: "abc", Grant: flows.AuthorizationCode.ID, Issuer: "https://x.example"}
	line := "fob login --issuer https://x.example --scope 'a b' --acr-values=gold --max-age 5"
	d := doctor.Diagnosis{Title: "x", Next: []doctor.Action{{Text: ".", Do: map[string]string{doctor.DoCommand: line}}}}
	m := pane.ErrorMsg{What: "Trying", Err: errors.New("no"), Diagnosis: &d, About: session.ErrorContext{Session: of}}
	want := map[string]string{"scope": "a b", "acr_values": "gold", "max_age": "5"}
	if got := signInOf(t, ctx.Explain(m).Remedies[0].Do); !reflect.DeepEqual(got.Values, want) {
		t.Errorf("got %v, want %v", got.Values, want)
	}
	m.SignInValues = map[string]string{"scope": "a b c"}
	if got := signInOf(t, ctx.Explain(m).Remedies[0].Do); !reflect.DeepEqual(got.Values, m.SignInValues) {
		t.Errorf("got %v, want what the API asks for, %v", got.Values, m.SignInValues)
	}
}

func signInOf(t *testing.T, cmd tea.Cmd) pane.SignInMsg {
	t.Helper()
	m, ok := cmd().(pane.SignInMsg)
	if !ok {
		t.Fatalf("got %T, want a sign-in", cmd())
	}
	return m
}
