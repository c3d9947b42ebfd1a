package session

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"fob/flows/provider"
	"fob/tokens/inspect"
	"fob/tokens/jose"
	"fob/tokens/vault"
)

// storeKeysOnRead stores the key set of a server each time it is read, so that its tokens can be verified later without
// a request. Later processes trust the stored keys without seeing how they were read. So only keys are stored that the
// issuer itself publishes: by metadata found under its name (configured endpoints have no address as their source),
// over connections that could not be tampered with.
func (s *Service) storeKeysOnRead(p *plan, src *authServer) {
	m := src.metadata
	if s.o.ReadOnly || p.wire.Insecure || m.Issuer == "" || !provider.IsSecureURL(m.Source) ||
		!provider.IsSecureURL(m.JWKSURI) {
		return
	}
	src.keys.OnFetch(func(set jose.KeySet, at time.Time) {
		// A failure costs a request later, and is no reason to fail the use case.
		_ = s.o.Store.PutKeys(vault.IssuerKeys{Issuer: m.Issuer, ReadAt: at, Keys: publicKeys(set)})
	})
}

// publicKeys returns the public keys of a set as a JSON list of JWKs, without secrets and without keys that fob cannot
// read.
func publicKeys(set jose.KeySet) json.RawMessage {
	var b bytes.Buffer
	for _, k := range set.Keys() {
		jwk, err := k.PublicJWK()
		if err != nil {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.Write(jwk)
	}
	return slices.Concat([]byte("["), b.Bytes(), []byte("]"))
}

// storedKeys returns the stored keys of the issuer that a token names, and when they were read; the zero time without
// stored keys. The issuer must match exactly.
func (s *Service) storedKeys(t *inspect.Token) (set jose.KeySet, at time.Time) {
	iss := issuerOf(t)
	if iss == "" || t.Header == nil {
		return set, at
	}
	stored, err := s.o.Store.Keys(iss)
	if err != nil { // no keys, or the file is damaged: the next keys that are read replace it
		return set, at
	}
	set, err = jose.ParseKeySet(slices.Concat([]byte(`{"keys":`), stored.Keys, []byte("}")))
	if err != nil || len(set.Keys()) == 0 {
		return jose.KeySet{}, at
	}
	return set, stored.ReadAt
}

// inspectWithStoredKeys inspects the token of a first report with the stored keys of the issuer that it names, if may
// allows that issuer; else it returns the first report. newer says how to get newer keys.
func (s *Service) inspectWithStoredKeys(first *inspect.Report, o inspect.Options, newer string,
	may func(issuer string) bool) *inspect.Report {
	set, at := s.storedKeys(first.Token)
	if at.IsZero() || !may(issuerOf(first.Token)) {
		return first
	}
	o.Keys, o.KeysRead, o.NoKeys = set, at, newer
	return first.Token.Inspect(o)
}

// InspectSessionIssuer is InspectRaw without an issuer, for a token of an issuer with which there is a session; a token
// of any other issuer is read without keys. newer is what the report says if the stored keys lack the right one: what
// the user can do. It makes no request and reads no secret from the vault.
func (s *Service) InspectSessionIssuer(ctx context.Context, raw string, o inspect.Options,
	newer string) *inspect.Report {
	if o.Now.IsZero() {
		o.Now = s.o.Now()
	}
	return s.inspectWithStoredKeys(inspect.Inspect(raw, o), o, newer, func(issuer string) bool {
		list, _ := s.Sessions(ctx) // without the damaged ones
		return slices.ContainsFunc(list, func(m vault.Meta) bool { return m.Issuer == issuer })
	})
}
