package demo

import (
	"encoding/json"
	"strings"

	"fob/tokens"
)

// Description is what a client needs to know about a running server: the JSON line of `fob demo --serve`.
type Description struct {
	Issuer   string       `json:"issuer"`
	API      string       `json:"api"`
	Clients  []ClientInfo `json:"clients"`
	Users    []string     `json:"users"`
	Password string       `json:"password"` // of every user; the sign-in page shows it as well
	Faults   string       `json:"faults"`   // URL of the fault API
	Opaque   string       `json:"opaque"`   // the resource whose access tokens are opaque
	MCP      string       `json:"mcp"`      // a resource for clients that know only its URL (RFC 9728 5)
	TLS      TLSInfo      `json:"tls"`      // where client certificates are accepted (RFC 8705)
}

// ClientInfo describes a registered client.
type ClientInfo struct {
	ClientID     string
	AuthMethod   string        // none, client_secret_basic, client_secret_post
	ClientSecret tokens.Secret // zero for a public client
	Grants       []string      // grant types
	IDTokenAlg   string        // id_token_signed_response_alg
	Certificate  string        // PEM, of a client that authenticates with it; "" for none
	PrivateKey   tokens.Secret // PEM, of the certificate
	Keys         tokens.Secret // a JWK set with the private keys of a client that has some; zero for none
	Needs        string        // what the client is required to use, in a word or two; "" for nothing
}

// MarshalJSON writes the client secret in the clear: the line exists to give it to the caller who started the server.
func (c ClientInfo) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ClientID     string          `json:"client_id"`
		AuthMethod   string          `json:"auth_method"`
		ClientSecret string          `json:"client_secret,omitempty"`
		Grants       []string        `json:"grants"`
		IDTokenAlg   string          `json:"id_token_signed_response_alg"`
		Keys         json.RawMessage `json:"jwks,omitempty"`
		Certificate  string          `json:"certificate,omitempty"`
		PrivateKey   string          `json:"private_key,omitempty"`
		Needs        string          `json:"needs,omitempty"`
	}{c.ClientID, c.AuthMethod, c.ClientSecret.Reveal(), c.Grants, c.IDTokenAlg, json.RawMessage(c.Keys.Reveal()),
		c.Certificate,
		c.PrivateKey.Reveal(), c.Needs})
}

// Client finds a client by its ID; the zero ClientInfo if it does not exist.
func (d Description) Client(id string) ClientInfo {
	for _, c := range d.Clients {
		if c.ClientID == id {
			return c
		}
	}
	return ClientInfo{}
}

// needs returns what the registration of a client requires.
func (c client) needs() string {
	var needs []string
	for _, n := range []struct {
		on   bool
		what string
	}{{c.RequirePAR, needsPAR}, {c.RequireSignedRequest, needsJAR}, {c.DPoPBound, needsDPoP},
		{c.CertificateBound, needsMTLS}} {
		if n.on {
			needs = append(needs, n.what)
		}
	}
	return strings.Join(needs, ", ")
}

// Description describes the server.
func (s *Server) Description() Description {
	d := Description{Issuer: s.Issuer(), API: s.API(), Password: Password, Faults: s.env.issuer + faultsPath,
		Opaque: s.OpaqueResource(), MCP: s.MCP(),
		TLS: TLSInfo{Base: s.env.tlsBase, API: s.env.tlsBase + "/api", CA: s.authority.pem}}
	for _, c := range s.clients.list() {
		d.Clients = append(d.Clients, ClientInfo{ClientID: c.ID, AuthMethod: c.AuthMethod, ClientSecret: c.Secret,
			Grants: c.Grants, IDTokenAlg: c.IDTokenAlg, Keys: c.PrivateKeys, Certificate: c.Identity.Certificate,
			PrivateKey: tokens.NewSecret(c.Identity.PrivateKey), Needs: c.needs()})
	}
	for _, u := range users {
		d.Users = append(d.Users, u.Name)
	}
	return d
}
