package flows

import (
	"context"
	"encoding/json"
	"testing"

	"fob/tokens"
)

func TestAuthorizationDetailsAreComparedWithTheGrantedOnes(t *testing.T) {
	const asked = `[ {"type":"payment", "actions":["read","pay"], "amount":{"value":"10.00","currency":"EUR"}} ]`
	tests := map[string]struct {
		asked, granted string
		want           tokens.Outcome
	}{
		"as asked": {asked, asked, tokens.Passed},
		"with more in it": {asked,
			`[{"type":"x"},{"type":"payment","actions":["list","pay","read"],` +
				`"amount":{"value":"10.00","currency":"EUR"},"account":"1"}]`, tokens.Passed},
		"an action less": {asked,
			`[{"type":"payment","actions":["read"],"amount":{"value":"10.00","currency":"EUR"}}]`, tokens.Warned},
		"another amount": {asked,
			`[{"type":"payment","actions":["read","pay"],"amount":{"value":"9.00","currency":"EUR"}}]`, tokens.Warned},
		"another type": {asked,
			`[{"type":"account","actions":["read","pay"],"amount":{"value":"10.00","currency":"EUR"}}]`, tokens.Warned},
		"nothing said":           {asked, "", tokens.Warned},
		"something else than it": {asked, `"payment"`, tokens.Warned},
		"not asked for":          {"", asked, tokens.Skipped},
		"neither":                {"", "", ""},
		"asked for no list":      {`{"type":"payment"}`, `[]`, tokens.Skipped},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.editTokens = func(m map[string]any) {
				if tt.granted != "" {
					m["authorization_details"] = json.RawMessage(tt.granted)
				}
			}
			r, _ := f.run(Values{"scope": "x", "authorization_details": tt.asked})
			if _, err := ClientCredentials.Run(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			if got := outcomeOf(r.Ledger, tokens.CheckDetails); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			want := ""
			if tt.want == tokens.Warned {
				want = "authorization_details warning"
			}
			if got := failures(r.Ledger); got != want {
				t.Errorf("checks that did not pass: got %q, want %q", got, want)
			}
		})
	}
}

func TestJSONInputsAreSentCompacted(t *testing.T) {
	f := newFakeServer(t)
	f.editTokens = func(m map[string]any) { m["authorization_details"] = json.RawMessage(`[{"type":"a"}]`) }
	_, r, _, _, err := f.signIn(Values{"authorization_details": ` [ {"type": "a"} ] `,
		"claims": `{"id_token": {"acr": null}}`, "id_token_hint": "e.f.g"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"authorization_details": `[{"type":"a"}]`,
		"claims": `{"id_token":{"acr":null}}`, "id_token_hint": "e.f.g"} {
		if got := f.asked.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := outcomeOf(r.Ledger, tokens.CheckDetails); got != tokens.Passed {
		t.Errorf("the check of a sign-in: got %q, want %q", got, tokens.Passed)
	}
	if err := AuthorizationCode.Validate(Values{"claims": "{"}); err == nil {
		t.Error("broken JSON was taken")
	}
}
