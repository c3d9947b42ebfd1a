package pane

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"
)

// Await sends a question to a pane and waits for the person's answer: whether a pending request is to be sent. It is
// called in a command. The error is the context's, when the work ends first.
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

// Listen waits for the next event of a command that reports progress. mark notes the event's source in it, so that
// events of an abandoned command can be recognized. A closed channel sends no message.
func Listen[E any](events <-chan E, mark func(*E)) tea.Cmd {
	return func() tea.Msg {
		e, ok := <-events
		if !ok {
			return nil
		}
		mark(&e)
		return e
	}
}
