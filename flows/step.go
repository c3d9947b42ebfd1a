package flows

import (
	"time"

	"fob/flows/wire"
	"fob/tokens"
)

// Actor is one of the parties of a run: a lane of the sequence.
type Actor string

// The actors, in the order of their lanes.
const (
	You                 Actor = "You"
	Browser             Actor = "Browser"
	Fob                 Actor = "fob"
	AuthorizationServer Actor = "Authorization server"
	API                 Actor = "API"
)

// Actors lists the actors in the order of their lanes.
func Actors() []Actor { return []Actor{You, Browser, Fob, AuthorizationServer, API} }

// Step is one thing that happened in a run.
type Step struct {
	N        int            `json:"n"`
	At       time.Time      `json:"at"`
	From     Actor          `json:"from"`
	To       Actor          `json:"to"`
	Title    string         `json:"title"`
	Meaning  string         `json:"meaning"` // one plain sentence
	Spec     string         `json:"spec"`    // "RFC 6749 4.1.1"
	Exchange *wire.Exchange `json:"exchange,omitempty"`
	Prompt   *Prompt        `json:"prompt,omitempty"` // what the person has to do now; nil: nothing
	Err      string         `json:"error,omitempty"`  // the step failed
	Notice   bool           `json:"notice,omitempty"` // the person is told also where steps are not shown
	Check    *tokens.Check  `json:"check,omitempty"`  // the step is a check
	// Edited says what a person changed in what the step sends off, a change a line: see wire.Exchange, from which it
	// is taken where there is one.
	Edited []string `json:"edited,omitempty"`
}

// Prompt is what a person has to do for the run to go on.
type Prompt struct {
	URL         string        `json:"url"`                    // to open; shown on a line of its own; "": see Text
	CompleteURL string        `json:"complete_url,omitempty"` // the same with the user code in it, for a QR code
	UserCode    tokens.Secret `json:"user_code"`              // zero: none
	// ShownCode is the user code as it must be shown to the person who types it. It is on the screen of the run and
	// nowhere else: never in a trace, a log or an export.
	ShownCode string    `json:"-"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Opened    bool      `json:"opened"`             // a browser was started
	OpenErr   string    `json:"open_err,omitempty"` // why none was
	Text      string    `json:"text,omitempty"`     // what to do where there is no URL
	CanPaste  bool      `json:"can_paste"`          // the run takes a pasted redirect URL
}
