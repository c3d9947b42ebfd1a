package demo

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"

	"fob/tokens"
	"fob/tokens/jose"
)

// extensionEffects are, for every fault of an extension, the observations of extensions that it changes. The core ones
// must stay as they are.
var extensionEffects = map[string]string{
	faultDPoPNonce:    "dpop.code=400_use_dpop_nonce dpop.refresh=400_use_dpop_nonce dpop.offers=true",
	faultDPoPNonceAPI: "dpop.api=401_use_dpop_nonce dpop.userinfo=401_use_dpop_nonce dpop.offers=true",
	faultDPoPNonceRefused: "dpop.code=400_use_dpop_nonce dpop.again=400_use_dpop_nonce dpop.type=<nil> dpop.jkt=none " +
		"dpop.api=401_unauthorized " +
		"dpop.userinfo=401_unauthorized dpop.refresh=400_use_dpop_nonce dpop.offers=true",
	faultWrongDPoPBinding: "dpop.jkt=other dpop.api=401_invalid_token dpop.userinfo=401_invalid_token",
	faultDPoPAsBearer:     "dpop.type=Bearer",

	faultPARRejected:   "par=400_invalid_request par.answer=none",
	faultPARExpired:    "par.answer=invalid_request_uri",
	faultNoRequestLife: "par.life=none ciba.life=none",
	faultJARRejected:   "jar.answer=invalid_request_object",

	faultJARMSignature: "jarm.signature=not_good",
	faultJARMIssuer:    "jarm.iss=other",
	faultJARMAudience:  "jarm.aud=other",
	faultJARMExpired:   "jarm.exp=-5m0s",

	faultIssuedTokenType: "exchange.issued=" + typeSAML1,

	faultCIBAOtherRequest: "ciba.id.request=other",
	faultCIBAOtherRefresh: "ciba.id.refresh=other",
	faultCIBADenied:       "ciba.poll1=400_access_denied ciba.poll2=400_access_denied ciba.id.*",
	faultCIBAExpired:      "ciba.poll1=400_expired_token ciba.poll2=400_expired_token ciba.id.*",
	faultCIBASlowDown:     "ciba.poll1=400_slow_down",
	faultCIBANoPing:       "ciba.ping=none",
	faultCIBAForeignPing:  "ciba.ping=other",

	faultWrongMTLSBinding:       "mtls.bound=other mtls.api=401_invalid_token",
	faultAssertionAudience:      "assertion.issuer=401_invalid_client",
	faultRegistrationRefused:    "registration=400_invalid_client_metadata",
	faultUserinfoForAnother:     "userinfo.signature=not_good userinfo.iss=none userinfo.aud=<nil>",
	faultUserinfoIssuer:         "userinfo.iss=other userinfo.signature=not_good",
	faultUserinfoAudience:       "userinfo.aud=another-client",
	faultIntrospectionIssuedAt:  "introspection.iat=1h0m0s",
	faultIntrospectionEmpty:     "introspection.holds=false",
	faultUserinfoSignature:      "userinfo.signature=not_good",
	faultIntrospectionSignature: "introspection.signature=not_good",
	faultIntrospectionType:      "introspection.typ=at+jwt",
	faultIntrospectionIssuer:    "introspection.iss=other introspection.signature=not_good",
	faultIntrospectionAudience:  "introspection.aud=another-client",
	faultEncryptedForAnother:    "encrypted.signature=not_good",
	faultFrontSubject:           "hybrid.sub=bob",

	faultDocumentForeign:      "document.client_id=other document.client=400",
	faultDocumentGone:         "document.client_id=none document.client=400",
	faultDocumentsUnannounced: "document.announced=<nil>",

	faultRARNarrowed:    "rar.asked=[map[actions:[read]_type:orders]]",
	faultWrongResource:  "resource.api=other resource.mcp=other",
	faultSignedMetadata: "metadata.signed=not_good resource.signed=not_good",
	faultAccessAudience: "resource.aud=other",

	faultWrongCHash: "hybrid.c_hash=other",
	faultWrongSHash: "hybrid.s_hash=other",
}

// extensionObservers each run one extension as a client would, and note what they see.
var extensionObservers = []func(*observer){(*observer).observeDPoP, (*observer).observeRequests,
	(*observer).observeJARM,
	(*observer).observeHybrid, (*observer).observeExchange, (*observer).observeCIBA,
	(*observer).observeClients, (*observer).observeAnswers, (*observer).observeDetails}

func (o *observer) observeExtensions() map[string]string {
	o.seen = map[string]string{}
	for _, observe := range extensionObservers {
		observe(o)
	}
	return o.seen
}

