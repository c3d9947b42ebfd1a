package flows

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fob/flows/dpop"
	"fob/tokens"
)

// bind makes the server bind its access tokens to a key; "" omits cnf.
func (f *fakeServer) bind(tokenType string, jkt func() string) {
	f.editTokens = func(m map[string]any) {
		cnf := map[string]any{}
		if v := jkt(); v != "" {
			cnf["jkt"] = v
		}
		m["token_type"], m["access_token"] = tokenType, f.sign(map[string]any{"sub": "x", "cnf": cnf})
	}
	f.editClaims = func(m map[string]any) { delete(m, "at_hash") }
}

func jktOf(t *testing.T, r *Run) string {
	t.Helper()
	key, err := dpop.ParseKey(r.DPoPKey)
	if err != nil {
		t.Fatal(err)
	}
	return key.Thumbprint()
}

func TestProofsAreSentToTheEndpointsOfDPoP(t *testing.T) {
	f := newFakeServer(t)
	f.metadata.PAREndpoint = "https://as.example/par"
	var run *Run
	f.bind("DPoP", func() string { return jktOf(t, run) })
	set, r, _, _, err := f.signIn(Values{"dpop": "true", "par": "always"}, func(r *Run) { run = r })
	if err != nil {
		t.Fatal(err)
	}
	if got := failures(r.Ledger); got != "" {
		t.Errorf("checks that did not pass: got %q, want none", got)
	}
	if got := f.asked.Get("dpop_jkt"); got != jktOf(t, r) {
		t.Errorf("dpop_jkt: got %q, want the key's thumbprint", got)
	}
	f.reply = func(url.Values) (answer, bool) { return ok(map[string]any{"active": true, "sub": "alice"}), true }
	if _, _, err := r.Introspect(t.Context(), set.AccessToken, tokens.Access); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Userinfo(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"https://as.example/par": true, "https://as.example/token": true,
		"https://as.example/introspect": false, "https://as.example/userinfo": true}
	for _, req := range f.requests {
		proof := req.Header.Get(dpop.Header)
		if (proof != "") != want[req.URL] {
			t.Errorf("%s: got proof %t, want %t", req.URL, proof != "", want[req.URL])
		}
		if proof != "" && !strings.Contains(revealed(req.Secrets), proof) {
			t.Errorf("%s: the proof is not among what must not be recorded", req.URL)
		}
	}
	if last := f.requests[len(f.requests)-1]; !strings.HasPrefix(last.Header.Get("Authorization"), "DPoP ") {
		t.Errorf("userinfo: got Authorization %.10q, want the scheme DPoP", last.Header.Get("Authorization"))
	}
}

