package inspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/jose/ordered"
)

// alterJSON alters a JWS in its JSON serialisation (RFC 7515 7.2). Only says which signature is replaced as Signature
// says, or all of them; the others stay, and are invalid if the payload was changed.
func (a Alteration) alterJSON(t *Token) (MintedToken, error) {
	doc, syntax := ordered.Parse([]byte(t.Raw))
	if syntax != nil {
		return MintedToken{}, fmt.Errorf("altering the token: %w", syntax)
	}
	list, general := []json.RawMessage{json.RawMessage(t.Raw)}, t.Form == General
	if general {
		raw, _ := doc.Raw("signatures")
		list, _ = ordered.Array(raw)
	}
	if a.Only < 0 || a.Only > len(list) {
		return MintedToken{}, fmt.Errorf("altering signature %d: the token has %d", a.Only, len(list))
	}
	m, payload := MintedToken{}, ""
	for i := range list {
		if a.Only > 0 && a.Only != i+1 {
			continue
		}
		one, err := a.alterEntry(doc, list[i], t.Payload, general)
		if err != nil {
			return one.made, fmt.Errorf("signature %d: %w", i+1, err)
		}
		list[i], payload = one.entry, one.payload
		m.Token, m.Key, m.KeyGenerated, m.Kid, m.Alg = one.made.Token, one.made.Key, one.made.KeyGenerated,
			one.made.Kid,
			one.made.Alg
		for _, note := range one.made.Notes {
			if general {
				note = fmt.Sprintf("signature %d: %s", i+1, note)
			}
			m.Notes = append(m.Notes, note)
		}
	}
	if general {
		joined := make([]string, len(list))
		for i, entry := range list {
			joined[i] = string(entry)
		}
		set(doc, "signatures", json.RawMessage("["+strings.Join(joined, ",")+"]"))
	} else if doc, syntax = ordered.Parse(list[0]); syntax != nil {
		return m, fmt.Errorf("altering the token: %w", syntax)
	}
	set(doc, "payload", jsonString(payload))
	m.Token = tokens.NewSecret(string(objectBytes(doc)))
	return m, a.encrypt(&m)
}

// alteredEntry is one altered signature of a JSON serialisation.
type alteredEntry struct {
	entry   json.RawMessage
	payload string // its segment
	made    MintedToken
}

func (a Alteration) alterEntry(doc *Object, entry json.RawMessage, payload *Object, general bool) (alteredEntry,
	error) {
	one, syntax := ordered.Parse(entry)
	if syntax != nil {
		return alteredEntry{}, syntax
	}
	segment, _ := one.String("protected")
	b, _ := decodeSegment(segment)
	header, syntax := ordered.Parse(b)
	if syntax != nil {
		return alteredEntry{}, errors.New("it has no protected header, and only a protected one can be altered")
	}
	signature, _ := one.String("signature")
	plain := a
	plain.EncryptTo, plain.Only = jose.Key{}, 0
	if a.Signature == SignatureKept && !a.changesJWT() {
		same, _ := doc.String("payload")
		return alteredEntry{entry: entry, payload: same, made: MintedToken{Notes: []string{"kept as it is"}}}, nil
	}
	made, err := plain.make(header, payload, signature, nil)
	if err != nil {
		return alteredEntry{made: made}, err
	}
	parts := strings.Split(made.Token.Reveal(), ".")
	if unprotected, ok := one.Object("header"); ok { // a member may not be in both
		protected, _ := decodeSegment(parts[0])
		o, _ := ordered.Parse(protected)
		for _, m := range o.Members {
			remove(unprotected, m.Name)
		}
		set(one, "header", objectBytes(unprotected))
	}
	set(one, "protected", jsonString(parts[0]))
	set(one, "signature", jsonString(parts[2]))
	if !general {
		set(one, "payload", jsonString(parts[1]))
	}
	return alteredEntry{entry: objectBytes(one), payload: parts[1], made: made}, nil
}

// signatureOf returns the last segment of a compact JWS.
func signatureOf(compact string) string { return compact[strings.LastIndexByte(compact, '.')+1:] }
