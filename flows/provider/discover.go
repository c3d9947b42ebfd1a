package provider

import (
	"context"

	"fob/flows/wire"
)

// Discover finds and reads an authorization server's metadata.
func Discover(ctx context.Context, http wire.Doer, issuer string) (*Metadata, error) {
	return nil, ctx.Err()
}

// Parse reads metadata.
func Parse(raw []byte, source string) (*Metadata, error) { return nil, nil }

// Finding is one remark of the linter.
type Finding struct {
	ID       string `json:"id"`
	Severity string `json:"severity"` // "error", "warning", "info"
	What     string `json:"what"`
	Spec     string `json:"spec"`
}

// Lint says what is wrong or unwise in metadata.
func Lint(m *Metadata) []Finding { return nil }

// Feature is something an authorization server may support.
type Feature struct {
	Name   string `json:"name"`
	Spec   string `json:"spec"`
	State  string `json:"state"` // "yes", "no", "not said"
	Detail string `json:"detail,omitempty"`
}

// Features lists what the server says it supports.
func Features(m *Metadata) []Feature { return nil }
