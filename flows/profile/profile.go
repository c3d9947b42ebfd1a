// Package profile reads and writes the configuration file: the providers and clients a person works with, and their
// defaults. There is never a secret in it: a client secret is a reference to the environment, a file, a command or the
// vault.
package profile

// Profile is one entry of the file.
type Profile struct {
	Name          string
	Issuer        string
	ClientID      string
	ClientSecret  *Ref // nil: a public client
	AuthMethod    string
	Grant         string                         // the grant it starts with
	Values        map[string]string              // inputs of the grants by name: scope, audience …
	Params        map[string]map[string][]string // extra parameters by endpoint and name
	Endpoints     map[string]string              // for a provider without metadata: "authorization": URL …
	RedirectURI   string                         // pinned redirect URI, where the provider wants one
	RedirectPorts []int
	API           string // where calls start
	TLS           TLS
	Proxy         string
	Line          int // where it stands in the file; 0 when it was made here
}

// TLS are a profile's TLS settings.
type TLS struct {
	CA         string
	Cert       string // PEM, DER or PKCS#12
	Key        string // "": in Cert too
	Passphrase *Ref   // of Cert, where that is PKCS#12; nil: it needs none, or a person is asked
	Insecure   bool
	// InsecureHTTP lets secrets go over plain http beyond this machine.
	InsecureHTTP bool
}

// Ref says where a secret comes from. Exactly one field is set.
type Ref struct {
	Env     string
	File    string
	Command []string
	Vault   string

	// whyUntrusted says why Command must not run: others could have written it. "" when it may run.
	whyUntrusted string
}
