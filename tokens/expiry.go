package tokens

import (
	"fmt"
	"strings"
	"time"
)

// DefaultSkew is the difference of two clocks that is allowed when a time in a token is checked.
const DefaultSkew = 30 * time.Second

// State is the state of an expiry.
type State string

// The states of an expiry. Unknown means that no expiry is known.
const (
	Valid    State = "valid"
	Expiring State = "expiring"
	Expired  State = "expired"
	Unknown  State = "unknown"
)

// ExpiringBelow is the remaining life under which a token counts as expiring.
const ExpiringBelow = time.Minute

// Expiry returns the state of an expiry at now. A zero time is Unknown.
func Expiry(at, now time.Time) State {
	switch left := at.Sub(now); {
	case at.IsZero():
		return Unknown
	case left <= 0:
		return Expired
	case left < ExpiringBelow:
		return Expiring
	}
	return Valid
}

// Countdown formats a remaining life in the shortest form that still changes: "04:12", "3h07m", "12d", and "expired 2m
// ago".
func Countdown(at, now time.Time) string {
	if at.IsZero() {
		return "no expiry"
	}
	left := at.Sub(now)
	if left <= 0 {
		return "expired " + Ago(-left)
	}
	// A countdown rounds up: a token with half a second left is not at 00:00 yet.
	left = (left + time.Second - 1).Truncate(time.Second)
	switch {
	case left < time.Hour:
		return fmt.Sprintf("%02d:%02d", int(left/time.Minute), int(left%time.Minute/time.Second))
	case left < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(left/time.Hour), int(left%time.Hour/time.Minute))
	}
	return fmt.Sprintf("%dd", int(left/(24*time.Hour)))
}

// Ago formats how long ago something was: "just now", "2m ago", "3h ago", "5d ago".
func Ago(d time.Duration) string {
	if d < time.Second {
		return "just now"
	}
	return Span(d) + " ago"
}

// Span formats a duration in its largest unit: "45s", "4m", "3h", "5d".
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Span(-d)
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d/time.Hour))
	}
	return fmt.Sprintf("%dd", int(d/(24*time.Hour)))
}

// Relative formats a time relative to now: "in 4m", "2m ago", "now".
func Relative(at, now time.Time) string {
	switch d := at.Sub(now); {
	case d >= time.Second:
		return "in " + Span(d)
	case d <= -time.Second:
		return Ago(-d)
	}
	return "now"
}

// Moment formats a time to the minute in the zone of now: "21 Nov 14:03", with the year where it differs from now.
func Moment(at, now time.Time) string {
	at = at.In(now.Location())
	if at.Year() != now.Year() {
		return at.Format("2 Jan 2006 15:04")
	}
	return at.Format("2 Jan 15:04")
}

// SplitScope splits a scope string at its spaces (RFC 6749 3.3), dropping duplicates and keeping the order.
func SplitScope(scope string) []string {
	var list []string
	seen := map[string]bool{}
	for _, s := range strings.Fields(scope) {
		if !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}
	return list
}
