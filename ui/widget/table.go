package widget

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/keys"
	"fob/ui/theme"
)

// Column is one column of a table.
type Column struct {
	Title string
	Min   int // minimum cells; 0 is the width of the title
	Flex  int // its share of the remaining cells; 0 stays at Min
	Right bool
	// Drop is the order of dropping columns where there is no room: the highest first. 0 is never dropped.
	Drop int
}

// Cell is one cell: text without sequences, and its style.
type Cell struct {
	Text  string
	Style theme.Style
}

// Table shows rows of which only the visible ones are created and drawn, so that ten thousand cost no more than forty.
// It moves, selects and filters.
type Table struct {
	Styles  *theme.Styles
	Columns []Column
	// Lines is the height of a row; 0 is 1. With more than one, Columns and the header are not used, and the row's
	// first Lines cells are its lines, each over the whole width.
	Lines    int
	NoHeader bool

	count  int
	row    func(i int) []Cell
	text   func(i int) string // the text for the filter; nil for the cells' text
	shown  []int              // rows that pass the filter; nil for all
	cursor int                // index into shown
	top    int
	page   int // rows that fit at the last View

	filter Input
	typing bool

	widths    []int
	widthsFor int
}

// NewTable returns an empty table.
func NewTable(st *theme.Styles, columns ...Column) *Table {
	return &Table{Styles: st, Columns: columns, filter: Input{Placeholder: "filter"}}
}

// SetRows sets the rows: their number, a function that creates one when it is drawn, and one that returns the text for
// the filter (nil: the text of the cells). The selection keeps its index if there is still such a row; callers that
// know rows by name call Select after it.
func (t *Table) SetRows(n int, row func(i int) []Cell, text func(i int) string) {
	selected := t.Cursor()
	t.count, t.row, t.text = n, row, text
	t.refilter()
	t.Select(max(0, selected))
}

// Len returns the number of rows that pass the filter; Total returns all.
func (t *Table) Len() int {
	if t.shown != nil {
		return len(t.shown)
	}
	return t.count
}

// Total returns the number of rows, regardless of the filter.
func (t *Table) Total() int { return t.count }

// Cursor returns the selected row's index among all rows; -1 if there are no rows.
func (t *Table) Cursor() int {
	if t.Len() == 0 {
		return -1
	}
	if t.shown != nil {
		return t.shown[t.cursor]
	}
	return t.cursor
}

// Select selects a row by its index among all rows; the nearest visible one if a filter hides it.
func (t *Table) Select(i int) {
	at := i
	if t.shown != nil {
		at = 0
		for k, s := range t.shown {
			if s <= i {
				at = k
			}
		}
	}
	t.cursor = max(0, min(at, t.Len()-1))
}

// Do moves the selection and opens the filter; it reports whether the action was one of these.
func (t *Table) Do(a keys.Action) bool {
	switch a {
	case keys.Up:
		t.move(-1)
	case keys.Down:
		t.move(1)
	case keys.PageUp:
		t.move(-max(1, t.page-1))
	case keys.PageDown:
		t.move(max(1, t.page-1))
	case keys.Home:
		t.cursor = 0
	case keys.End:
		t.cursor = max(0, t.Len()-1)
	case keys.Filter:
		t.typing = true
	default:
		return false
	}
	return true
}

// SetMin sets a column's minimum width to that of its content.
func (t *Table) SetMin(column, cells int) {
	t.Columns[column].Min, t.widthsFor = cells, -1
}

func (t *Table) move(d int) { t.cursor = max(0, min(t.cursor+d, t.Len()-1)) }

// Click selects the row at line y of the last View and reports whether there was one.
func (t *Table) Click(y int) bool {
	y -= t.headLines()
	if y < 0 {
		return false
	}
	i := t.top + y/t.lines()
	if i >= t.Len() {
		return false
	}
	t.cursor = i
	return true
}

// Editing reports whether the user is typing a filter: keys go to Update.
func (t *Table) Editing() bool { return t.typing }

// Update handles keys while Editing: enter keeps the filter, arrows move the selection.
func (t *Table) Update(msg tea.Msg) {
	key, ok := msg.(tea.KeyMsg)
	if !ok || !t.typing {
		return
	}
	switch key.Type {
	case tea.KeyEnter:
		t.typing = false
	case tea.KeyUp:
		t.move(-1)
	case tea.KeyDown:
		t.move(1)
	default:
		if t.filter.Update(key) {
			t.refilter()
			t.cursor, t.top = 0, 0
		}
	}
}

// Back clears the filter and reports whether there was one.
func (t *Table) Back() bool {
	if !t.typing && t.filter.Value() == "" {
		return false
	}
	selected := t.Cursor()
	t.typing = false
	t.filter.SetValue("")
	t.refilter()
	t.Select(max(0, selected))
	return true
}

