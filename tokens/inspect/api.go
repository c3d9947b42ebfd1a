package inspect

import (
	"encoding/json"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// (signatures first; the bodies follow)

// Kind says what a token is, by its structure.
type Kind string

type Member struct {
	Name      string
	Raw       json.RawMessage
	Duplicate bool
}
type Object struct{ Members []Member }

func (o *Object) Raw(name string) (json.RawMessage, bool) { return nil, false }
func (o *Object) String(name string) (string, bool)       { return "", false }
func (o *Object) Strings(name string) ([]string, bool)    { return nil, false }
func (o *Object) Time(name string) (time.Time, bool)      { return time.Time{}, false }

type DecodeError struct {
	Message string `json:"message"`
	Offset  int    `json:"offset"`
}

func (e *DecodeError) Error() string { return e.Message }

type Token struct {
	Kind                    Kind
	Raw                     string
	Cleaned                 []string
	Header, Payload         *Object
	HeaderJSON, PayloadJSON []byte
	Err                     *DecodeError
}

func Decode(input string) *Token { return &Token{} }

type Options struct {
	Now                     time.Time
	Location                *time.Location
	Keys                    jose.KeySet
	NoKeys                  string
	Issuer, Audience, Nonce string
	Skew                    time.Duration
}

type Row struct{ Name, Value, Meaning, Note, Level string }

type Signature struct {
	Verdict  tokens.Verdict `json:"verdict"`
	Alg      string         `json:"alg,omitempty"`
	Kid      string         `json:"kid,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Warnings []string       `json:"warnings,omitempty"`
}

type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

type Finding struct {
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	Claim    string   `json:"claim,omitempty"`
	Message  string   `json:"message"`
	Spec     string   `json:"spec,omitempty"`
}

// Time is one time of a token, in the three ways a person reads it.
type Time struct {
	Claim    string    `json:"claim"`
	At       time.Time `json:"at"`
	Local    string    `json:"local"`
	UTC      string    `json:"utc"`
	Relative string    `json:"relative"`
	Note     string    `json:"note,omitempty"`
}

type Report struct {
	Kind      Kind
	Title     string
	Cleaned   []string
	Header    *Object
	Payload   *Object
	Signature *Signature
	Times     []Time
	Findings  []Finding
	Err       *DecodeError
}

func (r *Report) Rows() []Row                                         { return nil }
func (r *Report) HeaderRows() []Row                                   { return nil }
func Inspect(input string, o Options) *Report                         { return &Report{} }
func ExplainClaim(name string) (title, meaning, spec string, ok bool) { return "", "", "", false }
