package doctor

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/wwwauth"
)

// What was not tried is not a cause, and what cannot help is not a next step.
func TestACauseThatTheEvidenceRulesOutIsNotOffered(t *testing.T) {
	for _, c := range []struct {
		name  string
		check tokens.Check
		never []string
	}{
		{"a time that is no number", tokens.CheckExpiry.Fail("", "null", notNumericDate),
			[]string{"clock", "had expired"}},
		{"no key was tried", tokens.CheckSignature.Fail("", "ES256", noKeys+"timeout"), []string{"attacker changed"}},
		{"a nonce of another run", tokens.CheckNonce.Fail("n", "m", ""), []string{"authorization.nonce="}},
	} {
		d, _ := Diagnose(&tokens.CheckError{Check: c.check}, wrongClock)
		text := strings.ToLower(fmt.Sprintf("%+v", d))
		for _, never := range c.never {
			if strings.Contains(text, strings.ToLower(never)) {
				t.Errorf("%s: %q is in %s", c.name, never, text)
			}
		}
	}
}

// A sign-in that failed is not stored, so there is no session whose ledger could be shown.
func TestALedgerIsOfferedOnlyOfASession(t *testing.T) {
	for session, want := range map[string]bool{"": false, "0123456789": true} {
		d, _ := Diagnose(failed(tokens.CheckNonce, "m", ""), Context{Session: session})
		if got := strings.Contains(fmt.Sprintf("%+v", d.Next), "fob show --ledger "+session); got != want {
			t.Errorf("session %q: got the ledger offered %v, want %v: %+v", session, got, want, d.Next)
		}
	}
}

func TestTheFirstCauseAndTheFirstActionAreTheRightOnes(t *testing.T) {
	for _, c := range cases(t) {
		t.Run(c.name, func(t *testing.T) {
			d, ok := Diagnose(fmt.Errorf("signing in: %w", c.err), c.ctx)
			if !ok || d.Title == "" || len(d.Causes) == 0 {
				t.Fatalf("got %+v, %v; want a diagnosis with causes", d, ok)
			}
			if !strings.Contains(d.Causes[0].Text, c.cause) {
				t.Errorf("first cause: got %q (%d), want %q in it\nall: %+v", d.Causes[0].Text, d.Causes[0].Likely,
					c.cause, d.Causes)
			}
			if got := firstDo(d.Next); got != c.action && c.action != "" {
				t.Errorf("first action: got %q, want %q\nall: %+v", got, c.action, d.Next)
			}
			if got := aboutWords(d.About); c.about != "" && got != c.about {
				t.Errorf("about: got %q, want %q", got, c.about)
			}
			for _, cause := range d.Causes {
				if cause.Likely < 1 || cause.Likely > 100 || strings.Contains(cause.Text+cause.HowToTell, "{") {
					t.Errorf("not a whole cause: %+v", cause)
				}
			}
		})
	}
}

func firstDo(list []Action) string {
	for _, a := range list {
		for k, v := range a.Do {
			return k + "=" + v
		}
	}
	return ""
}

func aboutWords(a *About) string {
	switch {
	case a == nil:
		return ""
	case a.Missing:
		return "!" + a.Name
	}
	return a.Name
}

func TestAChallengeOfAnAPIBecomesAProposalToSignInAgain(t *testing.T) {
	for _, c := range []struct{ header, cause, action string }{
		{`Bearer error="insufficient_user_authentication", acr_values="gold", max_age="5"`, "not strong enough",
			"command=fob login acme --acr-values gold --max-age 5"},
		{`Bearer error="insufficient_scope", scope="api:write api:read"`, "api:write api:read",
			"command=fob login acme --scope 'api:write api:read'"},
		{`Bearer error="insufficient_scope", scope="a'; rm -r ~"`, "without",
			`command=fob login acme --scope 'a'\''; rm -r ~'`},
		{`Bearer error="invalid_token", error_description="The token expired"`, "has expired",
			"command=fob refresh SESSION"},
		{`DPoP error="invalid_dpop_proof"`, "no proof", "input=dpop=true"},
	} {
		list := wwwauth.Parse(http.Header{"Www-Authenticate": {c.header}}.Values("WWW-Authenticate"))
		d, ok := Challenge(401, list, nil, Context{Command: "fob login acme"})
		if !ok || len(d.Causes) == 0 || !strings.Contains(d.Causes[0].Text, c.cause) || firstDo(d.Next) != c.action {
			t.Errorf("%s: got %+v; want %q and %q", c.header, d, c.cause, c.action)
		}
	}
	if _, ok := Challenge(401, wwwauth.Parse([]string{"Bearer"}), nil, Context{}); ok {
		t.Error("a challenge without an error is no refusal of a token")
	}
}

