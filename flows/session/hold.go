package session

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"fob/flows"
	"fob/flows/wire"
)

// hold is a context under which the requests of a run are shown and can be edited before they leave, and the end of it:
// what has come of the edits. Without anything to hold by, both do nothing.
func hold(ctx context.Context, run *flows.Run, before wire.Before, edits []wire.Edit) (held context.Context, end func()) {
	if before == nil && len(edits) == 0 {
		return ctx, func() {}
	}
	editor := wire.NewEditor(edits)
	run.HoldBrowser = browserHold(editor, before)
	return wire.WithBefore(ctx, wire.Chain(editor.Before, before)), func() {
		for _, e := range editor.Unused() {
			run.Step(flows.Step{From: flows.Fob, To: flows.Fob, Title: "An edit changed nothing: " + e.String(),
				Meaning: "No request of this run has what it names, or it was as the edit makes it already."})
		}
		run.CheckEdited()
	}
}

// browserHold shows the address that a browser is sent to as a request of the authorization endpoint.
func browserHold(editor *wire.Editor, before wire.Before) flows.HoldBrowser {
	return func(ctx context.Context, address string) (string, []string, error) {
		changed, made := editor.URL(address, "authorization")
		var edited []string
		for _, e := range made {
			edited = append(edited, e.String())
		}
		if before == nil {
			return changed, edited, nil
		}
		r := &wire.Request{Endpoint: wire.EndpointAuthorization, Method: http.MethodGet, URL: changed, Header: http.Header{}}
		sent, err := before(ctx, wire.Pending{Request: r.Clone(), Shown: wire.Message{Method: r.Method, URL: wire.RedactURL(changed)}})
		if err != nil {
			return address, nil, err
		}
		if sent != nil && sent.URL != changed {
			edited = append(edited, changedParameters(changed, sent.URL)...)
			changed = sent.URL
		}
		return changed, edited, nil
	}
}

// changedParameters say which parameters of an address differ from those of another. Values are left out: they may be
// secrets, and the address is in the record of the run.
func changedParameters(old, edited string) []string {
	before, after := queryOf(old), queryOf(edited)
	names := map[string]bool{}
	for _, q := range []url.Values{before, after} {
		for name := range q {
			if !slices.Equal(before[name], after[name]) {
				names[name] = true
			}
		}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		switch {
		case !after.Has(name):
			list = append(list, "-authorization."+name)
		case len(after[name]) == 1:
			list = append(list, "authorization."+name+"=…")
		default:
			list = append(list, "authorization."+name+"+=…")
		}
	}
	return list
}

func queryOf(address string) url.Values {
	u, err := url.Parse(address)
	if err != nil {
		return url.Values{}
	}
	return u.Query()
}
