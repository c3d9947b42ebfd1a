package demo

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// requestObjectAlgs are the algorithms for signing request objects; HS256 uses the client's secret.
var requestObjectAlgs = []string{"ES256", "ES384", "RS256", "PS256", "EdDSA", "HS256"}

// unwrap returns the parameters of an authorization request: pushed before (RFC 9126 4), in a request object
// (RFC 9101 5), or plain. With an error the parameters are those needed to send it.
func (q *requestReader) unwrap(outer params) (params, *oauthError) {
	c, _ := q.clients.find(outer.Get("client_id"))
	switch {
	case outer.Has("request") && outer.Has("request_uri"):
		return outer, oauthErrorf("invalid_request", "request and request_uri exclude each other")
	case outer.Has("request_uri"):
		return q.findPushed(outer)
	case c.RequirePAR:
		return outer, oauthErrorf("invalid_request", "the client %s is registered to push its requests (RFC 9126 6)",
			c.ID)
	}
	p, err := q.unwrapObject(c, outer)
	if err != nil {
		return outer, err
	}
	return p, nil
}

// unwrapObject returns the parameters of the request object, if there is one: parameters outside of it are
// ignored (RFC 9101 5).
func (q *requestReader) unwrapObject(c client, outer params) (params, *oauthError) {
	object := outer.Get("request")
	switch {
	case object == "" && c.RequireSignedRequest:
		return nil, oauthErrorf("invalid_request", "the client %s is registered to sign its requests (RFC 9101 10.5)",
			c.ID)
	case object == "":
		return outer, nil
	case c.ID == "":
		return outer, nil // no client to verify it for: the error will be about the client
	case q.env.on(faultJARRejected):
		return nil, badObject("the request object is rejected")
	}
	object, err := q.decryptObject(object)
	if err != nil {
		return nil, err
	}
	if c.RequestObjectAlg != "" && decodePart(object, 0)["alg"] != c.RequestObjectAlg {
		return nil, badObject("the request object is not signed with %s, for which the client is registered",
			c.RequestObjectAlg)
	}
	keys := c.verificationKeys()
	if len(keys.Keys()) == 0 {
		return nil, badObject("the client %s has registered no key to sign with", c.ID)
	}
	if v := jose.Verify(object, keys, jose.VerifyOptions{Algs: requestObjectAlgs}); v.Verdict != tokens.Good {
		return nil, badObject("the request object's signature is invalid: %s", v.Reason)
	}
	claims := decodeClaims(object)
	if why := q.validateObject(claims, c); why != "" {
		return nil, badObject("%s", why)
	}
	return requestObjectParams(claims), nil
}

func badObject(format string, args ...any) *oauthError {
	return oauthErrorf("invalid_request_object", format, args...)
}

// decryptObject decrypts a request object that is encrypted to this server (RFC 9101 6.1).
func (q *requestReader) decryptObject(object string) (string, *oauthError) {
	if strings.Count(object, ".") != 4 {
		return object, nil
	}
	key, err := q.keys.key(encryptionAlg)
	if err != nil {
		return "", serverFailure("making its encryption key", err)
	}
	d := jose.Decrypt(object, jose.NewKeySet(key), jose.DecryptOptions{})
	if d.Verdict != tokens.Good {
		return "", badObject("the request object cannot be decrypted: %s", d.Reason)
	}
	return string(d.Plaintext), nil
}

// validateObject validates the claims of a request object (RFC 9101 4 and 6.3).
func (q *requestReader) validateObject(claims map[string]any, c client) (why string) {
	date := func(name string) (time.Time, bool) {
		seconds, ok := claims[name].(float64)
		return time.Unix(int64(seconds), 0), ok
	}
	exp, hasExp := date("exp")
	nbf, hasNbf := date("nbf")
	iss, hasIss := claims["iss"].(string)
	switch {
	case claims == nil:
		return "the request object's payload is not JSON"
	case claims["request"] != nil || claims["request_uri"] != nil:
		return "the request object contains another one"
	case claims["client_id"] != c.ID:
		return "the request object's client_id is missing or another one"
	case hasIss && iss != c.ID:
		return "the request object's iss is not the client"
	case claims["aud"] != nil && !slices.Contains(stringList(claims["aud"]), q.env.issuer):
		return "the request object's aud is not " + q.env.issuer
	case hasExp && q.env.expired(exp):
		return "the request object has expired"
	case hasNbf && q.env.now().Before(nbf):
		return "the request object is not valid yet (nbf)"
	}
	return ""
}

