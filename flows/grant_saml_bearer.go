package flows

import (
	"context"
	"encoding/base64"
	"strings"

	"fob/tokens"
)

// SAMLBearer exchanges a SAML 2.0 assertion for a token (RFC 7522 2.1).
var SAMLBearer = Grant{
	ID:        "saml2_bearer",
	Name:      "SAML 2.0 bearer",
	Summary:   "a SAML 2.0 assertion that the server trusts is exchanged for a token",
	Spec:      "RFC 7522 2.1",
	GrantType: "urn:ietf:params:oauth:grant-type:saml2-bearer",
	Inputs: withExtensions([]Input{
		required(assertionInput), scopeInput(""), resourceInput, audienceInput,
	}, tokenExtensions...),
	Run: runSAMLBearer,
}

func required(in Input) Input {
	in.Required = true
	return in
}

func runSAMLBearer(ctx context.Context, r *Run) (tokens.Set, error) {
	assertion, err := samlParameter(r.value("assertion"))
	if err != nil {
		return tokens.Set{}, err
	}
	return r.exchangeAssertion(ctx, "urn:ietf:params:oauth:grant-type:saml2-bearer", assertion, "RFC 7522 2.1")
}

// samlParameter returns a SAML assertion as the value of the parameter: base64url of the XML, without padding or line
// breaks (RFC 7522 2.1). It accepts XML and any base64 alphabet. It does not change a byte of the XML, which is covered
// by the signature in it.
func samlParameter(text string) (tokens.Secret, error) {
	xml := strings.TrimPrefix(text, "\ufeff")
	if !strings.HasPrefix(xml, "<") {
		plain := strings.NewReplacer("+", "-", "/", "_", "=", "", "\n", "", "\r", "", "\t", "", " ", "").Replace(text)
		decoded, err := base64.RawURLEncoding.DecodeString(plain)
		if err != nil || !strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(string(decoded), "\ufeff")), "<") {
			return tokens.Secret{}, &InputError{Input: "assertion",
				Expected: "a SAML 2.0 assertion, as XML or as the base64 of it"}
		}
		return tokens.NewSecret(plain), nil
	}
	return tokens.NewSecret(base64.RawURLEncoding.EncodeToString([]byte(xml))), nil
}
