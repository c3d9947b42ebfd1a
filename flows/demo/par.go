package demo

import (
	"net/http"
	"strings"
	"time"
)

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
	p, err := bodyParams(r)
	if err != nil {
		return nil, err
	}
	c, err := pe.auth.authenticate(r, p)
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
