package vault

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"fob/tokens"
)

// The versions of a record in the backend. A reader rejects versions that it does not know. A record has version 2 only
// if it contains keys, and 3 only if it contains the passphrase of a certificate: an older fob would lose them, and the
// tokens would be useless without them.
const (
	recordVersion           = 1
	recordVersionKeys       = 2
	recordVersionPassphrase = 3
)

// maxRecord limits the size of a record. It is far above what any provider issues.
const maxRecord = 4 << 20

// storedSecrets is the form of secrets in the backend: JSON in valid UTF-8, with the values in clear. Salt keeps the
// checksum in the metadata file from helping to guess a short secret.
type storedSecrets struct {
	Version         int                     `json:"v"`
	Salt            string                  `json:"salt"`
	AccessToken     secretValue             `json:"access_token,omitzero"`
	RefreshToken    secretValue             `json:"refresh_token,omitzero"`
	IDToken         secretValue             `json:"id_token,omitzero"`
	TokenType       string                  `json:"token_type,omitempty"`
	IssuedTokenType string                  `json:"issued_token_type,omitempty"`
	Scope           string                  `json:"scope,omitempty"`
	ReceivedAt      time.Time               `json:"received_at,omitzero"`
	ExpiresAt       time.Time               `json:"expires_at,omitzero"`
	RefreshExpires  time.Time               `json:"refresh_expires_at,omitzero"`
	Extra           map[string]*secretValue `json:"extra,omitempty"` // JSON text, stored exactly as received
	ClientSecret    secretValue             `json:"client_secret,omitzero"`
	ClientKey       secretValue             `json:"client_key,omitzero"`      // from version 2 on
	DPoPKey         secretValue             `json:"dpop_key,omitzero"`        // from version 2 on
	CertPassphrase  secretValue             `json:"cert_passphrase,omitzero"` // from version 3 on
	// Binding is nil in records of earlier versions of fob.
	Binding *binding `json:"binding,omitempty"`
}

// secretValue is a secret in clear: a JSON string if it can represent the value exactly, else an object.
type secretValue struct {
	text      string
	guessable bool
}

type valueObject struct {
	Text      string `json:"text,omitempty"`
	Base64    []byte `json:"base64,omitempty"` // bytes that are not UTF-8, which a JSON string cannot represent
	Guessable bool   `json:"guessable,omitempty"`
}

func reveal(s tokens.Secret) secretValue {
	// Short secrets are always hidden. A long hidden secret was declared guessable and must stay so.
	return secretValue{text: s.Reveal(), guessable: s.Fingerprint() == tokens.Hidden}
}

func (v secretValue) secret() tokens.Secret {
	if v.guessable && v.text != "" {
		return tokens.NewGuessable(v.text)
	}
	return tokens.NewSecret(v.text)
}

// IsZero implements omitzero.
func (v secretValue) IsZero() bool { return v.text == "" }

// MarshalJSON implements json.Marshaler.
func (v secretValue) MarshalJSON() ([]byte, error) {
	switch {
	case !utf8.ValidString(v.text):
		return plainJSON(valueObject{Base64: []byte(v.text), Guessable: v.guessable})
	case v.guessable:
		return plainJSON(valueObject{Text: v.text, Guessable: true})
	}
	return plainJSON(v.text)
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *secretValue) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		v.guessable = false
		return json.Unmarshal(raw, &v.text)
	}
	var o valueObject
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	v.text, v.guessable = o.Text, o.Guessable
	if len(o.Base64) > 0 {
		v.text = string(o.Base64)
	}
	return nil
}

// plainJSON encodes as JSON without HTML escapes, which would make tokens longer.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func encodeSecrets(s Secrets, bound *binding, rand io.Reader) ([]byte, error) {
	salt := make([]byte, 16)
	if _, err := io.ReadFull(rand, salt); err != nil {
		return nil, fmt.Errorf("making a salt: %w", err)
	}
	set := s.Set
	out := storedSecrets{
		Version: recordVersion, Salt: hex.EncodeToString(salt),
		AccessToken: reveal(set.AccessToken), RefreshToken: reveal(set.RefreshToken), IDToken: reveal(set.IDToken),
		TokenType: set.TokenType, IssuedTokenType: set.IssuedTokenType, Scope: set.Scope,
		ReceivedAt: set.ReceivedAt, ExpiresAt: set.ExpiresAt, RefreshExpires: set.RefreshExpires,
		ClientSecret: reveal(s.ClientSecret), ClientKey: reveal(s.ClientKey), DPoPKey: reveal(s.DPoPKey),
		CertPassphrase: reveal(s.CertPassphrase), Binding: bound,
	}
	if !s.ClientKey.IsZero() || !s.DPoPKey.IsZero() {
		out.Version = recordVersionKeys
	}
	if !s.CertPassphrase.IsZero() {
		out.Version = recordVersionPassphrase
	}
	if len(set.Extra) > 0 {
		out.Extra = make(map[string]*secretValue, len(set.Extra))
		for name, raw := range set.Extra {
			out.Extra[name] = &secretValue{text: string(raw)}
		}
	}
	data, err := plainJSON(out)
	if err != nil {
		return nil, fmt.Errorf("writing the record as JSON: %w", err)
	}
	if len(data) > maxRecord {
		return nil, fail(ErrFull, nil, "the record is %d bytes, more than the %d that the vault can store",
			len(data), maxRecord)
	}
	return data, nil
}

// decodeSecrets decodes the output of encodeSecrets. The binding is nil in records of earlier versions of fob.
func decodeSecrets(data []byte) (Secrets, *binding, error) {
	// The JSON error is not wrapped: it may quote its input, which is a secret.
	errNotJSON := fail(ErrDamaged, nil, "the record is not the JSON that fob wrote")
	var header struct {
		Version int `json:"v"`
	}
	if json.Unmarshal(data, &header) != nil {
		return Secrets{}, nil, errNotJSON
	}
	if header.Version < recordVersion || header.Version > recordVersionPassphrase {
		return Secrets{}, nil, versionProblem("the record", header.Version, recordVersionPassphrase)
	}
	var in storedSecrets
	if json.Unmarshal(data, &in) != nil {
		return Secrets{}, nil, errNotJSON
	}
	set := tokens.Set{
		AccessToken: in.AccessToken.secret(), RefreshToken: in.RefreshToken.secret(), IDToken: in.IDToken.secret(),
		TokenType: in.TokenType, IssuedTokenType: in.IssuedTokenType, Scope: in.Scope,
		ReceivedAt: in.ReceivedAt, ExpiresAt: in.ExpiresAt, RefreshExpires: in.RefreshExpires,
		Extra: make(map[string]json.RawMessage, len(in.Extra)),
	}
	for name, v := range in.Extra {
		if v != nil {
			set.Extra[name] = json.RawMessage(v.text)
		}
	}
	secrets := Secrets{Set: set, ClientSecret: in.ClientSecret.secret(), ClientKey: in.ClientKey.secret()}
	secrets.DPoPKey, secrets.CertPassphrase = in.DPoPKey.secret(), in.CertPassphrase.secret()
	return secrets, in.Binding, nil
}

// versionProblem distinguishes a record of a newer fob, which is valid, from one that no fob wrote.
func versionProblem(what string, version, newest int) error {
	if version > newest {
		return fail(ErrForeign, nil, "%s was written by a newer fob (version %d, this one reads up to %d): use that "+
			"fob, or update this one; the record is left unchanged", what, version, newest)
	}
	return fail(ErrDamaged, nil, "%s has the invalid version %d", what, version)
}
