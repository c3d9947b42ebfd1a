// Package flows has the grants of OAuth 2.0 and OpenID Connect, one file each, and what they share.
//
// A grant is data plus one function. The workbench's form, the command line's flags, the profile file's keys and the
// docs are made from its declared inputs. A run reports a stream of steps and leaves a ledger of checks. A failed check
// that a spec makes a MUST ends the run with a *tokens.CheckError and no tokens.
//
// The package shows nothing and stores nothing. It uses the network, the browser, the clock and the user's input only
// through the fields of Run.
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
	ID         string // of the command line, and grant_type where that is short: "authorization_code"
	Name       string // for the user: "Authorization code"
	Summary    string // its purpose, in one line
	Spec       string // "RFC 6749 4.1"
	Deprecated string // why it should not be used, with the section; "" when it is not deprecated
	NeedsUser  bool   // a user has to sign in or approve
	Hidden     bool   // not offered for a login (refresh)
	// Confidential grants need a client that can authenticate (RFC 6749 2.1).
	Confidential bool
	Inputs       []Input
	// GrantType is its value in the metadata's grant_types_supported; "" when it has none.
	GrantType string
	// ResponseTypes are its values in response_types_supported, for a grant without a GrantType.
	ResponseTypes []string
	// Run runs the grant. It reports steps and checks through r and returns the token response.
	Run func(ctx context.Context, r *Run) (tokens.Set, error)
}

// InputKind decides how an input is prompted for and validated.
type InputKind string

// The kinds of input.
const (
	Text     InputKind = "text"
	Password InputKind = "password" // a secret that could be guessed
	Choice   InputKind = "choice"   // one of Choices
	Bool     InputKind = "bool"     // "true" or "false"
	List     InputKind = "list"     // space-separated
	Seconds  InputKind = "seconds"
	File     InputKind = "file"
	JSON     InputKind = "json" // a JSON value
	// SecretRef is a generated secret: a token, an assertion, a key. Its value is the secret itself, or a reference
	// (see ParseSecretRef): session:NAME, env:VAR, file:PATH, vault:NAME. A reference is not a secret and can be stored
	// in a profile.
	SecretRef InputKind = "secret"
)

// Masked reports whether a value of the kind must not be shown, stored or given as a flag.
func (k InputKind) Masked() bool { return k == Password || k == SecretRef }

// Input is a required or optional value of a grant.
type Input struct {
	Name     string // as in the spec and in the profile file: "scope"; the flag is --scope, with - for _
	Label    string // on the form
	Help     string // what it does, in one sentence
	Spec     string
	Kind     InputKind
	Required bool
	Advanced bool        // hidden on the form until the user asks for it
	Token    tokens.Kind // of a SecretRef: which token of a session is meant; "" is the access token
	Default  string
	Choices  []string
	Implied  string // of a Choice: the flag's value when none is given; "" requires a value
}

// Values are inputs by name.
type Values map[string]string

// Grants returns every grant, in the order of menus. To add one, add a file and a line here.
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

// GrantByID returns the grant with an ID, or with a grant_type that is a URN.
func GrantByID(id string) (Grant, bool) {
	for _, g := range Grants() {
		if g.ID == id || (g.GrantType == id && id != "") {
			return g, true
		}
	}
	return Grant{}, false
}

// Announced reports whether the server's metadata lists the grant; listed is false when it has no such list.
func (g Grant) Announced(m *provider.Metadata) (announced, listed bool) {
	if len(g.ResponseTypes) > 0 {
		for _, t := range m.ResponseTypes {
			announced = announced || slices.Contains(g.ResponseTypes, t)
		}
		return announced, m.ResponseTypes != nil
	}
	return g.GrantType != "" && slices.Contains(m.GrantTypes, g.GrantType), m.GrantTypes != nil
}

// Defaults returns the default values of the grant's inputs.
func (g Grant) Defaults() Values {
	v := Values{}
	for _, in := range g.Inputs {
		if in.Default != "" {
			v[in.Name] = in.Default
		}
	}
	return v
}

// Validate returns an *InputError for the first missing or invalid input; nil when all are valid.
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

// sentence returns a help text for use inside a longer sentence.
func sentence(help string) string {
	help = strings.TrimSuffix(help, ".")
	if len(help) > 1 && help[1] >= 'a' && help[1] <= 'z' || strings.HasPrefix(help, "A ") {
		return strings.ToLower(help[:1]) + help[1:]
	}
	return help
}
