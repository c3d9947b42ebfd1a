package demo

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/tokens/jose"
)

// prover holds a DPoP key and makes proofs with it.
type prover struct {
	t   testing.TB
	key jose.Key
	now func() time.Time
}

func newProver(t testing.TB) *prover {
	t.Helper()
	key, err := jose.Generate("ES256", "")
	if err != nil {
		t.Fatal(err)
	}
	return &prover{t: t, key: key, now: time.Now}
}

func (p *prover) thumbprint() string {
	jkt, err := p.key.Thumbprint()
	if err != nil {
		p.t.Fatal(err)
	}
	return jkt
}

// claims are those of a good proof.
func (p *prover) claims(method, target, token, nonce string) map[string]any {
	c := map[string]any{"jti": randomToken(), "htm": method, "htu": target, "iat": unix(p.now())}
	if token != "" {
		c["ath"] = thumbprint([]byte(token))
	}
	if nonce != "" {
		c["nonce"] = nonce
	}
	return c
}

func (p *prover) sign(claims map[string]any, typ string) string {
	p.t.Helper()
	jwk, err := p.key.PublicJWK()
	if err != nil {
		p.t.Fatal(err)
	}
	payload, _ := json.Marshal(claims)
	proof, err := jose.Sign(payload, jose.Header{"typ": typ, "jwk": jwk}, p.key)
	if err != nil {
		p.t.Fatal(err)
	}
	return proof
}

func (p *prover) proof(method, target, token, nonce string) string {
	return p.sign(p.claims(method, target, token, nonce), "dpop+jwt")
}