var challengedError = regexp.MustCompile(`error="([^"]*)"`)

// said is a response in a word or two: its status, and its error in the body or in the challenge.
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
	if m := regexp.MustCompile(`^\{"error":"([^"]*)"`).FindStringSubmatch(a.Body); m != nil {
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
	r := o.formRequest("/token", form("grant_type", grantRefreshToken, "client_id", "demo-dpop", "refresh_token",
		str(set, "refresh_token")))
	r.Header.Set("DPoP", p.proof("POST", o.Issuer()+"/token", "", ""))
	o.note("dpop.refresh", said(o.do(r)))
}

// answered is the error of an authorization response, or what it holds instead.
func answered(q url.Values) string {
	for _, name := range []string{"error", "code", "response"} {
		if q.Has(name) {
			if name == "error" {
				return q.Get("error")
			}
			return name
		}
	}
	return "nothing"
}

func (o *observer) observeRequests() {
	a := o.postAs("demo-par", "/par", authQuery("client_id", "demo-par"))
	o.note("par", said(a))
	o.note("par.life", o.life(a))
	o.note("par.answer", "none")
	if uri := str(a.json(o.t), "request_uri"); uri != "" {
		o.note("par.answer", answered(o.authorizePushed("demo-par", uri).location(o.t).Query()))
	}
	o.note("jar.answer", answered(o.authorizeObject(o.object(nil)).location(o.t).Query()))
}

func (o *observer) observeJARM() {
	q := o.authorizeWith("response_mode", "jwt").location(o.t).Query()
	o.note("jarm.answer", answered(q))
	token := q.Get("response")
	keys, err := o.keys.public()
	if err != nil {
		o.t.Fatal(err)
	}
	if o.note("jarm.signature", "good"); jose.Verify(token, keys, jose.VerifyOptions{}).Verdict != tokens.Good {
		o.note("jarm.signature", "not good")
	}
	claims := decodeClaims(token)
	o.note("jarm.iss", o.same(claims["iss"], o.Issuer()))
	o.note("jarm.aud", o.same(claims["aud"], "demo-public"))
	o.note("jarm.exp", o.since(claims["exp"]))
	o.note("jarm.state", o.same(claims["state"], testState))
}

func (o *observer) observeHybrid() {
	q := o.front("response_type", "code id_token token")
	claims := decodeClaims(q.Get("id_token"))
	for name, of := range map[string]string{"at_hash": q.Get("access_token"), "c_hash": q.Get("code"),
		"s_hash": testState} {
		want, err := jose.HalfHash("ES256", of)
		if err != nil {
			o.t.Fatal(err)
		}
		o.note("hybrid."+name, o.same(claims[name], want))
	}
	o.note("hybrid.sub", claims["sub"])
}

func (o *observer) observeExchange() {
	set := o.postAs("demo-service", "/token", form("grant_type", grantPassword, "username", "bob", "password", Password,
		"scope", "openid api:read")).json(o.t)
	a := o.postAs("demo-service", "/token", form("grant_type", grantTokenExchange, "subject_token",
		str(set, "access_token"),
		"subject_token_type", typeAccessToken, "scope", "api:read"))
	m := a.json(o.t)
	o.note("exchange", said(a))
	o.note("exchange.issued", m["issued_token_type"])
	o.note("exchange.type", m["token_type"])
}

// life is what a response says of how long a request is kept.
func (o *observer) life(a answer) string {
	if v := a.json(o.t)["expires_in"]; a.Status >= http.StatusBadRequest || v != nil {
		return "as it should be"
	}
	return "none"
}

func (o *observer) observeCIBA() {
	started := o.postAs("demo-service", "/bc-authorize", form("scope", "openid", "login_hint", "bob"))
	d := started.json(o.t)
	o.note("ciba.life", o.life(started))
	for _, name := range []string{"ciba.poll1", "ciba.poll2"} {
		a := o.pollCIBA("demo-service", d)
		o.note(name, said(a))
		o.clock.Advance(pollInterval + slowDownBy)
		if set := a.json(o.t); str(set, "id_token") != "" {
			o.observeCIBAToken(str(d, "auth_req_id"), set)
		}
	}
	const token = "notification-token-of-the-client"
	pinged := make(chan string, 1)
	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter,
		r *http.Request) {
		pinged <- r.Header.Get("Authorization")
	}))
	defer endpoint.Close()
	c, _ := o.clients.get("demo-ping")
	c.NotificationEndpoint = endpoint.URL
	o.clients.add(c)
	a := o.postAs("demo-ping", "/bc-authorize", form("scope", "openid", "login_hint", "bob",
		"client_notification_token", token))
	o.note("ciba.ping", "none")
	if a.Status == http.StatusOK {
		o.out.tasks.Wait() // the ping, if there is one, has been sent by then
	}
	select {
	case got := <-pinged:
		o.note("ciba.ping", o.same(got, "Bearer "+token))
	default:
	}
}

