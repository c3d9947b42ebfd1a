package dpop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newProver(t *testing.T, alg string) *Prover {
	t.Helper()
	key, err := NewKey(alg)
	if err != nil {
		t.Fatal(err)
	}
	return &Prover{Key: key, Nonces: NewNonces(), Now: func() time.Time { return now }}
}

// read takes a proof apart after verifying it with the key that it carries.
func read(t *testing.T, proof string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(proof, ".")
	for i, into := range []*map[string]any{&header, &claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatal(err)
		}
	}
	jwk, _ := json.Marshal(header["jwk"])
	set, err := jose.ParseKeys(jwk)
	if err != nil {
		t.Fatal(err)
	}
	if set.Keys()[0].Private() {
		t.Error("the proof carries the private key")
	}
	if r := jose.Verify(proof, set, jose.VerifyOptions{}); r.Verdict != tokens.Good {
		t.Errorf("the proof's signature: got %s (%s), want good", r.Verdict, r.Reason)
	}
	return header, claims
}

func TestAProofSaysWhatRFC9449AsksFor(t *testing.T) {
	for _, alg := range []string{"ES256", "EdDSA", "PS256"} {
		t.Run(alg, func(t *testing.T) {
			p := newProver(t, alg)
			token := tokens.NewSecret("access")
			proof, err := p.Proof("POST", "https://api.example:8443/a%20b?x=1#f", token)
			if err != nil {
				t.Fatal(err)
			}
			header, claims := read(t, proof.Reveal())
			if header["typ"] != "dpop+jwt" || header["alg"] != alg || header["kid"] != nil {
				t.Errorf("header: got %v", header)
			}
			sum := sha256.Sum256([]byte("access"))
			for name, want := range map[string]any{
				"htm": "POST", "htu": "https://api.example:8443/a%20b", "iat": float64(now.Unix()),
				"ath": base64.RawURLEncoding.EncodeToString(sum[:]), "nonce": nil,
			} {
				if claims[name] != want {
					t.Errorf("%s: got %v, want %v", name, claims[name], want)
				}
			}
			second, err := p.Proof("POST", "https://api.example:8443/a", tokens.Secret{})
			if err != nil {
				t.Fatal(err)
			}
			_, again := read(t, second.Reveal())
			if again["jti"] == claims["jti"] || claims["jti"] == "" {
				t.Errorf("jti: got %v twice, want a new one each time", claims["jti"])
			}
			if again["ath"] != nil {
				t.Errorf("ath without a token: got %v, want none", again["ath"])
			}
		})
	}
}

