package doctor

import (
	"cmp"
	"slices"
	"strings"
)

// vendorEntry is what is known of an error of one vendor. Where says is set, the server must have said it; when the vendor
// is known as well, the ordinary causes of the code are left out: it has told which it is.
type vendorEntry struct {
	vendor string // a key of vendors
	code   string // the error's code; "" any
	says   string // a part of what the server said, in lower case; alternatives with | between; "" anything
	title  string
	about  string
	causes []cause
	next   []act
}

// vendors are their names by the key in the tables.
var vendors = map[string]string{
	"entra": "Microsoft Entra", "google": "Google", "github": "GitHub", "auth0": "Auth0", "okta": "Okta", "keycloak": "Keycloak",
	"cognito": "Amazon Cognito", "ping": "Ping Identity", "salesforce": "Salesforce", "slack": "Slack",
	"descope": "Descope", "zitadel": "ZITADEL",
}

// vendorHosts recognise a vendor by a host; one that begins with a dot is a suffix.
var vendorHosts = []struct{ suffix, vendor string }{
	{"login.microsoftonline.com", "entra"}, {"login.microsoftonline.us", "entra"}, {"login.partner.microsoftonline.cn", "entra"}, {"sts.windows.net", "entra"},
	{".ciamlogin.com", "entra"}, {".b2clogin.com", "entra"}, {"accounts.google.com", "google"}, {"oauth2.googleapis.com", "google"}, {"www.googleapis.com", "google"},
	{"github.com", "github"}, {".ghe.com", "github"}, {".auth0.com", "auth0"}, {".okta.com", "okta"}, {".oktapreview.com", "okta"}, {".okta-emea.com", "okta"},
	{".amazoncognito.com", "cognito"}, {".amazonaws.com", "cognito"}, {".pingidentity.com", "ping"}, {".pingone.com", "ping"}, {".pingone.eu", "ping"},
	{".salesforce.com", "salesforce"}, {".force.com", "salesforce"}, {"slack.com", "slack"},
	{".descope.com", "descope"}, {".zitadel.cloud", "zitadel"},
}

// specTables are the tables of the specs, in the order in which a code is looked for.
var specTables = [][]entry{coreEntries, extensionEntries, widerEntries}

// vendorTables are the tables of the vendors.
var vendorTables = [][]vendorEntry{entraEntries, googleEntries, githubEntries, auth0Entries, oktaEntries,
	keycloakEntries, otherVendorEntries,
	descopeEntries, zitadelEntries}

// vendorEntryFor finds what a vendor's error means. The server's own words count for most, so that a vendor behind a
// domain of its customer is recognised too; a code alone counts only where the vendor is known, unless no spec has it.
func vendorEntryFor(ev *evidence) (vendorEntry, bool) {
	var byCode *vendorEntry
	for _, table := range vendorTables {
		for i := range table {
			e := &table[i]
			switch {
			case e.code != "" && e.code != ev.err.Code:
				continue
			case ev.vendor != "" && ev.vendor != e.vendor:
				continue
			case e.says == "":
				if byCode == nil && (ev.vendor == e.vendor || !isSpecCode(e.code)) {
					byCode = e
				}
				continue
			}
			for _, part := range strings.Split(e.says, "|") {
				if saysWhole(ev.description(), part) && (ev.vendor != "" || distinctive(part)) {
					return *e, true
				}
			}
		}
	}
	if byCode != nil {
		return *byCode, true
	}
	return vendorEntry{}, false
}

// anybodys are phrases that many servers use: they tell nothing of the vendor.
var anybodys = []string{
	"client authentication failed", "redirect uri mismatch", "invalid authorization code", "authorization code is invalid or expired",
	"authorization code is invalid or has expired", "refresh token is invalid or expired", "expired authorization code|invalid authorization code",
	"code verifier is required", "code challenge is required", "code not valid", "invalid client secret", "token is not active", "session not active", "refresh token expired",
	"client not found", "invalid user credentials", "invalid scopes", "account disabled", "pkce verification failed",
}

// distinctive reports whether words are enough of one vendor's own to go by where the vendor is not known, as behind a
// domain of its customer: a code of its own, or a phrase.
func distinctive(part string) bool {
	return strings.HasPrefix(part, "aads") || strings.HasPrefix(part, "aadb2c") || len(strings.Fields(part)) >= 3 && !slices.Contains(anybodys, part)
}

// saysWhole finds a part in the server's words; a number in it must not go on, so that AADSTS50011 is not in AADSTS500113.
func saysWhole(text, part string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], part)
		if i < 0 {
			return false
		}
		end := from + i + len(part)
		if !isDigit(part[len(part)-1]) || end == len(text) || !isDigit(text[end]) {
			return true
		}
		from = end
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// entryFor finds what the specs say of the error. One that no spec has gets an entry that says so.
func entryFor(ev *evidence) entry {
	for _, table := range specTables {
		for _, e := range table {
			if hasCode(e, ev.err.Code) && (e.endpoint == "" || e.endpoint == ev.err.Endpoint) && (e.grant == "" || e.grant == ev.grantType()) && (e.when == nil || e.when(ev)) {
				return e
			}
		}
	}
	return entry{title: "The server refused, with a code that no spec defines.", spec: "of the server's own", malformed: true,
		causes: []cause{{text: "What the server calls " + line(ev.err.Code) + ".", tell: "Its docs explain its own codes.", likely: 50}}}
}

// grantType is the grant_type of the request, or that of the grant that ran.
func (ev *evidence) grantType() string {
	return cmp.Or(ev.value("grant_type"), ev.Grant)
}

func hasCode(e entry, code string) bool {
	for _, c := range strings.Fields(e.codes) {
		if c == code {
			return true
		}
	}
	return false
}

func isSpecCode(code string) bool {
	for _, table := range specTables {
		for _, e := range table {
			if hasCode(e, code) {
				return true
			}
		}
	}
	return false
}

// one makes the causes of an entry that has one.
func one(text, tell string) []cause { return []cause{{text: text, tell: tell, likely: 92}} }

// do makes an action.
func do(text, what string) []act { return []act{{text: text, do: what}} }

// The actions that many vendors' entries share.
var (
	registerRedirect = []act{
		{text: "Register exactly this redirect URI: {redirect_uri}", do: DoRegister + "={redirect_uri}", when: hasRedirect},
		{text: "Or use the one that is registered: --redirect-uri URI, redirect_uri in a profile.",
			do: DoSetting + "=redirect_uri", when: hasRedirect},
	}
	setSecret     = do("Set the client secret again.", DoSetting+"=client_secret")
	signInAgain   = do("Sign in again.", DoCommand+"={command}")
	checkClient   = do("Compare the client_id {client_id} with the registration.", DoClientCheck+"={client_id}")
	promptConsent = do("Sign in with the consent page.", DoCommand+"={command} --prompt consent")
	promptLogin   = do("Sign in with a page.", DoCommand+"={command} --prompt login")
	useCode       = do("Use the authorization code grant with PKCE.", DoGrant+"=authorization_code")
	usePKCE       = do("Use PKCE with S256.", DoInput+"=pkce=S256")
	noAuth        = do("Send no client authentication.", DoAuthMethod+"=none")
)
