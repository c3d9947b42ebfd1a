package provider

import (
	"fmt"
	"strings"

	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// View implements pane.Pane.
func (p *Pane) View(width, height int) string {
	st := p.ctx.Styles
	for _, t := range p.tables {
		t.Styles = st
	}
	p.raw.Styles = st
	if p.overlay != nil {
		return pane.Fit(p.overlay.view(width, height), width, height)
	}
	if p.target == "" && !p.typing {
		b, _ := keys.ByAction(keys.ProviderChoose)
		return widget.Hint(st, "No provider is chosen.", b.Key(), "type an issuer's URL", width, height)
	}
	lines := p.head(width)
	work := p.loading.View(p.ctx) + p.reading.View(p.ctx) + p.unregistering.View(p.ctx)
	switch {
	case p.typing:
		lines = append(lines, st.Label.Render("provider ")+p.field.View(st, max(1, width-9), true))
		lines = append(append(lines, inputErrorLines(st, p.inputErr, width)...), "")
	case p.err != nil:
		lines = append(lines, "")
		lines = append(lines, p.errorLines(width)...)
		return pane.Fit(append(lines, "", pane.KeyHint(st, keys.ProviderReload, "tries again")), width, height)
	case p.loaded == nil:
		return pane.Fit(append(lines, "", work), width, height)
	default:
		lines = append(lines, p.tabs(width), work)
	}
	p.tableTop = len(lines)
	room := height - len(lines)
	if room > 0 && p.loaded != nil {
		lines = append(lines, strings.Split(p.body(width, room), "\n")...)
	}
	return pane.Fit(lines, width, height)
}

// errorLines draws what failed, with the key that shows its diagnosis.
func (p *Pane) errorLines(width int) []string {
	m, _ := p.ShownError()
	return p.ctx.Explain(m).Inline(p.ctx.Styles, width)
}

// head draws the name of the provider, and the number of keys and findings.
func (p *Pane) head(width int) []string {
	st := p.ctx.Styles
	parts := []string{st.Strong.Render(tokens.VisibleLine(p.target))}
	if p.loaded != nil && p.err == nil {
		if m := p.loaded.Metadata; m != nil && m.Issuer != p.target {
			parts = append(parts, tokens.VisibleLine(m.Issuer))
		}
		parts = append(parts, st.Dim.Render(widget.Plural(len(p.keys), "key")))
		parts = append(parts, p.findingCount())
	}
	return widget.WrapItems(parts, width, 3)
}

func (p *Pane) findingCount() string {
	st := p.ctx.Styles
	if len(p.findings) == 0 {
		return st.Good.Render("no findings")
	}
	look := st.Dim
	for _, f := range p.findings {
		if f.severity == "error" || f.severity == string(tokens.Failed) {
			look = st.Bad
			break
		}
		if strings.HasPrefix(f.severity, "warn") {
			look = st.Warn
		}
	}
	return look.Render(widget.Plural(len(p.findings), "finding"))
}

func (p *Pane) tabs(width int) string {
	at := 0
	for i, v := range views {
		if v == p.view {
			at = i
		}
	}
	return pane.Tabs(p.ctx.Styles, views, at, width)
}

func (p *Pane) body(width, height int) string {
	st := p.ctx.Styles
	switch {
	case p.expanded:
		return pane.Fit(pane.FactLines(st, p.rowFacts(), width), width, height)
	case p.view == viewRaw:
		return p.raw.View(width, height)
	case p.view == viewFindings && len(p.findings) == 0:
		text := st.Good.Render("fob finds nothing wrong or unwise in this metadata.")
		return pane.Fit([]string{text}, width, height)
	case p.view == viewClients && len(p.clients) == 0:
		if p.clientsErr != nil {
			return pane.Fit(pane.Explain("Looking for the clients", p.clientsErr).Lines(st, width), width, height)
		}
		b, _ := keys.ByAction(keys.ProviderRegister)
		if why := p.clientsDisabled(keys.ProviderRegister); why != "" {
			return widget.Hint(st, "No profile is a client here, and "+why+".", "", "", width, height)
		}
		return widget.Hint(st, "No profile is a client here.", b.Key(), "registers one", width, height)
	case p.view == viewKeys && len(p.keys) == 0:
		why := "The key set is empty."
		if p.loaded.KeysErr != nil {
			return pane.Fit(p.errorLines(width), width, height)
		}
		return pane.Fit([]string{st.Warn.Render(why)}, width, height)
	}
	t := p.tables[p.view]
	list := func(w, h int) string { return t.View(w, h, p.ctx.Focused(p.Scope())) }
	return pane.Split(st, width, height, t.Total()+2, list, func(w int) []string {
		return pane.FactLines(st,
			p.rowFacts(), w)
	})
}

func (p *Pane) featureRow(i int) []widget.Cell {
	st, f := p.ctx.Styles, p.features[i]
	look, name := st.Dim, st.Dim
	if f.State == "yes" {
		look, name = st.Good, st.Text
	}
	return []widget.Cell{{Text: f.Name, Style: name}, {Text: f.State, Style: look},
		{Text: tokens.VisibleLine(f.Detail), Style: st.Dim}, {Text: pane.ShortSpec(f.Spec), Style: st.Dim}}
}

func (p *Pane) endpointRow(i int) []widget.Cell {
	st, e := p.ctx.Styles, p.endpoints[i]
	return []widget.Cell{{Text: e[0], Style: st.Label}, {Text: tokens.VisibleLine(e[1]), Style: st.Text}}
}

func (p *Pane) keyRow(i int) []widget.Cell {
	st, k := p.ctx.Styles, p.keys[i]
	size := ""
	switch {
	case k.Curve() != "":
		size = k.Curve()
	case k.Bits() > 0:
		size = fmt.Sprintf("%d bits", k.Bits())
	}
	thumb, err := k.Thumbprint()
	if err != nil {
		thumb = "-"
	}
	return []widget.Cell{{Text: tokens.VisibleLine(k.Kid()), Style: st.Text}, {Text: k.Type(), Style: st.Dim},
		{Text: tokens.VisibleLine(k.Alg()), Style: st.Text},
		{Text: tokens.VisibleLine(k.Use()), Style: st.Dim}, {Text: size, Style: st.Dim}, {Text: thumb, Style: st.Dim}}
}

func (p *Pane) findingRow(i int) []widget.Cell {
	st, f := p.ctx.Styles, p.findings[i]
	return []widget.Cell{{Text: f.severity, Style: st.Level(f.severity)}, {Text: f.what, Style: st.Text},
		{Text: pane.ShortSpec(f.spec), Style: st.Dim}}
}
