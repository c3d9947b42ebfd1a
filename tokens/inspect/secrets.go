package inspect

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/jose/ordered"
	"fob/tokens/secretname"
)

// describeDocument describes a JSON text without a token in it. Secrets are replaced by their fingerprints: a person
// who pastes a key or a configuration has not asked to see them on the screen.
func (t *Token) describeDocument(doc *Object) {
	m := masker{}
	masked := m.object(doc, 0)
	t.Payload, t.PayloadJSON = masked, objectBytes(masked)
	keys := keySetOf(t.Raw)
	if keys == "" && len(m.names) > 0 {
		keys = "it is not valid, and has members of a private key"
	}
	switch {
	case doc.Has("keys") && keys != "":
		t.Kind, t.NoToken = KindKeySet, "this is a key set, not a token: "+keys
	case doc.Has("kty"):
		t.Kind, t.NoToken = KindKey, strings.TrimSuffix("this is a key (JWK), not a token: "+keys, ": ")
	case doc.Has("client_id") || doc.Has("redirect_uris") || doc.Has("token_endpoint") || doc.Has("clientId"):
		t.Kind, t.NoToken = KindClient, "this is the configuration of a client, not a token"
	case len(m.names) > 0:
		t.Kind, t.NoToken = KindCredentials, "this is a JSON document with credentials, not a token"
	default:
		t.fail(0, "this is a JSON object, not a token: it has neither a signature nor a ciphertext, "+
			"and no access_token or id_token in it")
		return
	}
	if len(m.names) > 0 && t.Kind != KindKey && t.Kind != KindKeySet {
		t.NoToken += "; " + strings.Join(m.names, ", ") + " in it is shown by its fingerprint"
	}
}

// keySetOf counts the keys of a JWK or a key set; "" if there are no valid ones.
func keySetOf(text string) string {
	set, err := jose.ParseKeys([]byte(text))
	if err != nil {
		return ""
	}
	private, secret := 0, 0
	for _, k := range set.Keys() {
		switch {
		case k.Type() == "oct":
			secret++
		case k.Private():
			private++
		}
	}
	text = fmt.Sprintf("%d keys", len(set.Keys()))
	if len(set.Keys()) == 1 {
		text = "1 key"
	}
	switch {
	case private > 0:
		text += ", with a private key in it"
	case secret > 0:
		text += ", with a symmetric key in it, which is a shared secret"
	case len(set.Skipped()) > 0:
		text += "; left out: " + tokens.VisibleLine(tokens.Clip(strings.Join(set.Skipped(), "; "), 200))
	default:
		text += ", public"
	}
	return text
}

var (
	pemBlock  = pattern(`-----BEGIN ([A-Z0-9 ]{1,60})-----`)
	basicPair = pattern(`(?i)^(?:authorization:\s*)?basic\s+([A-Za-z0-9+/_-]+={0,2})$`)
)

// describeSecret recognises keys and credentials in a text that is not JSON, and returns false for any other text.
func (t *Token) describeSecret() bool {
	raw := strings.TrimSpace(t.Raw)
	if m := pemBlock().FindStringSubmatch(raw[:min(len(raw), maxDocument)]); m != nil {
		t.Kind, t.NoToken = KindKey, "this is "+pemName(m[1])+" in PEM, not a token"
		if set, err := jose.ParseKeys([]byte(raw)); err == nil && len(set.Keys()) > 0 {
			k := set.Keys()[0]
			if thumbprint, err := k.Thumbprint(); err == nil {
				t.NoToken += fmt.Sprintf(" (%s, thumbprint %s)", strings.TrimSpace(k.Type()+" "+k.Curve()), thumbprint)
			}
		}
		return true
	}
	if m := basicPair().FindStringSubmatch(raw); m != nil {
		if user, password, ok := strings.Cut(string(anyBase64(m[1])), ":"); ok {
			t.Kind = KindCredentials
			t.NoToken = "this is a name and a password (RFC 7617), not a token: " +
				tokens.VisibleLine(tokens.Clip(user, 80)) + ", " + tokens.NewGuessable(password).Fingerprint()
			return true
		}
	}
	if len(raw) > maxNamed || isToken68(raw) {
		return false
	}
	if given := secretNames(secretsIn(raw), raw); len(given) > 0 {
		t.Kind = KindCredentials
		t.NoToken = "this is a text with credentials, not a token: it has " + strings.Join(given, ", ")
		return true
	}
	return false
}

// secretNames names the secrets of a text, each once, with what may be shown of it.
func secretNames(list []secretname.Value, text string) (given []string) {
	seen := map[string]bool{}
	for _, v := range list[:min(len(list), maxNames)] {
		name := tokens.VisibleLine(tokens.Clip(v.Name, 60)) + " (" + fingerprint(text[v.Start:v.End], v.Class) + ")"
		if !seen[name] {
			seen[name] = true
			given = append(given, name)
		}
	}
	return given
}

