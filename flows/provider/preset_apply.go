package provider

import (
	"context"
	"net/http"
	"slices"

	"fob/flows/wire"
)

// Merge puts what most people need with the provider under what a person asks for: the result is own with the preset's
// parameters added where neither own nor an input names them. own are parameters by endpoint and name, as flows.Params,
// where an empty list drops a parameter; inputs are the values of the grant's inputs, whose names are those of the
// parameters they become. Neither is changed.
//
//	run.Params = preset.Merge(run.Params, run.Values)
func (p Preset) Merge(own map[string]map[string][]string, inputs map[string]string) map[string]map[string][]string {
	merged := map[string]map[string][]string{}
	put := func(endpoint, name string, values []string) {
		if merged[endpoint] == nil {
			merged[endpoint] = map[string][]string{}
		}
		merged[endpoint][name] = values
	}
	for endpoint, params := range p.Params {
		for name, value := range params {
			if inputs[name] == "" {
				put(endpoint, name, []string{value})
			}
		}
	}
	for endpoint, params := range own {
		for name, values := range params {
			put(endpoint, name, slices.Clone(values))
		}
	}
	return merged
}

// Doer sends requests through next with the header fields that the provider needs at their endpoint (wire.Request's
// Endpoint), in place of those that stand there. A preset that needs none returns next itself.
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
