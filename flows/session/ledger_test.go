package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"fob/flows"
	"fob/flows/demo"
	"fob/flows/wire"
	"fob/tokens"
)

// ledgerRow is one way to make one check fail: a run that makes the check, and what is wrong in it: a fault of the demo
// provider or a choice of the user.
type ledgerRow struct {
	name   string // if neither the fault nor the check is a clear name
	fault  string // in demo.Catalogue, with its check; "" for a choice
	check  tokens.CheckKind
	choice func(*LoginRequest) // makes the choice; the run without it passes
	login  func(*bench) LoginRequest
	// then uses the session of a login without the fault, which is on by then. nil: the login itself is judged.
	then func(b *bench, id string) (tokens.Ledger, error)
	// instead replaces the login.
	instead func(b *bench) (tokens.Ledger, error)
	early   bool // the fault is on before the login that precedes then
	usual   bool // the run without the fault is the common one
}

func (r ledgerRow) String() string {
	s := r.fault
	if s == "" {
		s = "choice of " + string(r.check)
	}
	return strings.TrimSpace(s + " " + r.name)
}

// as returns a login as one of the demo's clients.
func as(client, grant string, values flows.Values) func(*bench) LoginRequest {
	return func(b *bench) LoginRequest {
		scope := everyScope
		if grant == "client_credentials" {
			scope = "api:read"
		}
		return LoginRequest{Profile: b.profileOf(client, map[string]string{"scope": scope}), Grant: grant,
			Values: values}
	}
}

// strongly is the login with most checks: with an acr and a max_age that must be satisfied.
var strongly = as("demo-public", "", flows.Values{"max_age": "7200", "acr_values": "urn:fob:demo:password+otp"})

// introspected is a login after which a signed introspection response is requested.
var introspected = as("demo-service", "client_credentials", flows.Values{"introspection_jwt": "true"})

// hinted requests the user of an earlier sign-in.
func hinted(b *bench) LoginRequest {
	r := as("demo-public", "", nil)(b)
	r.Values = flows.Values{"id_token_hint": "session:" + b.login(LoginRequest{Profile: r.Profile}).Meta.ID}
	return r
}

// byDocument signs in as the client whose ID is the URL of the metadata document that the demo provider hosts.
func byDocument(b *bench) LoginRequest {
	return LoginRequest{Issuer: b.server.Issuer(), ClientID: b.server.Issuer() +
		"/demo/client.json", Values: flows.Values{"scope": "openid api:read"}}
}

// exchanged exchanges the token of a sign-in for an access token.
func exchanged(b *bench) LoginRequest {
	first := b.login(LoginRequest{Profile: "post", Values: flows.Values{"scope": "openid api:read"}})
	return as("demo-service", "token_exchange", flows.Values{"subject_token": "session:" +
		first.Meta.ID, "requested_token_type": "access_token", "scope": "api:read"})(b)
}

// targeted requests a token for one resource.
func targeted(grant string) func(*bench) LoginRequest {
	return func(b *bench) LoginRequest {
		return as("demo-service", grant, flows.Values{"resource": b.server.API()})(b)
	}
}

// unreadable is a login for a bound token that is not a JWT: only introspection shows its binding.
func unreadable(b *bench) LoginRequest {
	return as("demo-service", "client_credentials", flows.Values{"dpop": "true",
		"resource": b.server.OpaqueResource()})(b)
}

// fromOAuthMetadata uses the document of RFC 8414, which the demo provider signs.
func fromOAuthMetadata(b *bench) LoginRequest {
	return LoginRequest{Issuer: b.server.Issuer() + "/.well-known/oauth-authorization-server",
		ClientID: "demo-public", Values: flows.Values{"scope": everyScope}}
}

func ledgerOfRefresh(b *bench, id string) (tokens.Ledger, error) {
	result, err := b.Refresh(b.ctx(), id, nil)
	return result.Meta.Ledger, err
}

func ledgerOfUserinfo(b *bench, id string) (tokens.Ledger, error) {
	a, err := b.Userinfo(b.ctx(), id)
	return a.Ledger, err
}

func ledgerOfIntrospection(b *bench, id string) (tokens.Ledger, error) {
	a, err := b.Introspect(b.ctx(), id, "", "")
	return a.Ledger, err
}

func startFromAPI(b *bench) (tokens.Ledger, error) {
	d, err := b.startFromAPI(ResourceMetadataRequest{Address: b.server.MCP()})
	if d.Resource == nil {
		return nil, err
	}
	return d.Resource.Checks, err
}

