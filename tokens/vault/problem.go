package vault

import (
	"context"
	"errors"
	"fmt"
)

// problem is an error with a complete text: what happened and what to do. errors.Is finds its kind (one of the Err…
// values) and its cause.
type problem struct {
	text  string
	kind  error
	cause error
}

func (p *problem) Error() string { return p.text }

func (p *problem) Unwrap() []error {
	list := make([]error, 0, 2)
	for _, e := range []error{p.kind, p.cause} {
		if e != nil {
			list = append(list, e)
		}
	}
	return list
}

// fail returns a problem. cause may be nil; the format contains everything that the reader has to know.
func fail(kind, cause error, format string, args ...any) error {
	return &problem{text: fmt.Sprintf(format, args...), kind: kind, cause: cause}
}

// contextEnded reports whether the error comes from an ended context.
func contextEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
