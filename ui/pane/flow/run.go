package flow

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/session"
	"fob/ui/pane"
)

// maxSteps bounds the steps of a run on the screen: a device flow may poll for an hour.
const maxSteps = 2000

// event is what a run reports: a step, a request that waits for a decision, or its end.
type event struct {
	n       int64
	step    *flows.Step
	pending *pendingRequest
	done    bool
	result  session.Result
	err     error
	from    <-chan event
}

// loginEnded follows the run's last event; its command has no result of its own.
type loginEnded struct{}

// run is a login that is running or has ended. It is changed in Update only.
type run struct {
	work     pane.Work
	request  session.LoginRequest
	grant    flows.Grant
	started  time.Time
	ended    time.Time
	stepMode bool              // every request waits to be sent
	waiting  []*pendingRequest // those that wait, the oldest first
	steps    []flows.Step
	dropped  int // steps that were removed because there were too many
	redirect chan string
	events   <-chan event
	done     bool
	result   session.Result
	err      error
	problem  *pane.Problem // err as it is shown; nil until it is
}

// start begins the login. Its steps and its end are sent as events, in order.
func (r *run) start(c *pane.Context) tea.Cmd {
	events := make(chan event, 64)
	redirect := make(chan string, 1)
	r.redirect, r.events, r.started = redirect, events, c.Now()
	svc, request, stepMode := c.Service, r.request, r.stepMode
	request.Paste = redirect
	login := r.work.Start(c, r.grant.Name, func(ctx context.Context, n int64) tea.Msg {
		// The pane reads events to the last one, so sending cannot block for long.
		if stepMode {
			request.Before = awaitDecision(n, events)
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

// apply applies an event and reports whether it belongs to this run.
func (r *run) apply(e event, now time.Time) bool {
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
	if e.pending != nil {
		r.waiting = append(r.waiting, e.pending)
	}
	if e.done {
		r.waiting = nil
		r.work.Done(e.n)
		r.done, r.result, r.err, r.ended = true, e.result, e.err, now
	}
	return true
}

// prompt is what the user has to do now: the prompt of the newest step with one, while the run is not done. A redirect
// has arrived when its checks begin.
func (r *run) prompt() *flows.Prompt {
	if r.done {
		return nil
	}
	arrived := false
	for i := len(r.steps) - 1; i >= 0; i-- {
		s := r.steps[i]
		if s.Prompt != nil {
			if arrived && s.Prompt.CanPaste {
				return nil
			}
			return s.Prompt
		}
		arrived = arrived || s.Check != nil
	}
	return nil
}

// pending is the request that waits to be sent; nil: none.
func (r *run) pending() *pendingRequest {
	if r.done || len(r.waiting) == 0 {
		return nil
	}
	return r.waiting[0]
}

// decide sends the decision on the waiting request.
func (r *run) decide(d decision) {
	if p := r.pending(); p != nil {
		r.waiting = r.waiting[1:]
		p.reply <- d
	}
}

// elapsed is how long the run has taken.
func (r *run) elapsed(now time.Time) time.Duration {
	if r.done {
		return r.ended.Sub(r.started)
	}
	return now.Sub(r.started)
}

// succeeded reports whether the run has ended with everything stored.
func (r *run) succeeded() bool { return r.done && r.err == nil && r.result.StoreErr == nil }