// ledgerRows has at least one row for each check, and for each fault of the demo provider that has a check. A row for
// the plain login needs only its name.
func ledgerRows() []ledgerRow {
	rows := []ledgerRow{
		{fault: "wrong-sub", login: hinted},
		{fault: "wrong-acr", name: "asked for by name", login: as("demo-public", "",
			flows.Values{"claims": `{"id_token":{"acr":{"values":["urn:fob:demo:password+otp"]}}}`})},
		{fault: "changed-subject", login: strongly, then: ledgerOfRefresh},
		{fault: "changed-auth-time", login: strongly, then: ledgerOfRefresh},
		{fault: "refresh-not-rotated", login: strongly, then: ledgerOfRefresh},
		{fault: "refresh-without-refresh-token", login: strongly, then: ledgerOfRefresh},
		{fault: "narrowed-scope", name: "device", login: as("demo-public", "device_code", nil)},
		{fault: "device-plain-page", login: as("demo-public", "device_code", nil)},
		{fault: "no-request-lifetime", name: "device", login: as("demo-public", "device_code", nil)},
		{fault: "no-request-lifetime", name: "pushed", login: as("demo-public", "", flows.Values{"par": "always"})},
		{fault: "no-request-lifetime", name: "backchannel",
			login: as("demo-service", "ciba", flows.Values{"login_hint": "alice"})},
		{fault: "ciba-wrong-auth-req-id", login: as("demo-service", "ciba", flows.Values{"login_hint": "alice"})},
		{fault: "ciba-wrong-rt-hash", login: as("demo-service", "ciba", flows.Values{"login_hint": "alice"})},
		{fault: "jarm-bad-signature", login: as("demo-public", "", flows.Values{"jarm": "true"})},
		{fault: "jarm-wrong-iss", login: as("demo-public", "", flows.Values{"jarm": "true"})},
		{fault: "jarm-wrong-aud", login: as("demo-public", "", flows.Values{"jarm": "true"})},
		{fault: "jarm-expired", login: as("demo-public", "", flows.Values{"jarm": "true"})},
		{fault: "wrong-c-hash", login: as("demo-implicit", "hybrid", nil)},
		{fault: "wrong-s-hash", login: as("demo-implicit", "hybrid", nil)},
		{fault: "hybrid-other-subject", login: as("demo-implicit", "hybrid", nil)},
		{fault: "wrong-nonce", name: "in the browser", login: as("demo-implicit", "implicit",
			flows.Values{"response_type": "id_token"})},
		{fault: "wrong-dpop-binding", login: as("demo-public", "", flows.Values{"dpop": "true"})},
		{fault: "dpop-as-bearer", login: as("demo-public", "", flows.Values{"dpop": "true"})},
		{fault: "wrong-mtls-binding", login: as("demo-tls", "client_credentials", nil)},
		{fault: "wrong-mtls-binding", name: "self-signed", login: as("demo-self-signed", "client_credentials", nil)},
		{fault: "wrong-dpop-binding", name: "introspected", login: unreadable, early: true,
			then: ledgerOfIntrospection},
		{fault: "wrong-issued-token-type", login: exchanged},
		{fault: "encrypted-for-another", login: as("demo-encrypted", "", nil)},
		{fault: "wrong-userinfo-sub", login: strongly, then: ledgerOfUserinfo},
		{fault: "userinfo-bad-signature", login: as("demo-encrypted", "", nil), then: ledgerOfUserinfo},
		{fault: "userinfo-encrypted-for-another", login: as("demo-encrypted", "", nil), then: ledgerOfUserinfo},
		{fault: "userinfo-wrong-iss", login: as("demo-encrypted", "", nil), then: ledgerOfUserinfo},
		{fault: "userinfo-wrong-aud", login: as("demo-encrypted", "", nil), then: ledgerOfUserinfo},
		{fault: "active-as-text", login: as("demo-service", "client_credentials", nil), then: ledgerOfIntrospection},
		{fault: "answer-as-form", name: "refreshed", login: strongly, then: ledgerOfRefresh},
		{fault: "byte-order-mark", name: "refreshed", login: strongly, then: ledgerOfRefresh},
		{fault: "introspection-bad-signature", login: introspected, then: ledgerOfIntrospection},
		{fault: "introspection-wrong-typ", login: introspected, then: ledgerOfIntrospection},
		{fault: "introspection-wrong-iss", login: introspected, then: ledgerOfIntrospection},
		{fault: "introspection-wrong-aud", login: introspected, then: ledgerOfIntrospection},
		{fault: "introspection-from-the-future", login: introspected, then: ledgerOfIntrospection},
		{fault: "introspection-without-token", login: introspected, then: ledgerOfIntrospection},
		{fault: "rar-narrowed", login: as("demo-public", "",
			flows.Values{"authorization_details": `[{"type":"orders","actions":["read","write"]}]`})},
		{fault: "wrong-access-token-aud", login: targeted("")},
		{fault: "wrong-access-token-aud", name: "client credentials", login: targeted("client_credentials")},
		{fault: "wrong-access-token-aud", name: "device", login: targeted("device_code")},
		{fault: "wrong-resource-metadata", instead: startFromAPI},
		{fault: "client-document-wrong-id", login: byDocument},
		{fault: "client-document-unavailable", login: byDocument},
		{fault: "client-documents-not-announced", login: byDocument},
		{fault: "signed-metadata-forged", login: fromOAuthMetadata},
		{fault: "signed-metadata-forged", name: "of an API", instead: startFromAPI},

		{check: tokens.CheckPKCE, login: as("demo-legacy", "", nil),
			choice: func(r *LoginRequest) { r.Values = flows.Values{"pkce": "none"} }},
		{check: tokens.CheckFrontChannel, login: as("demo-implicit", "implicit",
			flows.Values{"response_type": "id_token"}),
			choice: func(r *LoginRequest) { r.Values = flows.Values{"response_type": "id_token token"} }},
		{check: tokens.CheckEdited, login: strongly,
			choice: func(r *LoginRequest) {
				r.Edits = []wire.Edit{{Target: "token.own", Op: wire.Set,
					Value: "added"}}
			}},
	}
	for _, f := range demo.Catalogue() {
		if f.Check != "" && !slices.ContainsFunc(rows, func(r ledgerRow) bool {
			return r.fault == f.Name &&
				r.name == ""
		}) && f.Needs == "" {
			rows = append(rows, ledgerRow{fault: f.Name, login: strongly, usual: true})
		}
	}
	for i, r := range rows {
		for _, f := range demo.Catalogue() {
			for _, k := range tokens.Checks() {
				if f.Name == r.fault && k.ID == f.Check {
					rows[i].check = k.ID
				}
			}
		}
	}
	return rows
}

