// Package tokens defines what a token is: the set in a token response, the secrets in it, when they expire, and the
// ledger of checks that were made before they are reported as good.
//
// The package is pure: it opens no connection, reads no file and has no clock: callers pass the time. It imports no
// other package of this module.
//
// Specs: RFC 6749 5.1 (token response), RFC 6750 (bearer tokens), RFC 8693 2.2.1 (issued_token_type),
// OpenID Connect Core 1.0 3.1.3.3.
package tokens
