package flows

import (
	"context"
	"fmt"
	"strings"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// EditRequest is called with the URL that the browser will open. It returns the URL to open and the changes in it, one
// a line, or an error to end the run.
type EditRequest func(ctx context.Context, address string) (changed string, edited []string, err error)

// editAuthorizationRequest lets the user review and change the authorization request before the browser opens it.
func (r *Run) editAuthorizationRequest(ctx context.Context, a *authorization) error {
	if r.EditRequest == nil {
		return nil
	}
	changed, edited, err := r.EditRequest(ctx, a.url)
	if err != nil {
		return fmt.Errorf("review the authorization request before the browser opens it: %w", err)
	}
	if changed != a.url && !tokens.IsWebURL(changed) {
		return &InputError{Input: "authorization", Value: redact.URL(changed),
			Expected: "an http or https URL for the browser"}
	}
	a.url, a.edited = changed, edited
	return nil
}

// Edited returns the user's changes in the requests of the run so far.
func (r *Run) Edited() []string { return r.edited }

// CheckEdited records in the ledger that the user changed requests of the run, if so. Call it when the run has ended,
// with or without an error.
func (r *Run) CheckEdited() {
	if len(r.edited) > 0 {
		_ = r.Check(tokens.CheckEdited.Fail("the requests as made by fob", strings.Join(r.edited, "; "),
			"the outcome shows how the server handles the changed request, not that a sign-in works"))
	}
}
