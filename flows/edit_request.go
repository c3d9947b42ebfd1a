package flows

import (
	"context"
	"fmt"
	"strings"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// EditRequest is asked about the address that a browser is sent to before it goes there. It returns the address to send
// it to, and what was changed in it, a change a line; or an error to end the run.
type EditRequest func(ctx context.Context, address string) (changed string, edited []string, err error)

// editAuthorizationRequest lets the person look at the authorization request and change it before the browser carries
// it.
func (r *Run) editAuthorizationRequest(ctx context.Context, a *authorization) error {
	if r.EditRequest == nil {
		return nil
	}
	changed, edited, err := r.EditRequest(ctx, a.url)
	if err != nil {
		return fmt.Errorf("holding the authorization request before the browser carries it: %w", err)
	}
	if changed != a.url && !tokens.IsWebURL(changed) {
		return &InputError{Input: "authorization", Value: redact.URL(changed),
			Expected: "an http or https address for the browser"}
	}
	a.url, a.edited = changed, edited
	return nil
}

// Edited are the changes that a person made in the requests of the run so far.
func (r *Run) Edited() []string { return r.edited }

// CheckEdited enters in the ledger that a person has changed requests of the run; nothing when nobody has. It is called
// when the run has ended, in whatever way.
func (r *Run) CheckEdited() {
	if len(r.edited) > 0 {
		_ = r.Check(tokens.CheckEdited.Fail("as fob makes them", strings.Join(r.edited, "; "),
			"the outcome shows what the server does with that, not that a sign-in works"))
	}
}