// Each declared check can fail. Each fault in the catalogue makes exactly its check fail: all others of the run's
// ledger pass with the fault, and all pass without it. A failed MUST stores nothing.
func TestEveryCheckFailsAloneByItsFault(t *testing.T) {
	rows := ledgerRows()
	for _, k := range tokens.Checks() {
		if !slices.ContainsFunc(rows, func(r ledgerRow) bool { return r.check == k.ID }) {
			t.Errorf("no row makes %s fail: give the demo provider a fault for it, and add a row", k.ID)
		}
	}
	for _, f := range demo.Catalogue() {
		if f.Check != "" && !slices.ContainsFunc(rows, func(r ledgerRow) bool { return r.fault == f.Name }) {
			t.Errorf("no row meets the fault %s, which is to fail %s: say what a client has to use", f.Name, f.Check)
		}
	}
	usual := ledgerRow{login: strongly}.run(newBench(t), false)
	for _, row := range rows {
		t.Run(row.String(), func(t *testing.T) {
			honest := usual
			if !row.usual {
				honest = row.run(newBench(t), false)
			}
			if honest.err != nil || failures(honest.ledger) != "" {
				t.Fatalf("without what is wrong: got %v with %q, want every check to hold", honest.err,
					failures(honest.ledger))
			}
			wantReasons(t, honest.ledger)
			b := newBench(t)
			wrong := row.run(b, true)
			wantReasons(t, wrong.ledger)
			if got := failures(wrong.ledger); got != string(row.check) {
				t.Errorf("checks that did not pass: got %q, want %s alone (%v)", got, row.check, wrong.err)
			}
			row.wantEnd(t, wrong)
			if row.instead == nil && row.then == nil {
				var out strings.Builder
				if err := b.ExportRun(&out, "markdown"); err != nil ||
					!strings.Contains(out.String(), string(row.check)) {
					t.Errorf("the exported run does not show %s: %v", row.check, err)
				}
			}
		})
	}
}

// deadline is a context that ends like one with a deadline, when the test says so.
type deadline struct {
	context.Context
	once  sync.Once
	ended chan struct{}
}

