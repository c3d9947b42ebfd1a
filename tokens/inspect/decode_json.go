package inspect

import "fob/tokens/jose/ordered"

// decodeJSON decodes a JSON serialisation (RFC 7515 7.2, RFC 7516 7.2), or describes what other JSON the text is.
func (t *Token) decodeJSON() {
	doc, syntax := ordered.Parse([]byte(t.Raw))
	if syntax != nil {
		t.fail(syntax.Offset, "the JSON: %s", syntax.Message)
	}
	switch {
	case doc.Has("ciphertext"):
		t.Kind = KindJWE
	case doc.Has("signatures"), doc.Has("signature"):
		t.Kind = KindJWS
	case syntax == nil && isClaims(doc):
		t.setClaimsOnly(doc, []byte(t.Raw))
		return
	default:
		t.Kind = KindOpaque
		t.describeDocument(doc)
		return
	}
	first := doc
	t.Form, t.Signatures = Flattened, 1
	for _, list := range []string{"signatures", "recipients"} {
		raw, ok := doc.Raw(list)
		if !ok {
			continue
		}
		t.Form = General
		items, isList := ordered.Array(raw)
		if !isList || len(items) == 0 {
			t.fail(0, "%s is not a list, or is empty", list)
			return
		}
		t.Signatures = len(items)
		if first, syntax = ordered.Parse(items[0]); syntax != nil {
			t.fail(0, "the first of %s is not a JSON object", list)
			return
		}
	}
	t.jsonHeaders(doc, first)
	if t.Kind == KindJWS {
		t.jsonPayload(doc)
		t.Kind = kindOf(t.Header, t.Payload)
		t.decodeJSONSDJWT(doc, first)
	}
}

// jsonHeaders reads the protected header and the unprotected ones of the first signature or recipient.
func (t *Token) jsonHeaders(doc, first *Object) {
	protected, ok := first.String("protected")
	if !ok {
		protected, ok = doc.String("protected")
	}
	if ok && protected != "" {
		t.Header, t.HeaderJSON = t.decodeJSONSegment("protected header", protected, 0, true)
		t.Sizes.Header = len(protected)
	}
	for _, part := range []struct {
		in   *Object
		name string
	}{{doc, "unprotected"}, {first, "header"}} {
		o, ok := part.in.Object(part.name)
		if !ok {
			continue
		}
		if t.Unprotected == nil {
			t.Unprotected = &Object{}
		}
		t.Unprotected.Members = append(t.Unprotected.Members, o.Members...)
	}
	if t.Header == nil && t.Unprotected != nil {
		t.Header = t.Unprotected
		t.Notes = append(t.Notes, "no header parameter is integrity-protected")
	}
	if s, ok := first.String("signature"); ok {
		t.Sizes.Signature = len(s)
	}
}

func (t *Token) jsonPayload(doc *Object) {
	payload, ok := doc.String("payload")
	if !ok {
		return // detached
	}
	t.Sizes.Payload = len(payload)
	t.decodePayload(payload, 0)
}
