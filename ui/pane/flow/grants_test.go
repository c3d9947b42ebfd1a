package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/profile"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane/internal/panetest"
	"fob/ui/widget"
)

// A grant is on the screen as soon as it is declared: its name to choose, its inputs to fill in.
func TestAddedGrantIsOnTheForm(t *testing.T) {
	t.Cleanup(flows.Add(flows.Grant{
		ID: "toy", Name: "Toy grant", Summary: "shows that a grant is a declaration", Spec: "RFC 0",
		GrantType: "urn:toy",
		Inputs: []flows.Input{
			{Name: "toy_colour", Label: "Toy colour", Help: "The colour of the toy.", Kind: flows.Choice,
				Choices: []string{"red", "blue"}, Default: "red"},
			{Name: "toy_key", Label: "Toy key", Help: "The key of the toy.", Kind: flows.SecretRef},
			{Name: "toy_plan", Label: "Toy plan", Help: "The plan of the toy.", Kind: flows.JSON},
		},
		Run: func(context.Context, *flows.Run) (tokens.Set, error) { return tokens.Set{}, nil },
	}))
	p := New(panetest.Context(t, time.Now, profile.Profile{Name: "acme", Issuer: "https://login.acme.example",
		ClientID: "desk"}))
	if view := p.View(120, 40); !strings.Contains(view, "Toy grant") {
		t.Errorf("the grants to choose from:\n%s\nwant the toy among them", view)
	}
	form := loginForm{grant: p.chooser.grants[len(p.chooser.grants)-1]}
	if form.grant.ID != "toy" {
		t.Fatalf("the last grant: got %s, want toy", form.grant.ID)
	}
	kinds := map[string]widget.FieldKind{}
	for _, f := range form.fields() {
		kinds[f.Name] = f.Kind
	}
	for name, want := range map[string]widget.FieldKind{"toy_colour": widget.ChoiceField,
		"toy_key": widget.PasswordField, "toy_plan": widget.LinesField} {
		if got, ok := kinds[name]; !ok || got != want {
			t.Errorf("the field %s: got %v, %t, want %v", name, got, ok, want)
		}
	}
	if got := checkJSON(`{"a":`); got == "" {
		t.Error("broken JSON was taken")
	}
}

// On the smallest screen the grants to choose from are still a list.
func TestTheGrantsAreAListOnASmallScreen(t *testing.T) {
	p := New(panetest.Context(t, time.Now, profile.Profile{Name: "acme", Issuer: "https://login.acme.example"}))
	view := p.View(38, 7)
	for _, g := range p.chooser.grants[:3] {
		if !strings.Contains(view, g.Name) {
			t.Errorf("got\n%s\nwant %q in it", view, g.Name)
		}
	}
	if got := strings.Count(view, "\n") + 1; got != 7 {
		t.Errorf("got %d lines, want 7", got)
	}
}

// What is done on another device has no page to open.
func TestAPromptWithoutAPage(t *testing.T) {
	p := onRun(t, flows.CIBA, flows.Step{N: 1, At: at(time.Second), From: flows.AuthorizationServer, To: flows.You,
		Title: "The person is asked on their own device",
		Prompt: &flows.Prompt{Text: "Approve the sign-in on your own device, if it shows: K7",
			ExpiresAt: at(2 * time.Minute)}})
	view := p.View(110, 30)
	for _, want := range []string{"if it shows: K7", "time is left"} {
		if !strings.Contains(view, want) {
			t.Errorf("got\n%s\nwant %q in it", view, want)
		}
	}
	if strings.Contains(view, "Open the URL") || len(p.FullWidth(110)) != 0 {
		t.Errorf("got\n%s\nand %q, want nothing to open", view, p.FullWidth(110))
	}
	if why := p.Disabled(keys.FlowBrowser); why == "" {
		t.Error("a page can be opened, without a URL")
	}
}

func TestACancelledRunHasNoDiagnosis(t *testing.T) {
	p := onRun(t, flows.DeviceAuthorization, flows.Step{N: 1, At: at(0), From: flows.Fob, To: flows.You, Title: "Wait"})
	p.shown.run.done, p.shown.run.err = true, fmt.Errorf("waiting: %w", context.Canceled)
	if why := p.Disabled(keys.FlowWhy); !strings.Contains(why, "cancelled") {
		t.Errorf("got %q, want that it was cancelled", why)
	}
	p.shown.run.err = errors.New("refused")
	if why := p.Disabled(keys.FlowWhy); why != "" {
		t.Errorf("got %q, want the diagnosis of a run that failed", why)
	}
}
