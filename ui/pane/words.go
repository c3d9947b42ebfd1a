package pane

import (
	"context"
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
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		for _, w := range goWords {
			if rest, ends := strings.CutSuffix(line, w.err.Error()); ends && (rest == "" || strings.HasSuffix(rest, " ")) {
				lines[i] = rest + w.means
				break
			}
		}
	}
	return tokens.Visible(strings.Join(lines, "\n"))
}
