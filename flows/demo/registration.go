package demo

import (
	"encoding/json"
	"mime"
	"net/http"

	"fob/tokens"
)

// ownDocument is a document that the server itself hosts, as an example.
const ownDocument = "/demo/client.json"

// registration registers clients and changes their registrations.
type registration struct {
	env     *environment
	clients *clients
}

// registered is a client information response (RFC 7591 3.2.1).
type registered struct {
	ID              string `json:"client_id"`
	Secret          string `json:"client_secret,omitempty"`
	SecretExpiresAt *int64 `json:"client_secret_expires_at,omitempty"` // 0 for never; required with a secret
	IssuedAt        int64  `json:"client_id_issued_at,omitempty"`
	Token           string `json:"registration_access_token,omitempty"`
	URI             string `json:"registration_client_uri,omitempty"`
	clientMetadata
}

func (rg *registration) answer(c client) registered {
	answer := registered{ID: c.ID, clientMetadata: c.metadata()}
	if !c.Secret.IsZero() {
		answer.Secret, answer.SecretExpiresAt = c.Secret.Reveal(), new(int64)
	}
	if c.Dynamic {
		answer.IssuedAt, answer.URI, answer.Token = unix(c.IssuedAt), rg.env.issuer+"/register/"+c.ID,
			c.RegistrationToken.Reveal()
	}
	return answer
}

// readMetadata reads the body over the existing members.
func readMetadata(r *http.Request, into any) *oauthError {
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mediaType != "application/json" {
		return badMetadata("the body must be application/json")
	}
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		return badMetadata("the body is not the metadata of a client: %s", err)
	}
	return nil
}

// register is dynamic client registration, open to all (RFC 7591 3).
func (rg *registration) register(w http.ResponseWriter, r *http.Request) {
	var m clientMetadata
	err := readMetadata(r, &m)
	var c client
	if err == nil {
		c, err = m.client()
	}
	if err == nil && rg.env.on(faultRegistrationRefused) {
		err = badMetadata("this server rejects registrations at the moment")
	}
	if err != nil {
		err.write(w)
		return
	}
	c.ID, c.Dynamic, c.IssuedAt, c.RegistrationToken = "dyn-"+randomToken()[:16], true, rg.env.reportedTime(),
		tokens.NewSecret(randomToken())
	c.renewSecret(client{})
	rg.clients.add(c)
	writeJSON(w, http.StatusCreated, rg.answer(c))
}

// manage is the client configuration endpoint (RFC 7592 2).
func (rg *registration) manage(w http.ResponseWriter, r *http.Request) {
	c, known := rg.clients.get(r.PathValue("id"))
	p, bad := presentedToken(r, nil, nil)
	if bad != nil || !known || !c.Dynamic || !c.RegistrationToken.Equal(tokens.NewSecret(p.Token)) {
		// Do not reveal whether the client exists (RFC 7592 2.1).
		challenge{Error: "invalid_token", Description: "the registration access token is not of this client"}.write(w)
		return
	}
	switch r.Method {
	case http.MethodDelete:
		rg.clients.remove(c.ID)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
	case http.MethodPut:
		rg.replace(w, r, c, registered{})
	default:
		writeJSON(w, http.StatusOK, rg.answer(c))
	}
}

// adjust shows a client and changes single members of it, also of built-in clients: to register a key or a notification
// endpoint. It is not part of any spec.
func (rg *registration) adjust(w http.ResponseWriter, r *http.Request) {
	if fromPage(w, r) {
		return
	}
	c, known := rg.clients.get(r.PathValue("id"))
	switch {
	case !known:
		writeError(w, http.StatusNotFound, "not_found", "no such client is registered here")
	case r.Method == http.MethodPost:
		rg.replace(w, r, c, registered{ID: c.ID, clientMetadata: c.metadata()})
	default:
		writeJSON(w, http.StatusOK, rg.answer(c))
	}
}

// replace registers what the request says, over the members of from.
func (rg *registration) replace(w http.ResponseWriter, r *http.Request, old client, from registered) {
	err := readMetadata(r, &from)
	var c client
	if err == nil && from.ID != old.ID {
		err = badMetadata("client_id must be the client's own (RFC 7592 2.2)")
	}
	if err == nil {
		c, err = from.clientMetadata.client()
	}
	if err != nil {
		err.write(w)
		return
	}
	c.ID, c.Dynamic, c.IssuedAt, c.RegistrationToken, c.Identity = old.ID, old.Dynamic, old.IssuedAt,
		old.RegistrationToken, old.Identity
	if string(c.JWKS) == string(old.JWKS) {
		c.PrivateKeys = old.PrivateKeys
	}
	c.renewSecret(old)
	rg.clients.add(c)
	writeJSON(w, http.StatusOK, rg.answer(c))
}

func (rg *registration) serveOwnDocument(w http.ResponseWriter, _ *http.Request) {
	if rg.env.on(faultDocumentGone) {
		writeError(w, http.StatusServiceUnavailable, "temporarily_unavailable", "the document is unavailable")
		return
	}
	c, _ := rg.clients.get("demo-public")
	document := c.metadata()
	document.Name = "Demo app (by its metadata document)"
	id := rg.env.issuer + ownDocument
	if rg.env.on(faultDocumentForeign) {
		id = rg.env.issuer + "/another/client.json"
	}
	writeJSON(w, http.StatusOK, registered{ID: id, clientMetadata: document})
}
