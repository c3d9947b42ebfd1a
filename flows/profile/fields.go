package profile

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// field is a setting that a profile has whatever its grant: how it is read and how it is written. What the grants
// declare (scope, audience …) is not here: it comes with the Schema.
type field struct {
	key string
	// A setting that is one text names where it stands and what it may be (check nil: anything).
	text  func(*Profile) *string
	check func(r *reader, value string) error // a *wanted says what was expected
	// A setting with a shape is read and written by functions of its own; write returns nil when it is not set.
	read  func(*reader, entry, *Profile) error
	write func(Profile) *node
}

// inputsHere marks where the grants' inputs are written.
const inputsHere = ""

// fields lists the settings in the order in which they are written.
func fields() []field {
	return []field{
		{key: "issuer", text: func(p *Profile) *string { return &p.Issuer }, check: isWebAddress},
		{key: "client_id", text: func(p *Profile) *string { return &p.ClientID }},
		{key: "client_secret", read: (*reader).secret, write: func(p Profile) *node { return p.ClientSecret.tree() }},
		{key: "auth_method", text: func(p *Profile) *string { return &p.AuthMethod }, check: isAuthMethod},
		{key: "grant", text: func(p *Profile) *string { return &p.Grant }, check: isGrant},
		{key: inputsHere},
		{key: "redirect_uri", text: func(p *Profile) *string { return &p.RedirectURI }, check: isRedirectURI},
		{key: "redirect_ports", read: (*reader).ports, write: func(p Profile) *node { return portsTree(p.RedirectPorts) }},
		{key: "api", text: func(p *Profile) *string { return &p.API }, check: isWebAddress},
		{key: "params", read: (*reader).params, write: func(p Profile) *node { return paramsTree(p.Params) }},
		{key: "endpoints", read: (*reader).endpoints, write: func(p Profile) *node { return textsTree(p.Endpoints) }},
		{key: "tls", read: (*reader).tls, write: func(p Profile) *node { return p.TLS.tree() }},
		{key: "proxy", text: func(p *Profile) *string { return &p.Proxy }, check: isProxy},
	}
}

func fieldByKey(key string) (field, bool) {
	for _, f := range fields() {
		if f.key == key && key != inputsHere {
			return f, true
		}
	}
	return field{}, false
}

// settingNames are the keys that a profile may have.
func settingNames(s Schema) []string {
	var names []string
	for _, f := range fields() {
		if f.key != inputsHere {
			names = append(names, f.key)
			continue
		}
		for _, input := range s.Inputs {
			if _, taken := fieldByKey(input); !taken {
				names = append(names, input)
			}
		}
	}
	return names
}

// wanted is a check's complaint and what it expected instead.
type wanted struct{ message, expected string }

func (w *wanted) Error() string { return w.message }

// apply reads a setting into the profile.
func (f field) apply(r *reader, e entry, p *Profile) error {
	if f.read != nil {
		return f.read(r, e, p)
	}
	value, err := text(e, "text")
	if err != nil {
		return err
	}
	if f.check != nil {
		if err := f.check(r, value); err != nil {
			return faultAt(e, err)
		}
	}
	*f.text(p) = value
	return nil
}

func faultAt(e entry, err error) error {
	w := &wanted{message: err.Error()}
	_ = errors.As(err, &w)
	return &fault{e.value.line, e.value.column, quoted(e.key) + ": " + w.message, w.expected}
}

// tree is the setting as it is written; nil when it is not set.
func (f field) tree(p Profile) *node {
	if f.write != nil {
		return f.write(p)
	}
	return textTree(*f.text(&p))
}

const aWebAddress = "an absolute http or https URL without a name or password in it"

func isWebAddress(_ *reader, value string) error {
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return &wanted{"this is no web address", aWebAddress}
	}
	return nil
}

func isRedirectURI(_ *reader, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme == "" || u.User != nil || strings.Contains(value, "#") {
		return &wanted{"this is no redirect URI", "an absolute URI without a fragment (RFC 6749 3.1.2)"}
	}
	return nil
}

func isProxy(_ *reader, value string) error {
	u, err := url.Parse(value)
	switch {
	case value == "none":
		return nil
	case err == nil && u.User != nil:
		return &wanted{"a proxy's password must not be in this file",
			"the URL without it; a proxy that asks for one can be named in HTTPS_PROXY"}
	case err != nil || u.Hostname() == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme):
		return &wanted{"this is no proxy", "none, or an http, https or socks5 URL"}
	}
	return nil
}

func isGrant(r *reader, value string) error { return among("grant", value, r.schema.Grants) }

func isAuthMethod(r *reader, value string) error {
	return among("client authentication method", value, r.schema.AuthMethods)
}

func among(what, value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return &wanted{fmt.Sprintf("unknown %s %s%s", what, quoted(value), didYouMean(value, allowed)), oneOf(allowed)}
}

// The settings as trees, for writing.

func textTree(s string) *node {
	if s == "" {
		return nil
	}
	return &node{kind: scalar, text: s}
}

func listTree(values []string) *node {
	n := &node{kind: list}
	for _, v := range values {
		n.items = append(n.items, &node{kind: scalar, text: v})
	}
	return n
}

func (n *node) add(key string, value *node) {
	if value != nil {
		n.entries = append(n.entries, entry{key: key, value: value})
	}
}

// orNothing makes a mapping without entries a setting that is not set.
func (n *node) orNothing() *node {
	if len(n.entries) == 0 {
		return nil
	}
	return n
}

func textsTree(m map[string]string) *node {
	n := &node{kind: mapping}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		n.add(key, textTree(m[key]))
	}
	return n.orNothing()
}

func portsTree(ports []int) *node {
	if len(ports) == 0 {
		return nil
	}
	values := make([]string, len(ports))
	for i, p := range ports {
		values[i] = strconv.Itoa(p)
	}
	return listTree(values)
}

func paramsTree(params map[string]map[string][]string) *node {
	n := &node{kind: mapping}
	for _, endpoint := range slices.Sorted(maps.Keys(params)) {
		byName := &node{kind: mapping}
		for _, name := range slices.Sorted(maps.Keys(params[endpoint])) {
			values := params[endpoint][name]
			if len(values) == 1 {
				byName.add(name, &node{kind: scalar, text: values[0]})
				continue
			}
			byName.add(name, listTree(values))
		}
		n.add(endpoint, byName.orNothing())
	}
	return n.orNothing()
}

func (t TLS) tree() *node {
	n := &node{kind: mapping}
	n.add("ca", textTree(t.CA))
	n.add("cert", textTree(t.Cert))
	n.add("key", textTree(t.Key))
	n.add("passphrase", t.Passphrase.tree())
	if t.Insecure {
		n.add("insecure", textTree("true"))
	}
	if t.InsecureHTTP {
		n.add("insecure_http", textTree("true"))
	}
	return n.orNothing()
}

func (r *Ref) tree() *node {
	if r == nil {
		return nil
	}
	n := &node{kind: mapping}
	n.add("env", textTree(r.Env))
	n.add("file", textTree(r.File))
	if len(r.Command) > 0 {
		n.add("command", listTree(r.Command))
	}
	n.add("vault", textTree(r.Vault))
	return n.orNothing()
}

// tree is the whole profile, its settings in the order of fields.
func (p Profile) tree() *node {
	n := &node{kind: mapping}
	for _, f := range fields() {
		if f.key != inputsHere {
			n.add(f.key, f.tree(p))
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(p.Values)) {
			if _, taken := fieldByKey(name); !taken {
				n.add(name, textTree(p.Values[name]))
			}
		}
	}
	return n
}
