package registration

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
)

// readClient parses a client information response (RFC 7591 3.2.1).
func readClient(resp *wire.Response, target string) (*Client, error) {
	object, err := resp.Object()
	switch {
	case resp.Truncated:
		return nil, responseError(resp, target, "a response that is longer than the limit")
	case len(bytes.TrimSpace(resp.Body)) == 0:
		return nil, responseError(resp, target, "an empty body")
	case err != nil:
		return nil, responseError(resp, target, "something that is not a JSON object")
	case len(object.Doubled) > 0:
		return nil, &tokens.CheckError{Check: tokens.CheckAnswerMembers.Fail("each member once in the response of the "+
			"registration endpoint",
			tokens.Clip(strings.Join(object.Doubled, ", "), 200),
			"parsers use different values of it, so what is registered is unknown")}
	}
	members := object.Members
	c := &Client{ID: stringValue(members["client_id"]), Secret: tokens.NewSecret(stringValue(members["client_secret"])),
		AuthMethod: stringValue(members["token_endpoint_auth_method"]),
		Metadata:   members, Warnings: object.Odd, Exchange: resp.Exchange, response: resp,
		Management: Management{URI: stringValue(members["registration_client_uri"]),
			Token: tokens.NewSecret(stringValue(members["registration_access_token"]))}}
	if c.ID == "" {
		return nil, responseError(resp, target, "a registration without a client_id")
	}
	if c.AuthMethod == "" {
		c.AuthMethod = "client_secret_basic"
	}
	c.IssuedAt = c.seconds("client_id_issued_at")
	if !c.Secret.IsZero() {
		c.SecretExpires = c.seconds("client_secret_expires_at")
		if raw := string(members["client_secret_expires_at"]); raw == "" || raw == "null" {
			c.Warnings = append(c.Warnings, "client_secret_expires_at is missing, which is required beside a "+
				"client_secret (RFC 7591 3.2.1): it is treated as never expiring")
		}
	}
	if c.Management.URI != "" && !tokens.IsWebURL(c.Management.URI) {
		return nil, responseError(resp, target, "a registration_client_uri that is not an http or https URL")
	}
	for _, name := range append([]string{"client_secret"}, registrationMembers...) {
		delete(members, name)
	}
	return c, nil
}

func stringValue(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

// seconds returns a member that is a time in seconds since 1970; 0 and a missing member are the zero time. Invalid
// values are reported in Warnings.
func (c *Client) seconds(name string) time.Time {
	raw := strings.TrimSpace(string(c.Metadata[name]))
	if raw == "" || raw == "null" {
		return time.Time{}
	}
	n, err := strconv.ParseFloat(strings.Trim(raw, `"`), 64)
	switch shown := tokens.VisibleLine(tokens.Clip(raw, 40)); {
	case err != nil || math.IsNaN(n):
		c.Warnings = append(c.Warnings, name+" is "+shown+", which is not a number of seconds: the time is unknown")
	case n < 0 || n > 1<<40:
		c.Warnings = append(c.Warnings, name+" is "+shown+", which is not a possible time: it is ignored")
	case n > 0:
		if raw[0] == '"' {
			c.Warnings = append(c.Warnings, name+" is a string: the number in it is used")
		}
		return time.Unix(int64(n), 0).UTC()
	}
	return time.Time{}
}

// Shown returns Metadata for display. What is a secret by its name, its form or its value is masked: servers repeat
// secrets in members of their own. A member that cannot be masked is hidden.
func (c *Client) Shown() map[string]json.RawMessage {
	shown := make(map[string]json.RawMessage, len(c.Metadata))
	for name, value := range c.Metadata {
		member, err := json.Marshal(map[string]json.RawMessage{name: value})
		var masked map[string]json.RawMessage
		if err == nil {
			err = json.Unmarshal([]byte(c.response.Redact(string(member), c.Secret, c.Management.Token)), &masked)
		}
		if shown[name] = masked[name]; err != nil || shown[name] == nil {
			shown[name] = json.RawMessage(`"` + tokens.Hidden + `"`)
		}
	}
	return shown
}

// compareRegistered compares the requested with the registered metadata.
func compareRegistered(requested Metadata, registered map[string]json.RawMessage) []Change {
	var list []Change
	for name, value := range requested {
		if _, secret := redact.Parameter(name, ""); secret {
			continue
		}
		want, err := json.Marshal(value)
		if got, ok := registered[name]; err == nil && (!ok || !sameJSON(want, got)) {
			list = append(list, Change{Name: tokens.VisibleLine(name),
				Requested: errorText(nil, string(want)), Registered: errorText(nil, string(got))})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// sameJSON compares values; the order of lists and of a scope does not matter.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return reflect.DeepEqual(normalized(x), normalized(y))
}

func normalized(v any) any {
	switch v := v.(type) {
	case string:
		if words := strings.Fields(v); len(words) > 1 {
			sort.Strings(words)
			return strings.Join(words, " ")
		}
	case []any:
		sorted := append([]any(nil), v...)
		sort.Slice(sorted, func(i, j int) bool { return compact(sorted[i]) < compact(sorted[j]) })
		return sorted
	}
	return v
}
