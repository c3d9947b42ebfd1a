package token

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
	"fob/tokens/jose/ordered"
	"fob/ui/pane"
	"fob/ui/widget"
)

// minted is how a token was made here.
type minted struct {
	from   reference // what it was made from; its report is nil when it was made from nothing
	notes  []string
	public []byte // the key set that verifies it; nil without one
}

// mintForm is the form that makes tokens for tests. It keeps what was typed, and the keys, from one token to the next.
type mintForm struct {
	ctx    *pane.Context
	work   *pane.Work
	form   *widget.Form
	report *inspect.Report     // of the token whose claims are in the form
	keys   map[string]jose.Key // made in this run, by algorithm: an API that has one accepts all tokens signed with it
}

// The fields of the form.
const (
	fieldClaims    = "claims"
	fieldHeader    = "header"
	fieldSignature = "signature"
	fieldKeyFile   = "key_file"
	fieldSecret    = "secret"
	fieldExpire    = "expire"
	fieldAudience  = "audience"
	fieldEncrypt   = "encrypt"
	fieldEncryptTo = "encrypt_to"
)

// What a token can be signed with and encrypted for.
const (
	withGeneratedKey = "generated key"
	withKeyFile      = "key file"
	withSecret       = "shared secret"
	notEncrypted     = "no"
)

// encryptionAlg is the algorithm of an encryption key that is generated.
const encryptionAlg = "ECDH-ES+A256KW"

// maxEdited bounds the claims that are edited on the screen, in bytes.
const maxEdited = 64 << 10

// alterableReport returns the report of the token that can be altered: the one inside a decrypted token, the JWT of an
// SD-JWT. Without one, a token is made from nothing, and why says so.
func alterableReport(r *inspect.Report) (from *inspect.Report, why string) {
	if r == nil || r.Token == nil || r.Kind == inspect.KindNothing {
		return nil, "from nothing"
	}
	if r.Nested != nil {
		r = r.Nested
	}
	if r.Token.SD != nil {
		r = inspect.Inspect(r.Token.SD.IssuerJWT, inspect.Options{})
	}
	switch {
	case r.Token.Form != inspect.Compact || r.Err != nil || r.Header == nil || r.Payload == nil:
		return nil, "from nothing: the shown one has no claims that can be read"
	case len(r.Token.PayloadJSON)+len(r.Token.HeaderJSON) > maxEdited:
		return nil, "from nothing: the shown one is too large to edit here, fob mint alters it"
	}
	return r, ""
}

// open returns the form, filled with the claims of the shown token.
func (m *mintForm) open(shown *inspect.Report) *editor {
	from, why := alterableReport(shown)
	e := &editor{title: "Alter the token", note: "for tests: it is marked as made here and never stored"}
	if from == nil {
		e.title, e.note = "Make a token", why+"; "+e.note
	}
	header, claims := m.template(from)
	if m.form == nil || m.report != shown {
		m.form = widget.NewForm(m.ctx.Styles, "Make", mintFields(header, claims, nil)...)
		m.form.Focus(fieldClaims)
		m.report = shown
	}
	e.form = m.form
	e.changed = func(v map[string]string) { e.form.SetFields(mintFields(header, claims, v)...) }
	e.done = func(v map[string]string) tea.Cmd { return m.start(mintRequest{from, header, claims, v, m.ctx.Now()}) }
	return e
}

// template returns header and claims as the form shows them first.
func (m *mintForm) template(from *inspect.Report) (header, claims string) {
	if from != nil {
		return indented(from.Token.HeaderJSON), indented(from.Token.PayloadJSON)
	}
	now := m.ctx.Now()
	return indented([]byte(`{"alg":"ES256","typ":"at+jwt"}`)), indented(fmt.Appendf(nil,
		`{"iss":%q,"sub":"alice","aud":"https://api.example","iat":%d,"exp":%d}`,
		inspect.MintedIssuer, now.Unix(), now.Add(10*time.Minute).Unix()))
}

func indented(raw []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// mintFields are the fields of the form that its values so far need.
func mintFields(header, claims string, v map[string]string) []widget.Field {
	list := []widget.Field{
		{Name: fieldClaims, Label: "Claims", Kind: widget.LinesField, Lines: 9, AtTop: true, Default: claims,
			Required: true, Validate: invalidJSON, Help: "JSON. What is not changed stays as it was written."},
		{Name: fieldHeader, Label: "Header", Kind: widget.LinesField, Lines: 4, AtTop: true, Default: header,
			Required: true, Validate: invalidJSON, Help: "JSON. alg and kid follow the key that signs."},
		{Name: fieldSignature, Label: "Signature", Kind: widget.ChoiceField, Default: withGeneratedKey,
			Choices: []string{withGeneratedKey, withKeyFile, withSecret, string(inspect.SignatureKept),
				string(inspect.SignatureBroken), string(inspect.SignatureStripped), string(inspect.SignatureNone)},
			Help: "A key made here, a key or secret of yours; or wrong on purpose: the old one kept, one bit broken, " +
				"stripped, or alg none."},
	}
	switch v[fieldSignature] {
	case withKeyFile:
		list = append(list, widget.Field{Name: fieldKeyFile, Label: "Key file", Required: true,
			Placeholder: "~/key.pem", Refuses: tokens.LooksUnlikePath,
			Help: "The private key: PEM or JWK. It is read and not stored."})
	case withSecret:
		list = append(list, widget.Field{Name: fieldSecret, Label: "Secret", Kind: widget.PasswordField, Required: true,
			Help: "The shared secret of an HMAC signature. It is not stored."})
	}
	list = append(list,
		widget.Field{Name: fieldExpire, Label: "Expired", Kind: widget.BoolField, Default: "false",
			Help: "exp an hour, iat and nbf two hours into the past."},
		widget.Field{Name: fieldAudience, Label: "Other audience", Placeholder: "as in the claims",
			Help: "Another aud: an API must reject a token for another API."},
		widget.Field{Name: fieldEncrypt, Label: "Encrypt", Kind: widget.ChoiceField, Default: notEncrypted,
			Choices: []string{notEncrypted, withGeneratedKey, withKeyFile},
			Help:    "Put the signed token into an encrypted one (RFC 7519 5.2)."})
	if v[fieldEncrypt] == withKeyFile {
		list = append(list, widget.Field{Name: fieldEncryptTo, Label: "Encrypt for", Required: true,
			Placeholder: "recipient.pem", Refuses: tokens.LooksUnlikePath,
			Help: "The recipient's public key: PEM or JWK."})
	}
	return list
}

// invalidJSON says where a text is not a JSON object.
func invalidJSON(text string) string {
	o, err := ordered.Parse([]byte(text))
	switch {
	case err != nil:
		line := 1 + strings.Count(text[:min(err.Offset, len(text))], "\n")
		return tokens.VisibleLine(fmt.Sprintf("line %d: %s", line, err.Message))
	case len(o.Members) == 0:
		return "it is empty"
	}
	return ""
}
