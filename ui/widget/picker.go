package widget

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/theme"
)

// Item is one line of a picker.
type Item struct {
	Group    string // a heading above the first item of the group
	Key      string // the shortcut
	Label    string
	Text     string // one sentence
	Disabled string // why it is disabled; "" if it is not
	Danger   bool
}

// Picker is a list to choose from, filtered by typing: help and palette.
type Picker struct {
	Title string
	Items []Item
	Close string // a key that closes it besides esc; "" for none
	// Choose returns the command for the chosen item's index; a disabled one cannot be chosen.
	Choose func(i int) tea.Cmd

	filter Input
	shown  []int
	ready  bool
	at     int
	top    int
	page   int
	full   int // lines of the whole list: the box keeps its height while filtering
}

// Update implements Modal.
func (p *Picker) Update(k tea.KeyMsg) (tea.Cmd, bool) {
	p.applyFilter()
	if p.Close != "" && k.String() == p.Close && !k.Paste {
		return nil, true
	}
	switch k.Type {
	case tea.KeyEsc:
		if p.filter.Value() == "" {
			return nil, true
		}
		p.filter.SetValue("")
		p.ready = false
	case tea.KeyCtrlC:
		return nil, true
	case tea.KeyUp, tea.KeyCtrlP:
		p.at--
	case tea.KeyDown, tea.KeyTab, tea.KeyCtrlN:
		p.at++
	case tea.KeyPgUp:
		p.at -= max(1, p.page)
	case tea.KeyPgDown:
		p.at += max(1, p.page)
	case tea.KeyEnter:
		if p.at < len(p.shown) && p.Items[p.shown[p.at]].Disabled == "" {
			return p.Choose(p.shown[p.at]), true
		}
	default:
		if p.filter.Update(k) {
			p.ready, p.at, p.top = false, 0, 0
		}
	}
	p.applyFilter()
	p.at = max(0, min(p.at, len(p.shown)-1))
	return nil, false
}

// applyFilter finds the items with every typed word; those whose label begins with the typed text come first.
func (p *Picker) applyFilter() {
	if p.ready {
		return
	}
	p.ready = true
	p.shown = p.shown[:0]
	want := strings.ToLower(strings.TrimSpace(p.filter.Value()))
	words := strings.Fields(want)
	var rest []int
	for i, it := range p.Items {
		label := strings.ToLower(it.Label)
		if !containsAll(strings.ToLower(it.Group+" "+it.Key+" "+it.Label+" "+it.Text), words) {
			continue
		}
		if want != "" && !strings.HasPrefix(label, want) {
			rest = append(rest, i)
			continue
		}
		p.shown = append(p.shown, i)
	}
	p.shown = append(p.shown, rest...)
}

// View implements Modal.
func (p *Picker) View(st *theme.Styles, maxW, maxH int) (string, []string) {
	p.applyFilter()
	w := min(maxW, 100)
	p.filter.Placeholder = "type to filter"
	head := []string{Pad(st.Key.Render("/")+" "+p.filter.View(st, w-2, true), w), ""}
	var lines []string
	var starts []int
	group := ""
	for k, i := range p.shown {
		it := p.Items[i]
		if it.Group != group && p.filter.Value() == "" {
			if group != "" {
				lines = append(lines, "")
			}
			lines = append(lines, "  "+st.Title.Render(it.Group))
			group = it.Group
		}
		starts = append(starts, len(lines))
		lines = append(lines, p.line(st, it, k == p.at, w))
	}
	if len(lines) == 0 {
		lines = append(lines, st.Dim.Render("nothing matches"))
	}
	if p.filter.Value() == "" {
		p.full = len(lines)
	}
	const footLines = 2
	p.page = max(1, min(maxH-len(head)-1-footLines, max(p.full, len(lines))))
	foot := make([]string, footLines)
	if p.at < len(starts) {
		p.follow(starts[p.at], len(lines))
		copy(foot, Wrap(p.Items[p.shown[p.at]].Text, w))
	}
	lines = lines[p.top:min(len(lines), p.top+p.page)]
	for len(lines) < p.page {
		lines = append(lines, "")
	}
	for i := range foot {
		foot[i] = st.Dim.Render(Clip(foot[i], w))
	}
	return p.Title, append(append(append(head, lines...), ""), foot...)
}

// follow scrolls so that the selected line is visible; at the first item its heading as well.
func (p *Picker) follow(at, lines int) {
	if at >= p.top+p.page {
		p.top = at - p.page + 1
	}
	if at < p.top {
		p.top = at
	}
	if p.at == 0 {
		p.top = 0
	}
	p.top = max(0, min(p.top, lines-p.page))
}

// columns returns the widths of keys and labels.
func (p *Picker) columns() (key, label int) {
	for _, it := range p.Items {
		key, label = max(key, Width(it.Key)), max(label, Width(it.Label))
	}
	return min(key, 15) + 2, min(label, 26) + 2
}

func (p *Picker) line(st *theme.Styles, it Item, selected bool, w int) string {
	label := it.Label
	keyW, labelW := p.columns()
	key := st.Key.Render(Pad(it.Key, keyW))
	style := st.Text
	switch {
	case it.Disabled != "":
		style, key = st.Dim, st.Dim.Render(Pad(it.Key, keyW))
	case it.Danger:
		style = st.Bad
	}
	text := it.Text
	if it.Disabled != "" {
		text = "not now: " + it.Disabled
	}
	mark := "  "
	if selected {
		mark = "> "
	}
	line := Pad(mark+key+style.Render(Pad(label, labelW))+st.Dim.Render(text), w)
	if selected {
		return st.Selected.Render(line)
	}
	return line
}
