package provider

import (
	"bytes"
	"encoding/json"

	"fob/flows"
	prov "fob/flows/provider"
	"fob/flows/session"
	"fob/tokens"
	"fob/ui/pane"
)

// findings returns the failed checks, the findings of the linter, and the faults of the keys.
func findings(v *session.ProviderView) []finding {
	var list []finding
	for _, c := range v.Metadata.Checks {
		if c.Outcome == tokens.Failed || c.Outcome == tokens.Warned {
			list = append(list, finding{string(c.Outcome), c.Title + ": expected " + c.Expected + ", received " +
				c.Received, c.Spec})
		}
	}
	for _, f := range v.Findings() {
		list = append(list, finding{f.Severity, f.What, f.Spec})
	}
	if v.KeysErr != nil {
		why := tokens.VisibleLine(pane.ErrorText(v.KeysErr))
		list = append(list, finding{"error", "the keys could not be read: " + why, "RFC 7517 5"})
	}
	for _, why := range v.Keys.Skipped() {
		list = append(list, finding{"info", "a key was left out: " + tokens.VisibleLine(why), "RFC 7517 5"})
	}
	return list
}

// endpointList returns every endpoint of the metadata, by the name that extra parameters use.
func endpointList(m *prov.Metadata) [][2]string {
	list := [][2]string{{"issuer", m.Issuer}}
	for _, name := range flows.EndpointNames() {
		if url := m.Endpoint(name); url != "" {
			list = append(list, [2]string{name, url})
		}
	}
	if m.JWKSURI != "" {
		list = append(list, [2]string{"keys", m.JWKSURI})
	}
	return append(list, [2]string{"read from", m.Source})
}

// indentedMetadata is the metadata as received, indented.
func indentedMetadata(m *prov.Metadata) string {
	data, err := json.Marshal(m.Raw)
	if err != nil {
		return ""
	}
	var b bytes.Buffer
	if json.Indent(&b, data, "", "  ") != nil {
		return string(data)
	}
	return b.String()
}
