package demo

import (
	"fmt"
	"net/http"
	"regexp"
)

// extensionEffects says for every fault of an extension what changes of the observations of extensions. The core ones
// must stay as they are.
var extensionEffects = map[string]string{
	faultDPoPNonce:    "dpop.code=400_use_dpop_nonce dpop.refresh=400_use_dpop_nonce dpop.offers=true",
	faultDPoPNonceAPI: "dpop.api=401_use_dpop_nonce dpop.userinfo=401_use_dpop_nonce dpop.offers=true",
	faultDPoPNonceRefused: "dpop.code=400_use_dpop_nonce dpop.again=400_use_dpop_nonce dpop.type=<nil> dpop.jkt=none dpop.api=401_ " +
		"dpop.userinfo=401_ dpop.refresh=400_use_dpop_nonce dpop.offers=true",
	faultWrongDPoPBinding: "dpop.jkt=other dpop.api=401_invalid_token dpop.userinfo=401_invalid_token",
	faultDPoPAsBearer:     "dpop.type=Bearer",
}

// extensionObservers each run one extension as a client would, and note what they see.
var extensionObservers = []func(*observer){(*observer).observeDPoP}

func (o *observer) observeExtensions() map[string]string {
	o.seen = map[string]string{}
	for _, observe := range extensionObservers {
		observe(o)
	}
	return o.seen
}

var challengedError = regexp.MustCompile(`error="([^"]*)"`)

// said is an answer in a word or two: its status, and its error in the body or in the challenge.
func said(a answer) string {
	if m := challengedError.FindStringSubmatch(a.Header.Get("WWW-Authenticate")); m != nil {
		return fmt.Sprint(a.Status, " ", m[1])
	}
	if a.Status < http.StatusBadRequest {
		return "fine"
	}
	return fmt.Sprint(a.Status, " ", regexp.MustCompile(`^tokens|nothing|no JSON$`).ReplaceAllString(errorOf(a), ""))
}

// errorOf is the error in a JSON body.
func errorOf(a answer) string {
	if m := regexp.MustCompile(`^\{"error":"([^"]*)"`).FindStringSubmatch(a.Body); m != nil && a.Header.Get("WWW-Authenticate") == "" {
		return m[1]
	}
	return ""
}

func (o *observer) observeDPoP() {
	p := newProver(o.t)
	ask := func(nonce string) answer {
		return o.redeemBound(p, "demo-dpop", o.code("client_id", "demo-dpop", "scope", "openid api:read"), nonce)
	}
	first := ask("")
	o.note("dpop.code", said(first))
	again := first
	if first.Status != http.StatusOK {
		again = ask(first.Header.Get("DPoP-Nonce"))
	}
	o.note("dpop.again", said(again))
	o.note("dpop.offers", first.Header.Get("DPoP-Nonce") != "")
	set := again.json(o.t)
	token := str(set, "access_token")
	o.note("dpop.type", set["token_type"])
	o.note("dpop.jkt", o.same(bindingOf(decodeClaims(token)["cnf"]).JKT, p.thumbprint()))
	o.note("dpop.api", said(o.callBound(p, "GET", "/api/me", token, "")))
	o.note("dpop.userinfo", said(o.callBound(p, "GET", "/userinfo", token, "")))
	r := o.formRequest("/token", form("grant_type", grantRefreshToken, "client_id", "demo-dpop", "refresh_token", str(set, "refresh_token")))
	r.Header.Set("DPoP", p.proof("POST", o.Issuer()+"/token", "", ""))
	o.note("dpop.refresh", said(o.do(r)))
}
