// Package tokens says what a token is: the set an authorization server answers with, the secrets in it,
// when they expire, and the ledger of checks that were made before anybody was told that they are good.
//
// The package is pure: it opens no connection, reads no file and has no clock of its own. Callers hand in
// the time. It imports nothing else of this module.
//
// Specs: RFC 6749 5.1 (token response), RFC 6750 (bearer tokens), RFC 8693 2.2.1 (issued_token_type),
// OpenID Connect Core 1.0 3.1.3.3.
package tokens
