package widget

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/ui/theme"
)

// FieldKind is the type of a field.
type FieldKind int

// The kinds of field.
const (
	TextField FieldKind = iota
	PasswordField
	ChoiceField
	BoolField  // "true" or "false"
	ListField  // space-separated
	LinesField // several lines; enter makes a new one, tab leaves it
)

// NoTokenHere is the message of a field that accepts no token.
const NoTokenHere = "this looks like a token or a secret; this field shows its value in plain text"

// Field is one field of a form, as declared.
type Field struct {
	Name        string // its key in Values
	Label       string
	Help        string // one sentence, shown while the field has the focus
	Spec        string // "RFC 6749 3.3", shown after the help
	Kind        FieldKind
	Required    bool
	Advanced    bool // hidden until unfolded
	Default     string
	Choices     []string
	Placeholder string
	Lines       int  // height of a LinesField; 0 is 4
	AtTop       bool // the cursor starts at the top of a LinesField, not at its end
	// Refuses reports whether a value looks like a secret, which this field would show; nil is tokens.LooksLikeToken in
	// a TextField and a ListField, and rejects nothing in the others.
	Refuses func(value string) bool
	// Validate returns what is wrong with a value, in a sentence that says what to do; "" for a valid one.
	Validate func(value string) string
}

// FormEvent is the result of a key.
type FormEvent int

// The events.
const (
	FormNone FormEvent = iota
	FormChanged
	FormSubmitted // every field is valid
)

// Form is a list of fields and a button. It gets all keys while it is shown: Editing panes pass them to Update. What
// was typed is kept until Reset, whatever happens in between.
type Form struct {
	Styles *theme.Styles
	Submit string // the button's text: "Sign in"

	fields      []formField
	at          int // index into fields; len(fields) is the button, -1 the advanced fold
	advanced    bool
	problem     map[string]string
	top         int
	lineTargets []int // by line of the last View: the field drawn there, or noTarget
}

type formField struct {
	Field
	in      Input
	touched bool
}

const (
	onFold   = -1
	noTarget = -2
)

// NewForm returns a form with the fields' defaults filled in.
func NewForm(st *theme.Styles, submit string, fields ...Field) *Form {
	f := &Form{Styles: st, Submit: submit, problem: map[string]string{}}
	f.SetFields(fields...)
	return f
}

// SetFields replaces the fields. Values and the focus of fields that are also in the new list are kept.
func (f *Form) SetFields(fields ...Field) {
	focused, onButton := f.Focused(), len(f.fields) > 0 && f.at == len(f.fields)
	old := map[string]formField{}
	for _, x := range f.fields {
		old[x.Name] = x
	}
	f.fields = nil
	for _, field := range fields {
		x := formField{Field: field}
		x.in.Mask, x.in.Multi, x.in.Placeholder = field.Kind == PasswordField, field.Kind == LinesField,
			field.Placeholder
		if x.in.Refuses = field.Refuses; x.in.Refuses == nil && (field.Kind == TextField || field.Kind == ListField) {
			x.in.Refuses = tokens.LooksLikeToken
		}
		if was, ok := old[field.Name]; ok && was.touched {
			x.in.SetValue(was.in.Value())
			x.touched = true
		} else {
			x.in.SetValue(field.Default)
			if field.AtTop {
				x.in.pos = 0
			}
		}
		f.fields = append(f.fields, x)
	}
	f.at = max(onFold, min(f.at, len(f.fields)))
	if i := f.find(focused); i >= 0 && focused != "" {
		f.at = i
	} else if onButton {
		f.at = len(f.fields)
	}
	if f.at >= 0 && f.at < len(f.fields) && f.hidden(f.at) {
		f.at = f.step(f.at, 1)
	}
}

// Values returns the fields' values by name, trimmed except for LinesField and PasswordField.
func (f *Form) Values() map[string]string {
	v := map[string]string{}
	for i := range f.fields {
		v[f.fields[i].Name] = f.value(i)
	}
	return v
}

// Value returns one field's value; "" if there is no such field.
func (f *Form) Value(name string) string {
	if i := f.find(name); i >= 0 {
		return f.value(i)
	}
	return ""
}

func (f *Form) value(i int) string {
	x := &f.fields[i]
	if x.Kind == LinesField || x.Kind == PasswordField {
		return x.in.Value()
	}
	return strings.TrimSpace(x.in.Value())
}

// Has reports whether there is such a field.
func (f *Form) Has(name string) bool { return f.find(name) >= 0 }

// SetValue fills a field as if it had been typed.
func (f *Form) SetValue(name, value string) {
	if i := f.find(name); i >= 0 {
		f.fields[i].in.SetValue(value)
		f.fields[i].touched = true
		delete(f.problem, name)
	}
}

// Touched reports whether the user has changed the field.
func (f *Form) Touched(name string) bool {
	i := f.find(name)
	return i >= 0 && f.fields[i].touched
}

// Focused returns the name of the focused field; "" on the button and the fold.
func (f *Form) Focused() string {
	if f.at >= 0 && f.at < len(f.fields) {
		return f.fields[f.at].Name
	}
	return ""
}

// Focus focuses a field, unfolding the advanced ones if it is one.
func (f *Form) Focus(name string) {
	if i := f.find(name); i >= 0 {
		f.advanced = f.advanced || f.fields[i].Advanced
		f.at = i
	}
}

