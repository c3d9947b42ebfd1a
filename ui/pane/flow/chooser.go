package flow

import (
	"context"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows"
	"fob/flows/profile"
	"fob/flows/session"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// chooser is the choice of a provider and of a grant.
type chooser struct {
	ctx       *pane.Context
	providers *widget.Table
	profiles  []profile.Profile
	profile   profile.Profile // the one that is used; its Name is "" for another provider
	chosen    string          // the profile that the user chose, which may not be able to run every grant
	prepared  *session.Draft  // a sign-in that was prepared elsewhere; nil: none

	grants     []flows.Grant
	grantTable *widget.Table
	supported  map[string]bool // by grant ID; nil: unknown
	draftErr   error           // why it is unknown
	requested  bool            // the provider was asked for it
	work       pane.Work
}

func newChooser(ctx *pane.Context) *chooser {
	c := &chooser{ctx: ctx,
		providers: widget.NewTable(ctx.Styles,
			widget.Column{Title: "provider", Min: 16, Flex: 1},
			widget.Column{Title: "issuer", Min: 16, Flex: 3, Drop: 1},
			widget.Column{Title: "client", Min: 12, Flex: 1, Drop: 2}),
		grantTable: widget.NewTable(ctx.Styles,
			widget.Column{Title: "grant", Min: 20},
			widget.Column{Title: "provider", Min: 13, Drop: 2},
			widget.Column{Title: "what it is for", Min: 20, Flex: 1, Drop: 1}),
	}
	for _, g := range flows.Grants() {
		if !g.Hidden {
			c.grants = append(c.grants, g)
		}
	}
	c.grantTable.SetRows(len(c.grants), c.grantRow, nil)
	return c
}

// reload reads the profiles, and chooses one where there is nothing to choose. It reports whether it did.
func (c *chooser) reload() bool {
	c.profiles = c.ctx.Service.Profiles()
	c.providers.SetRows(len(c.profiles)+1, c.providerRow, nil)
	i := slices.IndexFunc(c.profiles, func(f profile.Profile) bool { return f.Name == c.ctx.Profile })
	switch {
	case i >= 0 && c.ctx.Profile != "":
		c.choose(c.profiles[i])
		c.providers.Select(i)
	case len(c.profiles) == 1:
		c.choose(c.profiles[0])
	case len(c.profiles) == 0:
		c.choose(profile.Profile{})
	default:
		return false
	}
	return true
}

func (c *chooser) choose(f profile.Profile) {
	c.prepared = nil
	c.profile, c.chosen, c.supported, c.draftErr, c.requested = f, f.Name, nil, nil, false
	for i, g := range c.grants {
		if g.ID == f.Grant {
			c.grantTable.Select(i)
		}
	}
}

// selectGrant moves the cursor to a grant, or to the first one with a sign-in. It reports whether there was one.
func (c *chooser) selectGrant(id string) bool {
	i := slices.IndexFunc(c.grants, func(g flows.Grant) bool { return g.ID == id })
	if i < 0 {
		i = slices.IndexFunc(c.grants, func(g flows.Grant) bool { return g.NeedsUser })
	}
	if i >= 0 {
		c.grantTable.Select(i)
	}
	return i >= 0
}

// readDraft reads what the provider supports and the values that the form starts with.
func (c *chooser) readDraft(grant string) tea.Cmd {
	svc, name := c.ctx.Service, c.profile.Name
	c.requested = true
	return c.work.Start(c.ctx, "reading what the provider supports", func(ctx context.Context, n int64) tea.Msg {
		d, err := svc.Draft(ctx, name, grant)
		return draftMsg{n, d, err}
	})
}

// setDraft reports whether the draft is current and valid.
func (c *chooser) setDraft(m draftMsg) bool {
	if !c.work.Done(m.n) {
		return false
	}
	if c.draftErr = m.err; m.err == nil {
		c.supported = m.draft.Supported
	}
	return m.err == nil
}

func (c *chooser) providerRow(i int) []widget.Cell {
	st := c.ctx.Styles
	if i >= len(c.profiles) {
		return []widget.Cell{{Text: "another provider", Style: st.Accent},
			{Text: "by its issuer and a client id", Style: st.Dim}, {}}
	}
	f := c.profiles[i]
	return []widget.Cell{
		{Text: tokens.VisibleLine(f.Name), Style: st.Text},
		{Text: tokens.VisibleLine(f.Issuer), Style: st.Dim},
		{Text: tokens.VisibleLine(f.ClientID), Style: st.Dim},
	}
}

func (c *chooser) grantRow(i int) []widget.Cell {
	st, g := c.ctx.Styles, c.grants[i]
	name, mark := widget.Cell{Text: g.Name, Style: st.Text}, widget.Cell{}
	if c.supported[g.ID] {
		mark = widget.Cell{Text: "supported", Style: st.Good}
	} else if c.supported != nil {
		mark = widget.Cell{Text: "not announced", Style: st.Dim}
		name.Style = st.Dim
	}
	return []widget.Cell{name, mark, {Text: g.Summary, Style: st.Dim}}
}

func (c *chooser) viewProviders(width, height int) string {
	st := c.ctx.Styles
	c.providers.Styles = st
	lines := []string{st.Strong.Render("Get tokens from which provider?"), ""}
	if height > 2 {
		lines = append(lines, c.providers.View(width, height-2, c.ctx.Focused(keys.Flow)))
	}
	return pane.Fit(lines, width, height)
}

// providerName is the name of a profile on the screen.
func providerName(profileName string) string {
	if profileName == "" {
		return "another provider"
	}
	return tokens.VisibleLine(profileName)
}

// minGrantLines are the lines that the list of grants keeps on a small screen, including its header.
const minGrantLines = 5

func (c *chooser) viewGrants(width, height int) string {
	st := c.ctx.Styles
	c.grantTable.Styles = st
	lines := []string{st.Strong.Render("Which flow?") + st.Dim.Render("  for "+providerName(c.profile.Name)), ""}
	var foot []string
	if i := c.grantTable.Cursor(); i >= 0 {
		foot = grantNote(st, c.grants[i], width)
	}
	if work := c.work.View(c.ctx); work != "" {
		foot = append(foot, work)
	} else if c.draftErr != nil {
		reason := tokens.VisibleLine(pane.ErrorText(c.draftErr))
		foot = append(foot, st.Warn.Render("what it supports is not known: "+reason))
	}
	if height-len(lines)-len(foot)-1 < minGrantLines { // the list is more important than the note on one grant
		lines = lines[:1]
		foot = foot[min(1, len(foot)):]
		foot = foot[:max(0, min(len(foot), height-len(lines)-1-minGrantLines))]
	}
	room := min(height-len(lines)-len(foot)-1, len(c.grants)+2)
	if room > 0 {
		lines = append(lines, c.grantTable.View(width, room, c.ctx.Focused(keys.Flow)))
	}
	return pane.Fit(append(append(lines, ""), foot...), width, height)
}

// grantNote describes a grant.
func grantNote(st *theme.Styles, g flows.Grant, width int) []string {
	who := "no user is involved"
	if g.NeedsUser {
		who = "a user signs in"
	}
	note := []string{st.Strong.Render(g.Name) + st.Dim.Render(" · "+g.Spec+" · "+who)}
	note = append(note, widget.WrapStyled(st.Dim, g.Summary, width)...)
	if g.Deprecated != "" {
		note = append(note, widget.WrapStyled(st.Warn, "Deprecated: "+g.Deprecated, width)...)
	}
	return note
}
