package inspect

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/base64"
	"io"
	"regexp"
	"strings"
	"sync"
)

// samlName names a SAML message in XML, in base64 or deflated; empty for any other text.
func samlName(raw string) string {
	b := anyBase64(raw)
	switch {
	case isSAML([]byte(raw)):
		return "SAML message in XML"
	case isSAML(b):
		return "SAML message in base64"
	case isSAML(inflate(b)):
		return "SAML message of the redirect binding"
	}
	return ""
}

// maxShape bounds what is decoded to recognise a shape, in characters.
const maxShape = 64 << 10

// anyBase64 decodes base64 in any of its alphabets, of a long text the beginning; nil if the text is not base64.
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

// isSAML recognises XML with a SAML namespace near its beginning.
func isSAML(b []byte) bool {
	b = bytes.TrimSpace(b[:min(len(b), 2048)])
	return bytes.HasPrefix(b, []byte("<")) && bytes.Contains(b, []byte("urn:oasis:names:tc:SAML:"))
}

// inflate decompresses as much of a message of the redirect binding as is needed to recognise it.
func inflate(b []byte) []byte {
	if len(b) > maxShape {
		return nil
	}
	head, _ := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b)),
		2048)) // the bytes before an error are enough
	return head
}

// shapes returns the tokens whose issuer or format marks them. A pattern has the whole form: first letters alone name
// nothing.
var shapes = sync.OnceValue(func() []shapePattern {
	list := []shapePattern{}
	for _, s := range []struct {
		pattern, name string
		kind          Kind // empty is KindOpaque
	}{
		{`ghp_[A-Za-z0-9]{36,}`, "GitHub personal access token", ""},
		{`gho_[A-Za-z0-9]{36,}`, "GitHub OAuth access token", ""},
		{`ghu_[A-Za-z0-9]{36,}`, "GitHub user-to-server token", ""},
		{`ghs_[A-Za-z0-9._-]{36,}`, "GitHub server-to-server token", ""},
		{`ghr_[A-Za-z0-9]{36,}`, "GitHub refresh token", ""},
		{`github_pat_[A-Za-z0-9_]{50,}`, "GitHub fine-grained personal access token", ""},
		{`glpat-[A-Za-z0-9_.-]{20,}`, "GitLab personal access token", ""},
		{`gloas-[A-Za-z0-9_-]{20,}`, "GitLab OAuth application secret", ""},
		{`glrt-[A-Za-z0-9_.-]{20,}`, "GitLab runner token", ""},
		{`glcbt-[A-Za-z0-9_.-]{20,}`, "GitLab CI job token", ""},
		{`gldt-[A-Za-z0-9_-]{20,}`, "GitLab deploy token", ""},
		{`glptt-[A-Za-z0-9]{20,}`, "GitLab trigger token", ""},
		{`xoxb-[A-Za-z0-9-]{10,}`, "Slack bot token", ""},
		{`xoxp-[A-Za-z0-9-]{10,}`, "Slack user token", ""},
		{`xoxa-[A-Za-z0-9-]{10,}`, "Slack workspace token", ""},
		{`xoxr-[A-Za-z0-9-]{10,}`, "Slack refresh token", ""},
		{`xoxs-[A-Za-z0-9-]{10,}`, "Slack session token", ""},
		{`xoxe(?:\.xox[bp])?-[A-Za-z0-9-]{10,}`, "Slack token that rotates", ""},
		{`xapp-[A-Za-z0-9-]{10,}`, "Slack app-level token", ""},
		{`ya29\.[A-Za-z0-9_.-]{20,}`, "Google access token", ""},
		{`1//0[A-Za-z0-9_-]{20,}`, "Google refresh token", ""},
		{`4/0[A-Za-z0-9_-]{40,}`, "Google authorization code", ""},
		{`AIza[A-Za-z0-9_-]{35}`, "Google API key", ""},
		{`GOCSPX-[A-Za-z0-9_-]{28}`, "Google client secret", ""},
		{`sk_live_[A-Za-z0-9]{16,}`, "Stripe secret key", ""},
		{`sk_test_[A-Za-z0-9]{16,}`, "Stripe test secret key", ""},
		{`rk_live_[A-Za-z0-9]{16,}`, "Stripe restricted key", ""},
		{`rk_test_[A-Za-z0-9]{16,}`, "Stripe test restricted key", ""},
		{`pk_(?:live|test)_[A-Za-z0-9]{16,}`, "Stripe publishable key", ""},
		{`whsec_[A-Za-z0-9+/=]{16,}`, "Stripe webhook secret", ""},
		{`AKIA[A-Z2-7]{16}`, "AWS access key ID", ""},
		{`ASIA[A-Z2-7]{16}`, "AWS temporary access key ID", ""},
		{`A(?:ROA|IDA|GPA|NPA|NVA)[A-Z2-7]{17}`, "AWS principal ID", ""},
		{`(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/=]{100,}`, "AWS session token", ""},
		{`EwB[A-Za-z0-9+/=]{200,}`, "Microsoft account access token", ""},
		{`[01]\.A[A-Za-z0-9_-]{40,}\.?[A-Za-z0-9_.-]{100,}`, "Microsoft Entra refresh token", ""},
		{`M\.C\d+_[A-Za-z0-9.!*$-]{20,}`, "Microsoft account refresh token", ""},
		{`EAA[A-Za-z0-9]{60,}`, "Facebook access token", ""},
		{`00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{60,}`, "Salesforce access token", ""},
		{`shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}`, "Shopify token", ""},
		{`sq0(?:atp|csp)-[A-Za-z0-9_-]{22,}`, "Square token", ""},
		{`A21AA[A-Za-z0-9_-]{60,}`, "PayPal access token", ""},
		{`SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}`, "SendGrid API key", ""},
		{`SK[a-f0-9]{32}`, "Twilio API key ID", ""},
		{`npm_[A-Za-z0-9]{36}`, "npm access token", ""},
		{`pypi-[A-Za-z0-9_-]{50,}`, "PyPI token (a macaroon)", ""},
		{`rubygems_[a-f0-9]{48}`, "RubyGems key", ""},
		{`dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}`, "Docker Hub token", ""},
		{`do[opr]_v1_[a-f0-9]{64}`, "DigitalOcean token", ""},
		{`hv[sbr]\.[A-Za-z0-9_-]{20,}`, "HashiCorp Vault token", ""},
		{`[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}`, "HCP Terraform token", ""},
		{`ATATT3[A-Za-z0-9_=-]{100,}`, "Atlassian API token", ""},
		{`ATBB[A-Za-z0-9]{20,}`, "Bitbucket app password", ""},
		{`dapi[a-f0-9]{32}(?:-\d)?`, "Databricks token", ""},
		{`hf_[A-Za-z0-9]{30,}`, "Hugging Face token", ""},
		{`sk-ant-[A-Za-z0-9_-]{20,}`, "Anthropic API key", ""},
		{`sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{40,}`, "OpenAI API key", ""},
		{`glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}`, "Grafana service account token", ""},
		{`sntry[su]_[A-Za-z0-9+/=_-]{40,}`, "Sentry token", ""},
		{`lin_(?:api|oauth)_[A-Za-z0-9]{40,}`, "Linear token", ""},
		{`(?:secret|ntn)_[A-Za-z0-9]{43,}`, "Notion token", ""},
		{`figd_[A-Za-z0-9_-]{40,}`, "Figma token", ""},
		{`fo1_[A-Za-z0-9_-]{40,}`, "Fly.io token", ""},
		{`sha256~[A-Za-z0-9_-]{43}`, "OpenShift OAuth token", ""},
		{`K10[a-f0-9]{64}::.+`, "k3s join token", ""},
		{`kubeconfig-[a-z0-9-]+:[a-z0-9]{54}`, "Rancher token", ""},
		{`\d{8,10}:AA[A-Za-z0-9_-]{33}`, "Telegram bot token", ""},
		{`[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}`, "Discord bot token", ""},
		{`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "UUID", ""},

		{`v([1-4])\.local\.[A-Za-z0-9_.-]{8,}`, "PASETO v$1, encrypted (this program does not verify PASETO)",
			KindPASETO},
		{`v([1-4])\.public\.[A-Za-z0-9_.-]{8,}`, "PASETO v$1, signed (this program does not verify PASETO)",
			KindPASETO},
		{`biscuit:[A-Za-z0-9_=-]+`, "Biscuit (this program does not verify Biscuits)", KindBiscuit},
		// In base64, "0021location " of version 1, and of version 2 a location that is a URL. Others have no mark.
		{`MD[AB][a-z0-9][MNOYZ][GWm2]xvY2F0aW9uI[A-Za-z0-9+/_=-]{30,}`, "macaroon", KindMacaroon},
		{`Ag[EF].aHR0c[A-Za-z0-9+/_=-]{30,}`, "macaroon", KindMacaroon},
		// In base64, the frame of RFC 2743 3.1 with each form of its length, and the mechanism.
		{`Y(?:I[I-L]..[AQgw]YGKwYBBQUC|I[GH].BgYrBgEFBQ[I-L]|[A-H].GBisGAQUFA)[A-Za-z0-9+/_=-]+`,
			"SPNEGO message, as Negotiate sends it", KindKerberos},
		{`Y(?:I[I-L]..[AQgw]YJKoZIhvcSAQIC|I[GH].BgkqhkiG9xIBAg[I-L]|[A-H].GCSqGSIb3EgECA)[A-Za-z0-9+/_=-]+`,
			"Kerberos ticket", KindKerberos},
		{`TlRMTVNTUAA[A-Za-z0-9+/_=-]+`, "NTLM message", KindKerberos},
	} {
		end := strings.IndexAny(s.pattern, "[](){}.*+?|^$\\")
		list = append(list, shapePattern{s.pattern[:end], s.name, s.kind,
			sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + s.pattern + `)$`) })})
	}
	return list
})

// shapePattern is one of shapes. Its pattern is compiled when a text has its prefix, which is rare.
type shapePattern struct {
	prefix, name string
	kind         Kind
	pattern      func() *regexp.Regexp
}

func (s shapePattern) matches(raw string) bool {
	return strings.HasPrefix(raw, s.prefix) && s.pattern().MatchString(raw)
}

// shapeOf returns the kind of a token that is not JOSE, and what it looks like; KindOpaque and no name where its form
// does not tell.
func shapeOf(raw string) (Kind, string) {
	if name := samlName(raw); name != "" {
		return KindSAML, name
	}
	if len(raw) > maxShape {
		return KindOpaque, ""
	}
	for _, s := range shapes() {
		if s.matches(raw) {
			return cmp.Or(s.kind, KindOpaque), s.pattern().ReplaceAllString(raw, s.name)
		}
	}
	return KindOpaque, ""
}

// secretShape returns what a text looks like that begins with an issuer's mark; empty where only the alphabet is right.
func secretShape(raw string) string {
	if mark := raw[:min(len(raw), 12)]; !strings.ContainsAny(mark, "_-.") && !strings.HasPrefix(mark, "A") &&
		!strings.HasPrefix(mark, "EAA") {
		return "" // the usual case
	}
	for _, s := range shapes() {
		if len(s.prefix) >= 3 && s.kind == "" && s.matches(raw) {
			return s.name
		}
	}
	return ""
}
