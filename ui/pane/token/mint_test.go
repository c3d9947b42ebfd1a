package token

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
	"fob/ui/keys"
	"fob/ui/pane/internal/panetest"
)

// altered makes a token from one with the payload, after the form's values were changed.
func altered(t *testing.T, payload string, change map[string]string) (inspect.MintedToken, *inspect.Report, error) {
	t.Helper()
	from, why := alterableReport(inspect.Inspect(unsigned(payload).Reveal(), inspect.Options{Now: now}))
	if from == nil {
		t.Fatalf("it cannot be altered: %s", why)
	}
	r := mintRequest{from: from, header: indented(from.Token.HeaderJSON), claims: indented(from.Token.PayloadJSON),
		now: now}
	r.values = map[string]string{fieldHeader: r.header, fieldClaims: r.claims, fieldSignature: withGeneratedKey,
		fieldExpire: "false", fieldEncrypt: notEncrypted}
	for name, value := range change {
		r.values[name] = value
	}
	m, opens, _, err := r.mint(t.Context(), nil)
	if err != nil {
		return m, nil, err
	}
	return m, inspect.Inspect(m.Token.Reveal(), inspect.Options{Now: now, Keys: jose.NewKeySet(m.Key, opens)}), nil
}

const plain = `{"iss":"https://login.acme.example","aud":"api","sub":"alice","exp":1795295643,"n":1.50,"odd":"\u202e"}`

