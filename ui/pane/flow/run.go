package flow

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/session"
	"fob/ui/pane"
)

// maxSteps bounds what a run may leave on the screen: a device flow that polls for an hour.
const maxSteps = 2000

// event is what a run sends: a step, or its end.
type event struct {
	n      int64
	step   *flows.Step
	held   *held // a request that waits for a decision
	done   bool
	result session.Result
	err    error
	from   <-chan event
}

// loginEnded follows the run's last event; the command that ran it has nothing more to say.
type loginEnded struct{}

// run is a login that is going on or has ended. It is changed in Update only.
type run struct {
	work    pane.Work
	request session.LoginRequest
	grant   flows.Grant
	started time.Time
	ended   time.Time
	stepped bool    // every request waits to be sent
	held    []*held // those that wait, the oldest first
	steps   []flows.Step
	dropped int // steps that are no longer kept
	paste   chan string
	events  <-chan event
	done    bool
	result  session.Result
	err     error
	problem *pane.Problem // err as it is shown; nil until it is
}

// start begins the login. Its steps and its end come back as events, in the order in which they happened.
func (r *run) start(svc *session.Service, now time.Time) tea.Cmd {
	events := make(chan event, 64)
	paste := make(chan string, 1)
	r.paste, r.events, r.started = paste, events, now
	request := r.request
	request.Paste = paste
	stepped := r.stepped
	login := r.work.Start(r.grant.Name, now, func(ctx context.Context, n int64) tea.Msg {
		// The pane reads events until the last one has come, so sending cannot block for long.
		if stepped {
			request.Before = hold(n, events)
		}
		result, err := svc.Login(ctx, request, func(s flows.Step) { events <- event{n: n, step: &s} })
		events <- event{n: n, done: true, result: result, err: err}
		close(events)
		return loginEnded{}
	})
	return tea.Batch(login, listen(events))
}

// listen waits for the next event.
func listen(events <-chan event) tea.Cmd {
	return pane.Listen(events, func(e *event) { e.from = events })
}

// take applies an event and reports whether it was this run's.
func (r *run) take(e event, now time.Time) bool {
	if e.from != r.events {
		return false
	}
	if e.step != nil {
		r.steps = append(r.steps, *e.step)
		if over := len(r.steps) - maxSteps; over > 0 {
			r.steps = r.steps[over:]
			r.dropped += over
		}
	}
	if e.held != nil {
		r.held = append(r.held, e.held)
	}
	if e.done {
		r.held = nil
		r.work.Done(e.n)
		r.done, r.result, r.err, r.ended = true, e.result, e.err, now
	}
	return true
}

// prompt is what the person has to do now: that of the newest step with one, while the run goes on. A redirect that is
// awaited has come when its checks begin.
func (r *run) prompt() *flows.Prompt {
	if r == nil || r.done {
		return nil
	}
	answered := false
	for i := len(r.steps) - 1; i >= 0; i-- {
		s := r.steps[i]
		if s.Prompt != nil {
			if answered && s.Prompt.CanPaste {
				return nil
			}
			return s.Prompt
		}
		answered = answered || s.Check != nil
	}
	return nil
}

// waiting is the request that waits to be sent; nil when none does.
func (r *run) waiting() *held {
	if r == nil || r.done || len(r.held) == 0 {
		return nil
	}
	return r.held[0]
}

// elapsed is how long the run has taken.
func (r *run) elapsed(now time.Time) time.Duration {
	if r.done {
		return r.ended.Sub(r.started)
	}
	return now.Sub(r.started)
}
