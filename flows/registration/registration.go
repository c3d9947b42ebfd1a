// Package registration registers clients at an authorization server: dynamic registration (RFC 7591), its management
// (RFC 7592), and client ID metadata documents (draft-ietf-oauth-client-id-metadata-document), which a server reads
// instead of a registration.
//
// It stores nothing: the caller stores the result of a registration, its secrets above all. It does not decide what to
// register, and never follows a redirect with a token.
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

// maxResponse limits the response of a registration endpoint, in bytes.
const maxResponse = 1 << 20

// Metadata is a client's metadata by name (RFC 7591 2): strings, booleans, numbers, lists and objects.
type Metadata map[string]any

// LoopbackRedirect is the redirect URI that a native client registers: any port of it may be used (RFC 8252 7.3).
const LoopbackRedirect = "http://127.0.0.1/callback"

// NativeClient returns the metadata of a native client: public, with loopback redirects and PKCE (RFC 8252).
func NativeClient(name string, redirectURIs []string, scope string) Metadata {
	m := Metadata{
		"client_name": name, "redirect_uris": redirectURIs, "application_type": "native",
		"token_endpoint_auth_method": "none",
		"grant_types": []string{"authorization_code",
			"refresh_token"}, "response_types": []string{"code"},
	}
	if scope != "" {
		m["scope"] = scope
	}
	return m
}

// Request is a registration request.
type Request struct {
	Endpoint           string        // registration_endpoint
	InitialAccessToken tokens.Secret // zero: the endpoint is open (RFC 7591 3)
	Metadata           Metadata
	SoftwareStatement  tokens.Secret // a signed JWT (RFC 7591 2.3); may be zero
}

// Client is a registered client.
type Client struct {
	ID            string
	Secret        tokens.Secret // zero: public, or authenticated by a key
	SecretExpires time.Time     // zero: never, or there is no secret
	IssuedAt      time.Time     // zero: unknown
	AuthMethod    string        // token_endpoint_auth_method; client_secret_basic if missing (RFC 7591 2)
	// Management is the endpoint and token to read, change and delete the client (RFC 7592 3); zero: not supported.
	Management Management
	// Metadata is the registered metadata, without the members above that are secrets or about the registration itself.
	Metadata map[string]json.RawMessage
	// Changed are the members that the server registered with other values than requested, by name (RFC 7591 3.2.1).
	Changed  []Change
	Warnings []string // where the response violates a spec but was accepted, a clause each
	Exchange *wire.Exchange
	response *wire.Response // nil: none
}

// Management is the client configuration endpoint and its token (RFC 7592).
type Management struct {
	URI   string
	Token tokens.Secret
}

// Change is a member that was registered with another value than requested. Both values are cleaned JSON; "" if
// missing.
type Change struct {
	Name       string
	Requested  string
	Registered string
}

// registrationMembers are the members of a response that are not metadata of the client, and must not be sent in an
// update (RFC 7592 2.2).
var registrationMembers = []string{"client_id_issued_at", "client_secret_expires_at", "registration_access_token",
	"registration_client_uri"}

// Register sends a registration request (RFC 7591 3.1). The error is a *flows.OAuthError, a *flows.ResponseError or a
// *wire.Error.
func Register(ctx context.Context, client wire.Doer, r Request) (*Client, error) {
	requested := Metadata{}
	for name, value := range r.Metadata {
		requested[name] = value
	}
	if !r.SoftwareStatement.IsZero() {
		requested["software_statement"] = r.SoftwareStatement.Reveal()
	}
	resp, err := send(ctx, client, http.MethodPost, r.Endpoint, r.InitialAccessToken, requested, r.SoftwareStatement)
	if err != nil {
		return nil, err
	}
	// RFC 7591 3.2.1 requires 201; servers that return 200 have registered the client as well.
	c, err := readClient(resp, r.Endpoint)
	if err != nil {
		return nil, err
	}
	c.Changed = compareRegistered(r.Metadata, c.Metadata)
	return c, nil
}

// Read returns what is registered (RFC 7592 2.1). The response may have a new secret or token, which the caller must
// store.
func Read(ctx context.Context, client wire.Doer, m Management) (*Client, error) {
	resp, err := send(ctx, client, http.MethodGet, m.URI, m.Token, nil)
	if err != nil {
		return nil, err
	}
	return readManaged(resp, m)
}

