package demo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// dpopAlgs are the algorithms for signing DPoP proofs.
var dpopAlgs = []string{"ES256", "ES384", "ES512", "RS256", "PS256", "EdDSA", "Ed25519"}

const (
	// proofWindow is the largest difference of a proof's iat from now, in both directions (RFC 9449 11.1).
	proofWindow = 5 * time.Minute
	// nonceWindow is how long a nonce is issued; it is accepted for twice as long.
	nonceWindow = 5 * time.Minute
)

// dpop validates DPoP proofs and the binding of tokens to keys.
type dpop struct {
	env      *environment
	used     *singleUse
	nonceKey []byte // signs nonces
}

func newDPoP(env *environment) *dpop {
	return &dpop{env, &singleUse{ids: newTable[struct{}](env.now, 2*proofWindow, maxTokens)}, []byte(randomToken())}
}

// readProof validates the DPoP proof of a request (RFC 9449 4.3) and returns the thumbprint of its key; "" without a
// proof. token is the access token of the request, "" at the token endpoint.
func (d *dpop) readProof(r *http.Request, token string, needsNonce bool) (string, *oauthError) {
	bad := func(format string, args ...any) (string, *oauthError) {
		return "", oauthErrorf("invalid_dpop_proof", format, args...)
	}
	values := r.Header.Values("DPoP")
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1 || strings.Contains(values[0], ","):
		return bad("%d DPoP proofs were sent; one is allowed", max(2, len(values)))
	}
	header, claims := decodePart(values[0], 0), decodeClaims(values[0])
	if header == nil || claims == nil {
		return bad("the DPoP proof is not a JWT")
	}
	key, why := proofKey(header)
	if why != "" {
		return bad("%s", why)
	}
	if v := jose.Verify(values[0], jose.NewKeySet(key), jose.VerifyOptions{Algs: dpopAlgs}); v.Verdict != tokens.Good {
		return bad("the proof's signature is invalid: %s", v.Reason)
	}
	if why := d.checkProofClaims(r, claims, token); why != "" {
		return bad("%s", why)
	}
	if nonce, _ := claims["nonce"].(string); (needsNonce || nonce != "" || d.env.on(faultDPoPNonceRefused)) &&
		!d.isFresh(nonce) {
		return "", oauthErrorf("use_dpop_nonce", "the proof needs the nonce of the DPoP-Nonce header of this response")
	}
	jkt, err := key.Thumbprint()
	if err != nil {
		return bad("the proof's key: %s", err)
	}
	if jti, _ := claims["jti"].(string); !d.used.first("dpop", jkt+" "+jti) {
		return bad("the proof was used before (jti)")
	}
	return jkt, nil
}

// proofKey returns the key of a proof: public, and for the algorithm of the proof.
func proofKey(header map[string]any) (jose.Key, string) {
	alg, _ := header["alg"].(string)
	typ, _ := header["typ"].(string)
	jwk, _ := header["jwk"].(map[string]any)
	switch {
	case typ != "dpop+jwt":
		return jose.Key{}, "the proof's typ is not dpop+jwt"
	case !slices.Contains(dpopAlgs, alg):
		return jose.Key{}, "the proof's alg is not one of " + strings.Join(dpopAlgs, " ")
	case jwk == nil:
		return jose.Key{}, "the proof has no jwk in its header"
	}
	text, err := json.Marshal(jwk)
	if err != nil {
		return jose.Key{}, "the proof's jwk cannot be read"
	}
	set, err := jose.ParseKeys(text)
	switch {
	case err != nil || len(set.Keys()) != 1:
		return jose.Key{}, "the proof's jwk is not a key"
	case set.Keys()[0].Private() || set.Keys()[0].Type() == "oct":
		return jose.Key{}, "the proof's jwk is a secret: send the public half alone"
	}
	return set.Keys()[0], ""
}

func (d *dpop) checkProofClaims(r *http.Request, claims map[string]any, token string) (why string) {
	jti, _ := claims["jti"].(string)
	htm, _ := claims["htm"].(string)
	htu, _ := claims["htu"].(string)
	ath, _ := claims["ath"].(string)
	iat, hasIAT := claims["iat"].(float64)
	age := d.env.now().Sub(time.Unix(int64(iat), 0))
	switch {
	case jti == "" || len(jti) > maxParamLength:
		return "the proof has no jti"
	case htm != r.Method:
		return "the proof's htm is " + htm + ", the request's method " + r.Method
	case !sameTarget(htu, r):
		return "the proof's htu is " + htu + ", the request went to " + targetOf(r)
	case !hasIAT || age > proofWindow || age < -proofWindow:
		return "the proof's iat is missing, or more than " + proofWindow.String() + " from now"
	case token != "" && ath != thumbprint([]byte(token)):
		return "the proof's ath is not the hash of the access token"
	}
	return ""
}

// targetOf returns the URL of a request without query and fragment, as the client must write it in htu.
func targetOf(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + r.URL.EscapedPath()
}

// sameTarget compares htu with the request, without query and fragment (RFC 9449 4.3 (9)).
func sameTarget(htu string, r *http.Request) bool {
	u, err := url.Parse(htu)
	if err != nil {
		return false
	}
	return strings.ToLower(u.Scheme+"://"+u.Host)+u.EscapedPath() == strings.ToLower(strings.TrimSuffix(targetOf(r),
		r.URL.EscapedPath()))+r.URL.EscapedPath()
}

