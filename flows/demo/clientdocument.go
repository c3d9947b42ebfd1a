package demo

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// documentLifetime is how long a fetched client metadata document is used again.
const documentLifetime = time.Minute

// ownDocument is a document that the server hosts itself, so that there is one to try.
const ownDocument = "/demo/client.json"

func clientDocumentEndpoints() []endpoint {
	return []endpoint{{Method: "GET", Path: ownDocument, Handle: (*Server).serveOwnDocument}}
}

// findClient is the client of that ID: registered, or described by the document that its ID is the address of
// (OAuth Client ID Metadata Document). The document has to be on this machine.
func (s *Server) findClient(id string) (client, bool) {
	if c, ok := s.clients.get(id); ok {
		return c, true
	}
	if !isLoopbackURL(id) {
		return client{}, false
	}
	if u, err := url.Parse(id); err != nil || u.Path == "" || u.Path == "/" || strings.Contains(u.Path, "/..") {
		return client{}, false
	}
	if c, ok := s.store.documents.Get(id); ok {
		return c, true
	}
	c, ok := s.fetchClient(id)
	if ok {
		s.store.documents.Put(id, c)
	}
	return c, ok
}

func (s *Server) fetchClient(id string) (client, bool) {
	ctx, cancel := context.WithTimeout(s.alive, outgoingTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, id, nil)
	if err != nil {
		return client{}, false
	}
	r.Header.Set("Accept", "application/json")
	status, body, err := s.send(r)
	var document struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
		clientMetadata
	}
	if err != nil || status != http.StatusOK || json.Unmarshal(body, &document) != nil || document.ID != id || document.Secret != "" {
		return client{}, false
	}
	if document.AuthMethod == "" {
		document.AuthMethod = "none" // a secret cannot be shared this way
	}
	c, refused := document.client()
	if refused != nil || strings.HasPrefix(c.AuthMethod, "client_secret_") {
		return client{}, false
	}
	c.ID = id
	return c, true
}

func (s *Server) serveOwnDocument(w http.ResponseWriter, _ *http.Request) {
	c, _ := s.clients.get("demo-public")
	document := c.metadata()
	document.Name = "Demo app (by its metadata document)"
	writeJSON(w, http.StatusOK, registered{ID: s.issuer + ownDocument, clientMetadata: document})
}

func (s *Server) registrationMetadata(m map[string]any) {
	m["client_id_metadata_document_supported"] = true
}
