package doctor

import (
	"cmp"
	"slices"
	"strings"
)

// vendorEntry explains an error of one vendor. If says is set, the message must contain it; if the vendor is recognized
// as well, the message is specific, so the general causes of the code are omitted.
type vendorEntry struct {
	vendor string // a key of vendors
	code   string // the error's code; "" any
	says   string // a part of the message, in lower case; | separates alternatives; "" any
	title  string
	about  string
	causes []cause
	next   []act
}

// vendors are the display names by key.
var vendors = map[string]string{
	"entra": "Microsoft Entra", "google": "Google", "github": "GitHub", "auth0": "Auth0", "okta": "Okta",
	"keycloak": "Keycloak",
	"cognito":  "Amazon Cognito", "ping": "Ping Identity", "salesforce": "Salesforce", "slack": "Slack",
	"descope": "Descope", "zitadel": "ZITADEL",
}

// vendorHosts recognize a vendor by a host; one that begins with a dot is a suffix.
var vendorHosts = []struct{ suffix, vendor string }{
	{"login.microsoftonline.com", "entra"}, {"login.microsoftonline.us", "entra"}, {"login.partner.microsoftonline.cn",
		"entra"}, {"sts.windows.net", "entra"},
	{".ciamlogin.com", "entra"}, {".b2clogin.com", "entra"}, {"accounts.google.com", "google"},
	{"oauth2.googleapis.com", "google"}, {"www.googleapis.com", "google"},
	{"github.com", "github"}, {".ghe.com", "github"}, {".auth0.com", "auth0"}, {".okta.com", "okta"},
	{".oktapreview.com", "okta"}, {".okta-emea.com", "okta"},
	{".amazoncognito.com", "cognito"}, {".amazonaws.com", "cognito"}, {".pingidentity.com", "ping"},
	{".pingone.com", "ping"}, {".pingone.eu", "ping"},
	{".salesforce.com", "salesforce"}, {".force.com", "salesforce"}, {"slack.com", "slack"},
	{".descope.com", "descope"}, {".zitadel.cloud", "zitadel"},
}

// specTables are the tables of the specs, in lookup order.
var specTables = [][]entry{coreEntries, extensionEntries, relatedEntries}

var vendorTables = [][]vendorEntry{entraEntries, googleEntries, githubEntries, auth0Entries, oktaEntries,
	keycloakEntries, otherVendorEntries,
	descopeEntries, zitadelEntries}

// vendorEntryFor finds the vendor's entry. The message counts most, so that a vendor behind a customer's domain is
// recognized too; a code alone counts only if the vendor is known, or if no spec has the code.
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
				if containsPhrase(ev.description(), part) && (ev.vendor != "" || distinctive(part)) {
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

// genericPhrases are used by many servers, so they do not identify a vendor.
var genericPhrases = []string{
	"client authentication failed", "redirect uri mismatch", "invalid authorization code",
	"authorization code is invalid or expired",
	"authorization code is invalid or has expired", "refresh token is invalid or expired",
	"expired authorization code|invalid authorization code",
	"code verifier is required", "code challenge is required", "code not valid", "invalid client secret",
	"token is not active", "session not active", "refresh token expired",
	"client not found", "invalid user credentials", "invalid scopes", "account disabled", "pkce verification failed",
}

// distinctive reports whether words identify a vendor that is not known by its host, as behind a customer's domain: a
// code of its own, or a phrase.
func distinctive(part string) bool {
	return strings.HasPrefix(part, "aads") || strings.HasPrefix(part, "aadb2c") || len(strings.Fields(part)) >= 3 &&
		!slices.Contains(genericPhrases, part)
}

// containsPhrase finds a part in the message. A number must end with it: AADSTS50011 is not in AADSTS500113.
func containsPhrase(text, part string) bool {
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

// entryFor finds the entry of the specs. An unknown code gets an entry that says so.
func entryFor(ev *evidence) entry {
	for _, table := range specTables {
		for _, e := range table {
			if hasCode(e, ev.err.Code) && (e.endpoint == "" || e.endpoint == ev.err.Endpoint) &&
				(e.grant == "" || e.grant == ev.grantType()) && (e.when == nil || e.when(ev)) {
				return e
			}
		}
	}
	return entry{title: "The server returned an error code that no spec defines.", spec: "of the server's own",
		malformed: true,
		causes: []cause{{text: "What the server calls " + visibleLine(ev.err.Code) + ".",
			tell: "Its docs explain its own codes.", likely: 50}}}
}

// grantType returns the grant_type of the request, or that of the grant that ran.
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

// singleCause returns the causes of an entry with one cause.
func singleCause(text, tell string) []cause { return []cause{{text: text, tell: tell, likely: 92}} }

// doAction returns the actions of an entry with one action.
func doAction(text, what string) []act { return []act{{text: text, do: what}} }

// Actions that many vendors' entries share.
var (
	registerRedirect = []act{
		{text: "Register exactly this redirect URI: {redirect_uri}", do: DoRegister + "={redirect_uri}",
			when: hasRedirect},
		{text: "Or use the one that is registered: --redirect-uri URI, redirect_uri in a profile.",
			do: DoSetting + "=redirect_uri", when: hasRedirect},
	}
	setSecret     = doAction("Set the client secret again.", DoSetting+"=client_secret")
	signInAgain   = doAction("Sign in again.", DoCommand+"={command}")
	checkClient   = doAction("Compare the client_id {client_id} with the registration.", DoClientCheck+"={client_id}")
	promptConsent = doAction("Sign in with the consent page.", DoCommand+"={command} --prompt consent")
	promptLogin   = doAction("Sign in with a page.", DoCommand+"={command} --prompt login")
	useCode       = doAction("Use the authorization code grant with PKCE.", DoGrant+"=authorization_code")
	usePKCE       = doAction("Use PKCE with S256.", DoInput+"=pkce=S256")
	noAuth        = doAction("Send no client authentication.", DoAuthMethod+"=none")
)