// Update replaces the metadata of a client (RFC 7592 2.2). The server may drop members that are missing. The client's
// ID, and its secret if it has one, are added.
func Update(ctx context.Context, client wire.Doer, c *Client, metadata Metadata) (*Client, error) {
	requested := Metadata{"client_id": c.ID}
	for name, value := range metadata {
		requested[name] = value
	}
	for _, name := range registrationMembers {
		delete(requested, name)
	}
	if !c.Secret.IsZero() {
		requested["client_secret"] = c.Secret.Reveal()
	}
	resp, err := send(ctx, client, http.MethodPut, c.Management.URI, c.Management.Token, requested, c.Secret)
	if err != nil {
		return nil, err
	}
	updated, err := readManaged(resp, c.Management)
	if err != nil {
		return nil, err
	}
	if updated.ID != c.ID {
		return nil, responseError(resp, c.Management.URI,
			fmt.Sprintf("another client: %s in place of %s", tokens.VisibleLine(updated.ID), tokens.VisibleLine(c.ID)))
	}
	if updated.Secret.IsZero() {
		updated.Secret, updated.SecretExpires = c.Secret, c.SecretExpires
	}
	updated.Changed = compareRegistered(requested, updated.Metadata)
	return updated, nil
}

// Delete removes a registration (RFC 7592 2.3): the client, its secret and its tokens are invalid afterwards.
func Delete(ctx context.Context, client wire.Doer, m Management) error {
	resp, err := send(ctx, client, http.MethodDelete, m.URI, m.Token, nil)
	switch {
	case err != nil:
		return err
	case resp.Status == http.StatusNoContent || resp.Status == http.StatusOK:
		return nil
	}
	return responseError(resp, m.URI, "no confirmation that the client was deleted")
}

// readManaged parses the response of the configuration endpoint; a missing URI or token stays as it was.
func readManaged(resp *wire.Response, m Management) (*Client, error) {
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

// send sends a request with the token. An error response is an error.
func send(ctx context.Context, client wire.Doer, method, target string, token tokens.Secret, body Metadata,
	secrets ...tokens.Secret) (*wire.Response, error) {
	if !tokens.IsWebURL(target) {
		return nil, &flows.EndpointError{Endpoint: "registration", URL: target}
	}
	r := &wire.Request{Endpoint: wire.EndpointRegistration, Method: method, URL: target, MaxBody: maxResponse,
		Header: http.Header{"Accept": {"application/json"}}, Secrets: append(secrets, token)}
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("write the client's metadata: %w", err)
		}
		if keys, err := json.Marshal(body["jwks"]); err == nil && hasPrivateKey(keys) {
			return nil, &flows.InputError{Input: "jwks",
				Expected: "only public keys: one of these is private and would be disclosed"}
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
	if e := errorResponse(resp, target, body, r.Secrets); e != nil {
		return nil, e
	}
	return resp, nil
}

// errorResponse parses an error response (RFC 7591 3.2.2, RFC 6750 3); nil if the request succeeded. The secrets are
// those that were sent.
func errorResponse(resp *wire.Response, target string, sent Metadata, secrets []tokens.Secret) error {
	e := flows.ParseOAuthError(resp, "registration", redact.URL(target), secrets...)
	switch {
	case e != nil:
	case resp.Status == http.StatusUnauthorized || resp.Status == http.StatusForbidden:
		e = &flows.OAuthError{Code: "invalid_token", Status: resp.Status, Endpoint: "registration",
			URL: redact.URL(target)}
		e.Details, e.Support = flows.ErrorDetails(resp, secrets...)
	case resp.Status < 200 || resp.Status >= 300:
		return responseError(resp, target, "neither a registration nor an error")
	default:
		return nil
	}
	e.Sent = requestFields(sent)
	return e
}

// errorText returns a text of the server for an error: redacted, cleaned, and then shortened.
func errorText(resp *wire.Response, s string) string {
	return tokens.Clip(tokens.VisibleLine(resp.Redact(s)), 2000)
}

// requestFields returns the members that were sent, redacted.
func requestFields(sent Metadata) []wire.Field {
	var list []wire.Field
	for name, value := range sent {
		shown := compact(value)
		if s, ok := redact.Parameter(name, fmt.Sprint(value)); ok {
			shown = s.Fingerprint()
		}
		list = append(list, wire.Field{Name: tokens.VisibleLine(name), Value: errorText(nil, strings.Trim(shown, `"`))})
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

// compact returns a value as JSON on one line.
func compact(value any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(value) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}
