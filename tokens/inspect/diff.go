package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose/ordered"
)

// Change is one difference between two tokens. All text in it may be printed.
type Change struct {
	Name  string `json:"name"` // of the claim; "header." and the parameter, or "signature"
	Kind  string `json:"kind"` // "added", "removed", "changed", "same"
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
	Shift string `json:"shift,omitempty"` // of a time: "+5m"
	// Added and Removed are the elements that a set gained and lost: scopes, roles, groups, audiences.
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	Note    string   `json:"note,omitempty"` // what the change means, if that is known
}

// setClaims are claims whose order has no meaning.
var setClaims = map[string]bool{
	"scope": true, "scp": true, "aud": true, "roles": true, "groups": true, "permissions": true, "amr": true,
	"entitlements": true, "wids": true,
	"cognito:groups": true, "allowed-origins": true, "crit": true,
}

// Diff compares two tokens claim by claim, in the order of the first and then of the second: a is before, b is after.
// It returns equal claims too, so that both tokens can be shown side by side.
func Diff(a, b *Report) []Change {
	changes := diffObjects("header.", a.Header, b.Header)
	changes = append(changes, diffObjects("", a.Payload, b.Payload)...)
	verdict := func(r *Report) string {
		outcome, _ := r.Verdict()
		return string(outcome)
	}
	if old, now := verdict(a), verdict(b); old != now {
		changes = append(changes, Change{Name: "verdict", Kind: "changed", Old: old, New: now})
	}
	if a.Kind != b.Kind {
		changes = append(changes, Change{Name: "kind", Kind: "changed", Old: kindNames[a.Kind],
			New: kindNames[b.Kind], Note: "these are tokens of different kinds"})
	}
	if a.Header == nil && b.Header == nil && a.Token != nil && b.Token != nil {
		changes = append(changes, diffText("token", a.Token, b.Token))
	}
	return changes
}

// diffText compares two opaque tokens.
func diffText(name string, a, b *Token) Change {
	c := Change{Name: name, Kind: "same", Old: a.Shape.String(), New: b.Shape.String()}
	if a.Raw != b.Raw {
		c.Kind, c.Note = "changed", "they are different tokens"
	}
	return c
}

func diffObjects(prefix string, a, b *Object) (changes []Change) {
	done := map[string]bool{}
	for _, o := range []*Object{a, b} {
		if o == nil {
			continue
		}
		for _, m := range o.Members {
			if !done[m.Name] {
				done[m.Name] = true
				old, had := a.Raw(m.Name)
				now, has := b.Raw(m.Name)
				changes = append(changes, diffMember(prefix, m.Name, old, now, had, has))
			}
		}
	}
	return changes
}

func diffMember(prefix, name string, old, now json.RawMessage, had, has bool) Change {
	c := Change{Name: tokens.VisibleLine(prefix + tokens.Clip(name, 200)), Kind: "changed"}
	if had {
		c.Old = displayValue(old)
	}
	if has {
		c.New = displayValue(now)
	}
	switch {
	case !has:
		c.Kind = "removed"
		return c
	case !had:
		c.Kind = "added"
		return c
	case sameJSON(old, now):
		c.Kind = "same"
		return c
	}
	if prefix == "" && timeClaims[name] {
		c.setShift(old, now)
	} else if setClaims[name] {
		c.setDifference(old, now)
	}
	c.Note = meaningOf(prefix+name, c)
	return c
}

// sameJSON compares values as they are written, except for white space.
func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// setShift sets the difference between two times.
func (c *Change) setShift(old, now json.RawMessage) {
	a, okA := readTime(old)
	b, okB := readTime(now)
	if !okA || !okB {
		return
	}
	c.Old, c.New = a.at.Format(time.RFC3339), b.at.Format(time.RFC3339)
	d := b.at.Sub(a.at)
	switch {
	case d > 0:
		c.Shift = "+" + durationText(d)
	case d < 0:
		c.Shift = "-" + durationText(-d)
	}
}

// durationText returns a duration without the units that are zero: "1h", "5m30s", "90m" as "1h30m".
func durationText(d time.Duration) string {
	text := d.Round(time.Millisecond).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// setDifference sets what a list gained and lost.
func (c *Change) setDifference(old, now json.RawMessage) {
	a, b := setOf(old), setOf(now)
	for w := range b {
		if !a[w] {
			c.Added = append(c.Added, tokens.VisibleLine(tokens.Clip(w, 200)))
		}
	}
	for w := range a {
		if !b[w] {
			c.Removed = append(c.Removed, tokens.VisibleLine(tokens.Clip(w, 200)))
		}
	}
	sort.Strings(c.Added)
	sort.Strings(c.Removed)
	if len(c.Added)+len(c.Removed) == 0 {
		c.Kind = "same"
	}
}

// setOf parses a set: a list, or words separated by spaces.
func setOf(raw json.RawMessage) map[string]bool {
	set := map[string]bool{}
	if s, ok := ordered.Text(raw); ok {
		for _, w := range strings.Fields(s) {
			set[w] = true
		}
		return set
	}
	elements, _ := ordered.Array(raw)
	for _, e := range elements {
		if s, ok := ordered.Text(e); ok {
			set[s] = true
		} else {
			set[string(e)] = true
		}
	}
	return set
}

// meaningOf returns what a change means, for the claims that people ask about.
func meaningOf(name string, c Change) string {
	switch name {
	case "sub":
		return "another person or service"
	case "iss":
		return "another issuer"
	case "header.kid":
		return "signed with another key"
	case "header.alg":
		return "signed in another way"
	case "sid", "session_state":
		return "another session"
	case "cnf":
		return "bound to another key"
	case "scope", "scp":
		if len(c.Removed) > 0 && len(c.Added) == 0 {
			return fmt.Sprintf("%d fewer than before", len(c.Removed))
		}
	}
	return ""
}
