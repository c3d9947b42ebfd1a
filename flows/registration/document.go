package registration

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
)

const (
	documentSpec = "draft-ietf-oauth-client-id-metadata-document"
	// maxDocument limits a client ID metadata document; servers need not accept more than 5 KiB.
	maxDocument         = 64 << 10
	recommendedDocument = 5 << 10
)

// Finding is a problem of a client ID metadata document or of its URL.
type Finding struct {
	Member  string // "" for the URL or the document as a whole
	Problem string // a sentence
	Spec    string
	Must    bool // a server must reject the client
}

// Document is a client ID metadata document: a client's metadata at the URL that is its client_id.
type Document struct {
	ClientID string // the URL
	Metadata map[string]json.RawMessage
	Findings []Finding
}

// Problems returns the findings as sentences: those for which a server must reject the client, or the others.
func (d *Document) Problems(must bool) []string {
	var list []string
	for _, f := range d.Findings {
		if f.Must == must {
			list = append(list, strings.TrimSpace(f.Member+" "+f.Problem))
		}
	}
	return list
}

// Valid reports whether there is no reason for a server to reject the client.
func (d *Document) Valid() bool {
	return !slices.ContainsFunc(d.Findings, func(f Finding) bool { return f.Must })
}

// IsDocumentURL reports whether a client_id looks like the URL of a document; it may be a registered URL of another
// kind.
func IsDocumentURL(clientID string) bool {
	u, err := url.Parse(clientID)
	return err == nil && tokens.IsWebURL(clientID) && strings.Trim(u.Path, "/") != ""
}

// SupportsDocuments reports whether a server accepts the URL of a client's document as client_id (section 5 of the
// draft).
func SupportsDocuments(m *provider.Metadata) bool {
	if m == nil {
		return false
	}
	on, _ := m.Bool("client_id_metadata_document_supported")
	return on
}

// FetchDocument fetches and checks the document at a client_id. The error is a *wire.Error if there is no response; all
// else is a Finding.
func FetchDocument(ctx context.Context, client wire.Doer, clientID string) (*Document, error) {
	if findings := CheckClientID(clientID); slices.ContainsFunc(findings, func(f Finding) bool { return f.Must }) {
		return &Document{ClientID: clientID, Findings: findings}, nil
	}
	resp, err := client.Do(ctx, &wire.Request{Purpose: "client metadata", Endpoint: wire.EndpointMetadata,
		URL: clientID, MaxBody: maxDocument,
		Header: http.Header{"Accept": {"application/json"}}})
	if err != nil {
		return nil, err
	}
	if resp.Status != http.StatusOK {
		what := fmt.Sprintf("The URL returns %d %s; it must return 200, and redirects are not followed.",
			resp.Status, http.StatusText(resp.Status))
		return &Document{ClientID: clientID, Findings: append(CheckClientID(clientID),
			Finding{"", what, documentSpec + " 3", true})}, nil
	}
	d := CheckDocument(clientID, resp.Body)
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != "application/json" &&
		!strings.HasSuffix(media, "+json") {
		d.Findings = append(d.Findings, Finding{"",
			fmt.Sprintf("It is served as %q; application/json is required.", tokens.VisibleLine(media)), documentSpec +
				" 3", false})
	}
	if resp.Truncated {
		d.Findings = append(d.Findings, Finding{"", fmt.Sprintf("It is larger than %d KiB.", maxDocument>>10),
			documentSpec + " 6.6", true})
	}
	return d, nil
}

// CheckClientID returns the problems of a URL as a client_id.
func CheckClientID(clientID string) []Finding {
	var list []Finding
	must := func(problem string) { list = append(list, Finding{"", problem, documentSpec + " 2", true}) }
	u, err := url.Parse(clientID)
	if err != nil || u.Host == "" {
		must("The client_id is not a URL with a host.")
		return list
	}
	segments := strings.Split(strings.ReplaceAll(strings.ToLower(u.EscapedPath()), "%2e", "."), "/")
	switch {
	case u.Scheme == "http" && tokens.IsLoopback(u.Hostname()):
		list = append(list, Finding{"", "The client_id must be an https URL: plain http is for tests on this machine.",
			documentSpec + " 2", false})
	case u.Scheme != "https":
		must("The client_id must be an https URL.")
	}
	if u.Path == "" || u.Path == "/" {
		must("The client_id must have a path.")
	}
	if u.Fragment != "" || strings.Contains(clientID, "#") {
		must("The client_id must not have a fragment.")
	}
	if u.User != nil {
		must("The client_id must not contain a user name or password.")
	}
	if slices.Contains(segments, ".") || slices.Contains(segments, "..") {
		must("The path of the client_id must not have dot segments (. or ..).")
	}
	if u.RawQuery != "" {
		list = append(list, Finding{"", "The client_id should not have a query.", documentSpec + " 2", false})
	}
	return list
}

