package inspect

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"io"
	"regexp"
	"strings"
	"sync"
)

// structureOf recognises the tokens of other families by how they are built, not by how they start.
func structureOf(raw string) (Kind, string) {
	switch {
	case isPASETO(raw):
		version, purpose := raw[:2], "encrypted"
		if raw[3:9] == "public" {
			purpose = "signed"
		}
		return KindPASETO, "PASETO " + version + ", " + purpose + " (this program does not verify PASETO)"
	case strings.HasPrefix(raw, "biscuit:"):
		return KindBiscuit, "Biscuit"
	case isSAML([]byte(raw)):
		return KindSAML, "SAML message in XML"
	}
	b := anyBase64(raw)
	if len(b) < 12 {
		return "", ""
	}
	switch {
	case isMacaroon(b):
		return KindMacaroon, "macaroon"
	case isBiscuit(b):
		return KindBiscuit, "Biscuit (this program does not verify Biscuits)"
	case bytes.HasPrefix(b, []byte("NTLMSSP\x00")):
		return KindKerberos, "NTLM message"
	case isGSS(b, spnegoOID):
		return KindKerberos, "SPNEGO message, as Negotiate sends it"
	case isGSS(b, kerberosOID):
		return KindKerberos, "Kerberos ticket"
	case isSAML(b):
		return KindSAML, "SAML message in base64"
	case isSAML(inflated(b)):
		return KindSAML, "SAML message of the redirect binding"
	}
	return "", ""
}

func isPASETO(raw string) bool {
	return len(raw) > 16 && raw[0] == 'v' && raw[1] >= '1' && raw[1] <= '4' && raw[2] == '.' &&
		(strings.HasPrefix(raw[3:], "local.") || strings.HasPrefix(raw[3:], "public."))
}

// maxShape bounds what is decoded to recognise a shape, in characters.
const maxShape = 64 << 10

// anyBase64 decodes base64 in any of its alphabets; nil when it is none. Of a long text it decodes the beginning.
func anyBase64(raw string) []byte {
	if len(raw) > maxShape {
		raw = raw[:maxShape]
	}
	text := strings.TrimRight(raw, "=")
	e := base64.RawURLEncoding
	if strings.ContainsAny(text, "+/") {
		e = base64.RawStdEncoding
	}
	if len(text)%4 == 1 {
		return nil
	}
	b, err := e.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

// isMacaroon recognises the two binary formats of macaroons: packets of four hex digits and a field, and version 2.
func isMacaroon(b []byte) bool {
	if len(b) > 40 && b[0] == 2 && (b[1] == 1 || b[1] == 2) {
		n, size := binary.Uvarint(b[2:])
		return size > 0 && n > 0 && 2+size+int(min(n, maxShape)) < len(b)
	}
	return len(b) > 40 && bytes.HasPrefix(b[4:], []byte("location ")) && len(bytes.Trim(b[:4], "0123456789abcdef")) == 0
}

// isBiscuit reads the outermost fields of a Biscuit's protobuf: an authority block with a next key and a signature,
// perhaps a root key ID before it, and a proof at the end.
func isBiscuit(b []byte) bool {
	authority, proof := false, false
	ok := protoFields(b, func(field, wire uint64, value []byte) bool {
		switch {
		case field == 1 && wire == 0, field == 3 && wire == 2, field == 5 && wire == 2:
		case field == 2 && wire == 2:
			authority = isSignedBlock(value)
		case field == 4 && wire == 2:
			proof = true
		default:
			return false
		}
		return true
	})
	return ok && authority && proof
}

func isSignedBlock(b []byte) bool {
	var block, key, signature bool
	ok := protoFields(b, func(field, wire uint64, value []byte) bool {
		switch field {
		case 1:
			block = wire == 2
		case 2:
			key = wire == 2
		case 3:
			signature = wire == 2 && len(value) >= 64
		case 4, 5:
		default:
			return false
		}
		return true
	})
	return ok && block && key && signature
}

// protoFields calls each for every field of a protobuf message; ok is false when the bytes are none.
func protoFields(b []byte, each func(field, wire uint64, value []byte) bool) (ok bool) {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return false
		}
		b = b[n:]
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return false
		}
		b = b[n:]
		var value []byte
		switch tag & 7 {
		case 0:
		case 2:
			if v > uint64(len(b)) {
				return false
			}
			value, b = b[:v], b[v:]
		default:
			return false
		}
		if !each(tag>>3, tag&7, value) {
			return false
		}
	}
	return true
}

