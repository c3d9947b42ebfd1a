// Package flows holds the grants of OAuth 2.0 and OpenID Connect: one file each, all of one shape, and the shared
// pieces they are made of.
//
// A grant is data plus one function. From its declared inputs the workbench makes a form, the command line its
// flags, the profile file its keys and the docs their tables. Running it is a stream of steps and leaves a ledger of
// checks; a failed check that a spec makes a MUST ends the run with a *tokens.CheckError and no tokens.
//
// The package never opens a screen, never stores anything, and reaches the network, the browser, the clock and the
// person only through what Run hands in.
package flows

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"fob/flows/provider"
	"fob/tokens"
)

// Grant is one way to get tokens.
type Grant struct {
	ID         string // as in grant_type where it is short, and on the command line: "authorization_code"
	Name       string // as a person reads it: "Authorization code"
	Summary    string // one line: what it is for
	Spec       string // "RFC 6749 4.1"
	Deprecated string // why it should not be used, with the section; empty when it may
	NeedsUser  bool   // a person has to sign in or approve
	Hidden     bool   // not offered when choosing how to log in (refresh)
	// Confidential grants are only for clients that can authenticate (RFC 6749 2.1): a public client is refused.
	Confidential bool
	Inputs       []Input
	// GrantType is the value looked for in the metadata's grant_types_supported; "" when there is none to look for.
	GrantType string
	// ResponseTypes are looked for in response_types_supported instead, where the grant has no type of its own.
	ResponseTypes []string
	// Run drives the grant. It reports steps and checks through r and returns the token response.
	Run func(ctx context.Context, r *Run) (tokens.Set, error)
}

// InputKind says how an input is asked for and checked.
type InputKind string

// The kinds of input.
const (
	Text     InputKind = "text"
	Password InputKind = "password" // a secret that a person could guess
	Choice   InputKind = "choice"   // one of Choices
	Bool     InputKind = "bool"     // "true" or "false"
	List     InputKind = "list"     // space-separated
	Seconds  InputKind = "seconds"
	File     InputKind = "file"
	JSON     InputKind = "json" // a JSON value
	// Held is a machine-made secret: a token, an assertion, a key. Its value is the secret itself, or says where it is
	// held (see ParseSecretRef): session:NAME, env:VAR, file:PATH. The latter can stand in the open and be used again.
	SecretRef InputKind = "secret"
)

// Masked reports whether a value of the kind must not be shown, kept or taken from the open as it is.
func (k InputKind) Masked() bool { return k == Password || k == SecretRef }

// Input is one value that a grant needs or takes.
type Input struct {
	Name     string // as in the spec and in the profile file: "scope"; the flag is --scope, _ becoming -
	Label    string // on the form
	Help     string // one sentence: what it does
	Spec     string
	Kind     InputKind
	Required bool
	Advanced bool        // folded away on the form until asked for
	Token    tokens.Kind // of a Held input: which token of a session is meant; "" is the access token
	Default  string
	Choices  []string
	Implied  string // of a Choice: what the flag means without a value; "" needs one
}

// Values are inputs by name.
type Values map[string]string

// Grants lists every grant, in the order in which they are offered. Adding a grant is adding a file and a line here.
func Grants() []Grant {
	return append([]Grant{
		AuthorizationCode,
		DeviceAuthorization,
		ClientCredentials,
		CIBA,
		TokenExchange,
		JWTBearer,
		SAMLBearer,
		Implicit,
		Hybrid,
		ResourceOwnerPassword,
		Refresh,
	}, addedGrants()...)
}

// GrantByID finds a grant by its ID, or by its grant_type where that is a long URN.
func GrantByID(id string) (Grant, bool) {
	for _, g := range Grants() {
		if g.ID == id || (g.GrantType == id && id != "") {
			return g, true
		}
	}
	return Grant{}, false
}

// Announced reports whether the server's metadata names the grant; said is false when it says nothing of grants.
func (g Grant) Announced(m *provider.Metadata) (announced, said bool) {
	if len(g.ResponseTypes) > 0 {
		for _, t := range m.ResponseTypes {
			announced = announced || slices.Contains(g.ResponseTypes, t)
		}
		return announced, m.ResponseTypes != nil
	}
	return g.GrantType != "" && slices.Contains(m.GrantTypes, g.GrantType), m.GrantTypes != nil
}

// Defaults are the values that the grant's inputs have unless something else is said.
func (g Grant) Defaults() Values {
	v := Values{}
	for _, in := range g.Inputs {
		if in.Default != "" {
			v[in.Name] = in.Default
		}
	}
	return v
}

// Validate says which input is missing or has a value that cannot be used, as an *InputError; nil when none.
func (g Grant) Validate(v Values) error {
	for _, in := range g.Inputs {
		value := strings.TrimSpace(v[in.Name])
		if value == "" {
			if in.Required {
				return &InputError{Input: in.Name, Expected: sentence(in.Help)}
			}
			continue
		}
		switch in.Kind {
		case Choice:
			if !slices.Contains(in.Choices, value) {
				return &InputError{Input: in.Name, Value: value, Expected: "one of " + strings.Join(in.Choices, ", ")}
			}
		case Bool:
			if value != "true" && value != "false" {
				return &InputError{Input: in.Name, Value: value, Expected: "true or false"}
			}
		case Seconds:
			if _, err := parseSeconds(in.Name, value); err != nil {
				return err
			}
		case JSON:
			if !json.Valid([]byte(value)) {
				return &InputError{Input: in.Name, Value: tokens.Clip(value, 200), Expected: "JSON"}
			}
		}
	}
	return nil
}

// sentence is a help text as part of a longer sentence.
func sentence(help string) string {
	help = strings.TrimSuffix(help, ".")
	if len(help) > 1 && help[1] >= 'a' && help[1] <= 'z' || strings.HasPrefix(help, "A ") {
		return strings.ToLower(help[:1]) + help[1:]
	}
	return help
}