func TestAKeyIsReadBack(t *testing.T) {
	key, err := NewKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := key.Secret()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseKey(secret)
	if err != nil || back.Thumbprint() != key.Thumbprint() || key.Thumbprint() == "" || back.Alg() != "ES256" {
		t.Errorf("got %s %s (%v), want %s ES256", back.Thumbprint(), back.Alg(), err, key.Thumbprint())
	}
	for name, bad := range map[string]string{"nothing": "", "text": "hunter2-and-more",
		"a secret key": `{"kty":"oct","k":"AAAA"}`} {
		if _, err := ParseKey(tokens.NewSecret(bad)); err == nil {
			t.Errorf("%s: got a key, want an error", name)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

// server answers with what it is given, in order, and keeps the proofs.
type server struct {
	answers []*wire.Response
	proofs  []string
	secrets [][]tokens.Secret
}

func (s *server) Do(_ context.Context, r *wire.Request) (*wire.Response, error) {
	s.proofs = append(s.proofs, r.Header.Get(Header))
	s.secrets = append(s.secrets, r.Secrets)
	a := s.answers[min(len(s.proofs), len(s.answers))-1]
	if r.Stream != nil {
		if w := r.Stream(a); w != nil {
			_, _ = w.Write(a.Body)
		}
	}
	return a, nil
}

func answer(status int, nonce, challenge, body string) *wire.Response {
	h := http.Header{}
	if nonce != "" {
		h.Set("DPoP-Nonce", nonce)
	}
	if challenge != "" {
		h.Set("WWW-Authenticate", challenge)
	}
	return &wire.Response{Status: status, Header: h, Body: []byte(body)}
}

// A proof for a token goes only where the token goes: not to where a call was redirected without it.
func TestARequestWithoutTheTokenHasNoProof(t *testing.T) {
	s := &server{answers: []*wire.Response{answer(200, "", "", "")}}
	d := &Doer{Prover: newProver(t, "ES256"), Token: tokens.NewSecret("t"), Next: s}
	_, err := d.Do(context.Background(), &wire.Request{URL: "https://files.example/"})
	if err != nil || s.proofs[0] != "" {
		t.Errorf("got the proof %q, %v, want none", s.proofs[0], err)
	}
}

// The body of a refusal that asks for a nonce is not what the call is made for.
func TestAResponseThatRequiresANonceIsNotStreamed(t *testing.T) {
	refusal := answer(401, "n1", `DPoP error="use_dpop_nonce"`, "give me a nonce")
	s := &server{answers: []*wire.Response{refusal, answer(200, "", "", "done")}}
	d := &Doer{Prover: newProver(t, "ES256"), Token: tokens.NewSecret("t"), Next: s}
	var out bytes.Buffer
	_, err := d.Do(context.Background(), &wire.Request{URL: "https://api.example/",
		Header: http.Header{"Authorization": {"DPoP t"}}, Stream: func(*wire.Response) io.Writer { return &out }})
	if err != nil || out.String() != "done" {
		t.Errorf("streamed %q, %v, want done", &out, err)
	}
}

func TestTheNonceOfAResponseIsTriedOnce(t *testing.T) {
	wanted := `DPoP error="use_dpop_nonce", error_description="a nonce please"`
	cases := map[string]struct {
		answers []*wire.Response
		nonces  []any // of the proofs that were sent
		status  int
	}{
		"asked by a resource server": {[]*wire.Response{answer(401, "n1", wanted, ""), answer(200, "", "", "")},
			[]any{nil, "n1"}, 200},
		"asked by an authorization server": {[]*wire.Response{answer(400, "n1", "", `{"error":"use_dpop_nonce"}`),
			answer(200, "", "", "")}, []any{nil, "n1"}, 200},
		"asked for ever": {[]*wire.Response{answer(401, "n1", wanted, ""),
			answer(401, "n2", wanted, "")}, []any{nil, "n1"}, 401},
		"asked without giving one": {[]*wire.Response{answer(401, "", wanted, "")}, []any{nil}, 401},
		"a nonce that is none":     {[]*wire.Response{answer(401, "a b", wanted, "")}, []any{nil}, 401},
		"refused for another reason": {[]*wire.Response{answer(401, "n1", `DPoP error="invalid_token"`, "")},
			[]any{nil}, 401},
		"given with a success": {[]*wire.Response{answer(200, "n1", "", "")}, []any{nil}, 200},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newProver(t, "ES256")
			s := &server{answers: c.answers}
			calls := 0
			d := &Doer{Prover: p, Token: tokens.NewSecret("t"), Next: s,
				OnNonceRequired: func(*wire.Response) { calls++ }}
			r := &wire.Request{URL: "https://api.example/x?y", Header: http.Header{"Authorization": {"DPoP t"}}}
			resp, err := d.Do(context.Background(), r)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Status != c.status || len(s.proofs) != len(c.nonces) || calls != len(c.nonces)-1 {
				t.Fatalf("got status %d after %d requests, %d calls; want %d after %d",
					resp.Status, len(s.proofs), calls, c.status, len(c.nonces))
			}
			for i, want := range c.nonces {
				if _, claims := read(t, s.proofs[i]); claims["nonce"] != want {
					t.Errorf("request %d: got nonce %v, want %v", i, claims["nonce"], want)
				}
				if len(s.secrets[i]) != 1 || s.secrets[i][0].Reveal() != s.proofs[i] {
					t.Errorf("request %d: the proof is not among the secrets", i)
				}
			}
		})
	}
}

func TestNoncesAreStoredByOrigin(t *testing.T) {
	n := NewNonces()
	n.put("https://a.example/x", []string{"one"})
	for target, want := range map[string]string{
		"https://a.example:443/other?q": "one", "HTTPS://A.example/": "one", "https://a.example:8443/": "",
		"http://a.example/": "", "https://b.example/": "",
	} {
		if got := n.get(target); got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
	n.put("https://a.example/y", []string{"two"})
	if got := n.get("https://a.example/"); got != "two" {
		t.Errorf("the newest nonce: got %q, want two", got)
	}
	for i := range 2 * maxOrigins {
		n.put("https://h"+string(rune('a'+i%26))+strings.Repeat("x", i/26)+".example/", []string{"n"})
	}
	if len(n.byOrigin) > maxOrigins {
		t.Errorf("got %d origins kept, want at most %d", len(n.byOrigin), maxOrigins)
	}
}
