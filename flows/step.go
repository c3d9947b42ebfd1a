package flows

import (
	"time"

	"fob/flows/wire"
	"fob/tokens"
)

// Actor is a party of a run: a lane of the sequence diagram.
type Actor string

// The actors, in the order of their lanes.
const (
	You                 Actor = "You"
	Browser             Actor = "Browser"
	Fob                 Actor = "fob"
	AuthorizationServer Actor = "Authorization server"
	API                 Actor = "API"
)

// Actors returns the actors in the order of their lanes.
func Actors() []Actor { return []Actor{You, Browser, Fob, AuthorizationServer, API} }

// Step is an event of a run.
type Step struct {
	N        int            `json:"n"`
	At       time.Time      `json:"at"`
	From     Actor          `json:"from"`
	To       Actor          `json:"to"`
	Title    string         `json:"title"`
	Meaning  string         `json:"meaning"` // one plain sentence
	Spec     string         `json:"spec"`    // "RFC 6749 4.1.1"
	Exchange *wire.Exchange `json:"exchange,omitempty"`
	Prompt   *Prompt        `json:"prompt,omitempty"` // what the user has to do now; may be nil
	Err      string         `json:"error,omitempty"`  // why the step failed; "" when it did not
	Notice   bool           `json:"notice,omitempty"` // print it also where steps are not shown
	Check    *tokens.Check  `json:"check,omitempty"`  // of a step that is a check
	// Edited are the user's changes in the request of the step, one a line: those of Exchange if there is one.
	Edited []string `json:"edited,omitempty"`
}

// Prompt is what the user has to do to continue the run.
type Prompt struct {
	URL         string        `json:"url"`                    // to open; shown on its own line; "": see Text
	CompleteURL string        `json:"complete_url,omitempty"` // URL with the user code, for a QR code
	UserCode    tokens.Secret `json:"user_code"`              // may be zero
	// ShownCode is the user code in clear, for the user who types it. Show it on the screen of the run only: never in a
	// trace, a log or an export.
	ShownCode string    `json:"-"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Opened    bool      `json:"opened"`             // a browser was started
	OpenErr   string    `json:"open_err,omitempty"` // why no browser was started
	Text      string    `json:"text,omitempty"`     // what to do when there is no URL
	CanPaste  bool      `json:"can_paste"`          // the run accepts a pasted redirect URL
}
