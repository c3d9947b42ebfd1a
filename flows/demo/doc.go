// Package demo is an authorization server and an API on loopback, for learning and for testing: the embedded
// default provider of the workbench, and the server that the other packages' tests talk to.
//
// Without faults it is strict: it does what the specs say and rejects what they reject. A fault
// is one named error of a server (see Catalogue), switched on when the server starts, by SetFault, or over
// /demo/faults while it runs.
//
// It only listens on, and only responds to, loopback; it stores nothing on disk; and it protects nothing: its
// sign-in page shows the users' password.
//
// Where to change what: a path is a line in the endpoints() of the file that serves it; a grant is a file grant_*.go
// and a line in grantHandlers; a client authentication method is a line in authMethods; a member of the metadata is a
// line in metadataMembers; a fault is a line in a catalogue*.go and one s.on(name) where it applies. The faults of
// catalogue_extensions.go affect only a client that uses what Fault.Needs names.
//
// What it does not do: it verifies and writes no XML signatures (RFC 7522: everything else in an assertion is checked,
// and the response says so), fetches nothing from beyond loopback (no jwks_uri, no request_uri but its own), and pushes
// no CIBA tokens (poll and ping are supported).
//
// Specs: RFC 6749 and 6750 (OAuth 2.0, bearer tokens), OpenID Connect Core 1.0, OpenID Connect Discovery 1.0 and
// RFC 8414 (metadata), RFC 7636 (PKCE), RFC 8628 (device), RFC 7009 (revocation), RFC 7662 and 9701 (introspection),
// RFC 8252 (loopback redirects), RFC 8707 (resource), RFC 9068 (JWT access tokens), RFC 9207 (iss in the callback),
// RFC 9728 (protected resource metadata), RFC 9700 (best current practice), RFC 9126 (PAR), RFC 9101 (JAR), JARM,
// OAuth 2.0 Multiple Response Types, Form Post Response Mode, RFC 9449 (DPoP), RFC 8705 (client certificates),
// RFC 7521, 7522 and 7523 (assertions), RFC 8693 (token exchange), RFC 9396 (authorization details), RFC 9470
// (step-up), RFC 7591 and 7592 (registration), OAuth Client ID Metadata Document, OpenID Connect CIBA Core 1.0,
// RP-Initiated Logout 1.0 and Back-Channel Logout 1.0.
package demo
