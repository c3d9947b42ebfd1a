package inspect

import (
	"regexp"
	"strings"
	"sync"

	"fob/tokens"
	"fob/tokens/jose"
)

// privateMembers are the secret members of a JWK (RFC 7518 6.2.2, 6.3.2, 6.4.1).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

func (l *linter) findKeysInHeader() {
	if jwk, ok := l.header.Object("jwk"); ok {
		for _, name := range privateMembers {
			if jwk.Has(name) {
				l.add("private-key-in-header", Error, "header.jwk", "RFC 7515 4.1.3",
					"the header has a private key (member %q): anyone who saw the token can sign as its owner. "+
						"Replace the key", name)
				break
			}
		}
	}
	for _, name := range []string{"jku", "x5u"} {
		if address, ok := l.header.String(name); ok && !strings.HasPrefix(address, "https://") {
			l.add("key-url-insecure", Warning, "header."+name, "RFC 7515 4.1.2, 4.1.5",
				"%s does not name an https address", name)
		}
	}
	for _, name := range []string{"jwk", "jku", "x5u", "x5c"} {
		if l.header.Has(name) && l.t.Kind != KindDPoPProof {
			l.add("key-in-header", Info, "header."+name, "RFC 8725 3.10",
				"the token names its own key: it was not used, since an attacker can name one as well")
		}
	}
}

// findKid looks for a kid that attacks the lookup of the key.
func (l *linter) findKid() {
	kid, ok := l.header.String("kid")
	if !ok {
		return
	}
	if hasOnlyTokenChars(kid) && !strings.Contains(kid, "..") {
		return
	}
	for _, attack := range kidAttacks() {
		if attack.pattern.MatchString(tokens.Clip(kid, 4096)) {
			l.add("kid-suspicious", Warning, "header.kid", "RFC 8725 3.10",
				"the key ID looks like %s: a server that looks it up unchecked can be attacked with it", attack.what)
			return
		}
	}
}

// kidAttacks recognise a kid that attacks the lookup of the key. Random IDs have dashes in a row, and names have
// apostrophes: one of them alone is not an attack.
var kidAttacks = sync.OnceValue(func() []attack {
	return []attack{
		{"a path", regexp.MustCompile(`(?i)\.\.[/\\]|(?:^|[:/])/*(?:etc|dev|proc|var|tmp)/|^file:|\x00`)},
		{"SQL", regexp.MustCompile(`(?i)['"]\s*\)?\s*(?:--|;|/\*|\|\||=|or\b|and\b|union\b)|\bunion\s+(?:all\s+)` +
			`?select\b|;\s*(?:drop|select|insert|update|delete)\b|\s--(?:\s|$)`)},
		{"a command", regexp.MustCompile("[$][({]|`|&&|[|][|]|[|;]\\s*(?:[/.]|" +
			`(?:sh|bash|curl|wget|cat|nc|id|ls|rm|python|perl|whoami|sleep)\b)`)},
	}
})

// attack is a kind of attack, and the pattern that recognises it.
type attack struct {
	what    string
	pattern *regexp.Regexp
}

// findAlgConfusion reports an HMAC token with public keys: the oldest attack uses the public key as the secret.
func (l *linter) findAlgConfusion() {
	alg, _ := l.header.String("alg")
	keys := l.o.Keys.Keys()
	if !strings.HasPrefix(alg, "HS") || len(keys) == 0 {
		return
	}
	for _, k := range keys {
		if k.Type() == "oct" {
			return
		}
	}
	if jose.SignedWithPublicKey(l.t.Received, l.o.Keys) {
		l.add("alg-confusion", Error, "header.alg", "RFC 8725 2.1, 3.1",
			"an attack: it is signed with %s, and the secret is the text of the public key, which anyone can get", alg)
		return
	}
	l.add("alg-confusion", Error, "header.alg", "RFC 8725 2.1, 3.1",
		"the token says %s, and the keys are public ones: a verifier that follows the token would use a public key "+
			"as a secret", alg)
}

// findWeakKey reports well-known secrets, and keys that are too short.
func (l *linter) findWeakKey() {
	if alg, _ := l.header.String("alg"); strings.HasPrefix(alg, "HS") && l.t.Form == Compact {
		secret, known := "", false
		if l.key != nil { // the secret itself is there to be looked up
			secret, known = l.key.WellKnown()
		} else {
			secret, known = jose.WellKnownSecret(l.t.Received)
		}
		if known {
			l.add("secret-known", Error, "", "RFC 8725 3.5, RFC 7518 3.2",
				"the secret is %q, which is in every list of secrets to try: anyone can sign such tokens", secret)
			return
		}
	}
	k := l.key
	switch {
	case l.r.Signature == nil || l.r.Signature.Verdict != tokens.Good || k == nil:
	case k.Weak():
		l.add("key-weak", Warning, "", "CVE-2017-15361",
			"the RSA key has the mark of keys whose factors can be found (ROCA): others may be able to sign with it")
	case k.Type() == "RSA" && k.Bits() < 2048:
		l.add("key-short", Warning, "", "RFC 7518 3.3", "the RSA key has %d bits, at least 2048 are required", k.Bits())
	case k.Type() == "oct" && k.Bits() < macBits[l.r.Signature.Alg]:
		l.add("key-short", Warning, "", "RFC 7518 3.2",
			"the secret has %d bits, %s needs at least %d: a short one can be guessed",
			k.Bits(), l.r.Signature.Alg, macBits[l.r.Signature.Alg])
	}
}

// findKeySet reports key sets that can mislead a verifier, whatever the token is.
func (l *linter) findKeySet() {
	if l.depth > 0 || len(l.o.Keys.Keys()) < 2 || l.t.Form == Text {
		return
	}
	if l.o.Keys.MixesSecretAndPublic() {
		l.add("keys-mixed", Warning, "", "RFC 8725 3.1",
			"the key set has secrets beside public keys: anyone who verifies with it could sign as well")
	}
	if doubled := l.o.Keys.DuplicateKids(); len(doubled) > 0 {
		l.add("kid-doubled", Warning, "", "RFC 7517 4.5",
			"several keys of the set have the kid %s: it does not say which one signed", quoted(doubled))
	}
}

var macBits = map[string]int{"HS256": 256, "HS384": 384, "HS512": 512}

// findEncryption looks at the algorithms of an encrypted token.
func (l *linter) findEncryption() {
	if l.t.Kind != KindJWE {
		return
	}
	alg, _ := l.header.String("alg")
	if alg == "RSA1_5" {
		l.add("rsa1_5", Warning, "header.alg", "RFC 8725 3.2",
			"with RSA1_5 an attacker who can send enough requests to a server can decrypt the token (Bleichenbacher)")
	}
	if l.header.Has("zip") {
		l.add("zip", Info, "header.zip", "RFC 8725 3.6",
			"the content was compressed before it was encrypted: its length reveals something about it")
	}
	if cty, _ := l.header.String("cty"); l.r.Nested != nil &&
		!strings.EqualFold(strings.TrimPrefix(strings.ToLower(cty), "application/"), "jwt") {
		l.add("cty-missing", Info, "header.cty", "RFC 7519 5.2",
			"a token is inside, and cty does not say JWT: some libraries do not look for it")
	}
}
