package session

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/profile"
	"fob/tokens"
	"fob/tokens/wwwauth"
)

func TestStepUpToAStrongerSignIn(t *testing.T) {
	b := newBench(t)
	for name, request := range map[string]LoginRequest{
		"of a profile": {Profile: "demo", Values: flows.Values{"scope": "openid api:write",
			"login_hint": "alice"}},
		"without a profile": {Issuer: b.server.Issuer(), ClientID: "demo-public",
			Values: flows.Values{"scope": "openid api:write", "login_hint": "alice"}},
		"by another grant": {Profile: "demo", Grant: "device_code", Values: flows.Values{"scope": "openid api:write"}},
	} {
		t.Run(name, func(t *testing.T) {
			weak := b.login(request)
			transfer := calls.Request{Method: "POST", URL: b.server.API() + "/transfer"}
			refused, err := b.Call(b.ctx(), weak.Meta.ID, transfer)
			if err != nil || refused.Status != http.StatusUnauthorized || len(refused.Challenges) == 0 {
				t.Fatalf("got %v, %v, want a challenge", refused, err)
			}
			d, err := b.StepUp(b.ctx(), weak.Meta.ID, refused.Challenges[0])
			if err != nil {
				t.Fatal(err)
			}
			if d.Values["acr_values"] == "" || d.Values["max_age"] != "300" ||
				d.Values["scope"] != "openid api:write" || d.Grant.ID != "authorization_code" {
				t.Errorf("draft: got %s with %v", d.Grant.ID, d.Values)
			}
			if hint := d.Values["login_hint"]; hint != request.Values["login_hint"] {
				t.Errorf("what the session was made with: got login_hint %q, want %q", hint,
					request.Values["login_hint"])
			}
			strong := b.login(d.Request())
			if got := failures(strong.Meta.Ledger); got != "" {
				t.Errorf("checks that did not pass: got %s, want none", got)
			}
			if resp, err := b.Call(b.ctx(), strong.Meta.ID, transfer); err != nil || resp.Status != http.StatusOK {
				t.Errorf("the call after it: got %v, %v, want 200", resp, err)
			}
		})
	}
}

func TestStepUpReadsTheChallenge(t *testing.T) {
	b := newBench(t)
	if err := b.file.Put(profile.Profile{Name: "unreached", Issuer: b.server.Issuer(), ClientID: "demo-public",
		Values: map[string]string{"scope": "openid"}}); err != nil {
		t.Fatal(err)
	}
	s := b.login(LoginRequest{Profile: "unreached"})
	tests := map[string]struct {
		challenge string
		input     string
		want      string
	}{
		"a scope is missing": {`Bearer error="insufficient_scope", scope="api:read openid"`, "scope",
			"openid api:read"},
		"it does not say what": {`Bearer error="insufficient_user_authentication"`, "prompt", "login"},
		"how fresh alone":      {`DPoP error="insufficient_user_authentication", max_age="60"`, "max_age", "60"},
		"the token is bad":     {`Bearer error="invalid_token"`, "", ""},
		"nothing was refused":  {`Bearer realm="x"`, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := b.StepUp(b.ctx(), s.Meta.ID, wwwauth.Parse([]string{tt.challenge})[0])
			var wrong *flows.InputError
			if errors.As(err, &wrong) != (tt.input == "") || d.Values[tt.input] != tt.want {
				t.Errorf("got %q, %v, want %q", d.Values[tt.input], err, tt.want)
			}
		})
	}
}

func TestAuthorizationDetailsAndClaimsAgainstTheDemo(t *testing.T) {
	b := newBench(t)
	const asked = `[{"type":"transfer","actions":["execute"],"amount":{"value":"10.00","currency":"EUR"}}]`
	result := b.login(LoginRequest{Profile: "demo", Values: flows.Values{"scope": "openid api:write",
		"authorization_details": asked,
		"claims":                `{"id_token":{"email":null}}`}})
	var details tokens.Check
	for _, c := range result.Meta.Ledger {
		if c.ID == tokens.CheckDetails {
			details = c
		}
	}
	if details.Outcome != tokens.Passed || !strings.Contains(details.Received, "10.00") {
		t.Errorf("authorization_details: got %+v", details)
	}
	if email, _ := claims(result.Set.IDToken).String("email"); email == "" {
		t.Error("the id_token has no email, which claims asked for")
	}
}

func TestOnlyTheDetailsCheckFailsIfLessWasGranted(t *testing.T) {
	b := newBench(t, "rar-narrowed")
	result := b.login(LoginRequest{Profile: "demo", Values: flows.Values{"scope": "openid api:write",
		"authorization_details": `[{"type":"transfer","actions":["initiate","status"]}]`}})
	if got := failures(result.Meta.Ledger); got != string(tokens.CheckDetails) {
		t.Errorf("checks that did not pass: got %q, want %q", got, tokens.CheckDetails)
	}
}
