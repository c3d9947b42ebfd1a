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

// screen takes the whole pane until the user closes it: starting from an API, registering a client.
type screen interface {
	update(msg tea.Msg) tea.Cmd
	key(k tea.KeyMsg) tea.Cmd // while editing
	do(a keys.Action) tea.Cmd
	disabled(a keys.Action) string
	editing() bool
	back() bool // false: there is no level to go back, so that the screen is closed
	cancel() bool
	click(y int) tea.Cmd
	view(width, height int) []string
}

// event is what the command of a screen reports while it runs, and at its end, in order.
type event struct {
	n    int64
	from <-chan event

	step    *flows.Step           // a request and its response
	pending *pendingRequest       // a request waits to be sent
	start   *session.APIDiscovery // the metadata of an API
	client  *registration.Client  // the registration
	done    bool                  // the command has ended
	err     error
}

// eventBuffer is more than a command sends without waiting for a decision, so that it never blocks.
const eventBuffer = 256

// listen waits for the next event.
func listen(events <-chan event) tea.Cmd {
	return pane.Listen(events, func(e *event) { e.from = events })
}

// pendingRequest is a request that waits for the user to read it.
type pendingRequest struct {
	pending wire.Pending
	reply   chan error // never blocks for the one decision; nil sends the request
}

// withApproval returns a context whose requests to the registration endpoint wait until the user has read them.
func withApproval(ctx context.Context, n int64, events chan<- event) context.Context {
	return wire.WithBefore(ctx, func(ctx context.Context, p wire.Pending) (*wire.Request, error) {
		// Only changes wait: metadata and registrations are read without asking.
		if p.Request.Endpoint != wire.EndpointRegistration || p.Request.Method == "" || p.Request.Method == "GET" {
			return nil, nil
		}
		r := &pendingRequest{pending: p, reply: make(chan error, 1)}
		refused, err := pane.Await(ctx, events, event{n: n, pending: r}, r.reply)
		if err != nil {
			return nil, err
		}
		return nil, refused
	})
}

// openAPIScreen opens the start from an API, with what was typed there before.
func (p *Pane) openAPIScreen() {
	if p.apiScreen == nil {
		p.apiScreen = newAPIScreen(p.ctx)
	}
	p.apiScreen.hints = p.apiAddresses()
	p.overlay = p.apiScreen
}

// apiAddresses returns the addresses of APIs in the profiles, and the protected_resources of the shown provider (RFC
// 9728 4).
func (p *Pane) apiAddresses() []string {
	var list []string
	for _, f := range p.ctx.Service.Profiles() {
		list = append(list, f.API)
	}
	if p.loaded != nil && p.loaded.Metadata != nil {
		served, _ := p.loaded.Metadata.List("protected_resources")
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

// updateOverlay sends a message to the screen, and closes it when it is done.
func (p *Pane) updateOverlay(msg tea.Msg) tea.Cmd {
	if p.overlay == nil {
		return nil
	}
	cmd := p.overlay.update(msg)
	if p.overlay == screen(p.apiScreen) && p.apiScreen.done {
		p.apiScreen.done, p.overlay, p.loadedFor = false, nil, ""
	}
	return cmd
}

// closeOverlay closes the screen, and reads again what it has changed.
func (p *Pane) closeOverlay() bool {
	if r, ok := p.overlay.(*registerScreen); ok && r.client != nil {
		p.loadedFor = ""
	}
	p.overlay = nil
	return true
}
