package pane_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
	"fob/ui/theme"
)

// The diagnosis of a request without a response is shown once; the library's error is among the details.
func TestNetworkErrorIsShownOnce(t *testing.T) {
	ctx := panetest.Context(t, time.Now)
	err := &wire.Error{Purpose: "metadata", Method: "GET", URL: "http://127.0.0.1:1/x", Phase: wire.PhaseConnect,
		Err:  errors.New("dial tcp 127.0.0.1:1: connect: connection refused"),
		Hint: "Nothing listens there. Is it running?"}
	p := ctx.Explain(pane.ErrorMsg{What: "Signing in", Err: fmt.Errorf("reading the metadata: %w", err)})
	brief := strings.Join(p.Brief(&theme.Styles{}, 80, 20), "\n")
	for text, where := range map[string]string{"whole": p.Text(80), "brief": brief} {
		if n := strings.Count(where, "othing listens"); n != 1 {
			t.Errorf("%s: got the cause %d times in\n%s", text, n, where)
		}
		if n := strings.Count(where, "127.0.0.1:1/x"); n != 1 {
			t.Errorf("%s: got the address %d times in\n%s", text, n, where)
		}
	}
	for _, want := range []string{"Signing in did not work", "No connection", "why   Nothing listens", "next  "} {
		if !strings.Contains(brief, want) {
			t.Errorf("got\n%s\nwant %q in it", brief, want)
		}
	}
	if strings.Contains(brief, "dial tcp") || !strings.Contains(p.Text(80), "details\n") {
		t.Errorf("got\n%s\n\nand\n%s\nwant the library's words among the details alone", brief, p.Text(80))
	}
}

// However much was sent and said, what failed, why, and what to do are in what there is room for.
func TestErrorCauseAndNextStepComeFirst(t *testing.T) {
	ctx := panetest.Context(t, time.Now)
	refused := &flows.OAuthError{Code: "invalid_grant", Status: 400, Endpoint: "token",
		URL: "https://login.acme.example/token", Description: strings.Repeat("the server goes on and on ", 20)}
	for i := range 30 {
		refused.Sent = append(refused.Sent, wire.Field{Name: fmt.Sprint("parameter_", i), Value: "value"})
	}
	p := ctx.Explain(pane.ErrorMsg{What: "Signing in", Err: refused})
	lines := p.Brief(&theme.Styles{}, 50, 10)
	brief := strings.Join(lines, "\n")
	if len(lines) > 10 || strings.Contains(brief, "parameter_1") {
		t.Errorf("got %d lines\n%s\nwant at most 10, and no parameters", len(lines), brief)
	}
	for _, want := range []string{"Signing in did not work", "invalid_grant", "why", "next"} {
		if !strings.Contains(brief, want) {
			t.Errorf("got\n%s\nwant %q in it", brief, want)
		}
	}
	if !strings.Contains(p.Text(80), "parameter_29 = value") {
		t.Errorf("got\n%s\nwant what was sent among the details", p.Text(80))
	}
}

// Cancelled does not always mean that nothing was stored, or that nothing is lost.
func TestCancelledRefreshReportsWhatIsStored(t *testing.T) {
	late := &session.LateError{Err: context.Canceled}
	doubt := fmt.Errorf("%w\n  whether the refresh token of alice was used is unknown", context.Canceled)
	for err, want := range map[error]string{
		late:             "the new tokens are stored",
		doubt:            "whether the refresh token of alice was used is unknown",
		context.Canceled: "Nothing was stored",
	} {
		p := pane.Explain("Refreshing alice", err)
		claimsNothing := strings.Contains(p.NextStep, "Nothing was stored")
		if !strings.Contains(p.NextStep, want) || want != "Nothing was stored" && claimsNothing {
			t.Errorf("%v: got %q, want %q", err, p.NextStep, want)
		}
		toast, _ := pane.Failed("Refreshing alice", err).(pane.ToastMsg)
		if says := strings.Contains(toast.Text, want); says != (err != context.Canceled) {
			t.Errorf("%v: the short notice is %q", err, toast.Text)
		}
	}
}

// The library's own errors are put into words wherever they end.
func TestLibraryErrorsHaveReadableTexts(t *testing.T) {
	ctx := panetest.Context(t, time.Now)
	for err, want := range map[error]string{
		context.Canceled:         "cancelled",
		context.DeadlineExceeded: "in time",
		io.EOF:                   "closed",
		io.ErrUnexpectedEOF:      "broke off",
	} {
		for _, err := range []error{err, fmt.Errorf("reading the vault: %w", err)} {
			p := ctx.Explain(pane.ErrorMsg{What: "Reading", Err: err})
			text := p.Title + "\n" + p.Text(80)
			for _, raw := range []string{"context canceled", "deadline exceeded", "EOF"} {
				if strings.Contains(text, raw) {
					t.Errorf("%v: got %q in\n%s", err, raw, text)
				}
			}
			if !strings.Contains(text, want) {
				t.Errorf("%v: got\n%s\nwant %q in it", err, text, want)
			}
		}
	}
	joined := pane.ErrorText(errors.Join(fmt.Errorf("one: %w", io.EOF), fmt.Errorf("two: %w", context.Canceled)))
	if joined != "one: the connection was closed before a response was received\ntwo: cancelled" {
		t.Errorf("got %q, want each of the joined errors in words", joined)
	}
}
