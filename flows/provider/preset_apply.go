package provider

import (
	"context"
	"net/http"
	"slices"

	"fob/flows/wire"
)

// Merge returns own with the preset's parameters that neither own nor inputs set. own are parameters by endpoint and
// name, as flows.Params, where an empty list removes a parameter; inputs are the values of the grant's inputs, which
// have the names of their parameters. Neither is changed.
//
//	run.Params = preset.Merge(run.Params, run.Values)
func (p Preset) Merge(own map[string]map[string][]string, inputs map[string]string) map[string]map[string][]string {
	merged := map[string]map[string][]string{}
	set := func(endpoint, name string, values []string) {
		if merged[endpoint] == nil {
			merged[endpoint] = map[string][]string{}
		}
		merged[endpoint][name] = values
	}
	for endpoint, params := range p.Params {
		for name, value := range params {
			if inputs[name] == "" {
				set(endpoint, name, []string{value})
			}
		}
	}
	for endpoint, params := range own {
		for name, values := range params {
			set(endpoint, name, slices.Clone(values))
		}
	}
	return merged
}

// Doer returns a Doer that sets the header fields that the provider requires at the request's endpoint
// (wire.Request.Endpoint), in place of the request's own. Without such fields it returns next itself.
func (p Preset) Doer(next wire.Doer) wire.Doer {
	if len(p.Headers) == 0 {
		return next
	}
	return presetDoer{next: next, headers: p.Headers}
}

type presetDoer struct {
	next    wire.Doer
	headers map[string]map[string]string
}

// Do implements wire.Doer.
func (d presetDoer) Do(ctx context.Context, r *wire.Request) (*wire.Response, error) {
	fields := d.headers[r.Endpoint]
	if len(fields) == 0 {
		return d.next.Do(ctx, r)
	}
	own := *r
	if own.Header = r.Header.Clone(); own.Header == nil {
		own.Header = http.Header{}
	}
	for name, value := range fields {
		own.Header.Set(name, value)
	}
	return d.next.Do(ctx, &own)
}
