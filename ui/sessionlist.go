package ui

import (
	"fmt"
	"time"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/theme"
	"fob/ui/widget"
)

// sessionList is what the root knows of the sessions.
type sessionList struct {
	all      []vault.Meta
	read     bool
	selected vault.Meta
	wanted   string // the ID to select once the list has it
	vault    string // "ok" or "not working"; "" before the probe has ended

	counted           int64 // the second for which expiring and expired were counted
	expiring, expired int
}

// replace replaces the sessions, and keeps the selection on the same session, or on the first one.
func (l *sessionList) replace(list []vault.Meta) {
	l.all, l.read, l.counted = list, true, 0
	if m, ok := l.find(l.wanted); ok {
		l.selected, l.wanted = m, ""
	} else if m, ok := l.find(l.selected.ID); ok || len(list) == 0 {
		l.selected = m
	} else {
		l.selected = list[0]
	}
}

// choose selects a session and reports whether the list has it; if not, it is selected once the list has it.
func (l *sessionList) choose(id string) bool {
	m, ok := l.find(id)
	if !ok {
		l.wanted = id
		return false
	}
	l.selected, l.wanted = m, ""
	return true
}

func (l *sessionList) find(id string) (vault.Meta, bool) {
	for _, m := range l.all {
		if m.ID == id && id != "" {
			return m, true
		}
	}
	return vault.Meta{}, false
}

// count counts the sessions that are expiring and expired, once a second rather than once a frame.
func (l *sessionList) count(now time.Time) (expiring, expired int) {
	if l.counted != now.Unix() {
		l.counted, l.expiring, l.expired = now.Unix(), 0, 0
		for i := range l.all {
			switch tokens.Expiry(l.all[i].ExpiresAt, now) {
			case tokens.Expiring:
				l.expiring++
			case tokens.Expired:
				l.expired++
			}
		}
	}
	return l.expiring, l.expired
}

// summary draws the number of sessions, expired and expiring ones first, so that the rest of the line keeps its place.
func (l *sessionList) summary(st *theme.Styles, now time.Time) string {
	if !l.read {
		return ""
	}
	text := widget.Thousands(len(l.all)) + " sessions"
	if len(l.all) == 1 {
		text = "1 session"
	}
	text = st.Dim.Render(text)
	expiring, expired := l.count(now)
	if expiring > 0 {
		text = st.Warn.Render(fmt.Sprintf("%d expiring", expiring)) + st.Dim.Render(", ") + text
	}
	if expired > 0 {
		text = st.Bad.Render(fmt.Sprintf("%d expired", expired)) + st.Dim.Render(", ") + text
	}
	return text
}

// vaultState draws whether the vault of that name works.
func (l *sessionList) vaultState(st *theme.Styles, name string) string {
	switch l.vault {
	case "":
		return st.Dim.Render(name + " … ")
	case "ok":
		return st.Dim.Render(name+" ") + st.Good.Render("ok")
	}
	return st.Bad.Render(name + " " + l.vault)
}

// tickInterval is the time until the sessions must be drawn again: the next full second while one of them expires in
// seconds, a minute when it takes days; 0 when none expires.
func (l *sessionList) tickInterval(now time.Time) time.Duration {
	// "expired 40s ago" changes every second for a minute; days change slowly.
	const past, soon = time.Minute, 48 * time.Hour
	interval := time.Duration(0)
	for i := range l.all {
		for _, at := range [2]time.Time{l.all[i].ExpiresAt, l.all[i].RefreshExpires} {
			if at.IsZero() {
				continue
			}
			if left := at.Sub(now); left > -past && left < soon {
				return now.Truncate(time.Second).Add(time.Second).Sub(now)
			}
			interval = time.Minute
		}
	}
	return interval
}
