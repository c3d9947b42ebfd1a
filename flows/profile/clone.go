package profile

import (
	"maps"
	"slices"
)

// clone copies what a caller could change behind our back.
func (p Profile) clone() Profile {
	p.ClientSecret, p.TLS.Passphrase = p.ClientSecret.clone(), p.TLS.Passphrase.clone()
	p.Values, p.Endpoints = maps.Clone(p.Values), maps.Clone(p.Endpoints)
	p.RedirectPorts = slices.Clone(p.RedirectPorts)
	if p.Params != nil {
		params := make(map[string]map[string][]string, len(p.Params))
		for endpoint, byName := range p.Params {
			params[endpoint] = make(map[string][]string, len(byName))
			for name, values := range byName {
				params[endpoint][name] = slices.Clone(values)
			}
		}
		p.Params = params
	}
	return p
}

func (r *Ref) clone() *Ref {
	if r == nil {
		return nil
	}
	copied := *r
	copied.Command = slices.Clone(r.Command)
	return &copied
}