// pemName describes the label of a PEM block (RFC 7468).
func pemName(label string) string {
	switch {
	case strings.Contains(label, "PRIVATE KEY"):
		return "a private key"
	case strings.Contains(label, "CERTIFICATE REQUEST"):
		return "a certificate request"
	case strings.Contains(label, "CERTIFICATE"):
		return "a certificate"
	case strings.Contains(label, "PUBLIC KEY"):
		return "a public key"
	}
	return "a block " + label
}

// maxNames bounds how many secrets of a document are named.
const maxNames = 8

// masker replaces secrets in JSON by their fingerprints.
type masker struct{ names []string }

// object copies an object without its secrets. In a key the private members are secrets; in an object that describes an
// error, code is the name of the error.
func (m *masker) object(o *Object, depth int) *Object {
	out := &Object{Members: make([]Member, 0, len(o.Members))}
	isKey, named := o.Has("kty"), isNamedSecret(o)
	fault := slices.ContainsFunc(o.Members, func(m Member) bool { return secretname.InErrorObject(m.Name) })
	kind, _ := o.String("kind")
	for _, member := range o.Members {
		name, class := secretname.Plain(member.Name), classOf(member.Name)
		switch {
		case isKey && secretname.InKey(member.Name), named && name == "value",
			kind == "Secret" && strings.HasSuffix(name, "data"):
			class = secretname.Secret
		case fault && class == secretname.Ambiguous:
			class = secretname.Open
		}
		member.Raw = m.value(member.Name, member.Raw, class, depth)
		out.Members = append(out.Members, member)
	}
	return out
}

// classOf returns the class of a member by its name. Docker writes a name and a password into auth.
func classOf(name string) secretname.Class {
	if c := secretname.Of(name); c != secretname.InQuery {
		return c
	}
	if name = strings.TrimLeft(name, "_"); strings.EqualFold(name, "auth") {
		return secretname.Guessable
	}
	return secretname.Open
}

// isNamedSecret reports whether an object is the name and the value of a secret: {"name":"client_secret","value":"…"}.
func isNamedSecret(o *Object) bool {
	value, _ := o.String("value")
	for _, name := range []string{"name", "key"} {
		if s, ok := o.String(name); ok && secretname.IsSecret(s, value) {
			return true
		}
	}
	return false
}

// value masks what is secret in a value by the class of its name.
func (m *masker) value(name string, raw json.RawMessage, class secretname.Class, depth int) json.RawMessage {
	const maxDepth = 16
	if depth > maxDepth {
		return json.RawMessage(`"…"`)
	}
	if o, syntax := ordered.Parse(raw); syntax == nil && len(raw) > 0 && raw[0] == '{' {
		if class == secretname.Open || class == secretname.Ambiguous && !isNameOfToken(name) {
			return objectBytes(m.object(o, depth+1))
		}
		for i := range o.Members { // everything in it: the data of a Kubernetes Secret
			o.Members[i].Raw = m.value(o.Members[i].Name, o.Members[i].Raw, class, depth+1)
		}
		return objectBytes(o)
	}
	if list, ok := ordered.Array(raw); ok {
		made := []json.RawMessage{}
		for _, item := range list {
			made = append(made, m.value(name, item, class, depth+1))
		}
		text, err := json.Marshal(made)
		if err != nil {
			return json.RawMessage(`"…"`)
		}
		return text
	}
	return m.leaf(name, raw, class)
}

// leaf masks a string, or a number: a PIN may be one.
func (m *masker) leaf(name string, raw json.RawMessage, class secretname.Class) json.RawMessage {
	text, isText := ordered.Text(raw)
	if isText && class == secretname.Open {
		if len(text) > maxNamed {
			return jsonString(tokens.NewSecret(text).Fingerprint()) // too long to be searched for secrets
		}
		if list := secretsIn(text); len(list) > 0 {
			m.note(name)
			return jsonString(masked(text, list))
		}
	}
	if !isText && len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') && class != secretname.Ambiguous {
		text = string(raw)
	}
	switch {
	case text == "":
		return raw
	case class == secretname.Open, class == secretname.Ambiguous && !secretname.LooksGenerated(text):
		if !isText || !looksSecret(text) {
			return raw
		}
	}
	m.note(name)
	return jsonString(fingerprint(text, class))
}

func (m *masker) note(name string) {
	if len(m.names) < maxNames {
		m.names = append(m.names, tokens.VisibleLine(tokens.Clip(name, 60)))
	}
}

// masked returns a text with its secrets replaced.
func masked(text string, list []secretname.Value) string {
	var b strings.Builder
	done := 0
	for _, v := range list {
		b.WriteString(text[done:v.Start] + fingerprint(text[v.Start:v.End], v.Class))
		done = v.End
	}
	return b.String() + text[done:]
}

// fingerprint returns what may be shown of a secret: only that it is there, if a person may have chosen it.
func fingerprint(text string, class secretname.Class) string {
	if class == secretname.Guessable {
		return tokens.NewGuessable(text).Fingerprint()
	}
	return tokens.NewSecret(text).Fingerprint()
}

// looksSecret recognises a secret by its form alone.
func looksSecret(text string) bool {
	return strings.Contains(text, "PRIVATE KEY-----") || secretShape(text) != "" || gradeOf(text) >= gradeWrongLength
}