// firstLine puts the cursor of a field of several lines at the end of its first: moving down passes all of them.
func (f *Form) firstLine() {
	if x := f.current(); x != nil && x.in.Multi {
		x.in.pos = 0
		x.in.pos = x.in.lineEnd()
	}
}

// FocusTop is Focus on a field's first line.
func (f *Form) FocusTop(name string) {
	f.Focus(name)
	f.firstLine()
}

// Problem shows below the field what is wrong with its value, and focuses it, until the value changes.
func (f *Form) Problem(name, text string) {
	if f.find(name) >= 0 {
		f.Focus(name)
		f.problem[name] = text
	}
}

// Validate checks every field, shows the messages below them, focuses the first invalid one and reports whether all are
// valid.
func (f *Form) Validate() bool {
	f.problem = map[string]string{}
	first := -1
	for i := range f.fields {
		if message := f.fault(i); message != "" {
			f.problem[f.fields[i].Name] = message
			if first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return true
	}
	f.Focus(f.fields[first].Name)
	return false
}

func (f *Form) fault(i int) string {
	x, v := &f.fields[i], f.value(i)
	switch {
	case v == "" && x.Required:
		return strings.ToLower(x.Label) + " is required"
	case v == "":
		return ""
	case x.in.Cut:
		return fmt.Sprintf("cut at %s characters", Thousands(MaxInput))
	case x.in.Refuses != nil && x.in.Refuses(v):
		return NoTokenHere
	case x.Validate != nil:
		return x.Validate(v)
	}
	return ""
}

func (f *Form) find(name string) int {
	for i := range f.fields {
		if f.fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Update handles a key: tab, shift+tab and the vertical arrows move, enter moves on and submits on the button, ctrl+x
// submits from anywhere.
func (f *Form) Update(msg tea.Msg) FormEvent {
	k, ok := msg.(tea.KeyMsg)
	if !ok {
		return FormNone
	}
	if k.Paste {
		return f.typed(k)
	}
	switch k.Type {
	case tea.KeyTab:
		f.move(1)
	case tea.KeyShiftTab:
		f.move(-1)
	case tea.KeyUp:
		if x := f.current(); x == nil || !x.in.Multi || x.in.AtTop() {
			f.move(-1)
			return FormNone
		}
		return f.typed(k)
	case tea.KeyDown:
		if x := f.current(); x == nil || !x.in.Multi || x.in.AtBottom() {
			f.move(1)
			f.firstLine()
			return FormNone
		}
		return f.typed(k)
	case tea.KeyCtrlX:
		return f.submit()
	case tea.KeyEnter:
		return f.enter(k)
	default:
		return f.typed(k)
	}
	return FormNone
}

func (f *Form) enter(k tea.KeyMsg) FormEvent {
	x := f.current()
	switch {
	case f.at == onFold:
		f.advanced = !f.advanced
	case x == nil:
		return f.submit()
	case x.in.Multi:
		return f.typed(k)
	default:
		f.leave()
		f.move(1)
	}
	return FormNone
}

func (f *Form) submit() FormEvent {
	if f.Validate() {
		return FormSubmitted
	}
	return FormNone
}

func (f *Form) current() *formField {
	if f.at >= 0 && f.at < len(f.fields) {
		return &f.fields[f.at]
	}
	return nil
}

// typed passes a key to the field.
func (f *Form) typed(k tea.KeyMsg) FormEvent {
	x := f.current()
	if x == nil {
		if f.at == onFold && (k.Type == tea.KeySpace || k.Type == tea.KeyRight || k.Type == tea.KeyLeft) {
			f.advanced = !f.advanced
		}
		return FormNone
	}
	changed := false
	switch x.Kind {
	case ChoiceField:
		changed = f.choose(x, k)
	case BoolField:
		if k.Type == tea.KeySpace || k.Type == tea.KeyLeft || k.Type == tea.KeyRight {
			x.in.SetValue(map[bool]string{true: "false", false: "true"}[x.in.Value() == "true"])
			changed = true
		}
	default:
		changed = x.in.Update(k)
	}
	if x.in.Refused {
		f.problem[x.Name] = NoTokenHere
		return FormChanged
	}
	if !changed {
		return FormNone
	}
	x.touched = true
	delete(f.problem, x.Name)
	return FormChanged
}

// choose moves through the choices with the arrows and space, and jumps to one by its first letter.
func (f *Form) choose(x *formField, k tea.KeyMsg) bool {
	if len(x.Choices) == 0 {
		return false
	}
	at := 0
	for i, c := range x.Choices {
		if c == x.in.Value() {
			at = i
		}
	}
	next := at
	switch {
	case k.Type == tea.KeyRight, k.Type == tea.KeySpace:
		next = (at + 1) % len(x.Choices)
	case k.Type == tea.KeyLeft:
		next = (at - 1 + len(x.Choices)) % len(x.Choices)
	case k.Type == tea.KeyRunes && len(k.Runes) == 1:
		for d := 1; d <= len(x.Choices); d++ {
			if i := (at + d) % len(x.Choices); strings.HasPrefix(strings.ToLower(x.Choices[i]),
				strings.ToLower(string(k.Runes))) {
				next = i
				break
			}
		}
	}
	x.in.SetValue(x.Choices[next])
	return next != at
}

// leave validates the field that loses the focus; an empty required one is not reported yet.
func (f *Form) leave() {
	x := f.current()
	if x == nil || x.in.Value() == "" {
		return
	}
	if message := f.fault(f.at); message != "" {
		f.problem[x.Name] = message
	}
}
