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

// The versions of what is kept in the backend. A reader refuses a version that it does not know. A record says 2 only
// when it holds keys, and 3 only when it holds the passphrase of a certificate: a reader that knew nothing of them
// would lose them, and with them the use of the tokens.
const (
	recordVersion           = 1
	recordVersionKeys       = 2
	recordVersionPassphrase = 3
)

// maxRecord bounds a record: far above what any provider hands out.
const maxRecord = 4 << 20

// sealed is how secrets are written into the backend: valid UTF-8 JSON with the values in it. Salt makes the checksum
// that stands in the open metadata file useless for guessing a short secret.
type sealed struct {
	Version         int               `json:"v"`
	Salt            string            `json:"salt"`
	AccessToken     value             `json:"access_token,omitzero"`
	RefreshToken    value             `json:"refresh_token,omitzero"`
	IDToken         value             `json:"id_token,omitzero"`
	TokenType       string            `json:"token_type,omitempty"`
	IssuedTokenType string            `json:"issued_token_type,omitempty"`
	Scope           string            `json:"scope,omitempty"`
	ReceivedAt      time.Time         `json:"received_at,omitzero"`
	ExpiresAt       time.Time         `json:"expires_at,omitzero"`
	RefreshExpires  time.Time         `json:"refresh_expires_at,omitzero"`
	Extra           map[string]*value `json:"extra,omitempty"` // JSON text, kept letter by letter
	ClientSecret    value             `json:"client_secret,omitzero"`
	ClientKey       value             `json:"client_key,omitzero"`      // from version 2 on
	DPoPKey         value             `json:"dpop_key,omitzero"`        // from version 2 on
	CertPassphrase  value             `json:"cert_passphrase,omitzero"` // from version 3 on
	Binding         *binding          `json:"binding,omitempty"`        // nil in records of earlier versions of fob
}

// value is a revealed secret: a JSON string where that holds it exactly, else an object.
type value struct {
	text      string
	guessable bool
}

type valueObject struct {
	Text      string `json:"text,omitempty"`
	Base64    []byte `json:"base64,omitempty"` // bytes that are not UTF-8, which a JSON string would lose
	Guessable bool   `json:"guessable,omitempty"`
}

func reveal(s tokens.Secret) value {
	// What is short is hidden anyhow; what is long and hidden was called guessable and must stay so.
	return value{text: s.Reveal(), guessable: s.Fingerprint() == tokens.Hidden}
}

func (v value) secret() tokens.Secret {
	if v.guessable && v.text != "" {
		return tokens.NewGuessable(v.text)
	}
	return tokens.NewSecret(v.text)
}

// IsZero implements the test of omitzero.
func (v value) IsZero() bool { return v.text == "" }

// MarshalJSON implements json.Marshaler.
func (v value) MarshalJSON() ([]byte, error) {
	switch {
	case !utf8.ValidString(v.text):
		return plainJSON(valueObject{Base64: []byte(v.text), Guessable: v.guessable})
	case v.guessable:
		return plainJSON(valueObject{Text: v.text, Guessable: true})
	}
	return plainJSON(v.text)
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *value) UnmarshalJSON(raw []byte) error {
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

// plainJSON marshals without the escapes for HTML, which would make tokens longer.
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
	out := sealed{
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
		out.Extra = make(map[string]*value, len(set.Extra))
		for name, raw := range set.Extra {
			out.Extra[name] = &value{text: string(raw)}
		}
	}
	data, err := plainJSON(out)
	if err != nil {
		return nil, fmt.Errorf("writing the record as JSON: %w", err)
	}
	if len(data) > maxRecord {
		return nil, fail(ErrFull, nil, "the record is %d bytes, more than the %d that the vault takes", len(data), maxRecord)
	}
	return data, nil
}

// decodeSecrets reads what encodeSecrets wrote. The binding is nil where an earlier version of fob wrote none.
func decodeSecrets(data []byte) (Secrets, *binding, error) {
	// The JSON error can quote what it read, which is a secret: it is not wrapped.
	errNotJSON := fail(ErrDamaged, nil, "the record is not the JSON that was written")
	var says struct {
		Version int `json:"v"`
	}
	if json.Unmarshal(data, &says) != nil {
		return Secrets{}, nil, errNotJSON
	}
	if says.Version < recordVersion || says.Version > recordVersionPassphrase {
		return Secrets{}, nil, versionProblem("the record", says.Version, recordVersionPassphrase)
	}
	var in sealed
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

// versionProblem tells a record of a newer fob, which is good, from one that no fob wrote.
func versionProblem(what string, version, newest int) error {
	if version > newest {
		return fail(ErrForeign, nil, "%s was written by a newer fob (version %d, this one reads up to %d): use that fob, or "+
			"update this one; nothing of it is changed here", what, version, newest)
	}
	return fail(ErrDamaged, nil, "%s has version %d, and no fob writes that", what, version)
}
