package pane

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"
)

// Await hands a question to a pane and waits for the person's answer: a request that waits to be sent. It is called in a
// command; the error is the context's, when the work is given up first.
func Await[Q, A any](ctx context.Context, questions chan<- Q, question Q, answer <-chan A) (A, error) {
	var none A
	select {
	case questions <- question:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	select {
	case a := <-answer:
		return a, nil
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// Listen waits for the next event of a command that tells of more than its end. from marks the event with where it came
// from, so that those of a command that was given up can be told apart. A closed channel brings no message.
func Listen[E any](events <-chan E, from func(*E)) tea.Cmd {
	return func() tea.Msg {
		e, ok := <-events
		if !ok {
			return nil
		}
		from(&e)
		return e
	}
}
