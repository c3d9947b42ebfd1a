package doctor

import (
	"slices"
	"strings"
)

// entry explains an error code of the specs.
type entry struct {
	codes      string                  // space-separated; the first match wins
	endpoint   string                  // only there; "" anywhere
	grant      string                  // only with this grant_type; "" any
	when       func(ev *evidence) bool // nil always
	title      string
	spec       string
	about      string // parameters, space-separated, the likeliest first
	clock      bool   // a wrong clock can be the reason
	malformed  bool   // look for parameters whose form is wrong
	causes     []cause
	next       []act
	moreCauses func(ev *evidence) []Cause  // causes that need more than a weight
	actionsOf  func(ev *evidence) []Action // actions that are made from the evidence; they come first
}

// cause is a Cause with {placeholders} in its texts, and with a weight that may depend on the evidence.
type cause struct {
	text, tell string
	likely     int
	when       func(ev *evidence) int // overrides likely; 0 omits the cause
}

// act is an Action with {placeholders} in its texts.
type act struct {
	text string
	do   string // key=value; "" if only the user can do it
	when func(ev *evidence) bool
	// rank puts an action before others of its list; nil is 50. The remedy of the likeliest cause comes first.
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
			if key == DoAuthMethod && !ev.canTryAuthMethod(value) {
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

// ifMentioned weighs by whether the message contains one of the words.
func ifMentioned(yes, no int, words ...string) func(*evidence) int {
	return func(ev *evidence) int {
		if ev.mentions(words...) {
			return yes
		}
		return no
	}
}

// whenMentioned is for an action that the message asks for.
func whenMentioned(words ...string) func(*evidence) bool {
	return func(ev *evidence) bool { return ev.mentions(words...) }
}

// whenSent is for an action on one of the parameters.
func whenSent(names ...string) func(*evidence) bool {
	return func(ev *evidence) bool { return slices.ContainsFunc(names, ev.has) }
}

func hasRedirect(ev *evidence) bool {
	return ev.value("redirect_uri") != "" || ev.AuthorizationRedirectURI != ""
}
