package wire

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/secretname"
)

// Bounds of Response.Support.
const (
	maxSupport     = 12  // fields
	maxSupportText = 200 // bytes of one
)

// supportNames are parts of the names of IDs by which a server's operators find a request in their logs, without
// separators: request-id, X-Correlation-ID, trace_id, requestId.
var supportNames = []string{
	"requestid", "reqid", "correlationid", "traceid", "traceparent", "transactionid", "operationid", "activityid",
	"diagnosticid", "errorid", "incidentid", "eventid", "logid", "supportid", "referenceid", "cfray", "rndrid",
	"amzcfid",
}

// IsSupport reports whether a member or a header field is one that a server's operators ask for and that is not secret.
func IsSupport(name string) bool {
	s := secretname.Plain(name)
	if s == "timestamp" {
		return true
	}
	return secretname.Of(name) == secretname.Open && slices.ContainsFunc(supportNames, func(known string) bool {
		return strings.Contains(s,
			known)
	})
}

// Support returns the IDs by which the server's operators find this request: those in the body, then those in the
// header, then the server's time. They are cleaned and bounded.
func (r *Response) Support() []Field {
	var list []Field
	put := func(name, value string) {
		value = tokens.Clip(tokens.VisibleLine(r.Redact(strings.TrimSpace(value))), maxSupportText)
		if value == "" || len(list) == maxSupport || slices.ContainsFunc(list,
			func(f Field) bool { return f.Value == value }) {
			return
		}
		list = append(list, Field{Name: tokens.VisibleLine(tokens.Clip(name, 80)), Value: value})
	}
	if o, err := r.Object(); err == nil {
		for _, name := range o.Names {
			if IsSupport(name) {
				put(name, plainText(o.Members[name]))
			}
		}
	}
	for _, f := range sortedFields(r.Header) {
		if IsSupport(f.Name) {
			put(strings.ToLower(f.Name), f.Value)
		}
	}
	if date, err := http.ParseTime(strings.TrimSpace(r.Header.Get("Date"))); err == nil {
		put("server time", date.UTC().Format(time.RFC3339))
	}
	return list
}

// plainText returns a JSON string or number as text; "" for anything else.
func plainText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}
