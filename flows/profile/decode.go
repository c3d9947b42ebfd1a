package profile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fob/tokens/files"
	"fob/tokens/spelling"
)

// version is the version of the file's shape.
const version = "1"

// reader turns a tree into profiles. Its methods return *fault.
type reader struct {
	schema Schema
	folder string // relative files are taken to stand here: the folder of the configuration file
	home   string
}

func newReader(s Schema, path string) *reader {
	home, _ := os.UserHomeDir()
	return &reader{schema: s, folder: filepath.Dir(path), home: home}
}

// decodeDocument reads the tree of a file. others are names of profiles that are not in the tree.
func decodeDocument(root *node, s Schema, path string, others []string) (document, error) {
	doc := document{root: root}
	if root == nil || root.kind == null {
		return doc, nil
	}
	r := newReader(s, path)
	if root.kind != mapping {
		return doc, wrongKind(root, "the file", mapping, "version, default and profiles")
	}
	if err := known(root, "key", []string{"version", "default", "profiles"}); err != nil {
		return doc, err
	}
	if e, ok := root.get("version"); ok && (e.value.kind != scalar || e.value.text != version) {
		return doc, &fault{e.value.line, e.value.column, "this version of the file is not known to this fob", "version: " + version}
	}
	if e, ok := root.get("profiles"); ok {
		var err error
		if doc.profiles, err = r.profiles(e.value); err != nil {
			return doc, err
		}
	}
	return doc, r.standard(&doc, others)
}

func (r *reader) standard(doc *document, others []string) error {
	e, ok := doc.root.get("default")
	if !ok || e.value.kind == null {
		return nil
	}
	name, err := text(e, "the name of a profile")
	if err != nil {
		return err
	}
	names := slices.Clone(others)
	for _, p := range doc.profiles {
		names = append(names, p.Name)
	}
	if !slices.Contains(names, name) {
		return unknownWord(e.value, "profile", name, names)
	}
	doc.defaultName = name
	return nil
}