func TestWithoutDPoPNoProofIsSent(t *testing.T) {
	f := newFakeServer(t)
	_, r, _, _, err := f.signIn(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.asked.Has("dpop_jkt") || f.requests[0].Header.Get(dpop.Header) != "" || !r.DPoPKey.IsZero() {
		t.Error("a proof, a thumbprint or a key came out of nowhere")
	}
	if got := outcomeOf(r.Ledger, tokens.CheckDPoPBinding); got != "" {
		t.Errorf("dpop.binding: got %q, want no such line", got)
	}
}

func TestExactlyTheBrokenBindingFails(t *testing.T) {
	for name, c := range map[string]struct {
		tokenType string
		jkt       string // "own" is the run's key
		want      string
	}{
		"bound":                     {"DPoP", "own", ""},
		"bound, spelled in capital": {"DPOP", "own", ""},
		"bound to another":          {"DPoP", "another", "dpop.binding failed"},
		"bound to nothing":          {"DPoP", "", "dpop.binding failed"},
		"taken for a bearer token":  {"Bearer", "own", "token_type failed"},
		"not bound at all":          {"Bearer", "", "token_type failed"},
		"of no type":                {"", "own", "token_type failed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			r, _ := f.run(Values{"dpop": "true"})
			f.bind(c.tokenType, func() string {
				if c.jkt == "own" {
					return jktOf(t, r)
				}
				return c.jkt
			})
			_, err := ClientCredentials.Run(t.Context(), r)
			if got := failures(r.Ledger); got != c.want || (err != nil) != (c.want != "") {
				t.Errorf("got %q and %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestTheBindingOfAnOpaqueTokenIsNotChecked(t *testing.T) {
	f := newFakeServer(t)
	f.editTokens = func(m map[string]any) { m["token_type"] = "DPoP" }
	r, _ := f.run(Values{"dpop": "true"})
	if _, err := ClientCredentials.Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := outcomeOf(r.Ledger, tokens.CheckDPoPBinding); got != tokens.Skipped {
		t.Errorf("got %q, want skipped", got)
	}
}

func TestARequiredNonceIsRetriedOnceWithANewAssertion(t *testing.T) {
	f := newFakeServer(t)
	r, steps := f.run(Values{"dpop": "true"})
	withKeys(clientKey(t, "ES256"))(r)
	r.Client.AuthMethod = "private_key_jwt"
	f.bind("DPoP", func() string { return jktOf(t, r) })
	nonces := []any{}
	f.reply = func(url.Values) (answer, bool) {
		_, claims := readProof(t, f.requests[len(f.requests)-1].Header.Get(dpop.Header))
		nonces = append(nonces, claims["nonce"])
		if claims["nonce"] == nil {
			a := refuse(400, "use_dpop_nonce", "")
			a.header = http.Header{"Dpop-Nonce": {"fresh"}}
			return a, true
		}
		return answer{}, false
	}
	if _, err := ClientCredentials.Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(nonces) != 2 || nonces[1] != "fresh" {
		t.Fatalf("nonces sent: got %v, want none and then the server's", nonces)
	}
	one, err1 := decodeJWT(f.forms[0].Get("client_assertion"))
	two, err2 := decodeJWT(f.forms[1].Get("client_assertion"))
	if err1 != nil || err2 != nil || one.text("jti") == two.text("jti") {
		t.Errorf("the assertion was sent twice, which a server may refuse: %v, %v", err1, err2)
	}
	reported := false
	for _, s := range *steps {
		reported = reported || s.Spec == "RFC 9449 8" && s.Exchange != nil
	}
	if !reported {
		t.Error("no step tells of the first exchange")
	}
	// The nonce is known now, so the next request needs no retry.
	if _, err := ClientCredentials.Run(t.Context(), r); err != nil || len(nonces) != 3 {
		t.Errorf("the next run: got %v after %d requests, want 3", err, len(nonces))
	}
}

func readProof(t *testing.T, raw string) (typ string, claims map[string]any) {
	t.Helper()
	p, err := decodeJWT(raw)
	if err != nil {
		t.Fatalf("the proof: %v", err)
	}
	text, _ := json.Marshal(p.claims)
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return p.typ, claims
}

func TestABoundTokenWithoutItsKeyIsNotSent(t *testing.T) {
	f := newFakeServer(t)
	r, _ := f.run(Values{})
	_, _, err := r.Userinfo(t.Context(), tokens.Set{AccessToken: tokens.NewSecret(canaryAccess), TokenType: "DPoP"})
	if err == nil || !strings.Contains(err.Error(), "sign in again") || len(f.requests) != 0 {
		t.Errorf("got %v after %d requests, want an error before any", err, len(f.requests))
	}
}

func TestARefreshKeepsTheDPoPKey(t *testing.T) {
	f := newFakeServer(t)
	first, _ := f.run(Values{"dpop": "true"})
	f.bind("DPoP", func() string { return jktOf(t, first) })
	if _, err := ClientCredentials.Run(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	r, _ := f.run(Values{})
	r.DPoPKey = first.DPoPKey
	r.Current = tokens.Set{RefreshToken: tokens.NewSecret(canaryRefresh), TokenType: "DPoP"}
	f.editTokens = func(m map[string]any) {
		m["token_type"], m["access_token"] = "DPoP",
			f.sign(map[string]any{"cnf": map[string]any{"jkt": jktOf(t, first)}})
		delete(m, "id_token")
		delete(m, "refresh_token")
	}
	set, err := Refresh.Run(t.Context(), r)
	if err != nil || failures(r.Ledger) != "" {
		t.Fatalf("got %v with %q, want a refresh whose checks pass: the refresh token is bound as well", err,
			failures(r.Ledger))
	}
	if !set.IsType("DPoP") || !r.DPoPKey.Equal(first.DPoPKey) {
		t.Error("the key or the type was lost")
	}
	bad := &Run{DPoPKey: tokens.NewSecret("not a key")}
	if _, err := bad.dpopProver(); err == nil {
		t.Error("an invalid key was accepted")
	}
}