// nonce returns the current nonce (RFC 9449 8): valid for one window and the next, and not stored.
func (d *dpop) nonce() string { return d.nonceAt(d.env.now()) }

func (d *dpop) nonceAt(t time.Time) string {
	mac := hmac.New(sha256.New, d.nonceKey)
	_ = binary.Write(mac, binary.BigEndian, t.Unix()/int64(nonceWindow/time.Second))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

func (d *dpop) isFresh(nonce string) bool {
	if d.env.on(faultDPoPNonceRefused) {
		return false
	}
	return nonce == d.nonce() || nonce == d.nonceAt(d.env.now().Add(-nonceWindow))
}

// offerNonce sends the next nonce to a client that sent a proof, where one is required.
func (d *dpop) offerNonce(w http.ResponseWriter, r *http.Request) {
	if !d.env.on(faultDPoPNonce) && !d.env.on(faultDPoPNonceAPI) && !d.env.on(faultDPoPNonceRefused) ||
		len(r.Header.Values("DPoP")) == 0 {
		return
	}
	w.Header().Set("DPoP-Nonce", d.nonce())
}

// singleUse stores the identifiers that may be used once: the jti of proofs and assertions.
type singleUse struct {
	mu  sync.Mutex // guards the check and the record together
	ids *table[struct{}]
}

// first records an identifier that may be used once, and reports whether it is new.
func (u *singleUse) first(kind, id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, seen := u.ids.Get(kind + " " + id); seen {
		return false
	}
	u.ids.Put(kind+" "+id, struct{}{})
	return true
}

// binding is the key that a token is bound to; zero for a bearer token.
type binding struct {
	JKT string // the thumbprint of the client's DPoP key (RFC 9449 6.1)
	X5T string // the thumbprint of the client's certificate (RFC 8705 3.1)
}

// confirmation returns the cnf claim (RFC 7800 3.1); nil for a bearer token.
func (b binding) confirmation() map[string]any {
	cnf := map[string]any{}
	if b.JKT != "" {
		cnf["jkt"] = b.JKT
	}
	if b.X5T != "" {
		cnf["x5t#S256"] = b.X5T
	}
	if len(cnf) == 0 {
		return nil
	}
	return cnf
}

// tokenType returns the token_type of an access token (RFC 9449 5; RFC 8705 3 keeps Bearer).
func (b binding) tokenType() string {
	if b.JKT != "" {
		return "DPoP"
	}
	return "Bearer"
}

// bindingOf reads a cnf claim.
func bindingOf(cnf any) binding {
	m, _ := cnf.(map[string]any)
	jkt, _ := m["jkt"].(string)
	x5t, _ := m["x5t#S256"].(string)
	return binding{JKT: jkt, X5T: x5t}
}

// bind returns the binding of a token request, and requires one where the client is registered for it.
func (d *dpop) bind(r *http.Request, c client) (binding, *oauthError) {
	jkt, err := d.readProof(r, "", d.env.on(faultDPoPNonce))
	switch {
	case err != nil:
		return binding{}, err
	case jkt == "" && c.DPoPBound:
		return binding{}, oauthErrorf("invalid_dpop_proof",
			"the client %s gets DPoP-bound tokens only, and the DPoP header is missing", c.ID)
	}
	b := binding{JKT: jkt}
	if c.CertificateBound {
		if b.X5T = certificateThumbprint(r); b.X5T == "" {
			return binding{}, oauthErrorf("invalid_request",
				"the client %s gets certificate-bound tokens only, and the certificate is missing: use "+
					"mtls_endpoint_aliases", c.ID)
		}
	}
	return b, nil
}

// checkBinding checks that the sender of a bound token has its key (RFC 9449 7.1, RFC 8705 3). ath is the hash of the
// token.
func (d *dpop) checkBinding(r *http.Request, p presented, rec accessRecord) *challenge {
	refuse := func(code, format string, args ...any) *challenge {
		return &challenge{Error: code, Description: fmt.Sprintf(format, args...), DPoP: rec.Bound.JKT != "" || p.DPoP}
	}
	switch {
	case rec.Bound.JKT != "" && !p.DPoP:
		return refuse("invalid_token", "the token is bound to a DPoP key, but was sent as a Bearer token")
	case rec.Bound.JKT == "" && p.DPoP:
		return refuse("invalid_token", "the token is not bound to a DPoP key, but was sent as a DPoP token")
	case rec.Bound.X5T != "" && certificateThumbprint(r) != rec.Bound.X5T:
		return refuse("invalid_token", "the token is bound to a client certificate, and the connection does not have "+
			"it")
	case !p.DPoP:
		return nil
	}
	jkt, err := d.readProof(r, p.Token, d.env.on(faultDPoPNonceAPI))
	switch {
	case err != nil:
		return refuse(err.Code, "%s", err.Description)
	case jkt == "":
		return refuse("invalid_dpop_proof", "a DPoP token came without a DPoP header")
	case jkt != rec.Bound.JKT:
		return refuse("invalid_token", "the token is bound to another DPoP key than the one of the proof")
	}
	return nil
}

// certificateThumbprint returns x5t#S256 of the connection's client certificate; "" without one.
func certificateThumbprint(r *http.Request) string {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return ""
	}
	return thumbprint(r.TLS.PeerCertificates[0].Raw)
}

func thumbprint(der []byte) string {
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
