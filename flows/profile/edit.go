package profile

import (
	"slices"
	"strings"
)

// The file is changed line by line and not by printing the library's tree, which moves comments and loses blank lines.
// Whoever calls edit reads the result again and compares: a file that is written in a way which this cannot follow is
// refused, not spoiled.

// sheet is the text with the edits to be made in it.
type sheet struct {
	lines []string // without their line breaks
	eol   string
	edits []lineEdit
}

// lineEdit replaces the lines from start up to end, which stay out, counted from 0.
type lineEdit struct {
	start, end int
	lines      []string
}

const header = "# Providers and clients for fob. This file has no secrets: client_secret says where it comes from."

// edit returns the text after the change. before is what the text says, want what it should say.
func edit(text string, before document, c change, want document) string {
	s := newSheet(text)
	switch {
	case before.root != nil && before.root.flow:
		return text // all in braces, perhaps on one line: there is nothing to go by
	case c.isDefault:
		s.setDefault(before, c.name)
	case c.profile != nil:
		s.put(before, *c.profile, want)
	default:
		s.remove(before, c.name)
	}
	return s.String()
}

func newSheet(text string) *sheet {
	s := &sheet{eol: "\n"}
	if strings.Contains(text, "\r\n") {
		s.eol = "\r\n"
	}
	text = strings.TrimSuffix(text, "\n")
	if text != "" {
		s.lines = strings.Split(text, "\n")
	}
	for i, line := range s.lines {
		s.lines[i] = strings.TrimSuffix(line, "\r")
	}
	return s
}

// String makes the edits, the last one in the text first, so that the line numbers of the others stay right.
func (s *sheet) String() string {
	lines := s.lines
	slices.SortStableFunc(s.edits, func(a, b lineEdit) int { return a.start - b.start })
	for _, e := range slices.Backward(s.edits) {
		lines = slices.Concat(lines[:e.start], e.lines, lines[e.end:])
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, s.eol) + s.eol
}

func (s *sheet) replace(start, end int, lines ...string) {
	s.edits = append(s.edits, lineEdit{start, end, lines})
}

func (s *sheet) insert(at int, lines ...string) { s.replace(at, at, lines...) }

// extent is the lines that an entry of a block mapping takes: its own and the deeper ones below it.
func (s *sheet) extent(e entry) (start, end int) {
	start, indent := e.line-1, e.column-1
	end = start + 1
	for i := end; i < len(s.lines); i++ {
		line := s.lines[i]
		trimmed := strings.TrimLeft(line, " ")
		depth := len(line) - len(trimmed)
		dash := e.value.kind == list && depth == indent && strings.HasPrefix(trimmed, "-")
		switch {
		case trimmed == "":
			continue // part of it only if something deeper follows
		case depth > indent || dash:
			end = i + 1
		case strings.HasPrefix(trimmed, "#"):
			continue
		default:
			return start, end
		}
	}
	return start, end
}

// own are the entries that stand in this mapping themselves, in block style.
func own(n *node) []entry {
	var list []entry
	for _, e := range n.entries {
		if !e.merged {
			list = append(list, e)
		}
	}
	return list
}

// put writes a profile: a new one at the end, one that is there setting by setting.
func (s *sheet) put(before document, p Profile, want document) {
	root := before.root
	if root == nil || root.kind == null {
		if len(s.lines) == 0 {
			s.insert(0, header)
		}
		s.insert(len(s.lines), "version: "+version)
		s.insert(len(s.lines), emit("profiles", profilesTree([]Profile{p}), 0)...)
		return
	}
	all, ok := root.get("profiles")
	switch {
	case !ok:
		s.insert(len(s.lines), emit("profiles", profilesTree([]Profile{p}), 0)...)
		return
	case all.value.kind == null || all.value.flow:
		s.rewrite(all, profilesTree(want.profiles))
		return
	}
	if there, ok := all.value.get(p.Name); ok {
		old := before.profiles[slices.IndexFunc(before.profiles, func(q Profile) bool { return q.Name == p.Name })]
		if there.value.kind == null || there.value.flow {
			s.rewrite(there, p.tree())
			return
		}
		s.settings(there.value, old.tree(), p.tree())
		return
	}
	s.appendEntry(all.value, p.Name, p.tree())
}

func profilesTree(profiles []Profile) *node {
	n := &node{kind: mapping}
	for _, p := range profiles {
		n.add(p.Name, p.tree())
	}
	return n
}

