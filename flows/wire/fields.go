package wire

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"fob/flows/wire/redact"
)

// maxFields bounds the header fields of a recorded message.
const maxFields = 200

// redactFields returns header fields as a record keeps them, at most maxFields.
func redactFields(r *redact.Redactor, list []Field) []Field {
	if len(list) > maxFields {
		more := len(list) - maxFields
		list = append(list[:maxFields:maxFields], Field{Name: "…", Value: fmt.Sprintf("%d more fields", more)})
	}
	out := make([]Field, len(list))
	for i, f := range list {
		out[i] = Field{Name: r.Index.Line(f.Name), Value: r.Index.Line(r.Header(f.Name, f.Value))}
	}
	return out
}

// sortedFields returns the fields of a header by name.
func sortedFields(h http.Header) []Field {
	var list []Field
	for name, values := range h {
		for _, v := range values {
			list = append(list, Field{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(list, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return list
}
