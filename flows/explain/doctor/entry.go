package doctor

import (
	"slices"
	"strings"
)

// entry is what is known of an error code of the specs.
type entry struct {
	codes     string                  // space-separated; the first that fits wins
	endpoint  string                  // only there; "" anywhere
	grant     string                  // only with this grant_type; "" any
	when      func(ev *evidence) bool // nil always
	title     string
	spec      string
	about     string // parameters, space-separated, the likeliest first
	clock     bool   // a wrong clock can be the reason
	malformed bool   // look for parameters whose form is wrong
	causes    []cause
	next      []act
	more      func(ev *evidence) []Cause  // causes that need more than a weight
	acts      func(ev *evidence) []Action // actions that are made from the evidence; they come first
}

// cause is a Cause whose texts may hold {names}, and whose weight may depend on the evidence.
type cause struct {
	text, tell string
	likely     int
	when       func(ev *evidence) int // overrides likely; 0: not here
}

// act is an Action whose texts may hold {names}.
type act struct {
	text string
	do   string // key=value; "" nothing for a program
	when func(ev *evidence) bool
	// rank puts an action before others of its list; nil is 50. What undoes the likeliest cause comes first.
	rank func(ev *evidence) int
}

func (ev *evidence) causes(list []cause) []Cause {
	var out []Cause
	for _, c := range list {
		likely := c.likely
		if c.when != nil {
			likely = c.when(ev)
		}
		if likely > 0 {
			out = append(out, Cause{Text: ev.fill(c.text), HowToTell: ev.fill(c.tell), Likely: min(likely, 100)})
		}
	}
	return out
}

func (ev *evidence) actions(list []act) []Action {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b act) int { return b.rankIn(ev) - a.rankIn(ev) })
	var out []Action
	for _, a := range list {
		if a.when != nil && !a.when(ev) {
			continue
		}
		action := Action{Text: ev.fill(a.text)}
		if key, value, _ := strings.Cut(a.do, "="); key != "" {
			fill := ev.fill
			if key == DoCommand {
				fill = ev.fillCommand
			}
			action.Do = map[string]string{key: fill(value)}
			if key == DoAuthMethod && !ev.worthTrying(value) {
				continue
			}
		}
		out = append(out, action)
	}
	return out
}

func (a act) rankIn(ev *evidence) int {
	if a.rank == nil {
		return 50
	}
	return a.rank(ev)
}

// if… make weights of evidence.
func ifSaid(yes, no int, words ...string) func(*evidence) int {
	return func(ev *evidence) int {
		if ev.mentions(words...) {
			return yes
		}
		return no
	}
}

// whenSaid is for an action that the server's words ask for.
func whenSaid(words ...string) func(*evidence) bool {
	return func(ev *evidence) bool { return ev.mentions(words...) }
}

// whenSent is for an action that is about one of the parameters.
func whenSent(names ...string) func(*evidence) bool {
	return func(ev *evidence) bool { return slices.ContainsFunc(names, ev.has) }
}

func hasRedirect(ev *evidence) bool {
	return ev.value("redirect_uri") != "" || ev.AskedRedirect != ""
}
