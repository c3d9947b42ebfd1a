package pane

import (
	"context"
	"io"
	"strings"

	"fob/tokens"
)

// errorMeanings replace the texts of errors of Go's library that users do not understand.
var errorMeanings = []struct {
	err   error
	means string
}{
	{context.Canceled, "cancelled"},
	{context.DeadlineExceeded, "no response in time"},
	{io.ErrUnexpectedEOF, "it broke off in the middle"},
	{io.EOF, "the connection was closed before a response was received"},
}

// ErrorText is the text of an error for the user, safe for a terminal, one line for each joined error.
func ErrorText(err error) string {
	if err == nil {
		return ""
	}
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		for _, w := range errorMeanings {
			rest, found := strings.CutSuffix(line, w.err.Error())
			if found && (rest == "" || strings.HasSuffix(rest, " ")) {
				lines[i] = rest + w.means
				break
			}
		}
	}
	return tokens.Visible(strings.Join(lines, "\n"))
}
