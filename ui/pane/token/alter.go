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
	"fob/ui/widget"
)

// made is how a token was made here.
type minted struct {
	from   reference // what it was made from; its report is nil when it was made from nothing
	notes  []string
	public []byte // the key set that accepts it; nil: none does
}

// forge is what altering keeps from one token to the next.
type mintForm struct {
	form *widget.Form
	report   *inspect.Report     // whose claims the form holds
	keys map[string]jose.Key // made in this run, by algorithm: an API that was given one accepts all that it signs
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
	withGeneratedKey  = "made key"
	withKeyFile  = "key file"
	withSecret   = "shared secret"
	notEncrypted = "no"
)

// encryptionAlg is the algorithm of an encryption key that is made here.
const encryptionAlg = "ECDH-ES+A256KW"

// maxEdited bounds the claims that are edited on the screen, in bytes.
const maxEdited = 64 << 10

// alterable is the report of the token that can be altered: the one inside an encrypted token that was opened, the JWT of
// an SD-JWT. why says that there is none, so that one is made from nothing.
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
		return nil, "from nothing, since the shown one holds no claims that can be read"
	case len(r.Token.PayloadJSON)+len(r.Token.HeaderJSON) > maxEdited:
		return nil, "from nothing: the shown one is too large to edit here, fob mint alters it"
	}
	return r, ""
}

// alter opens the form of a token for tests, filled with the claims of the shown one.
func (p *Pane) openMintForm() {
	from, why := alterableReport(p.report)
	title := "Alter the token"
	if from == nil {
		title = "Make a token"
	}
	note := why
	if note != "" {
		note += "; "
	}
	note += "for tests: it is marked as made here and never stored"
	if p.mintForm.form == nil || p.mintForm.report != p.report {
		header, claims := p.seed(from)
		form := widget.NewForm(p.ctx.Styles, "Make", p.mintFields(header, claims, nil)...)
		form.Focus(fieldClaims)
		p.mintForm.form, p.mintForm.report = form, p.report
	}
	f := p.mintForm.form
	header, claims := p.seed(from)
	p.editor = &editor{title: title, note: note, form: f,
		changed: func(v map[string]string) { f.SetFields(p.mintFields(header, claims, v)...) },
		done:    func(v map[string]string) tea.Cmd { return p.mint(mintRequest{from, header, claims, v, p.ctx.Now()}) }}
}

// seed are header and claims as the form begins with them.
func (p *Pane) seed(from *inspect.Report) (header, claims string) {
	if from != nil {
		return indented(from.Token.HeaderJSON), indented(from.Token.PayloadJSON)
	}
	now := p.ctx.Now()
	return "{\n  \"alg\": \"ES256\",\n  \"typ\": \"at+jwt\"\n}", fmt.Sprintf("{\n  \"iss\": %q,\n  \"sub\": \"alice\",\n  \"aud\": \"https://api.example\",\n  \"iat\": %d,\n  \"exp\": %d\n}",
		inspect.MadeHere, now.Unix(), now.Add(10*time.Minute).Unix())
}

func indented(raw []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// mintFields are the fields that the values so far ask for.
func (p *Pane) mintFields(header, claims string, v map[string]string) []widget.Field {
	list := []widget.Field{
		{Name: fieldClaims, Label: "Claims", Kind: widget.LinesField, Lines: 9, AtTop: true, Default: claims, Required: true, Validate: invalidJSON,
			Help: "JSON. What is left as it is stays as it was written."},
		{Name: fieldHeader, Label: "Header", Kind: widget.LinesField, Lines: 4, AtTop: true, Default: header, Required: true, Validate: invalidJSON,
			Help: "JSON. alg and kid follow the key that signs."},
		{Name: fieldSignature, Label: "Signature", Kind: widget.ChoiceField, Default: withGeneratedKey,
			Choices: []string{withGeneratedKey, withKeyFile, withSecret, string(inspect.SignatureKept), string(inspect.SignatureBroken), string(inspect.SignatureStripped), string(inspect.SignatureNone)},
			Help:    "A key made here, a key or secret of yours; or wrong on purpose: the old one kept, one bit broken, stripped, or alg none."},
	}
	switch v[fieldSignature] {
	case withKeyFile:
		list = append(list, widget.Field{Name: fieldKeyFile, Label: "Key file", Required: true, Placeholder: "~/key.pem",
			Refuses: tokens.LooksUnlikePath, Help: "The private key: PEM or JWK. It is read and not kept."})
	case withSecret:
		list = append(list, widget.Field{Name: fieldSecret, Label: "Secret", Kind: widget.PasswordField, Required: true, Help: "The shared secret of an HMAC signature. It is not kept."})
	}
	list = append(list,
		widget.Field{Name: fieldExpire, Label: "Expired", Kind: widget.BoolField, Default: "false", Help: "exp an hour, iat and nbf two hours into the past."},
		widget.Field{Name: fieldAudience, Label: "Other audience", Placeholder: "as in the claims", Help: "Another aud: a token for another API must be refused."},
		widget.Field{Name: fieldEncrypt, Label: "Encrypt", Kind: widget.ChoiceField, Default: notEncrypted, Choices: []string{notEncrypted, withGeneratedKey, withKeyFile},
			Help: "Put the signed token into an encrypted one (RFC 7519 5.2)."})
	if v[fieldEncrypt] == withKeyFile {
		list = append(list, widget.Field{Name: fieldEncryptTo, Label: "Encrypt for", Required: true,
			Placeholder: "recipient.pem", Refuses: tokens.LooksUnlikePath, Help: "The recipient's public key: PEM or JWK."})
	}
	return list
}

// invalidJSON says where a text stops being a JSON object.
func invalidJSON(text string) string {
	o, err := ordered.Parse([]byte(text))
	switch {
	case err != nil:
		line := 1 + strings.Count(text[:min(err.Offset, len(text))], "\n")
		return tokens.VisibleLine(fmt.Sprintf("line %d: %s", line, err.Message))
	case len(o.Members) == 0:
		return "there is nothing in it"
	}
	return ""
}
