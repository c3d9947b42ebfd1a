// Package inspect decodes, verifies and explains tokens. It has its own decoder, so that it shows what the token says:
// members in their own order, duplicates marked, numbers as written, bytes that are not UTF-8 as hex. It makes no
// request: keys are passed in. Specs: RFC 7515, 7516, 7519, 8725, 9068, 9449, OpenID Connect Core 1.0.
package inspect
