package provider

import (
	"context"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/registration"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/ui/keys"
	"fob/ui/pane"
)

// screen has the whole pane until the person leaves it: starting from an API, registering a client.
type screen interface {
	update(msg tea.Msg) tea.Cmd
	key(k tea.KeyMsg) tea.Cmd // while editing
	do(a keys.Action) tea.Cmd
	disabled(a keys.Action) string
	editing() bool
	back() bool // false: there is no level left, and the screen is closed
	cancel() bool
	click(y int) tea.Cmd
	view(width, height int) []string
}

// news is what the command of a screen tells while it runs, and at its end. It comes in the order in which it was sent.
type news struct {
	n    int64
	from <-chan news

	step    *flows.Step           // something was asked and answered
	held    *held                 // a request waits
	started *session.APIDiscovery // what an API says of itself
	client  *registration.Client  // what is registered
	done    bool                  // the command has ended
	err     error
}

// maxNews is more than a command sends without waiting for an answer, so that it never waits for a reader.
const maxNews = 256

// listen waits for the next news.
func listen(events <-chan news) tea.Cmd {
	return pane.Listen(events, func(e *news) { e.from = events })
}

// held is a request that waits for the person to have read it.
type held struct {
	pending wire.Pending
	reply   chan error // takes one without blocking; nil sends the request
}

// showing is a context under which the requests to the registration endpoint wait until they were read.
func showing(ctx context.Context, n int64, events chan<- news) context.Context {
	return wire.WithBefore(ctx, func(ctx context.Context, p wire.Pending) (*wire.Request, error) {
		// Only what changes something waits: the metadata and what is registered are read without a question.
		if p.Request.Endpoint != wire.EndpointRegistration || p.Request.Method == "" || p.Request.Method == "GET" {
			return nil, nil
		}
		h := &held{pending: p, reply: make(chan error, 1)}
		refused, err := pane.Await(ctx, events, news{n: n, held: h}, h.reply)
		if err != nil {
			return nil, err
		}
		return nil, refused
	})
}

// openFromAPI shows the start from an API, with what was typed there before.
func (p *Pane) openFromAPI() {
	if p.api == nil {
		p.api = newFromAPI(p.ctx)
	}
	p.api.hints = p.knownAPIs()
	p.over = p.api
}

// knownAPIs are the addresses of APIs that the profiles name, and those that the shown provider says it serves (RFC 9728 4).
func (p *Pane) knownAPIs() []string {
	var list []string
	for _, f := range p.ctx.Service.Profiles() {
		list = append(list, f.API)
	}
	if p.known != nil && p.known.Metadata != nil {
		served, _ := p.known.Metadata.List("protected_resources")
		list = append(list, served...)
	}
	var out []string
	for _, address := range list {
		if address != "" && !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	return out
}

// screenTold hands a message to the screen, and closes it when it has done its work.
func (p *Pane) screenTold(msg tea.Msg) tea.Cmd {
	if p.over == nil {
		return nil
	}
	cmd := p.over.update(msg)
	if p.over == screen(p.api) && p.api.handed {
		p.api.handed, p.over, p.knownFor = false, nil, ""
	}
	return cmd
}

// leave closes the screen. What it has changed is read again.
func (p *Pane) leave() bool {
	if r, ok := p.over.(*register); ok && r.client != nil {
		p.knownFor = ""
	}
	p.over = nil
	return true
}
