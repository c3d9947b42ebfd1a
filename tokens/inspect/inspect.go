// Package inspect reads a token and tells the truth about it. It decodes by itself, so that what it shows is what the
// token says: members in their own order, duplicates marked, numbers as written, bytes that are not UTF-8 as hex.
// Nothing leaves the machine: keys are handed in.
//
// Specs: RFC 7515, 7516, 7519, 8725, 9068, 9449, OpenID Connect Core 1.0.
package inspect
