package inspect

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
)

// Shape is what can be said of a token that nobody but its issuer can read.
type Shape struct {
	Name     string  `json:"name,omitempty"` // whose token it looks like: "GitHub personal access token"; empty when unknown
	Length   int     `json:"length"`
	Alphabet string  `json:"alphabet,omitempty"`
	Bits     float64 `json:"bits,omitempty"` // an upper bound of what the characters can carry, by their frequency
}

// prefixes are the beginnings by which issuers mark their tokens.
var prefixes = []struct{ prefix, name string }{
	{"v1.local.", "PASETO v1, encrypted"}, {"v1.public.", "PASETO v1, signed"},
	{"v2.local.", "PASETO v2, encrypted"}, {"v2.public.", "PASETO v2, signed"},
	{"v3.local.", "PASETO v3, encrypted"}, {"v3.public.", "PASETO v3, signed"},
	{"v4.local.", "PASETO v4, encrypted"}, {"v4.public.", "PASETO v4, signed"},
	{"ghp_", "GitHub personal access token"}, {"gho_", "GitHub OAuth access token"}, {"ghu_", "GitHub user-to-server token"},
	{"ghs_", "GitHub server-to-server token"}, {"ghr_", "GitHub refresh token"}, {"github_pat_", "GitHub fine-grained personal access token"},
	{"glpat-", "GitLab personal access token"}, {"gloas-", "GitLab OAuth application secret"}, {"glrt-", "GitLab runner token"},
	{"xoxb-", "Slack bot token"}, {"xoxp-", "Slack user token"}, {"xapp-", "Slack app-level token"}, {"xoxe.", "Slack token that rotates"}, {"xoxa-", "Slack workspace token"},
	{"ya29.", "Google access token"}, {"1//", "Google refresh token"}, {"AIza", "Google API key"},
	{"sk_live_", "Stripe secret key"}, {"sk_test_", "Stripe test secret key"}, {"rk_live_", "Stripe restricted key"}, {"pk_live_", "Stripe publishable key"},
	{"AKIA", "AWS access key ID"}, {"ASIA", "AWS temporary access key ID"}, {"npm_", "npm access token"}, {"pypi-", "PyPI token"},
	{"dop_v1_", "DigitalOcean token"}, {"hvs.", "HashiCorp Vault service token"}, {"hvb.", "HashiCorp Vault batch token"}, {"SG.", "SendGrid API key"},
	{"EwB", "Microsoft account access token"}, {"0.A", "Microsoft Entra refresh token"}, {"1.A", "Microsoft Entra refresh token"}, {"M.C", "Microsoft account refresh token"},
	{"biscuit:", "Biscuit"}, {"YII", "Kerberos or SPNEGO ticket"}, {"TlRMTVNT", "NTLM message"}, {"PHNhbWw", "SAML assertion"}, {"PD94bWwg", "XML, perhaps a SAML message"},
	{"<saml", "SAML message"}, {"<?xml", "XML, perhaps a SAML message"},
}

func (t *Token) describeOpaque() {
	t.Kind, t.Form = KindOpaque, Text
	count := countBytes(t.Raw)
	t.Shape = Shape{Length: len(t.Raw), Alphabet: alphabet(count, len(t.Raw)), Bits: math.Floor(entropy(count, len(t.Raw)))}
	for _, p := range prefixes {
		if strings.HasPrefix(t.Raw, p.prefix) {
			t.Shape.Name = p.name
			break
		}
	}
	switch {
	case strings.HasPrefix(t.Shape.Name, "PASETO"):
		t.Kind = KindPASETO
		t.Shape.Name += " (this program does not verify PASETO)"
	case isMacaroon(t.Raw):
		t.Kind, t.Shape.Name = KindMacaroon, "macaroon"
	}
}

// isMacaroon recognises the two binary formats of macaroons in base64.
func isMacaroon(s string) bool {
	head := strings.NewReplacer("-", "+", "_", "/").Replace(s[:min(len(s), 64)&^3])
	b, err := base64.StdEncoding.DecodeString(strings.TrimRight(head, "="))
	if err != nil {
		b, _ = base64.RawStdEncoding.DecodeString(strings.TrimRight(head, "="))
	}
	return len(b) > 12 && (strings.Contains(string(b[:12]), "location") || strings.HasPrefix(string(b), "\x02\x01") && len(s) > 60)
}

// alphabet names the smallest usual alphabet that holds all characters.
func alphabet(count *[256]int, length int) string {
	only := func(chars string) bool {
		n := 0
		for i := 0; i < len(chars); i++ {
			n += count[chars[i]]
		}
		return n == length
	}
	const digits, lower, upper = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	switch {
	case length == 0:
		return ""
	case only(digits):
		return "digits"
	case only(digits + "abcdef"), only(digits + "ABCDEF"):
		return "hexadecimal"
	case only(digits+"abcdef-") && length == 36, only(digits+"ABCDEF-") && length == 36:
		return "UUID"
	case only(digits + lower + upper):
		return "letters and digits"
	case only(digits + lower + upper + "-_"), only(digits + lower + upper + "-_="):
		return "base64url"
	case only(digits + lower + upper + "+/="):
		return "base64"
	case only(digits + lower + upper + "-_.~+/="):
		return "characters of a bearer token (RFC 6750 2.1)"
	}
	return "other characters"
}

// entropy is the Shannon entropy of the characters times the length, in bits.
func entropy(count *[256]int, length int) float64 {
	bits := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(length)
			bits -= p * math.Log2(p)
		}
	}
	return bits * float64(length)
}

// countBytes says how often each byte stands in a text.
func countBytes(s string) *[256]int {
	var count [256]int
	for i := 0; i < len(s); i++ {
		count[s[i]]++
	}
	return &count
}

// String is the shape in one line: "GitHub OAuth access token · 40 characters · letters and digits".
func (s Shape) String() string {
	text := fmt.Sprintf("%d characters · %s", s.Length, s.Alphabet)
	if s.Name != "" {
		text = s.Name + " · " + text
	}
	return text
}
