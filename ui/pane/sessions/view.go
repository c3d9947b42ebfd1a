package sessions

import (
	"net/url"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/pane"
	"fob/ui/widget"
)

// View implements pane.Pane.
func (p *Pane) View(width, height int) string {
	p.width = width
	p.table.Styles = p.ctx.Styles
	st := p.ctx.Styles
	foot := p.footLines(width, height)
	room := height - len(foot)
	var list string
	switch {
	case len(p.sessions) > 0:
		list = p.table.View(width, room, p.ctx.Focused(p.Scope()))
	case !p.read:
		list = widget.Fit(st.Dim.Render("reading the list …"), width, room)
	default:
		list = pane.EmptyView(p.ctx, "No sessions yet.", "", width, room)
	}
	if room <= 0 {
		return pane.Fit(foot, width, height)
	}
	return widget.Fit(strings.Join(append([]string{list}, foot...), "\n"), width, height)
}

// footLines are the lines below the list: damaged records, running work, a label being typed.
func (p *Pane) footLines(width, height int) []string {
	st := p.ctx.Styles
	var lines []string
	if p.damaged != nil {
		lines = append(lines, widget.WrapStyled(st.Bad, pane.ErrorText(p.damaged), width)...)
		if most := max(1, height/3); len(lines) > most {
			lines = append(lines[:most-1:most-1], st.Bad.Render("… more: run fob doctor"))
		}
	}
	if work := p.work.View(p.ctx); work != "" {
		lines = append(lines, work)
	}
	if p.renaming != "" {
		lines = append(lines, st.Label.Render("label ")+p.label.View(st, max(1, width-6), true))
		if p.problem != "" {
			lines = append(lines, widget.WrapStyled(st.Bad, "! "+p.problem, width)...)
		}
	}
	return lines
}

// barWidth is the width of a countdown bar beside the time and the mark of a refresh token.
func barWidth(width int) int { return max(4, min(12, width-16)) }

// row draws one session in two lines: its name, and when it expires.
func (p *Pane) row(i int) []widget.Cell {
	s, st, now := p.sessions[i], p.ctx.Styles, p.ctx.Now()
	name := p.names[s.ID]
	width := max(1, p.width-5)
	expiry := st.Dim.Render("no access token")
	if s.Has(tokens.Access) {
		expiry = pane.LifetimeBar(st, s.ExpiresAt, s.ReceivedAt, now, barWidth(p.width))
	}
	mark := ""
	if s.Has(tokens.Refresh) {
		mark = st.Dim.Render("RT")
	}
	if s.RefreshInvalid != nil {
		mark = st.Bad.Render("RT invalid")
	}
	return []widget.Cell{{Text: name}, {Text: "  " + widget.Spread(expiry, mark, width)}}
}

// uniqueNames returns the name of each session: its label, its profile or host unless the label contains it, and what
// distinguishes it from others with the same name.
func uniqueNames(list []vault.Meta) map[string]string {
	distinctions := []func(vault.Meta) string{
		func(m vault.Meta) string { return tokens.VisibleLine(m.Profile) },
		func(m vault.Meta) string { return tokens.VisibleLine(m.ClientID) },
		func(m vault.Meta) string { return tokens.VisibleLine(m.ID[:min(6, len(m.ID))]) },
	}
	names, count := map[string]string{}, map[string]int{}
	for _, m := range list {
		name := pane.SessionName(m)
		if origin := origin(m); origin != "" && !strings.Contains(name, origin) {
			name += " · " + origin
		}
		names[m.ID] = name
		count[name]++
	}
	for _, distinction := range distinctions {
		next := map[string]int{}
		for _, m := range list {
			name := names[m.ID]
			if text := distinction(m); count[name] > 1 && text != "" && !slices.Contains(strings.Split(name, " · "),
				text) {
				names[m.ID] = name + " · " + text
			}
			next[names[m.ID]]++
		}
		count = next
	}
	return names
}

// origin is a session's profile, else its issuer's host.
func origin(s vault.Meta) string {
	if s.Profile != "" {
		return tokens.VisibleLine(s.Profile)
	}
	if u, err := url.Parse(s.Issuer); err == nil && u.Host != "" {
		return tokens.VisibleLine(u.Host)
	}
	return tokens.VisibleLine(s.Issuer)
}

// filterText is the text of a row that a filter searches.
func (p *Pane) filterText(i int) string {
	s := p.sessions[i]
	return strings.Join([]string{s.Label, s.Profile, s.Issuer, s.Subject, s.ClientID, s.Scope, s.ID}, " ")
}
