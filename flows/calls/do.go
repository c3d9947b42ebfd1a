package calls

import (
	"context"

	"fob/flows/wire"
)

// Do calls an API with a token.
func Do(ctx context.Context, http wire.Doer, t Token, r Request) (*Response, error) {
	return nil, ctx.Err()
}

// ParseChallenges reads WWW-Authenticate fields.
func ParseChallenges(values []string) []Challenge { return nil }

// ParseHeader reads "Name: value".
func ParseHeader(line string) (name, value string, err error) { return "", "", nil }

// Explain says in one sentence what a response means.
func Explain(r *Response) string { return "" }

// Pretty lays a body out for reading.
func Pretty(body []byte, contentType string) string { return "" }
