package flows

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"fob/tokens"
)

// The PKCE methods, as values of the input.
const (
	pkceS256  = "S256"
	pkcePlain = "plain"
	pkceNone  = "none"
)

var pkceInput = Input{
	Name: "pkce", Label: "PKCE", Kind: Choice, Choices: []string{pkceS256, pkcePlain, pkceNone}, Default: pkceS256,
	Spec: "RFC 7636 4", Advanced: true,
	Help: "How the code is bound to this run; use other values than S256 only to test what a server accepts.",
}

// addCodeChallenge adds the code_challenge for a verifier to an authorization request.
func addCodeChallenge(form url.Values, method, verifier string) {
	switch method {
	case pkceNone:
		return
	case pkcePlain:
		form.Set("code_challenge", verifier)
	default:
		sum := sha256.Sum256([]byte(verifier))
		form.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
	}
	form.Set("code_challenge_method", method)
}

// pkceChecks checks that this run uses PKCE with S256, and that the server announces it.
func (r *Run) pkceChecks(method string) []tokens.Check {
	announced := r.Provider.PKCEMethods
	var advertised tokens.Check
	switch {
	case method == pkceNone:
		advertised = tokens.CheckPKCEAdvertised.Skip("PKCE is off")
	case announced == nil:
		advertised = tokens.CheckPKCEAdvertised.Fail(method, "",
			"code_challenge_methods_supported is missing in the metadata, so the server may ignore PKCE")
	case slices.Contains(announced, method):
		advertised = tokens.CheckPKCEAdvertised.Pass(method, strings.Join(announced, ", "))
	default:
		advertised = tokens.CheckPKCEAdvertised.Fail(method, strings.Join(announced, ", "),
			"the server does not announce the method")
	}
	used := tokens.CheckPKCE.Pass(pkceS256, method)
	switch method {
	case pkcePlain:
		used = tokens.CheckPKCE.Warn(pkceS256, method,
			"an attacker who sees the authorization request can use the code")
	case pkceNone:
		used = tokens.CheckPKCE.Warn(pkceS256, method, "a stolen code can be used")
	}
	return []tokens.Check{advertised, used}
}
