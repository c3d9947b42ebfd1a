// Package redact removes secrets from text that is recorded, printed or exported. It finds them by name (a parameter
// called code, a member called access_token), by form (a JWT, a PEM, a URL's password) and by value, in every encoding
// in which a value travels.
package redact

import (
	"fob/tokens"
	"fob/tokens/secretname"
)

// Parameter wraps the value of a request parameter whose name says that it is a secret. ok is false for any other
// parameter, which may be shown and stored in clear.
func Parameter(name, value string) (s tokens.Secret, ok bool) {
	switch secretname.Of(name) {
	case secretname.Open:
		return tokens.Secret{}, false
	case secretname.Guessable:
		return tokens.NewGuessable(value), true
	}
	return tokens.NewSecret(value), true
}

// Values replaces the secrets in a text by their fingerprints. Those that are not Searchable are left unchanged.
func Values(text string, secrets ...tokens.Secret) string {
	index := NewIndex()
	for _, s := range secrets {
		index.Add(s, true)
	}
	return index.Replace(text)
}

// Text replaces what is a secret by its name or form (code=…, "access_token": "…", Bearer …, a JWT, the password in a
// URL) and cleans the rest for a terminal. It searches for no values: it is for text outside of an exchange, such as
// the URL that a browser opens.
func Text(text string) string {
	r := newRedactor(true)
	return tokens.Visible(r.Index.Replace(r.text(text, 0)))
}

// Answer is Text for text that a server sent: a plain word in it is not taken for one of our passwords.
func Answer(text string) string { return tokens.Visible(newRedactor(false).text(text, 0)) }

// Header is Text for the value of a header field, which is a secret where the name says so. The name and the
// attributes of a cookie stay.
func Header(name, value string) string { return newRedactor(true).Header(name, value) }

// URL is Text for a whole URL, on one line.
func URL(raw string) string { return newRedactor(true).URL(raw) }

func newRedactor(sent bool) *Redactor { return &Redactor{Index: NewIndex(), Sent: sent} }