// Redaction does not mislead the diagnosis, and only redacted values are shown.
func TestADiagnosisReadsWhatCameAndShowsWhatMayBeShown(t *testing.T) {
	const secret = "mandatory-scope"
	sent := func(grant, redirect string) []wire.Field {
		return []wire.Field{{Name: "grant_type", Value: grant}, {Name: "redirect_uri", Value: redirect}}
	}
	masked := &flows.OAuthError{Code: "invalid_request", Description: "the scope is hidden", Endpoint: "token",
		Status: 400, Sent: sent("hidden_credentials", "hidden")}
	masked.WithUnmasked(flows.Unmasked{Code: "invalid_request", Description: "the scope is missing " + secret,
		Sent: sent("client_credentials", "no URL "+secret)})
	d, _ := Diagnose(masked, Context{})
	text := fmt.Sprintf("%+v", d)
	if d.About == nil || d.About.Name != "scope" || !d.About.Missing {
		t.Errorf("about: got %+v, want the scope, which was not sent", d.About)
	}
	if !strings.Contains(text, "redirect_uri is not well") || strings.Contains(text, "grant_type is not well") {
		t.Errorf("got %s, want it to judge what was sent", text)
	}
	if strings.Contains(text, secret) || !strings.Contains(text, "It was sent as hidden") {
		t.Errorf("got %s, want what was masked to stay so", text)
	}
	challenge := func(said string) []wwwauth.Challenge {
		params := map[string]string{"error": "invalid_token", "error_description": said}
		return []wwwauth.Challenge{{Scheme: "Bearer", Params: params}}
	}
	d, _ = Challenge(401, challenge("it has expired: "+secret), challenge("it hidden"), Context{})
	if strings.Contains(fmt.Sprintf("%+v", d), secret) || !strings.Contains(d.Causes[0].Text, "has expired") {
		t.Errorf("of a challenge: got %+v, want the expiry, and the mask", d)
	}
}

func TestTheServersMessageIsKeptAndCleaned(t *testing.T) {
	d, _ := Diagnose(&flows.OAuthError{Code: "invalid_scope", Description: "no\x1b[31m\nway",
		URI: "https://as.example/errors", Sent: sent("scope=a\x1bb")}, Context{})
	if len(d.Messages) != 3 || strings.ContainsAny(strings.Join(d.Messages, "")+d.About.Value, "\x1b\n") {
		t.Errorf("got %+q and %+v; want code, description and address, cleaned", d.Messages, d.About)
	}
	if _, ok := Diagnose(errors.New("something else"), Context{}); ok {
		t.Error("an error of which nothing is known must not get a diagnosis")
	}
}

func TestTheClockIsReadFromTheResponse(t *testing.T) {
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	x := wire.Exchange{Started: start, Timing: wire.Timing{Total: time.Second},
		Response: &wire.Message{Date: start.Add(61 * time.Second)}}
	if got := ClockOffset(x); got != time.Minute {
		t.Errorf("got %s, want a minute", got)
	}
	if got := ClockOffset(wire.Exchange{Started: start}); got != 0 {
		t.Errorf("without a response: got %s, want 0", got)
	}
	// A small difference is honest, and is not mentioned.
	d, _ := Diagnose(refused("invalid_dpop_proof", "", "token", nil),
		Context{DPoP: true, ClockOffset: 10 * time.Second})
	for _, c := range d.Causes {
		if strings.Contains(c.Text, "clock is") {
			t.Errorf("got %q for ten seconds", c.Text)
		}
	}
}

// The tables are data: each entry must be complete.
func TestTheTablesAreComplete(t *testing.T) {
	entra := 0
	for _, table := range vendorTables {
		for _, e := range table {
			if vendors[e.vendor] == "" || e.code == "" && e.says == "" || len(e.causes) == 0 ||
				!strings.HasSuffix(e.title, ".") || e.says != strings.ToLower(e.says) {
				t.Errorf("not whole: %+v", e)
			}
			if e.vendor == "entra" {
				entra += strings.Count(e.says, "aadsts")
			}
			for _, a := range e.next {
				if key, _, _ := strings.Cut(a.do, "="); key == "" && a.do != "" || a.text == "" {
					t.Errorf("not an action: %+v", a)
				}
			}
		}
	}
	if entra < 25 {
		t.Errorf("got %d codes of Entra, want at least 25", entra)
	}
	for _, code := range strings.Fields(`
		invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope
		access_denied unsupported_response_type server_error temporarily_unavailable invalid_token insufficient_scope
		authorization_pending slow_down expired_token invalid_target invalid_request_uri invalid_request_object
		request_not_supported request_uri_not_supported registration_not_supported use_dpop_nonce invalid_dpop_proof
		login_required consent_required interaction_required account_selection_required
		unmet_authentication_requirements insufficient_user_authentication invalid_authorization_details
		unknown_user_id expired_login_hint_token missing_user_code invalid_user_code invalid_binding_message
		transaction_failed invalid_redirect_uri invalid_client_metadata invalid_software_statement
		unapproved_software_statement unsupported_token_type`) {
		if !isSpecCode(code) {
			t.Errorf("%s of the specs has no entry", code)
		}
		d, _ := Diagnose(refused(code, "", "token", nil), Context{})
		if len(d.Causes) == 0 || d.Spec == "" {
			t.Errorf("%s: got %+v, want causes and a spec", code, d)
		}
	}
	declared := map[tokens.CheckKind]bool{}
	for _, k := range tokens.Checks() {
		declared[k.ID] = true
		// A MUST ends a run: the user has to learn why it may have failed, and what to do.
		if e := checkEntryFor(k.ID); k.Must && (len(e.causes) == 0 || e.about == "" && e.causes[0].tell == "") {
			t.Errorf("%s is a MUST without a cause and a way to tell", k.ID)
		}
	}
	for _, entries := range checkEntries {
		for id := range entries {
			if !declared[id] {
				t.Errorf("%s is not a check", id)
			}
		}
	}
}
