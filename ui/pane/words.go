package pane

import (
	"context"
	"errors"
	"io"
	"strings"

	"fob/tokens"
)

// goWords are errors of Go's library whose own texts say nothing to a person, with what they mean.
var goWords = []struct {
	err   error
	means string
}{
	{context.Canceled, "cancelled by you"},
	{context.DeadlineExceeded, "no answer came in time"},
	{io.ErrUnexpectedEOF, "it broke off in the middle"},
	{io.EOF, "the connection was closed before an answer came"},
}

// Why is what an error says to a person, fit for a terminal, a line each for errors that were joined.
func Why(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	for _, w := range goWords {
		if !errors.Is(err, w.err) {
			continue
		}
		if own := w.err.Error(); text == own {
			text = w.means
		} else if cut, ok := strings.CutSuffix(text, ": "+own); ok {
			text = cut + ": " + w.means
		}
	}
	return tokens.Visible(text)
}
