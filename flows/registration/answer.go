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

// readClient reads a client information response (RFC 7591 3.2.1).
func readClient(resp *wire.Response, target string) (*Client, error) {
	object, err := resp.Object()
	switch {
	case resp.Truncated:
		return nil, responseError(resp, target, "an answer that is longer than the limit")
	case len(bytes.TrimSpace(resp.Body)) == 0:
		return nil, responseError(resp, target, "an empty body")
	case err != nil:
		return nil, responseError(resp, target, "something that is no JSON object")
	case len(object.Doubled) > 0:
		return nil, &tokens.CheckError{Check: tokens.CheckAnswerMembers.Fail("each member once in the answer of the "+
			"registration endpoint",
			tokens.Clip(strings.Join(object.Doubled, ", "), 200),
			"each reader takes another value of it, so nobody can tell what is registered")}
	}
	members := object.Members
	c := &Client{ID: str(members["client_id"]), Secret: tokens.NewSecret(str(members["client_secret"])), AuthMethod: str(members["token_endpoint_auth_method"]),
		Metadata: members, Odd: object.Odd, Exchange: resp.Exchange,
		Management: Management{URI: str(members["registration_client_uri"]), Token: tokens.NewSecret(str(members["registration_access_token"]))}}
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
			c.Odd = append(c.Odd, "client_secret_expires_at is missing, which is required beside a client_secret "+
				"(RFC 7591 3.2.1): it is taken as never expiring")
		}
	}
	if c.Management.URI != "" && !tokens.IsWebURL(c.Management.URI) {
		return nil, responseError(resp, target, "a registration_client_uri that is no http or https URL")
	}
	for _, name := range append([]string{"client_secret"}, aboutRegistration...) {
		delete(members, name)
	}
	return c, nil
}

func str(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

// seconds reads a member that is a time in seconds since 1970; 0 and nothing are the zero time. What is no such time is
// said in Odd.
func (c *Client) seconds(name string) time.Time {
	raw := strings.TrimSpace(string(c.Metadata[name]))
	if raw == "" || raw == "null" {
		return time.Time{}
	}
	n, err := strconv.ParseFloat(strings.Trim(raw, `"`), 64)
	switch shown := tokens.VisibleLine(tokens.Clip(raw, 40)); {
	case err != nil || math.IsNaN(n):
		c.Odd = append(c.Odd, name+" is "+shown+" and no number of seconds: the time is not known")
	case n < 0 || n > 1<<40:
		c.Odd = append(c.Odd, name+" is "+shown+", which is no time that can be: it is left out")
	case n > 0:
		if raw[0] == '"' {
			c.Odd = append(c.Odd, name+" is a string, and the number in it is taken")
		}
		return time.Unix(int64(n), 0).UTC()
	}
	return time.Time{}
}

// changes compares what was asked for with what is registered.
func changes(asked Metadata, registered map[string]json.RawMessage) []Change {
	var list []Change
	for name, value := range asked {
		if _, secret := redact.Parameter(name, ""); secret {
			continue
		}
		want, err := json.Marshal(value)
		if got, ok := registered[name]; err == nil && (!ok || !sameJSON(want, got)) {
			list = append(list, Change{Name: tokens.VisibleLine(name),
				Asked: text(nil, string(want)), Registered: text(nil, string(got))})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// sameJSON compares values; of lists and of a scope the order does not count.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return reflect.DeepEqual(unordered(x), unordered(y))
}

func unordered(v any) any {
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
