// Package registration makes clients known to an authorization server: dynamic registration (RFC 7591), its management
// (RFC 7592), and client ID metadata documents (draft-ietf-oauth-client-id-metadata-document), which a server reads in
// place of a registration.
//
// It stores nothing: what a registration gives, the secrets in it above all, is the caller's to keep. It never decides
// what to register; and it never follows a redirect with a token.
package registration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"time"

	"fob/flows"
	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
)

// maxAnswer bounds the answer of a registration endpoint, in bytes.
const maxAnswer = 1 << 20

// Metadata are a client's members by their name (RFC 7591 2): strings, booleans, numbers, lists and objects.
type Metadata map[string]any

// LoopbackRedirect is the redirect URI that a client on a person's device registers: any port of it may be used (RFC 8252 7.3).
const LoopbackRedirect = "http://127.0.0.1/callback"

// Native is what a client on a person's device registers: public, with loopback redirects and PKCE (RFC 8252).
func Native(name string, redirectURIs []string, scope string) Metadata {
	m := Metadata{
		"client_name": name, "redirect_uris": redirectURIs, "application_type": "native", "token_endpoint_auth_method": "none",
		"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
	}
	if scope != "" {
		m["scope"] = scope
	}
	return m
}

// Request is a registration to ask for.
type Request struct {
	Endpoint           string        // registration_endpoint
	InitialAccessToken tokens.Secret // zero: the endpoint is open (RFC 7591 3)
	Metadata           Metadata
	SoftwareStatement  tokens.Secret // a signed JWT; zero: none (RFC 7591 2.3)
}

// Client is a registered client.
type Client struct {
	ID            string
	Secret        tokens.Secret // zero: public, or authenticated by a key
	SecretExpires time.Time     // zero: never, or there is no secret
	IssuedAt      time.Time     // zero: not said
	AuthMethod    string        // token_endpoint_auth_method; client_secret_basic when the server does not say (RFC 7591 2)
	// Management is where and with what the client is read, changed and deleted (RFC 7592 3); zero: it cannot be.
	Management Management
	// Metadata is what is registered, without the members above that are secrets or about the registration itself.
	Metadata map[string]json.RawMessage
	// Changed are the members that the server registered otherwise than they were asked for, by name (RFC 7591 3.2.1).
	Changed  []Change
	Odd      []string // what of the answer breaks a spec and was read all the same, a clause each
	Exchange *wire.Exchange
}

// Management is the client configuration endpoint and its token (RFC 7592).
type Management struct {
	URI   string
	Token tokens.Secret
}

// Change is a member that was registered otherwise than asked for. Both values are JSON, cleaned; "" for none.
type Change struct {
	Name       string
	Asked      string
	Registered string
}

// aboutRegistration are the members of an answer that are no metadata of the client, and must not be sent in an update
// (RFC 7592 2.2).
var aboutRegistration = []string{"client_id_issued_at", "client_secret_expires_at", "registration_access_token", "registration_client_uri"}

// Register asks for a registration (RFC 7591 3.1). The error is a *flows.OAuthError, a *flows.ResponseError or a
// *wire.Error.
func Register(ctx context.Context, client wire.Doer, r Request) (*Client, error) {
	asked := Metadata{}
	for name, value := range r.Metadata {
		asked[name] = value
	}
	if !r.SoftwareStatement.IsZero() {
		asked["software_statement"] = r.SoftwareStatement.Reveal()
	}
	resp, err := send(ctx, client, http.MethodPost, r.Endpoint, r.InitialAccessToken, asked, r.SoftwareStatement)
	if err != nil {
		return nil, err
	}
	// RFC 7591 3.2.1 says 201; servers that answer 200 have registered as well.
	c, err := readClient(resp, r.Endpoint)
	if err != nil {
		return nil, err
	}
	c.Changed = changes(r.Metadata, c.Metadata)
	return c, nil
}

// Read asks what is registered (RFC 7592 2.1). The server may answer with a new secret or token: those of the answer are
// the ones to keep.
func Read(ctx context.Context, client wire.Doer, m Management) (*Client, error) {
	resp, err := send(ctx, client, http.MethodGet, m.URI, m.Token, nil)
	if err != nil {
		return nil, err
	}
	return manage(resp, m)
}