func (o *observer) observeCIBAToken(authReqID string, set map[string]any) {
	claims := decodeClaims(str(set, "id_token"))
	hash, err := jose.HalfHash("ES256", str(set, "refresh_token"))
	if err != nil {
		o.t.Fatal(err)
	}
	o.note("ciba.id.request", o.same(claims[claimAuthReqID], authReqID))
	o.note("ciba.id.refresh", o.same(claims[claimRTHash], hash))
}

func (o *observer) observeClients() {
	certified := o.withCertificate("demo-tls")
	set := certified(o.formRequest("/token", form("grant_type", grantClientCredentials, "client_id", "demo-tls"))).json(
		o.t)
	token := str(set, "access_token")
	block, _ := pem.Decode([]byte(o.Description().Client("demo-tls").Certificate))
	o.note("mtls.bound", o.same(bindingOf(decodeClaims(token)["cnf"]).X5T, thumbprint(block.Bytes)))
	o.note("mtls.api", said(certified(o.withBearer("GET", "/api/me", token))))
	for name, audience := range map[string]string{"assertion.issuer": o.Issuer(), "assertion.endpoint": o.Issuer() +
		"/token"} {
		assertion := o.clientAssertion("demo-key", map[string]any{"aud": audience})
		o.note(name, said(o.postAsserted("/token", assertion, "grant_type", grantClientCredentials)))
	}
	o.note("registration", said(o.register(`{"redirect_uris":["`+testRedirect+`"]}`)))
	id := o.Issuer() + ownDocument
	o.note("document.client_id", o.same(o.get(ownDocument).json(o.t)["client_id"], id))
	o.note("document.client", o.authorizeWith("client_id", id).Status)
	o.note("document.announced",
		o.get("/.well-known/openid-configuration").json(o.t)["client_id_metadata_document_supported"])
}

// signatureOf says whether a JWT is signed well by the server.
func (o *observer) signatureOf(token string) string {
	if _, why := o.keys.ownJWT(token); why != "" {
		return "not good"
	}
	return "good"
}

func (o *observer) observeAnswers() {
	set := o.redeem("demo-encrypted", o.code("client_id", "demo-encrypted", "scope", "openid")).json(o.t)
	private, err := jose.ParseKeySet([]byte(o.Description().Client("demo-encrypted").Keys.Reveal()))
	if err != nil {
		o.t.Fatal(err)
	}
	open := func(token string) string {
		return string(jose.Decrypt(token, private, jose.DecryptOptions{}).Plaintext)
	}
	o.note("encrypted.signature", o.signatureOf(open(str(set, "id_token"))))
	userinfo := open(o.call("GET", "/userinfo", str(set, "access_token"), "").Body)
	o.note("userinfo.signature", o.signatureOf(userinfo))
	o.note("userinfo.iss", o.same(decodeClaims(userinfo)["iss"], o.Issuer()))
	o.note("userinfo.aud", decodeClaims(userinfo)["aud"])
	answer := o.introspectSigned(str(set, "access_token")).Body
	o.note("introspection.signature", o.signatureOf(answer))
	o.note("introspection.typ", decodePart(answer, 0)["typ"])
	o.note("introspection.iss", o.same(decodeClaims(answer)["iss"], o.Issuer()))
	o.note("introspection.aud", decodeClaims(answer)["aud"])
	o.note("introspection.iat", o.since(decodeClaims(answer)["iat"]))
	o.note("introspection.holds", decodeClaims(answer)["token_introspection"] != nil)
}

func (o *observer) observeDetails() {
	set := o.tokens("authorization_details", `[{"type":"orders","actions":["read","write"]}]`)
	o.note("rar.asked", set["authorization_details"])
	o.note("resource.aud", o.same(decodeClaims(str(set, "access_token"))["aud"], o.API()))
	o.note("metadata.signed", o.signatureOf(str(o.get("/.well-known/oauth-authorization-server").json(o.t),
		"signed_metadata")))
	o.note("resource.signed", o.signatureOf(str(o.get("/.well-known/oauth-protected-resource/api").json(o.t),
		"signed_metadata")))
	for name, path := range map[string]string{"resource.api": "/api", "resource.mcp": mcpPath} {
		o.note(name, o.same(o.get("/.well-known/oauth-protected-resource" + path).json(o.t)["resource"],
			o.Issuer()+path))
	}
}