func TestOnlyEditedMembersChange(t *testing.T) {
	claims := `{"sub":"bob","iss":"https://login.acme.example","exp":1795295643,"n":1.50,"odd":"\u202e",` +
		`"roles":["admin"]}`
	m, r, err := altered(t, plain, map[string]string{fieldClaims: claims})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"iss":"https://login.acme.example","sub":"bob","exp":1795295643,"n":1.50,"odd":"\u202e",` +
		`"roles":["admin"]}`
	if got := string(r.Token.PayloadJSON); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if r.Signature.Verdict != tokens.Good || !m.KeyGenerated {
		t.Errorf("got %+v, want it signed with a key made for it", r.Signature)
	}
}

func TestInvalidTokensAreMinted(t *testing.T) {
	for _, c := range []struct {
		name   string
		change map[string]string
		want   func(m inspect.MintedToken, r *inspect.Report) bool
	}{
		{"expired", map[string]string{fieldExpire: "true"}, func(_ inspect.MintedToken, r *inspect.Report) bool {
			outcome, _ := r.Verdict()
			return outcome == inspect.OutcomeExpired
		}},
		{"for another API", map[string]string{fieldAudience: "other"},
			func(_ inspect.MintedToken, r *inspect.Report) bool {
				aud, _ := r.Payload.String("aud")
				return aud == "other" && r.Signature.Verdict == tokens.Good
			}},
		{"alg none", map[string]string{fieldSignature: "none"}, func(m inspect.MintedToken, _ *inspect.Report) bool {
			return m.Alg == "none" && strings.HasSuffix(m.Token.Reveal(), ".")
		}},
		{"a broken signature", map[string]string{fieldSignature: "broken"},
			func(_ inspect.MintedToken, r *inspect.Report) bool {
				return r.Signature.Verdict == tokens.Bad
			}},
		{"no signature", map[string]string{fieldSignature: "stripped"},
			func(m inspect.MintedToken, _ *inspect.Report) bool {
				return m.Alg == "ES256" && strings.HasSuffix(m.Token.Reveal(), ".")
			}},
		{"the old signature", map[string]string{fieldSignature: "kept"},
			func(m inspect.MintedToken, _ *inspect.Report) bool {
				return strings.HasSuffix(m.Token.Reveal(), "."+base64.RawURLEncoding.EncodeToString(make([]byte, 64)))
			}},
		{"encrypted", map[string]string{fieldEncrypt: withGeneratedKey},
			func(_ inspect.MintedToken, r *inspect.Report) bool {
				return r.Kind == inspect.KindJWE && r.Nested != nil && r.Signature.Verdict == tokens.Good
			}},
		{"signed with a secret", map[string]string{fieldSignature: withSecret, fieldSecret: strings.Repeat("s3cret",
			8)},
			func(m inspect.MintedToken, r *inspect.Report) bool {
				return m.Alg == "HS256" && r.Signature.Verdict == tokens.Good
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, r, err := altered(t, plain, c.change)
			if err != nil {
				t.Fatal(err)
			}
			if !c.want(m, r) {
				t.Errorf("got %s with %+v and %v", m.Alg, r.Signature, m.Notes)
			}
		})
	}
}

func TestKeyFileSigns(t *testing.T) {
	key, err := jose.Generate("ES256", "mine")
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := key.PrivateJWK()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(path, []byte(jwk.Reveal()), 0o600); err != nil {
		t.Fatal(err)
	}
	m, r, err := altered(t, plain, map[string]string{fieldSignature: withKeyFile, fieldKeyFile: path})
	if err != nil || m.Kid != "mine" || r.Signature.Verdict != tokens.Good {
		t.Errorf("got kid %q, %+v and %v, want it signed with the file's key", m.Kid, r, err)
	}
	gone := map[string]string{fieldSignature: withKeyFile, fieldKeyFile: path + ".gone"}
	if _, _, err := altered(t, plain, gone); !errors.Is(err, errNoFile) {
		t.Errorf("got %v, want that there is no such file", err)
	}
}

func TestInvalidMintRequestsFail(t *testing.T) {
	for name, c := range map[string]struct {
		change map[string]string
		want   error
	}{
		"a name that injects": {map[string]string{fieldClaims: `{"a\",\"admin":true}`}, inspect.ErrClaimName},
		"a name unseen":       {map[string]string{fieldClaims: `{"sub\u202e":true}`}, inspect.ErrClaimName},
		"no shared secret":    {map[string]string{fieldHeader: `{"alg":"HS256"}`}, session.ErrNoSecret},
		"a double":            {map[string]string{fieldClaims: `{"sub":"a","sub":"b"}`}, nil},
		"no JSON":             {map[string]string{fieldClaims: `{"sub":`}, nil},
	} {
		if _, _, err := altered(t, plain, c.change); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want an error: %v", name, err, c.want)
		}
	}
	if got := invalidJSON("{\n  \"a\": 1,\n  b\n}"); !strings.HasPrefix(got, "line 3:") {
		t.Errorf("got %q, want the line", got)
	}
}

func TestTokenIsMintedFromNothing(t *testing.T) {
	ctx := panetest.Context(t, nowFunc)
	p := New(ctx)
	d := panetest.NewDriver(t, ctx, p)
	if why := p.Disabled(keys.TokenAlter); why != "" {
		t.Fatalf("got %q, want it possible without a session", why)
	}
	p.Do(keys.TokenAlter)
	panetest.Golden(t, "alter", p)
	panetest.Sizes(t, "alter", p)
	if !p.Editing() {
		t.Fatal("the form has not the keys")
	}
	d.Run(p.Update(tea.KeyMsg{Type: tea.KeyCtrlX}))
	d.Until("the token is made", func() bool { return p.shown.minted != nil })
	view := p.View(120, 40)
	for _, want := range []string{"token made here", "not stored", "by the key made here", inspect.MintedIssuer,
		"alice"} {
		if !strings.Contains(view, want) {
			t.Errorf("got\n%s\nwant %q in it", view, want)
		}
	}
	first := p.shown.minted.public
	p.Do(keys.TokenAlter)
	d.Run(p.Update(tea.KeyMsg{Type: tea.KeyCtrlX}))
	d.Until("another is made", func() bool { return p.shown.minted != nil && p.shown.minted.from.report != nil })
	if string(p.shown.minted.public) != string(first) {
		t.Error("the second token is signed with another key: an API would need its key again")
	}
	if got := len(ctx.Service.Exchanges()); got != 0 {
		t.Errorf("got %d exchanges, want none", got)
	}
	p.Back()
	p.Back()
	if !p.shown.raw().IsZero() {
		t.Error("two steps back there is still a token")
	}
}

func TestSDJWTsAndNestedTokensAreAltered(t *testing.T) {
	sd := unsigned(`{"iss":"https://issuer.example","vct":"x","_sd":[]}`).Reveal() + "~"
	if from, why := alterableReport(inspect.Inspect(sd, inspect.Options{})); from == nil || from.Token.SD != nil {
		t.Errorf("got %v (%s), want the JWT of the SD-JWT", from, why)
	}
	big := unsigned(`{"big":"` + strings.Repeat("x", maxEdited) + `"}`).Reveal()
	for _, raw := range []string{"opaque-opaque-opaque-opaque", `{"a":1}`, "", big} {
		if from, why := alterableReport(inspect.Inspect(raw, inspect.Options{})); from != nil || why == "" {
			t.Errorf("%.20q: got %v and %q, want it made from nothing, and why", raw, from, why)
		}
	}
}