// Update registers other metadata for a client (RFC 7592 2.2). It replaces all that is registered: what the metadata
// leaves out, the server may drop. The client's ID, and its secret where it has one, are added.
func Update(ctx context.Context, client wire.Doer, c *Client, metadata Metadata) (*Client, error) {
	asked := Metadata{"client_id": c.ID}
	for name, value := range metadata {
		asked[name] = value
	}
	for _, name := range aboutRegistration {
		delete(asked, name)
	}
	if !c.Secret.IsZero() {
		asked["client_secret"] = c.Secret.Reveal()
	}
	resp, err := send(ctx, client, http.MethodPut, c.Management.URI, c.Management.Token, asked, c.Secret)
	if err != nil {
		return nil, err
	}
	updated, err := manage(resp, c.Management)
	if err != nil {
		return nil, err
	}
	if updated.ID != c.ID {
		return nil, responseError(resp, c.Management.URI, fmt.Sprintf("another client: %s in place of %s", tokens.VisibleLine(updated.ID), tokens.VisibleLine(c.ID)))
	}
	if updated.Secret.IsZero() {
		updated.Secret, updated.SecretExpires = c.Secret, c.SecretExpires
	}
	updated.Changed = changes(asked, updated.Metadata)
	return updated, nil
}

// Delete ends a registration (RFC 7592 2.3): the client, its secret and its tokens are void.
func Delete(ctx context.Context, client wire.Doer, m Management) error {
	resp, err := send(ctx, client, http.MethodDelete, m.URI, m.Token, nil)
	switch {
	case err != nil:
		return err
	case resp.Status == http.StatusNoContent || resp.Status == http.StatusOK:
		return nil
	}
	return responseError(resp, m.URI, "no word that the client was deleted")
}

// manage reads the answer of the configuration endpoint; a URI or a token that it leaves out stay as they were.
func manage(resp *wire.Response, m Management) (*Client, error) {
	c, err := readClient(resp, m.URI)
	if err != nil {
		return nil, err
	}
	if c.Management.URI == "" {
		c.Management.URI = m.URI
	}
	if c.Management.Token.IsZero() {
		c.Management.Token = m.Token
	}
	return c, nil
}

// send asks an endpoint as its holder of the token. An error response is an error.
func send(ctx context.Context, client wire.Doer, method, target string, token tokens.Secret, body Metadata, secrets ...tokens.Secret) (*wire.Response, error) {
	if !tokens.IsWebURL(target) {
		return nil, &flows.EndpointError{Endpoint: "registration", URL: target}
	}
	r := &wire.Request{Endpoint: wire.EndpointRegistration, Method: method, URL: target, MaxBody: maxAnswer,
		Header: http.Header{"Accept": {"application/json"}}, Secrets: append(secrets, token)}
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("write the client's metadata: %w", err)
		}
		if keys, err := json.Marshal(body["jwks"]); err == nil && holdsPrivateKey(keys) {
			return nil, &flows.InputError{Input: "jwks", Expected: "public keys alone: one of these is private, and would be given away"}
		}
		r.Body = encoded
		r.Header.Set("Content-Type", "application/json")
	}
	if !token.IsZero() {
		r.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	resp, err := client.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if e := refusal(resp, target, body, r.Secrets); e != nil {
		return nil, e
	}
	return resp, nil
}

// refusal reads an error response (RFC 7591 3.2.2, RFC 6750 3); nil when it is none. The secrets are those that were
// sent.
func refusal(resp *wire.Response, target string, sent Metadata, secrets []tokens.Secret) error {
	e := flows.ParseOAuthError(resp, "registration", redact.URL(target), secrets...)
	switch {
	case e != nil:
	case resp.Status == http.StatusUnauthorized || resp.Status == http.StatusForbidden:
		e = &flows.OAuthError{Code: "invalid_token", Status: resp.Status, Endpoint: "registration",
			URL: redact.URL(target)}
		e.Details, e.Support = flows.ErrorDetails(resp, secrets...)
	case resp.Status < 200 || resp.Status >= 300:
		return responseError(resp, target, "no registration and no error in it")
	default:
		return nil
	}
	e.Sent = fields(sent)
	return e
}

// text is a text of the server's for an error: redacted, cleaned, and bounded last.
func text(resp *wire.Response, s string) string {
	return tokens.Clip(tokens.VisibleLine(resp.Redact(s)), 2000)
}

// fields shows the members that were sent, redacted.
func fields(sent Metadata) []wire.Field {
	var list []wire.Field
	for name, value := range sent {
		shown := compact(value)
		if s, ok := redact.Parameter(name, fmt.Sprint(value)); ok {
			shown = s.Fingerprint()
		}
		list = append(list, wire.Field{Name: tokens.VisibleLine(name), Value: text(nil, strings.Trim(shown, `"`))})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

func responseError(resp *wire.Response, target, what string) *flows.ResponseError {
	e := &flows.ResponseError{Endpoint: "registration", URL: redact.URL(target), Status: resp.Status, What: what}
	e.Details, e.Support = flows.ErrorDetails(resp)
	if len(e.Details) == 0 && resp.Exchange != nil && resp.Exchange.Response != nil {
		body := strings.Join(strings.Fields(resp.Exchange.Response.Body), " ")
		e.Excerpt = tokens.VisibleLine(strings.ToValidUTF8(body[:min(len(body), 200)], ""))
	}
	return e
}

// compact is a value as JSON on one line.
func compact(value any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(value) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}
