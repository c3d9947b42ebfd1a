package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"fob/flows/wire/redact"
)

// PhaseAborted is a request that the caller decided not to send.
const PhaseAborted Phase = "aborted"

// ErrAborted is what a Before returns to abort; errors.Is finds it in the *Error of a request that was aborted.
var ErrAborted = errors.New("not sent: it was aborted before it left")

// Pending is a request that waits for approval.
type Pending struct {
	Request *Request // a copy: it may be changed and returned
	Shown   Message  // the same as it may be shown: redacted
	Browser bool     // a browser sends it: only the URL can be changed
}

// Before is called for every request before it is sent. It returns the request to send, nil for the unchanged one, or
// an error to abort it: ErrAborted, or any other. The time-out of the exchange begins after it.
type Before func(ctx context.Context, p Pending) (*Request, error)

type beforeKey struct{}

// WithBefore returns a context with a Before in place of Options.Before: one run of several that share a Client can be
// stepped through.
func WithBefore(ctx context.Context, before Before) context.Context {
	return context.WithValue(ctx, beforeKey{}, before)
}

// Chain calls one after the other; each gets the request that the previous one returned.
func Chain(list ...Before) Before {
	return func(ctx context.Context, p Pending) (*Request, error) {
		for _, before := range list {
			if before == nil {
				continue
			}
			r, err := before(ctx, p)
			if err != nil {
				return nil, err
			}
			if r != nil {
				p.Request, p.Shown = r, preview(r, redact.NewIndex())
			}
		}
		return p.Request, nil
	}
}

// Editor applies edits to the requests that they address, and remembers which were applied.
type Editor struct {
	edits []Edit

	mu   sync.Mutex
	made []bool
}

// NewEditor returns an Editor that applies the edits in their order.
func NewEditor(edits []Edit) *Editor {
	return &Editor{edits: slices.Clone(edits), made: make([]bool, len(edits))}
}

// Before applies the edits; it is a Before.
func (e *Editor) Before(_ context.Context, p Pending) (*Request, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := p.Request
	for i, edit := range e.edits {
		if _, where, _ := edit.parts(); p.Browser && where == inHeader {
			continue // the browser makes its own header
		}
		var done bool
		if r, done = edit.Apply(r); done {
			e.made[i] = true
		}
	}
	return r, nil
}

// Unused returns the edits that were not applied: a misspelled name, or a request that was never made.
func (e *Editor) Unused() []Edit {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []Edit
	for i, edit := range e.edits {
		if !e.made[i] {
			list = append(list, edit)
		}
	}
	return list
}

// hold calls the Before of the context or of the Client, and returns what it changed.
func (c *Client) hold(ctx context.Context, r *Request) (sent *Request, edited []string, err error) {
	before, _ := ctx.Value(beforeKey{}).(Before)
	if before == nil {
		before = c.o.Before
	}
	if before == nil {
		return r, nil, nil
	}
	sent, err = before(ctx, Pending{Request: r.Clone(), Shown: preview(r, c.redactor.Index)})
	if err != nil || sent == nil {
		return r, nil, err
	}
	c.Know(sent.Secrets...)
	return sent, changes(r, sent, c.redactor.Index), nil
}

// HoldBrowser calls a Before for the request of an endpoint that a browser sends, and returns the URL to open and what
// was changed, one change a line. The error is an *Error of PhaseAborted or PhaseCancelled.
func HoldBrowser(ctx context.Context, before Before, endpoint, address string) (changed string, edited []string,
	err error) {
	r := &Request{Endpoint: endpoint, Method: http.MethodGet, URL: address, Header: http.Header{}}
	index := redact.NewIndex()
	sent, err := before(ctx, Pending{Request: r.Clone(), Shown: preview(r, index), Browser: true})
	if err != nil {
		e := aborted(err)
		e.Purpose, e.Method, e.URL = r.What(), r.Method, redact.URL(address)
		return address, nil, e
	}
	if sent == nil || sent.URL == address {
		return address, nil, nil
	}
	carried := *r
	carried.URL = sent.URL
	return sent.URL, changes(r, &carried, index), nil
}

// changes returns the differences between two requests, redacted.
func changes(old, sent *Request, index *redact.Index) []string {
	var list []string
	for _, line := range differences(old, sent) {
		list = append(list, index.Line(line))
	}
	return list
}