// requestObjectParams converts the claims of a request object to parameters: numbers as digits, structures as JSON.
func requestObjectParams(claims map[string]any) params {
	p := params{}
	for name, value := range claims {
		switch v := value.(type) {
		case string:
			p[name] = []string{v}
		case float64:
			p[name] = []string{strconv.FormatInt(int64(v), 10)}
		case []any:
			if slices.Contains(mayRepeat, name) {
				p[name] = stringList(v)
				continue
			}
			text, _ := json.Marshal(v)
			p[name] = []string{string(text)}
		default:
			text, _ := json.Marshal(v)
			p[name] = []string{string(text)}
		}
	}
	for _, name := range []string{"iss", "aud", "exp", "nbf", "iat", "jti", "sub"} {
		delete(p, name)
	}
	return p
}

// pushedRecord is a pushed authorization request. It can be used once (RFC 9126 7.3).
type pushedRecord struct {
	Params  params
	Expires time.Time
	Used    bool
}

const (
	pushedPrefix   = "urn:ietf:params:oauth:request_uri:"
	pushedLifetime = time.Minute
)

// pushEndpoint stores authorization requests that clients push.
type pushEndpoint struct {
	env      *environment
	auth     *authenticator
	dpop     *dpop
	requests *requestReader
}

// serve is the pushed authorization request endpoint (RFC 9126 2).
func (pe *pushEndpoint) serve(w http.ResponseWriter, r *http.Request) {
	p, err := pe.read(r)
	if err == nil && pe.env.on(faultPARRejected) {
		err = oauthErrorf("invalid_request", "this server rejects requests at the moment")
	}
	if err != nil {
		err.write(w)
		return
	}
	id := randomToken()
	pe.requests.pushed.Put(id, pushedRecord{Params: p, Expires: pe.env.now().Add(pushedLifetime)})
	writeJSON(w, http.StatusCreated, pe.env.withLifetime(map[string]any{"request_uri": pushedPrefix + id},
		pushedLifetime))
}

// withLifetime adds the lifetime of a stored request to a response.
func (e *environment) withLifetime(answer map[string]any, life time.Duration) map[string]any {
	if !e.on(faultNoRequestLife) {
		answer["expires_in"] = int64(life / time.Second)
	}
	return answer
}

// read reads and validates a request as the authorization endpoint would (RFC 9126 2.1).
func (pe *pushEndpoint) read(r *http.Request) (params, *oauthError) {
	p, c, err := pe.auth.form(r)
	switch {
	case err != nil:
		return nil, err
	case p.Has("request_uri"):
		return nil, oauthErrorf("invalid_request", "request_uri has no place in a pushed request (RFC 9126 2.1)")
	}
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		delete(p, name)
	}
	p["client_id"] = []string{c.ID}
	if p, err = pe.requests.unwrapObject(c, p); err != nil {
		return nil, err
	}
	jkt, err := pe.dpop.readProof(r, "", pe.env.on(faultDPoPNonce))
	switch {
	case err != nil:
		return nil, err
	case jkt != "" && p.Has("dpop_jkt") && p.Get("dpop_jkt") != jkt:
		return nil, oauthErrorf("invalid_dpop_proof", "dpop_jkt is not the key of the proof (RFC 9449 10.1)")
	case jkt != "":
		p["dpop_jkt"] = []string{jkt}
	}
	_, err = pe.requests.read(p)
	return p, err
}

// findPushed returns a pushed request. With an error the parameters are those known, so that the error can still be
// sent to the redirect URI.
func (q *requestReader) findPushed(outer params) (params, *oauthError) {
	unknown := oauthErrorf("invalid_request_uri", "the request_uri is not known here: push the request first")
	id, ours := strings.CutPrefix(outer.Get("request_uri"), pushedPrefix)
	if !ours {
		return outer, oauthErrorf("request_uri_not_supported",
			"only a request_uri of the pushed authorization request endpoint is supported here")
	}
	var rec pushedRecord
	known := q.pushed.Update(id, func(p *pushedRecord) {
		rec = *p
		p.Used = p.Used || p.Params.Get("client_id") == outer.Get("client_id")
	})
	switch {
	case !known:
		return outer, unknown
	case rec.Params.Get("client_id") != outer.Get("client_id"):
		return outer, oauthErrorf("invalid_request", "client_id is not the client that pushed the request")
	case rec.Used:
		return rec.Params, oauthErrorf("invalid_request_uri", "the request_uri was used before")
	case q.env.expired(rec.Expires), q.env.on(faultPARExpired):
		return rec.Params, oauthErrorf("invalid_request_uri", "the request_uri has expired; it is valid for %s",
			pushedLifetime)
	}
	return rec.Params, nil
}