var (
	spnegoOID   = []byte{0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02}
	kerberosOID = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02}
)

// isGSS recognises the frame of RFC 2743 3.1: an application tag, a length, and the mechanism.
func isGSS(b, mechanism []byte) bool {
	if b[0] != 0x60 {
		return false
	}
	header := 2
	if b[1]&0x80 != 0 {
		header += int(b[1] & 0x7f)
	}
	return header < len(b) && bytes.HasPrefix(b[header:], mechanism)
}

// isSAML recognises XML with a SAML namespace near its beginning.
func isSAML(b []byte) bool {
	b = bytes.TrimSpace(b[:min(len(b), 2048)])
	return bytes.HasPrefix(b, []byte("<")) && bytes.Contains(b, []byte("urn:oasis:names:tc:SAML:"))
}

// inflated undoes the redirect binding's compression, as far as it is needed to recognise it.
func inflated(b []byte) []byte {
	if len(b) > maxShape {
		return nil
	}
	head, _ := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b)), 2048)) // what came before an error counts
	return head
}

// prefixed are the tokens whose issuers mark them: the whole form, so that nothing is taken for one by its first
// letters.
var prefixed = sync.OnceValue(func() []shape {
	list := []shape{}
	for _, s := range []struct{ pattern, name string }{
		{`ghp_[A-Za-z0-9]{36,}`, "GitHub personal access token"},
		{`gho_[A-Za-z0-9]{36,}`, "GitHub OAuth access token"},
		{`ghu_[A-Za-z0-9]{36,}`, "GitHub user-to-server token"},
		{`ghs_[A-Za-z0-9._-]{36,}`, "GitHub server-to-server token"},
		{`ghr_[A-Za-z0-9]{36,}`, "GitHub refresh token"},
		{`github_pat_[A-Za-z0-9_]{50,}`, "GitHub fine-grained personal access token"},
		{`glpat-[A-Za-z0-9_.-]{20,}`, "GitLab personal access token"},
		{`gloas-[A-Za-z0-9_-]{20,}`, "GitLab OAuth application secret"},
		{`glrt-[A-Za-z0-9_.-]{20,}`, "GitLab runner token"},
		{`glcbt-[A-Za-z0-9_.-]{20,}`, "GitLab CI job token"},
		{`gldt-[A-Za-z0-9_-]{20,}`, "GitLab deploy token"},
		{`glptt-[A-Za-z0-9]{20,}`, "GitLab trigger token"},
		{`xoxb-[A-Za-z0-9-]{10,}`, "Slack bot token"},
		{`xoxp-[A-Za-z0-9-]{10,}`, "Slack user token"},
		{`xoxa-[A-Za-z0-9-]{10,}`, "Slack workspace token"},
		{`xoxr-[A-Za-z0-9-]{10,}`, "Slack refresh token"},
		{`xoxs-[A-Za-z0-9-]{10,}`, "Slack session token"},
		{`xoxe(?:\.xox[bp])?-[A-Za-z0-9-]{10,}`, "Slack token that rotates"},
		{`xapp-[A-Za-z0-9-]{10,}`, "Slack app-level token"},
		{`ya29\.[A-Za-z0-9_.-]{20,}`, "Google access token"},
		{`1//0[A-Za-z0-9_-]{20,}`, "Google refresh token"},
		{`4/0[A-Za-z0-9_-]{40,}`, "Google authorization code"},
		{`AIza[A-Za-z0-9_-]{35}`, "Google API key"},
		{`GOCSPX-[A-Za-z0-9_-]{28}`, "Google client secret"},
		{`sk_live_[A-Za-z0-9]{16,}`, "Stripe secret key"},
		{`sk_test_[A-Za-z0-9]{16,}`, "Stripe test secret key"},
		{`rk_live_[A-Za-z0-9]{16,}`, "Stripe restricted key"},
		{`rk_test_[A-Za-z0-9]{16,}`, "Stripe test restricted key"},
		{`pk_(?:live|test)_[A-Za-z0-9]{16,}`, "Stripe publishable key"},
		{`whsec_[A-Za-z0-9+/=]{16,}`, "Stripe webhook secret"},
		{`AKIA[A-Z2-7]{16}`, "AWS access key ID"},
		{`ASIA[A-Z2-7]{16}`, "AWS temporary access key ID"},
		{`A(?:ROA|IDA|GPA|NPA|NVA)[A-Z2-7]{17}`, "AWS principal ID"},
		{`(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/=]{100,}`, "AWS session token"},
		{`EwB[A-Za-z0-9+/=]{200,}`, "Microsoft account access token"},
		{`[01]\.A[A-Za-z0-9_-]{40,}\.?[A-Za-z0-9_.-]{100,}`, "Microsoft Entra refresh token"},
		{`M\.C\d+_[A-Za-z0-9.!*$-]{20,}`, "Microsoft account refresh token"},
		{`EAA[A-Za-z0-9]{60,}`, "Facebook access token"},
		{`00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{60,}`, "Salesforce access token"},
		{`shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}`, "Shopify token"},
		{`sq0(?:atp|csp)-[A-Za-z0-9_-]{22,}`, "Square token"},
		{`A21AA[A-Za-z0-9_-]{60,}`, "PayPal access token"},
		{`SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}`, "SendGrid API key"},
		{`SK[a-f0-9]{32}`, "Twilio API key ID"},
		{`npm_[A-Za-z0-9]{36}`, "npm access token"},
		{`pypi-[A-Za-z0-9_-]{50,}`, "PyPI token (a macaroon)"},
		{`rubygems_[a-f0-9]{48}`, "RubyGems key"},
		{`dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}`, "Docker Hub token"},
		{`do[opr]_v1_[a-f0-9]{64}`, "DigitalOcean token"},
		{`hv[sbr]\.[A-Za-z0-9_-]{20,}`, "HashiCorp Vault token"},
		{`[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}`, "HCP Terraform token"},
		{`ATATT3[A-Za-z0-9_=-]{100,}`, "Atlassian API token"},
		{`ATBB[A-Za-z0-9]{20,}`, "Bitbucket app password"},
		{`dapi[a-f0-9]{32}(?:-\d)?`, "Databricks token"},
		{`hf_[A-Za-z0-9]{30,}`, "Hugging Face token"},
		{`sk-ant-[A-Za-z0-9_-]{20,}`, "Anthropic API key"},
		{`sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{40,}`, "OpenAI API key"},
		{`glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}`, "Grafana service account token"},
		{`sntry[su]_[A-Za-z0-9+/=_-]{40,}`, "Sentry token"},
		{`lin_(?:api|oauth)_[A-Za-z0-9]{40,}`, "Linear token"},
		{`(?:secret|ntn)_[A-Za-z0-9]{43,}`, "Notion token"},
		{`figd_[A-Za-z0-9_-]{40,}`, "Figma token"},
		{`fo1_[A-Za-z0-9_-]{40,}`, "Fly.io token"},
		{`sha256~[A-Za-z0-9_-]{43}`, "OpenShift OAuth token"},
		{`K10[a-f0-9]{64}::.+`, "k3s join token"},
		{`kubeconfig-[a-z0-9-]+:[a-z0-9]{54}`, "Rancher token"},
		{`\d{8,10}:AA[A-Za-z0-9_-]{33}`, "Telegram bot token"},
		{`[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}`, "Discord bot token"},
		{`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "UUID"},
	} {
		end := strings.IndexAny(s.pattern, "[](){}.*+?|^$\\")
		list = append(list, shape{s.pattern[:end], s.name,
			sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + s.pattern + `)$`) })})
	}
	return list
})

// shape is one of them. Its pattern is made when a text begins as it does: hardly any ever is.
type shape struct {
	prefix, name string
	pattern      func() *regexp.Regexp
}

// prefixedName says whose token the text looks like; empty when it looks like nobody's.
func prefixedName(raw string) string {
	if len(raw) > maxShape {
		return ""
	}
	for _, s := range prefixed() {
		if strings.HasPrefix(raw, s.prefix) && s.pattern().MatchString(raw) {
			return s.name
		}
	}
	return ""
}

// markedName is prefixedName for the shapes that begin with a mark: what merely has the right alphabet is no secret.
func markedName(raw string) string {
	if mark := raw[:min(len(raw), 12)]; !strings.ContainsAny(mark, "_-.") && !strings.HasPrefix(mark, "A") &&
		!strings.HasPrefix(mark, "EAA") {
		return "" // hardly any text begins with a mark
	}
	for _, s := range prefixed() {
		if len(s.prefix) >= 3 && strings.HasPrefix(raw, s.prefix) && s.pattern().MatchString(raw) {
			return s.name
		}
	}
	return ""
}
