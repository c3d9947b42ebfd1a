package flows

import (
	"bytes"
	"encoding/json"
	"net/url"
	"reflect"
	"strings"

	"fob/tokens"
)

// RichRequest describes in detail what the token may be used for, where scope is too coarse.
var RichRequest = Extension{
	ID: "rar", Name: "Rich authorization request", Spec: "RFC 9396",
	Summary: "authorization_details describe in detail what the token may be used for: which account, which amount",
	Inputs: []Input{
		{
			Name: "authorization_details", Label: "Authorization details", Kind: JSON, Spec: "RFC 9396 2",
			Advanced: true,
			Help: "What the token may be used for, as a JSON array of objects with a type: " +
				`[{"type":"payment_initiation"}].`,
		},
	},
}

// ClaimsRequest requests individual claims about the user.
var ClaimsRequest = Extension{
	ID: "claims", Name: "Claims parameter", Spec: "OpenID Connect Core 5.5",
	Summary: "individual claims are requested, in the id_token or from userinfo, as essential or with a value",
	Inputs: []Input{
		{
			Name: "claims", Label: "Claims", Kind: JSON, Spec: "OpenID Connect Core 5.5", Advanced: true,
			Help: `The requested claims, as JSON: {"id_token":{"acr":{"essential":true}}}.`,
		},
	},
}

// setJSON copies JSON inputs into parameters of the same name, compacted.
func (r *Run) setJSON(form url.Values, names ...string) {
	for _, name := range names {
		v := r.value(name)
		var b bytes.Buffer
		if json.Compact(&b, []byte(v)) == nil {
			v = b.String()
		}
		if v != "" {
			form.Set(name, v)
		}
	}
}

// detailsChecks compares the granted authorization details with the requested ones (RFC 9396 7); nil when both are
// missing.
func detailsChecks(requested string, set tokens.Set) []tokens.Check {
	kind := tokens.CheckDetails
	granted, returned := set.Extra["authorization_details"]
	if requested == "" && !returned {
		return nil
	}
	shown := tokens.Clip(string(granted), maxErrorText)
	if requested == "" {
		c := kind.Skip("no authorization details were requested")
		c.Received = tokens.VisibleLine(shown)
		return []tokens.Check{c}
	}
	var want, have []map[string]any
	switch {
	case !returned:
		return []tokens.Check{kind.Fail(requested, "",
			"the server must return the details that it granted, and returned none: it may not support the parameter")}
	case json.Unmarshal(granted, &have) != nil:
		return []tokens.Check{kind.Fail(requested, shown,
			"authorization_details of the response is not an array of objects")}
	case json.Unmarshal([]byte(requested), &want) != nil:
		return []tokens.Check{
			kind.Skip("the requested authorization_details is not an array of objects, so it cannot be compared")}
	}
	var missing []string
	for _, detail := range want {
		if !isGranted(have, detail) {
			text, _ := json.Marshal(detail)
			missing = append(missing, string(text))
		}
	}
	if len(missing) > 0 {
		return []tokens.Check{kind.Fail(requested, shown, "not granted, or granted only in part: "+strings.Join(missing,
			", "))}
	}
	return []tokens.Check{kind.Pass(requested, shown)}
}

// isGranted reports whether one of the granted details covers the requested one. The server may add members to a
// detail.
func isGranted(granted []map[string]any, requested map[string]any) bool {
	for _, g := range granted {
		if covers(g, requested) {
			return true
		}
	}
	return false
}

// covers reports whether the granted value contains the requested one: each member of an object, each element of an
// array.
func covers(granted, requested any) bool {
	switch a := requested.(type) {
	case map[string]any:
		g, ok := granted.(map[string]any)
		for name, v := range a {
			ok = ok && covers(g[name], v)
		}
		return ok
	case []any:
		g, ok := granted.([]any)
		for _, v := range a {
			found := false
			for _, candidate := range g {
				found = found || covers(candidate, v)
			}
			ok = ok && found
		}
		return ok
	}
	return reflect.DeepEqual(granted, requested)
}
