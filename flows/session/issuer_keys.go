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

// storeKeysOnRead has the key set of a server kept each time it is read, so that a token of its can be judged later
// without asking anybody. Kept is only what the issuer itself has said, by metadata that was found under its name (that
// of endpoints which a person configured has no address as its source), over connections on whose way nobody could
// change it: later processes, which see nothing of this one, believe it.
func (s *Service) storeKeysOnRead(p *plan, src *authServer) {
	m := src.metadata
	if s.o.ReadOnly || p.wire.Insecure || m.Issuer == "" || !provider.IsSecureURL(m.Source) ||
		!provider.IsSecureURL(m.JWKSURI) {
		return
	}
	src.keys.OnFetch(func(set jose.KeySet, at time.Time) {
		// That they could not be kept costs a request later, and is no reason to end what they were read for.
		_ = s.o.Store.PutKeys(vault.IssuerKeys{Issuer: m.Issuer, ReadAt: at, Keys: publicKeys(set)})
	})
}

// publicKeys are the public halves of a set as a list of JWKs. What has none that fob can read, and a secret, is left
// out.
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

// storedKeys are the keys that are kept of the issuer which a token names, and when they were read; the zero time when
// there are none. The issuer must be named letter by letter.
func (s *Service) storedKeys(t *inspect.Token) (set jose.KeySet, at time.Time) {
	iss := issuerOf(t)
	if iss == "" || t.Header == nil {
		return set, at
	}
	kept, err := s.o.Store.Keys(iss)
	if err != nil { // there are none, or the file is damaged: the next keys that are read replace it
		return set, at
	}
	set, err = jose.ParseKeySet(slices.Concat([]byte(`{"keys":`), kept.Keys, []byte("}")))
	if err != nil || len(set.Keys()) == 0 {
		return jose.KeySet{}, at
	}
	return set, kept.ReadAt
}

// inspectWithStoredKeys inspects a token with the keys that are kept of the issuer which it names, where may says that
// these may be used, and with none otherwise. newer is what can be done to have newer ones.
func (s *Service) inspectWithStoredKeys(raw string, o inspect.Options, newer string,
	may func(issuer string) bool) *inspect.Report {
	report := inspect.Inspect(raw, o)
	set, at := s.storedKeys(report.Token)
	if at.IsZero() || !may(issuerOf(report.Token)) {
		return report
	}
	o.Keys, o.KeysRead, o.NoKeys = set, at, newer
	return inspect.Inspect(raw, o)
}

// InspectSessionIssuer is InspectRaw without an issuer, for a token of an issuer with which there is a session: that of
// any other is read without keys. newer is what the report says where the kept keys have not the right one: what the
// person can do. Nothing leaves the machine, and the vault's secrets are not asked for.
func (s *Service) InspectSessionIssuer(ctx context.Context, raw string, o inspect.Options,
	newer string) *inspect.Report {
	if o.Now.IsZero() {
		o.Now = s.o.Now()
	}
	return s.inspectWithStoredKeys(raw, o, newer, func(issuer string) bool {
		list, _ := s.Sessions(ctx) // damaged ones are left out
		return slices.ContainsFunc(list, func(m vault.Meta) bool { return m.Issuer == issuer })
	})
}
