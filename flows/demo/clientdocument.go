package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ownDocument is a document that the server itself hosts, as an example.
const ownDocument = "/demo/client.json"

// documentLifetime is how long a fetched client metadata document is cached.
const documentLifetime = time.Minute

// find returns the client with that ID: registered, or described by the document at the ID's URL (OAuth Client ID
// Metadata Document). The document must be on this machine.
func (cs *clients) find(id string) (client, bool) {
	if c, ok := cs.get(id); ok {
		return c, true
	}
	if c, ok := cs.documents.Get(id); ok && !cs.env.on(faultDocumentForeign) && !cs.env.on(faultDocumentGone) {
		return c, true
	}
	c, why := cs.fetch(id)
	if why == "" {
		cs.documents.Put(id, c)
	}
	return c, why == ""
}

// unknown is the error for an unknown client; for a URL it gives the fault of the document.
func (cs *clients) unknown(id string) *oauthError {
	if strings.Contains(id, "://") {
		if _, why := cs.fetch(id); why != "" {
			return oauthErrorf("invalid_client", "no client %q is registered here, and its metadata document is "+
				"invalid: %s", id, why)
		}
	}
	return oauthErrorf("invalid_client", "no client %q is registered here", id)
}

// fetch reads the document at a client's URL; why is the reason if it is invalid.
func (cs *clients) fetch(id string) (c client, why string) {
	u, err := url.Parse(id)
	switch {
	case !isLoopbackURL(id):
		return client{}, "this server reads documents on this machine alone, by http or https, and their URLs must " +
			"not have a user name or a fragment"
	case err != nil || u.Path == "" || u.Path == "/":
		return client{}, "its URL has no path"
	case strings.Contains(u.Path, "/.."), strings.Contains(u.Path, "/./"):
		return client{}, "its URL has segments of dots"
	}
	ctx, cancel := context.WithTimeout(cs.out.ctx, outgoingTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, id, nil)
	if err != nil {
		return client{}, "its URL cannot be requested"
	}
	r.Header.Set("Accept", "application/json")
	status, body, err := cs.out.send(r)
	switch {
	case err != nil:
		return client{}, "it cannot be read: " + err.Error()
	case status != http.StatusOK:
		return client{}, fmt.Sprintf("its URL returned %d, expected 200", status)
	}
	return readDocument(id, body)
}

// readDocument converts the document to a client.
func readDocument(id string, body []byte) (c client, why string) {
	var document struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
		clientMetadata
	}
	switch err := json.Unmarshal(body, &document); {
	case err != nil:
		return client{}, "it is not the metadata of a client: " + err.Error()
	case document.ID != id:
		return client{}, fmt.Sprintf("its client_id is %q", document.ID)
	case document.Secret != "" || strings.HasPrefix(document.AuthMethod, "client_secret_"):
		return client{}, "a public document cannot share a secret"
	}
	if document.AuthMethod == "" {
		document.AuthMethod = "none" // a secret cannot be shared this way
	}
	c, refused := document.client()
	if refused != nil {
		return client{}, refused.Description
	}
	c.ID = id
	return c, ""
}

func (rg *registration) serveOwnDocument(w http.ResponseWriter, _ *http.Request) {
	if rg.env.on(faultDocumentGone) {
		(&oauthError{Code: "temporarily_unavailable", Description: "the document is unavailable",
			Status: http.StatusServiceUnavailable}).write(w)
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