// aborted returns the error of a request that was not sent.
func aborted(err error) *Error {
	if errors.Is(err, context.Canceled) {
		return &Error{Phase: PhaseCancelled, Err: context.Canceled, Unsent: true}
	}
	if !errors.Is(err, ErrAborted) {
		err = fmt.Errorf("%w: %w", ErrAborted, err)
	}
	return &Error{Phase: PhaseAborted, Err: err, Unsent: true}
}

// preview returns the request as it will be recorded, without the fields that the transport adds.
func preview(r *Request, index *redact.Index) Message {
	c := &Client{redactor: &redact.Redactor{Index: index}}
	return c.requestMessage(nil, r, nil)
}

// differences returns the changes between two requests, written as edits where possible, with secrets masked.
func differences(old, edited *Request) []string {
	var list []string
	if method(old) != method(edited) {
		list = append(list, "method "+method(edited)+" instead of "+method(old))
	}
	oldPath, oldQuery := splitURL(old.URL)
	path, query := splitURL(edited.URL)
	if path != oldPath {
		list = append(list, "URL "+redact.URL(path)+" instead of "+redact.URL(oldPath))
	}
	endpoint := old.Endpoint
	prefix, inQuery := endpoint+".", endpoint+"."
	if len(old.Body) > 0 || len(edited.Body) > 0 {
		inQuery += inQueries + "."
	}
	inURL := editsBetween(inQuery, formValues(oldQuery), formValues(query))
	if len(inURL) == 0 && query != oldQuery {
		inURL = []string{"the query written otherwise"}
	}
	list = append(list, inURL...)
	list = append(list, editsBetween(prefix+inHeader+".", headerValues(old.Header), headerValues(edited.Header))...)
	if string(old.Body) == string(edited.Body) {
		return list
	}
	before, ok := bodyValues(old)
	after, ok2 := bodyValues(edited)
	changes := editsBetween(prefix, before, after)
	if !ok || !ok2 || len(changes) == 0 {
		return append(list, "another body")
	}
	return append(list, changes...)
}

func method(r *Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

func splitURL(raw string) (path, query string) {
	path, query, _ = strings.Cut(strings.SplitN(raw, "#", 2)[0], "?")
	return path, query
}

// valuesByName are the values of parameters in the order in which their names first occur.
type valuesByName struct {
	names  []string
	values map[string][]string
}

func (v *valuesByName) put(name, value string) {
	if _, ok := v.values[name]; !ok {
		v.names = append(v.names, name)
	}
	v.values[name] = append(v.values[name], value)
}

func formValues(text string) valuesByName {
	v := valuesByName{values: map[string][]string{}}
	for _, pair := range strings.Split(text, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			v.put(redact.Unescape(name), redact.Unescape(value))
		}
	}
	return v
}

func headerValues(h http.Header) valuesByName {
	v := valuesByName{values: map[string][]string{}}
	for _, f := range sortedFields(h) {
		v.put(f.Name, f.Value)
	}
	return v
}

func bodyValues(r *Request) (valuesByName, bool) {
	if !isJSONBody(r) {
		text := string(r.Body)
		_, err := url.ParseQuery(text)
		return formValues(text), err == nil
	}
	v := valuesByName{values: map[string][]string{}}
	list, ok := jsonMembers(r.Body)
	for _, m := range list {
		text := string(m.raw)
		if strings.HasPrefix(text, `"`) {
			text = redact.UnquoteJSON(text)
		}
		v.put(m.name, text)
	}
	return v, ok || len(r.Body) == 0
}

// editsBetween returns the edits that turn one list into another.
func editsBetween(prefix string, old, edited valuesByName) []string {
	var list []string
	put := func(name string, op Op, value string) {
		list = append(list, Edit{Target: prefix + name, Op: op, Value: value}.String())
	}
	for _, name := range old.names {
		if len(edited.values[name]) == 0 {
			put(name, Drop, "")
		}
	}
	for _, name := range edited.names {
		before, after := old.values[name], edited.values[name]
		switch {
		case slices.Equal(before, after):
			continue
		case len(before) == 0 || len(after) < len(before) || !slices.Equal(before, after[:len(before)]):
			put(name, Set, after[0])
			before = after[:1]
		}
		for _, value := range after[len(before):] {
			put(name, Add, value)
		}
	}
	return list
}