func (b *bench) formRequest(path string, v url.Values) *http.Request {
	r := b.request("POST", path, v.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// redeemBound redeems a code of a public client with a proof.
func (b *bench) redeemBound(p *prover, clientID, code, nonce string) answer {
	p.now = b.clock.Now
	r := b.formRequest("/token", form("grant_type", grantAuthorizationCode, "client_id", clientID, "code", code,
		"redirect_uri", testRedirect,
		"code_verifier", testVerifier))
	r.Header.Set("DPoP", p.proof("POST", b.Issuer()+"/token", "", nonce))
	return b.do(r)
}

// callBound calls with a DPoP token.
func (b *bench) callBound(p *prover, method, path, token, nonce string) answer {
	r := b.request(method, path, "")
	if token != "" {
		r.Header.Set("Authorization", "DPoP "+token)
		r.Header.Set("DPoP", p.proof(method, b.Issuer()+strings.Split(path, "?")[0], token, nonce))
	}
	return b.do(r)
}

func (b *bench) withProof(p *prover, token string, claims map[string]any) *http.Request {
	r := b.request("GET", "/api/orders", "")
	r.Header.Set("Authorization", "DPoP "+token)
	r.Header.Set("DPoP", p.sign(claims, "dpop+jwt"))
	return r
}

func TestDPoPBindsTokensToTheKey(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	p := newProver(t)
	set := b.redeemBound(p, "demo-public", b.code("scope", "openid offline_access api:read"), "").json(t)
	token := str(set, "access_token")
	if set["token_type"] != "DPoP" || bindingOf(decodeClaims(token)["cnf"]).JKT != p.thumbprint() {
		t.Fatalf("token_type %v, cnf %v", set["token_type"], decodeClaims(token)["cnf"])
	}
	if m := b.postAs("demo-service", "/introspect", form("token", token)).json(t); m["token_type"] != "DPoP" ||
		bindingOf(m["cnf"]).JKT != p.thumbprint() {
		t.Errorf("introspection: %v", m)
	}
	for name, test := range map[string]struct {
		answer answer
		want   string
	}{
		"with its key":      {b.callBound(p, "GET", "/api/orders?page=2", token, ""), "fine"},
		"as a bearer token": {b.call("GET", "/api/orders", token, ""), "401 invalid_token"},
		"with another's key": {b.callBound(&prover{t: t, key: newProver(t).key, now: b.clock.Now}, "GET", "/api/orders",
			token, ""), "401 invalid_token"},
		"with another's ath": {b.do(b.withProof(p, token, p.claims("GET", b.Issuer()+"/api/orders", "another token",
			""))), "401 invalid_dpop_proof"},
		"with no ath": {b.do(b.withProof(p, token, p.claims("GET", b.Issuer()+"/api/orders", "", ""))),
			"401 invalid_dpop_proof"},
		"userinfo": {b.callBound(p, "GET", "/userinfo", token, ""), "fine"},
	} {
		if got := said(test.answer); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
	if a := b.call("GET", "/api/orders", token, ""); !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "DPoP ") ||
		!strings.Contains(a.Header.Get("WWW-Authenticate"), `algs="ES256 `) {
		t.Errorf("challenge %q, want DPoP's with algs", a.Header.Get("WWW-Authenticate"))
	}
	// A public client's refresh token is bound as well (RFC 9449 5).
	wantError(t, b.refreshWith(str(set, "refresh_token")), 400, "invalid_grant")
}

func TestDPoPProofRefusals(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	p := newProver(t)
	p.now = b.clock.Now
	target := b.Issuer() + "/token"
	with := func(name string, value any) string {
		c := p.claims("POST", target, "", "")
		c[name] = value
		return p.sign(c, "dpop+jwt")
	}
	used := p.proof("POST", target, "", "")
	if a := b.redeemProof(used); a.Status != 200 {
		t.Fatalf("a good proof: %d %s", a.Status, a.Body)
	}
	if a := b.redeemProof(with("htu", target+"?a=b#c")); a.Status != 200 {
		t.Errorf("htu with query and fragment is to be compared without: %d %s", a.Status, a.Body)
	}
	for name, proof := range map[string]string{
		"used before":    used,
		"another method": with("htm", "GET"),
		"another URL":    with("htu", b.Issuer()+"/par"),
		"no jti":         with("jti", ""),
		"too old":        with("iat", unix(b.clock.Now().Add(-proofWindow-time.Second))),
		"from later":     with("iat", unix(b.clock.Now().Add(proofWindow+time.Second))),
		"not a proof":    p.sign(p.claims("POST", target, "", ""), "JWT"),
		"no JWT":         "proof",
		"bad signature":  corrupted(t, p.proof("POST", target, "", "")),
	} {
		if a := b.redeemProof(proof); a.Status != 400 || str(a.json(t), "error") != "invalid_dpop_proof" {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	wantError(t, b.redeem("demo-dpop", b.code("client_id", "demo-dpop")), 400, "invalid_dpop_proof")
}

func (b *bench) redeemProof(proof string) answer {
	r := b.formRequest("/token", form("grant_type", grantAuthorizationCode, "client_id", "demo-public", "code",
		b.code(), "redirect_uri", testRedirect,
		"code_verifier", testVerifier))
	r.Header.Set("DPoP", proof)
	return b.do(r)
}

func TestDPoPJKTBindsTheCode(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	p, other := newProver(t), newProver(t)
	if a := b.redeemBound(p, "demo-public", b.code("dpop_jkt", p.thumbprint()), ""); a.Status != 200 {
		t.Errorf("with the key: %d %s", a.Status, a.Body)
	}
	wantError(t, b.redeemBound(other, "demo-public", b.code("dpop_jkt", p.thumbprint()), ""), 400, "invalid_grant")
	wantError(t, b.redeem("demo-public", b.code("dpop_jkt", p.thumbprint())), 400, "invalid_grant")
}

func TestDPoPNonceIsGoodForTwoWindows(t *testing.T) {
	b := start(t, Config{AutoConsent: true, Faults: []string{faultDPoPNonce}})
	p := newProver(t)
	first := b.redeemBound(p, "demo-public", b.code(), "")
	wantError(t, first, 400, "use_dpop_nonce")
	nonce := first.Header.Get("DPoP-Nonce")
	for _, after := range []time.Duration{0, nonceWindow} {
		b.clock.Advance(after)
		if a := b.redeemBound(p, "demo-public", b.code(), nonce); a.Status != 200 {
			t.Errorf("after %s: %d %s", after, a.Status, a.Body)
		}
	}
	b.clock.Advance(nonceWindow)
	a := b.redeemBound(p, "demo-public", b.code(), nonce)
	if wantError(t, a, 400, "use_dpop_nonce"); a.Header.Get("DPoP-Nonce") == nonce {
		t.Error("an old nonce was offered again")
	}
}
