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
	below := p.below(width, height)
	room := height - len(below)
	var above string
	switch {
	case len(p.sessions) > 0:
		above = p.table.View(width, room, p.ctx.Focused(p.Scope()))
	case !p.read:
		above = widget.Fit(st.Dim.Render("reading the list …"), width, room)
	default:
		above = pane.EmptyView(p.ctx, "No sessions yet.", "", width, room)
	}
	if room <= 0 {
		return pane.Fit(below, width, height)
	}
	return widget.Fit(strings.Join(append([]string{above}, below...), "\n"), width, height)
}

// below are the lines under the list: a label being typed, running work, damaged records.
func (p *Pane) below(width, height int) []string {
	st := p.ctx.Styles
	var lines []string
	if p.damaged != nil {
		for _, l := range widget.Wrap(pane.ErrorText(p.damaged), width) {
			lines = append(lines, st.Bad.Render(l))
		}
		if most := max(1, height/3); len(lines) > most {
			lines = append(lines[:most-1:most-1], st.Bad.Render("… more: run fob doctor"))
		}
	}
	if work := p.work.View(st, p.ctx.Now()); work != "" {
		lines = append(lines, work)
	}
	if p.renaming != "" {
		lines = append(lines, st.Label.Render("label ")+p.label.View(st, max(1, width-6), true))
		if p.wrong != "" {
			for _, l := range widget.Wrap("! "+p.wrong, width) {
				lines = append(lines, st.Bad.Render(l))
			}
		}
	}
	return lines
}

// barWidth is the width of a countdown bar: what the column leaves beside the time and the mark of a refresh token.
func barWidth(width int) int { return max(4, min(12, width-16)) }

// row draws one session in two lines: whose it is, and how long it lives.
func (p *Pane) row(i int) []widget.Cell {
	s, st, now := p.sessions[i], p.ctx.Styles, p.ctx.Now()
	name := p.names[s.ID]
	width := max(1, p.width-5)
	life := st.Dim.Render("no access token")
	if s.Has(tokens.Access) {
		life = pane.LifetimeBar(st, s.ExpiresAt, s.ReceivedAt, now, barWidth(p.width))
	}
	mark := ""
	if s.Has(tokens.Refresh) {
		mark = st.Dim.Render("RT")
	}
	if s.RefreshInvalid != nil {
		mark = st.Bad.Render("RT dead")
	}
	return []widget.Cell{{Text: name}, {Text: "  " + widget.Spread(life, mark, width)}}
}

// tellApart finds the name of each session: its label, where it belongs unless the label says it, and what else it
// takes for no two to be called the same.
func tellApart(list []vault.Meta) map[string]string {
	more := []func(vault.Meta) string{
		func(m vault.Meta) string { return tokens.VisibleLine(m.Profile) },
		func(m vault.Meta) string { return tokens.VisibleLine(m.ClientID) },
		func(m vault.Meta) string { return tokens.VisibleLine(m.ID[:min(6, len(m.ID))]) },
	}
	names, count := map[string]string{}, map[string]int{}
	for _, m := range list {
		name := pane.SessionName(m)
		if home := home(m); home != "" && !strings.Contains(name, home) {
			name += " · " + home
		}
		names[m.ID] = name
		count[name]++
	}
	for _, say := range more {
		next := map[string]int{}
		for _, m := range list {
			name := names[m.ID]
			if text := say(m); count[name] > 1 && text != "" && !slices.Contains(strings.Split(name, " · "), text) {
				names[m.ID] = name + " · " + text
			}
			next[names[m.ID]]++
		}
		count = next
	}
	return names
}

// home says where a session belongs: its profile, else its issuer's host.
func home(s vault.Meta) string {
	if s.Profile != "" {
		return tokens.VisibleLine(s.Profile)
	}
	if u, err := url.Parse(s.Issuer); err == nil && u.Host != "" {
		return tokens.VisibleLine(u.Host)
	}
	return tokens.VisibleLine(s.Issuer)
}

// text is what the filter looks at.
func (p *Pane) text(i int) string {
	s := p.sessions[i]
	return strings.Join([]string{s.Label, s.Profile, s.Issuer, s.Subject, s.ClientID, s.Scope, s.ID}, " ")
}