func (r *reader) profiles(n *node) ([]Profile, error) {
	if n.kind == null {
		return nil, nil
	}
	if n.kind != mapping {
		return nil, wrongKind(n, "profiles", mapping, "profile names, each with its settings below it")
	}
	var list []Profile
	for _, e := range n.entries {
		if err := CheckName(e.key); err != nil {
			return nil, &fault{e.line, e.column, err.Error(), ""}
		}
		p, err := r.profile(e)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func (r *reader) profile(e entry) (Profile, error) {
	p := Profile{Name: e.key, Line: e.line}
	if e.value.kind == null {
		return p, nil
	}
	if e.value.kind != mapping {
		return p, wrongKind(e.value, "the profile "+e.key, mapping, "settings such as issuer and client_id")
	}
	if err := known(e.value, "setting of a profile", settingNames(r.schema)); err != nil {
		return p, err
	}
	for _, setting := range e.value.entries {
		if setting.value.kind == null {
			continue // a key without a value is one that is not set yet
		}
		err := error(nil)
		if f, ok := fieldByKey(setting.key); ok {
			err = f.apply(r, setting, &p)
		} else {
			err = r.input(setting, &p)
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// input reads a key that a grant declares.
func (r *reader) input(e entry, p *Profile) error {
	if isSecretName(e.key) {
		return literalSecret(e)
	}
	values, err := texts(e, "text, or a list of texts")
	if err != nil {
		return err
	}
	if p.Values == nil {
		p.Values = map[string]string{}
	}
	p.Values[e.key] = strings.Join(values, " ")
	return nil
}

func (r *reader) params(e entry, p *Profile) error {
	p.Params = map[string]map[string][]string{}
	return r.byEndpoint(e, func(endpoint entry) error {
		if endpoint.value.kind != mapping {
			return wrongKind(endpoint.value, endpoint.key, mapping, "parameters and their values")
		}
		byName := map[string][]string{}
		for _, param := range endpoint.value.entries {
			if isSecretName(param.key) {
				return literalSecret(param)
			}
			values, err := texts(param, "text, or a list of texts (an empty list drops the parameter)")
			if err != nil {
				return err
			}
			byName[param.key] = values
		}
		p.Params[endpoint.key] = byName
		return nil
	})
}

func (r *reader) endpoints(e entry, p *Profile) error {
	p.Endpoints = map[string]string{}
	return r.byEndpoint(e, func(endpoint entry) error {
		address, err := r.webAddress(endpoint)
		p.Endpoints[endpoint.key] = address
		return err
	})
}

func (r *reader) byEndpoint(e entry, each func(entry) error) error {
	if e.value.kind != mapping {
		return wrongKind(e.value, e.key, mapping, "endpoints: "+strings.Join(r.schema.Endpoints, ", "))
	}
	if err := known(e.value, "endpoint", r.schema.Endpoints); err != nil {
		return err
	}
	for _, endpoint := range e.value.entries {
		if endpoint.value.kind == null {
			continue
		}
		if err := each(endpoint); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) ports(e entry, p *Profile) error {
	values, err := texts(e, "a port, or a list of ports")
	if err != nil {
		return err
	}
	for i, v := range values {
		port, err := strconv.Atoi(v)
		if err != nil || port < 0 || port > 65535 {
			at := e.value
			if at.kind == list {
				at = at.items[i]
			}
			return &fault{at.line, at.column, "this is no port", "a number from 1 to 65535, or 0 for any free one"}
		}
		p.RedirectPorts = append(p.RedirectPorts, port)
	}
	return nil
}

// tlsSettings are the keys under tls.
var tlsSettings = []string{"ca", "cert", "key", "passphrase", "insecure", "insecure_http"}

func (r *reader) tls(e entry, p *Profile) error {
	if e.value.kind != mapping {
		return wrongKind(e.value, e.key, mapping, strings.Join(tlsSettings, ", "))
	}
	if err := known(e.value, "TLS setting", tlsSettings); err != nil {
		return err
	}
	for _, setting := range e.value.entries {
		if setting.value.kind == null {
			continue
		}
		if setting.key == "passphrase" {
			ref, err := r.ref(setting)
			if err != nil {
				return err
			}
			p.TLS.Passphrase = ref
			continue
		}
		value, err := text(setting, "the path of a file")
		if err != nil {
			return err
		}
		switch setting.key {
		case "insecure", "insecure_http":
			if value != "true" && value != "false" {
				return &fault{setting.value.line, setting.value.column, "this is neither yes nor no", "true or false"}
			}
			into := &p.TLS.Insecure
			if setting.key == "insecure_http" {
				into = &p.TLS.InsecureHTTP
			}
			*into = value == "true"
			continue
		case "key":
			if strings.Contains(value, "PRIVATE KEY") {
				return literalSecret(setting)
			}
			p.TLS.Key = r.file(value)
		case "ca":
			p.TLS.CA = r.file(value)
		case "cert":
			p.TLS.Cert = r.file(value)
		}
	}
	if p.TLS.Key != "" && p.TLS.Cert == "" {
		return &fault{e.line, e.column, "a key without its certificate", "cert: the path of a file"}
	}
	if p.TLS.Passphrase != nil && p.TLS.Cert == "" {
		return &fault{e.line, e.column, "a passphrase without the certificate that it opens",
			"cert: the path of a PKCS#12 file"}
	}
	return nil
}

// file makes a path that does not depend on where fob is started.
func (r *reader) file(path string) string {
	path = files.ExpandHome(path, r.home)
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.folder, path)
	}
	return path
}

// sources are the references that a secret can be.
const sources = "one of {env: VARIABLE}, {file: PATH}, {command: [PROGRAM, ARGUMENT...]}, {vault: NAME}"

func (r *reader) secret(e entry, p *Profile) (err error) {
	p.ClientSecret, err = r.ref(e)
	return err
}

// ref reads where a secret comes from.
func (r *reader) ref(e entry) (*Ref, error) {
	n := e.value
	if n.kind == scalar {
		return nil, literalSecret(e)
	}
	if n.kind != mapping || len(n.entries) != 1 {
		return nil, &fault{n.line, n.column, "where the secret comes from is not said in one way", sources}
	}
	if err := known(n, "source of a secret", []string{"env", "file", "command", "vault"}); err != nil {
		return nil, err
	}
	ref := &Ref{}
	return ref, r.source(n.entries[0], ref)
}

// source reads one source of a secret.
func (r *reader) source(source entry, ref *Ref) error {
	if source.key == "command" {
		if source.value.kind != list || len(source.value.items) == 0 {
			return &fault{source.value.line, source.value.column, "a command is run without a shell", "a list: [PROGRAM, ARGUMENT...]"}
		}
		var err error
		ref.Command, err = texts(source, "a list of texts: [PROGRAM, ARGUMENT...]")
		return err
	}
	value, err := text(source, sources)
	switch {
	case err != nil:
		return err
	case value == "":
		return &fault{source.value.line, source.value.column, "the source of the secret is empty", sources}
	case source.key == "env":
		if strings.ContainsAny(value, "=\x00") {
			return &fault{source.value.line, source.value.column, "this is not the name of a variable", "{env: VARIABLE}"}
		}
		ref.Env = value
	case source.key == "file":
		ref.File = r.file(value)
	default:
		ref.Vault = value
	}
	return nil
}

func literalSecret(e entry) error {
	message := fmt.Sprintf("%s holds a secret, and this file must not: it is copied, shared and committed", quoted(e.key))
	return &fault{e.line, e.column, message, "client_secret, if that is what it is, as " + sources}
}

// isSecretName tells keys and parameters whose value is a secret by its meaning.
func isSecretName(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"secret", "password", "passphrase"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return slices.Contains([]string{"client_assertion", "assertion", "code", "device_code", "code_verifier", "access_token",
		"refresh_token", "id_token", "subject_token", "actor_token", "token", "api_key", "private_key", "pin"}, name)
}

// text reads a scalar.
func text(e entry, expected string) (string, error) {
	if e.value.kind != scalar {
		return "", wrongKind(e.value, e.key, scalar, expected)
	}
	return e.value.text, nil
}

// texts reads a scalar or a list of scalars.
func texts(e entry, expected string) ([]string, error) {
	if e.value.kind == scalar {
		return []string{e.value.text}, nil
	}
	if e.value.kind != list {
		return nil, wrongKind(e.value, e.key, scalar, expected)
	}
	values := make([]string, 0, len(e.value.items))
	for _, item := range e.value.items {
		if item.kind != scalar {
			return nil, wrongKind(item, e.key, scalar, expected)
		}
		values = append(values, item.text)
	}
	return values, nil
}

func (r *reader) webAddress(e entry) (string, error) {
	value, err := text(e, aWebAddress)
	if err != nil {
		return "", err
	}
	if err := isWebAddress(r, value); err != nil {
		return "", faultAt(e, err)
	}
	return value, nil
}

func wrongKind(n *node, what string, want kind, expected string) error {
	return &fault{n.line, n.column, fmt.Sprintf("%s is %s, and %s was expected", what, n.kind, want), expected}
}

// known refuses the keys that are not in the list.
func known(n *node, what string, allowed []string) error {
	for _, e := range n.entries {
		if !slices.Contains(allowed, e.key) {
			return unknownKey(e, what, allowed)
		}
	}
	return nil
}

func unknownKey(e entry, what string, allowed []string) error {
	return &fault{e.line, e.column, fmt.Sprintf("unknown %s %s%s", what, quoted(e.key), didYouMean(e.key, allowed)), oneOf(allowed)}
}

// unknownWord is for values that are names and no secrets.
func unknownWord(n *node, what, word string, allowed []string) error {
	return &fault{n.line, n.column, fmt.Sprintf("unknown %s %s%s", what, quoted(word), didYouMean(word, allowed)), oneOf(allowed)}
}

func didYouMean(word string, allowed []string) string {
	if near := spelling.Nearest(word, allowed); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}

func oneOf(allowed []string) string {
	if len(allowed) == 0 {
		return "none: there is none to name"
	}
	return "one of " + strings.Join(allowed, ", ")
}
