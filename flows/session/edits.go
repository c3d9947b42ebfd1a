package session

import (
	"context"

	"fob/flows"
	"fob/flows/wire"
)

// withApproval returns a context under which the requests of a run can be edited before they are sent: by edits, then
// by before. end reports the outcome of the edits. Without edits and before, both do nothing.
func withApproval(
	ctx context.Context, run *flows.Run, before wire.Before, edits []wire.Edit,
) (approvalCtx context.Context, end func()) {
	if before == nil && len(edits) == 0 {
		return ctx, func() {}
	}
	editor := wire.NewEditor(edits)
	both := wire.Chain(editor.Before, before)
	run.EditRequest = func(ctx context.Context, address string) (string, []string, error) {
		return wire.HoldBrowser(ctx, both, wire.EndpointAuthorization, address)
	}
	return wire.WithBefore(ctx, both), func() {
		for _, e := range editor.Unused() {
			run.Step(flows.Step{From: flows.Fob, To: flows.Fob, Title: "An edit changed nothing: " + e.String(),
				Meaning: "No request of this run has what the edit names, or its value was the same."})
		}
		run.CheckEdited()
	}
}
