package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/registration"
	"fob/flows/wire"
	"fob/tokens"
)

// DocumentRequest describes the client ID metadata document to make (draft-ietf-oauth-client-id-metadata-document).
type DocumentRequest struct {
	Profile string
	URL     string                      // where it will be served, and so the client_id; "" is the profile's client_id
	Change  func(registration.Metadata) // changes the metadata made from the profile; may be nil
}

// MakeDocument returns the metadata document of a profile's client as JSON, to be served at its URL. The client is
// public, or has the public keys of the profile if it authenticates by private_key_jwt. The error says what a server
// would reject.
func (s *Service) MakeDocument(ctx context.Context, r DocumentRequest) ([]byte, error) {
	p, err := s.o.Profiles.Get(r.Profile)
	if err != nil {
		return nil, err
	}
	address := r.URL
	if address == "" {
		address = p.ClientID
	}
	if !registration.IsDocumentURL(address) {
		return nil, &flows.InputError{Input: "URL", Value: address,
			Expected: "the https URL at which the document will be served, such as " +
				"https://app.example.com/oauth/client.json"}
	}
	m := registration.NativeClient(p.Name, redirectURIs(p), p.Values["scope"])
	if g, ok := flows.GrantByID(p.Grant); ok && g.GrantType != "" {
		m["grant_types"] = []string{g.GrantType}
		if g.NeedsUser {
			m["grant_types"] = []string{g.GrantType, flows.Refresh.GrantType}
		}
	}
	if p.AuthMethod != "" {
		m["token_endpoint_auth_method"] = p.AuthMethod
	}
	if m["token_endpoint_auth_method"] == "private_key_jwt" {
		keys, err := s.ClientKeys(ctx, p.Name)
		if err != nil {
			return nil, err
		}
		m["jwks"] = json.RawMessage(keys)
	}
	if r.Change != nil {
		r.Change(m)
	}
	return registration.NewDocument(address, m)
}

// redirectURIs returns the redirect URIs of a profile.
func redirectURIs(p profile.Profile) []string {
	if p.RedirectURI != "" {
		return []string{p.RedirectURI}
	}
	var list []string
	for _, port := range p.RedirectPorts {
		list = append(list, strings.Replace(registration.LoopbackRedirect, "127.0.0.1",
			fmt.Sprintf("127.0.0.1:%d", port), 1))
	}
	if len(list) == 0 {
		list = []string{registration.LoopbackRedirect}
	}
	return list
}

// CheckDocument fetches the document at a URL and lists what is invalid in it. The settings are those of a login. The
// error is a *wire.Error if there is no response.
func (s *Service) CheckDocument(
	ctx context.Context, address string, settings wire.Options,
) (*registration.Document, error) {
	client, err := s.client(ctx, settings)
	if err != nil {
		return nil, err
	}
	return registration.FetchDocument(ctx, client, address)
}

// checkClientDocument checks the client of a run whose ID is a URL: whether the server announces that it reads the
// document there, and whether the document is valid. A document that a server must reject ends the run before the user
// is sent to an error page.
func (s *Service) checkClientDocument(ctx context.Context, p *plan, run *flows.Run) error {
	if !registration.IsDocumentURL(p.clientID) {
		return nil
	}
	if !registration.SupportsDocuments(run.Provider) {
		const why = "the metadata has no client_id_metadata_document_supported: the server accepts the URL " +
			"only if it is registered as a client_id"
		if err := run.Check(tokens.CheckDocumentsRead.Fail("true", "", why)); err != nil {
			return err
		}
		return run.Check(tokens.CheckClientDocument.Skip("the server announces no support for these documents"))
	}
	if err := run.Check(tokens.CheckDocumentsRead.Pass("true", "true")); err != nil {
		return err
	}
	client, err := s.client(ctx, p.wire)
	if err != nil {
		return err
	}
	d, err := registration.FetchDocument(withObserver(ctx, run,
		flows.Step{Title: "Read the client's metadata document", Spec: "draft-ietf-oauth-client-id-metadata-document 3",
			Meaning: "The client_id is a URL; the server reads the client's metadata there, and so does fob."}),
		observedDoer{client}, p.clientID)
	if err != nil {
		var network *wire.Error
		if errors.As(err, &network) && ctx.Err() == nil && network.Phase != wire.PhaseAborted {
			return run.Check(tokens.CheckClientDocument.Warn(p.clientID, "",
				"it cannot be read from here, and perhaps not by the server: "+network.Error()))
		}
		return err
	}
	return run.Check(documentCheck(d))
}

// documentCheck returns the check of a document. Mere warnings are its Because.
func documentCheck(d *registration.Document) tokens.Check {
	kind := tokens.CheckClientDocument
	got := ""
	_ = json.Unmarshal(d.Metadata["client_id"], &got)
	if !d.Valid() {
		return kind.Fail(d.ClientID, got, strings.Join(d.Problems(true), " "))
	}
	c := kind.Pass(d.ClientID, got)
	c.Because = tokens.VisibleLine(strings.Join(d.Problems(false), " "))
	return c
}