// settings changes in the block mapping at what differs between old and new: what the file says otherwise (a list in
// place of a text, quotes) stays as it is while it means the same.
func (s *sheet) settings(at, old, want *node) {
	for _, e := range own(at) {
		wanted, stays := want.get(e.key)
		was, _ := old.get(e.key)
		switch {
		case !stays && e.value.kind == null:
			// A key without a value is not set, and is kept for the person who put it there.
		case !stays:
			s.cut(at, e)
		case was.value.equal(wanted.value):
		case e.value.kind == mapping && !e.value.flow && wanted.value.kind == mapping:
			s.settings(e.value, was.value, wanted.value)
		default:
			s.rewrite(e, wanted.value)
		}
	}
	for _, e := range want.entries {
		inFile, ok := at.get(e.key)
		was, _ := old.get(e.key)
		if !ok || inFile.merged && !was.value.equal(e.value) {
			s.appendEntry(at, e.key, e.value)
		}
	}
}

// rewrite replaces the value of an entry, and keeps the comment on its line.
func (s *sheet) rewrite(e entry, value *node) {
	start, end := s.extent(e)
	lines := emit(e.key, value, e.column-1)
	lines[0] += trailingComment(s.lines[start])
	if e.value.kind == null {
		end = start + 1 // what is commented out below it stays
	}
	s.replace(start, end, lines...)
}

// appendEntry adds an entry to a block mapping, below its last one.
func (s *sheet) appendEntry(at *node, key string, value *node) {
	entries := own(at)
	if len(entries) == 0 {
		s.insert(at.line, emit(key, value, at.column-1)...)
		return
	}
	last := entries[len(entries)-1]
	start, end := s.extent(last)
	lines := emit(key, value, last.column-1)
	if value.kind == mapping && len(entries) > 1 && start > 0 && strings.TrimSpace(s.lines[s.headComment(start, last)-1]) == "" {
		lines = append([]string{""}, lines...) // as the others are set apart
	}
	s.insert(end, lines...)
}

// headComment is the first line of the comment right above a line, or the line itself.
func (s *sheet) headComment(start int, e entry) int {
	for start > 1 {
		above := s.lines[start-1]
		if strings.TrimLeft(above, " ") == "" || !strings.HasPrefix(above[min(e.column-1, len(above)):], "#") || indentOf(above) != e.column-1 {
			break
		}
		start--
	}
	return start
}

// cut takes an entry out, with the comment right above it unless that may be about all that follows.
func (s *sheet) cut(from *node, e entry) {
	start, end := s.extent(e)
	if entries := own(from); entries[0].key != e.key {
		start = s.headComment(start, e)
	}
	blankAbove := start > 0 && strings.TrimSpace(s.lines[start-1]) == ""
	blankBelow := end == len(s.lines) || strings.TrimSpace(s.lines[end]) == ""
	if blankAbove && blankBelow {
		start--
	}
	s.replace(start, end)
}

func (s *sheet) remove(before document, name string) {
	if before.root == nil {
		return
	}
	if before.defaultName == name {
		s.setDefault(before, "")
	}
	all, _ := before.root.get("profiles")
	there, ok := all.value.get(name)
	switch {
	case !ok:
	case all.value.flow:
		s.rewrite(all, profilesTree(before.with(change{name: name}).profiles))
	default:
		s.cut(all.value, there)
	}
}

func (s *sheet) setDefault(before document, name string) {
	if before.root == nil {
		return
	}
	there, ok := before.root.get("default")
	switch {
	case ok && name == "":
		s.cut(before.root, there)
	case ok:
		s.rewrite(there, textTree(name))
	case name != "":
		at := 0
		if v, ok := before.root.get("version"); ok {
			_, at = s.extent(v)
		} else if entries := own(before.root); len(entries) > 0 {
			at = entries[0].line - 1
		}
		s.insert(at, emit("default", textTree(name), 0)...)
	}
}

// trailingComment is the comment at the end of a line, with a space before it; "" when there is none.
func trailingComment(line string) string {
	quote := rune(0)
	for i, r := range line {
		switch {
		case quote == 0 && (r == '"' || r == '\'') && strings.ContainsAny(line[max(i-1, 0):i], " [{,"):
			quote = r
		case quote == '"' && r == '"' && line[i-1] == '\\':
		case r == quote:
			quote = 0
		case quote == 0 && r == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return " " + line[i:]
		}
	}
	return ""
}