func (d *deadline) Done() <-chan struct{} { return d.ended }
func (d *deadline) Err() error {
	select {
	case <-d.ended:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// ledgerEnd is the end of a run.
type ledgerEnd struct {
	ledger        tokens.Ledger
	err           error
	before, after string // the stored records
}

func (r ledgerRow) run(b *bench, wrong bool) (end ledgerEnd) {
	b.t.Helper()
	var request LoginRequest
	if r.login != nil {
		request = r.login(b)
	}
	id, faulty := "", wrong && r.fault != ""
	if faulty {
		defer b.noFault(r.fault)
	}
	if faulty && r.early {
		b.fault(r.fault)
	}
	if r.then != nil {
		id = b.login(request).Meta.ID
	}
	end.before = b.stored()
	if faulty && !r.early {
		b.fault(r.fault)
	}
	if wrong && r.choice != nil {
		r.choice(&request)
	}
	switch {
	case r.instead != nil:
		end.ledger, end.err = r.instead(b)
	case r.then != nil:
		end.ledger, end.err = r.then(b, id)
	default:
		// A wrong state is ignored: a message of another sender must not end the wait. The wait also ends with the
		// user's time limit.
		ctx := &deadline{Context: context.Background(), ended: make(chan struct{})}
		b.onRefusal(func() { ctx.once.Do(func() { close(ctx.ended) }) })
		var result Result
		result, end.err = b.Login(ctx, request, func(s flows.Step) {
			if strings.Contains(s.Title, "ignored") {
				ctx.once.Do(func() { close(ctx.ended) })
			}
		})
		end.ledger = result.Meta.Ledger
		if end.err != nil && len(result.Set.Kinds()) != 0 {
			b.t.Errorf("tokens after a failed check: %v", result.Set.Kinds())
		}
	}
	end.after = b.stored()
	return end
}

// stored returns the content of the vault as text in which each token is distinct.
func (b *bench) stored() string {
	b.t.Helper()
	list, err := b.Sessions(b.ctx())
	if err != nil {
		b.t.Fatal(err)
	}
	var out strings.Builder
	for _, m := range list {
		rec, err := b.Load(b.ctx(), m.ID)
		if err != nil {
			b.t.Fatal(err)
		}
		// For what a rejected response does to the refresh token, see TestARejectedResponseLosesNoRefreshToken.
		rec.Meta.Refreshes, rec.Meta.RefreshInvalid = 0, nil
		set := rec.Secrets.Set
		fmt.Fprintln(&out, mustJSON(b.t, rec.Meta), set.AccessToken.Fingerprint(), set.IDToken.Fingerprint())
	}
	return out.String()
}

// wantEnd checks that a violation ended the run, with what was expected and received, and left the vault unchanged; and
// that a warning did not end it.
func (r ledgerRow) wantEnd(t *testing.T, end ledgerEnd) {
	t.Helper()
	var failed *tokens.CheckError
	if !r.check.Pass("", "").Must {
		if end.err != nil {
			t.Errorf("a warning ended the run: %v", end.err)
		}
		if r.instead == nil && !strings.Contains(end.after, `"id":"`+string(r.check)+`"`) && r.then == nil {
			t.Errorf("the stored ledger does not say %s", r.check)
		}
		return
	}
	if !errors.As(end.err, &failed) || failed.Check.ID != r.check {
		t.Fatalf("got %v, want the check %s", end.err, r.check)
	}
	for _, want := range []string{"[" + string(r.check) + "]", r.check.Pass("", "").Spec, "expected: ", "received: "} {
		if !strings.Contains(end.err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, end.err)
		}
	}
	if failed.Check.Expected == "" {
		t.Errorf("nothing was expected: %+v", failed.Check)
	}
	if end.before != end.after {
		t.Errorf("what is stored changed:\nbefore %s\nafter  %s", end.before, end.after)
	}
}

// wantReasons checks that each skipped or failed check has a reason or the received value.
func wantReasons(t *testing.T, l tokens.Ledger) {
	t.Helper()
	for _, c := range l {
		switch {
		case c.Outcome == tokens.Skipped && c.Because == "":
			t.Errorf("%s was skipped and does not say why", c.ID)
		case c.Outcome == tokens.Failed || c.Outcome == tokens.Warned:
			if c.Because == "" && c.Received == "" {
				t.Errorf("%s did not hold and does not say why: %+v", c.ID, c)
			}
		}
	}
}