func (t *Table) refilter() {
	want := strings.ToLower(strings.TrimSpace(t.filter.Value()))
	t.shown = nil
	if want == "" {
		t.cursor = max(0, min(t.cursor, t.count-1))
		return
	}
	words := strings.Fields(want)
	t.shown = []int{}
	for i := range t.count {
		if containsAll(strings.ToLower(t.rowText(i)), words) {
			t.shown = append(t.shown, i)
		}
	}
	t.cursor = max(0, min(t.cursor, len(t.shown)-1))
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func (t *Table) rowText(i int) string {
	if t.text != nil {
		return t.text(i)
	}
	var b strings.Builder
	for _, c := range t.row(i) {
		b.WriteString(c.Text)
		b.WriteByte(' ')
	}
	return b.String()
}

func (t *Table) lines() int { return max(1, t.Lines) }

func (t *Table) headLines() int {
	n := 0
	if t.typing || t.filter.Value() != "" {
		n++
	}
	if !t.NoHeader && t.lines() == 1 {
		n++
	}
	return n
}

// View draws the table into h lines of w cells. focused selects the style of the selection.
func (t *Table) View(w, h int, focused bool) string {
	if w <= 0 || h <= 0 {
		return ""
	}
	var b strings.Builder
	if t.typing || t.filter.Value() != "" {
		b.WriteString(t.filterLine(w))
		b.WriteByte('\n')
	}
	t.layout(w - 2)
	t.page = max(1, (h-t.headLines())/t.lines())
	t.scroll()
	if !t.NoHeader && t.lines() == 1 {
		b.WriteString(t.header(w))
		b.WriteByte('\n')
	}
	for y := range t.page {
		if t.top+y >= t.Len() {
			break
		}
		t.drawRow(&b, t.top+y, w, focused)
	}
	return Fit(strings.TrimSuffix(b.String(), "\n"), w, h)
}

func (t *Table) scroll() {
	if t.cursor < t.top {
		t.top = t.cursor
	}
	if t.cursor >= t.top+t.page {
		t.top = t.cursor - t.page + 1
	}
	t.top = max(0, min(t.top, t.Len()-t.page))
}

func (t *Table) filterLine(w int) string {
	left := t.Styles.Key.Render("/") + t.filter.View(t.Styles, max(1, w-16), t.typing)
	count := t.Styles.Dim.Render(fmt.Sprintf("%d of %d", t.Len(), t.count))
	return Pad(left, w-Width(count)-1) + " " + count
}

func (t *Table) header(w int) string {
	var b strings.Builder
	b.WriteString("  ")
	for i, c := range t.Columns {
		if t.widths[i] <= 0 {
			continue
		}
		b.WriteString(align(c.Title, t.widths[i], c.Right))
		b.WriteString("  ")
	}
	titles := strings.TrimRight(b.String(), " ")
	place := t.place()
	room := w - Width(place)
	if place == "" || Width(titles)+2 > room { // titles come first
		return t.Styles.Header.Render(Clip(titles, w))
	}
	return t.Styles.Header.Render(Pad(titles, room)) + place
}

// place returns the visible rows if not all are visible, as a text window does; the filter's line counts the rest.
func (t *Table) place() string {
	if t.Len() <= t.page {
		return ""
	}
	return t.Styles.Key.Render("↑↓") + " " + t.Styles.Dim.Render(fmt.Sprintf("%s-%s of %s", Thousands(t.top+1),
		Thousands(t.top+t.page), Thousands(t.Len())))
}

func (t *Table) drawRow(b *strings.Builder, at, w int, focused bool) {
	i := at
	if t.shown != nil {
		i = t.shown[at]
	}
	selected := at == t.cursor
	mark, fill := "  ", theme.Style{}
	if selected {
		mark, fill = "> ", t.Styles.SelectedDull
		if focused {
			fill = t.Styles.Selected
		}
	}
	cells := t.row(i)
	if t.lines() > 1 {
		for n := range t.lines() {
			if n > 0 {
				mark = "  "
			}
			line := ""
			if n < len(cells) {
				line = cells[n].Style.Render(Clip(cells[n].Text, w-2))
			}
			b.WriteString(fill.Render(Pad(mark+line, w)))
			b.WriteByte('\n')
		}
		return
	}
	var line strings.Builder
	line.WriteString(mark)
	gap := 0
	for k, c := range t.Columns {
		if t.widths[k] <= 0 || k >= len(cells) {
			continue
		}
		if gap > 0 {
			line.WriteString(spaces(gap))
		}
		gap = 2
		line.WriteString(cells[k].Style.Render(align(cells[k].Text, t.widths[k], c.Right)))
	}
	b.WriteString(fill.Render(Pad(line.String(), w)))
	b.WriteByte('\n')
}

func align(s string, w int, right bool) string {
	if right {
		return PadLeft(s, w)
	}
	return Pad(s, w)
}

// layout sets the column widths: the minimum first, then droppable columns are dropped until it fits, then the rest is
// shared.
func (t *Table) layout(w int) {
	if t.widthsFor == w && len(t.widths) == len(t.Columns) {
		return
	}
	t.widthsFor = w
	t.widths = make([]int, len(t.Columns))
	for i, c := range t.Columns {
		t.widths[i] = max(c.Min, Width(c.Title))
	}
	for t.used() > w {
		last := -1
		for i, c := range t.Columns {
			if t.widths[i] > 0 && c.Drop > 0 && (last < 0 || c.Drop > t.Columns[last].Drop) {
				last = i
			}
		}
		if last < 0 {
			break
		}
		t.widths[last] = 0
	}
	t.squeeze(t.used() - w)
	left, shares := w-t.used(), 0
	for i, c := range t.Columns {
		if t.widths[i] > 0 {
			shares += c.Flex
		}
	}
	for i, c := range t.Columns {
		if t.widths[i] <= 0 || c.Flex == 0 || left <= 0 {
			continue
		}
		extra := left * c.Flex / shares
		t.widths[i] += extra
		left -= extra
		shares -= c.Flex
	}
}

// squeeze takes the excess off the widest column.
func (t *Table) squeeze(over int) {
	widest := 0
	for i := range t.widths {
		if t.widths[i] > t.widths[widest] {
			widest = i
		}
	}
	if over > 0 && len(t.widths) > 0 {
		t.widths[widest] = max(1, t.widths[widest]-over)
	}
}

func (t *Table) used() int {
	n := 0
	for _, w := range t.widths {
		if w > 0 {
			n += w + 2
		}
	}
	return max(0, n-2)
}
