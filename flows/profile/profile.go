// Package profile reads and writes the configuration file: providers, clients and their defaults. It never contains a
// secret: a client secret is a reference to the environment, a file, a command or the vault.
package profile

// Profile is one entry of the file.
type Profile struct {
	Name          string
	Issuer        string
	ClientID      string
	ClientSecret  *Ref // nil: a public client
	AuthMethod    string
	Grant         string                         // the default grant
	Values        map[string]string              // inputs of the grants by name: scope, audience …
	Params        map[string]map[string][]string // extra parameters by endpoint and name
	Endpoints     map[string]string              // for a provider without metadata: "authorization": URL …
	RedirectURI   string                         // pinned redirect URI, if the provider requires one
	RedirectPorts []int
	API           string // base URL of calls
	TLS           TLS
	Proxy         string
	Line          int // line in the file; 0 for a new profile
}

// TLS are a profile's TLS settings.
type TLS struct {
	CA         string
	Cert       string // PEM, DER or PKCS#12
	Key        string // "": in Cert too
	Passphrase *Ref   // of a PKCS#12 Cert; nil: it has none, or the user is asked
	Insecure   bool
	// InsecureHTTP allows secrets over plain http beyond this machine.
	InsecureHTTP bool
}

// Ref refers to a secret. Exactly one of the exported fields is set.
type Ref struct {
	Env     string
	File    string
	Command []string
	Vault   string

	// untrustedReason says why Command must not run: other users could have written it. "" allows it.
	untrustedReason string
}