// CheckDocument checks a document that is, or will be, at a client_id.
func CheckDocument(clientID string, raw []byte) *Document {
	d := &Document{ClientID: clientID, Findings: CheckClientID(clientID)}
	must := func(member, problem string) {
		d.Findings = append(d.Findings, Finding{member, problem, documentSpec + " 4.1", true})
	}
	should := func(member, problem, spec string) {
		d.Findings = append(d.Findings, Finding{member, problem, spec, false})
	}
	object, err := wire.ReadObject(raw)
	if err != nil {
		must("", "The document is not a JSON object.")
		return d
	}
	d.Metadata = object.Members
	for _, name := range object.Doubled {
		must(name, "It occurs twice with different values.")
	}
	for _, warning := range object.Odd {
		should("", tokens.VisibleLine(warning)+".", documentSpec+" 4.1")
	}
	if len(raw) > recommendedDocument {
		should("", fmt.Sprintf("It has %d bytes; a server need not read more than %d.", len(raw), recommendedDocument),
			documentSpec+" 6.6")
	}
	if got := stringValue(d.Metadata["client_id"]); got != clientID {
		must("client_id", fmt.Sprintf("It is %q and must be exactly the URL.", tokens.VisibleLine(got)))
	}
	for _, name := range []string{"client_secret", "client_secret_expires_at"} {
		if _, ok := d.Metadata[name]; ok {
			must(name, "It must be absent: the document is public.")
		}
	}
	if method := stringValue(d.Metadata["token_endpoint_auth_method"]); strings.HasPrefix(method, "client_secret_") {
		must("token_endpoint_auth_method", method+" needs a shared secret, which is missing: use none or "+
			"private_key_jwt.")
	} else if method == "private_key_jwt" && d.Metadata["jwks"] == nil && d.Metadata["jwks_uri"] == nil {
		must("jwks", "private_key_jwt needs the public keys, in jwks or jwks_uri.")
	} else if method == "" {
		should("token_endpoint_auth_method", "It is missing, which means client_secret_basic: set none or "+
			"private_key_jwt.", "RFC 7591 2")
	}
	d.checkRedirects(must, should)
	if stringValue(d.Metadata["client_name"]) == "" {
		should("client_name", "It is missing: users see the URL on the consent page.", "RFC 7591 2")
	}
	if hasPrivateKey(d.Metadata["jwks"]) {
		must("jwks", "It contains a private or a shared key: only public keys are allowed.")
	}
	return d
}

// hasPrivateKey reports whether a key set has a private or shared key.
func hasPrivateKey(raw json.RawMessage) bool {
	set, err := jose.ParseKeySet(raw)
	return err == nil && slices.ContainsFunc(set.Keys(), jose.Key.Private)
}

func (d *Document) checkRedirects(must func(member, problem string), should func(member, problem, spec string)) {
	var list []string
	raw, ok := d.Metadata["redirect_uris"]
	switch {
	case !ok:
		should("redirect_uris", "It is missing: the authorization code grant needs it.", "RFC 7591 2")
		return
	case json.Unmarshal(raw, &list) != nil:
		must("redirect_uris", "It must be a list of strings.")
		return
	}
	own, _ := url.Parse(d.ClientID)
	for _, text := range list {
		u, err := url.Parse(text)
		switch {
		case err != nil || u.Scheme == "" || u.Fragment != "":
			must("redirect_uris", fmt.Sprintf("%q is not an absolute URI without a fragment.",
				tokens.VisibleLine(text)))
		case own != nil && u.Scheme == "https" && u.Host != own.Host:
			should("redirect_uris", fmt.Sprintf("%s is on another host than the client_id: a server may reject it.",
				tokens.VisibleLine(text)), documentSpec+" 6.1")
		}
	}
}

// NewDocument returns the document of a client: its metadata with the client_id, as JSON to be served at that URL. The
// error is the first reason for a server to reject it.
func NewDocument(clientID string, metadata Metadata) ([]byte, error) {
	all := Metadata{}
	for name, value := range metadata {
		all[name] = value
	}
	all["client_id"] = clientID
	raw, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the client's document: %w", err)
	}
	for _, f := range CheckDocument(clientID, raw).Findings {
		if f.Must {
			return nil, fmt.Errorf("create the document of %s: %s",
				tokens.VisibleLine(clientID), strings.TrimSpace(f.Member+" "+f.Problem))
		}
	}
	return append(raw, '\n'), nil
}
