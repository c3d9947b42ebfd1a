package demo

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// effects are, for every fault, the observations that it changes: "name=value", or "name*" for all with that prefix
// that cannot be observed then. All others must stay the same.
var effects = map[string]string{
	faultWrongIssuer:      "discovery.issuer=other",
	faultNoPKCEAdvertised: "discovery.pkce=none",
	faultBadEndpoint:      "discovery.revocation=other",
	faultPlainEndpoint:    "discovery.end_session=other",
	faultForeignEndpoint:  "discovery.revocation=other",
	faultJWKSUnreachable:  "jwks=unreachable",

	faultWrongState:       "callback.state=other",
	faultMissingState:     "callback.state=none",
	faultWrongCallbackIss: "callback.iss=other",
	faultNoCallbackIss:    "callback.iss=none",
	faultAccessDenied: "callback.answer=access_denied token* id.* access.* refresh* userinfo* api* introspection* " +
		"device.poll1=access_denied device.poll2=access_denied",

	faultNoIDToken: "token.members=access_token,expires_in,refresh_expires_in,refresh_token,scope,token_type " +
		"id.* refresh.sub=none refresh.auth_time=none",
	faultBadSignature:    "id.signature=not_good",
	faultUnknownKid:      "id.signature=not_good id.kid=not-in-the-jwks",
	faultAlgNone:         "id.alg=none id.kid=none id.signature=not_good id.at_hash=none",
	faultUnannouncedAlg:  "id.alg=ES384 id.kid=of-es384",
	faultWrongIDTokenIss: "id.iss=other",
	faultWrongAudience:   "id.aud=another-client",
	faultWrongAzp:        "id.aud=[demo-public_another-client] id.azp=another-client",
	faultExpiredIDToken:  "id.exp=-5m0s id.iat=-10m0s",
	faultNotYetValid:     "id.nbf=1h0m0s",
	faultWrongAtHash:     "id.at_hash=wrong",
	faultStaleAuthTime:   "id.auth_time=-24h0m0s refresh.auth_time=-24h0m0s",
	faultWrongACR:        "id.acr=0",
	faultClockAhead: "date=10m0s id.iat=10m0s id.exp=15m0s id.auth_time=10m0s access.iat=10m0s access.exp=12m0s " +
		"refresh.auth_time=10m0s",
	faultClockBehind: "date=-1h0m0s id.iat=-1h0m0s id.exp=-55m0s id.auth_time=-1h0m0s access.iat=-1h0m0s " +
		"access.exp=-58m0s refresh.auth_time=-1h0m0s",
	faultStaleNonce:      "id.nonce=stale",
	faultWrongNonce:      "id.nonce=other",
	faultMissingNonce:    "id.nonce=none",
	faultOtherSubject:    "id.sub=bob",
	faultChangedSubject:  "refresh.sub=bob",
	faultChangedAuthTime: "refresh.auth_time=-1h0m0s",

	faultWrongTokenType:  "token.type=mac",
	faultNarrowedScope:   "token.scope=openid refresh.scope=openid",
	faultExpiresInString: `token.expires_in=string_120`,
	faultNoExpiresIn: "token.expires_in=<nil>_<nil> " +
		"token.members=access_token,id_token,refresh_expires_in,refresh_token,scope,token_type",
	faultExpiredAccess: "access.exp=-1m0s access.iat=-3m0s api=401_invalid_token userinfo=401_invalid_token " +
		"introspection=false",
	faultErrorWith200: "token=200_application/json_bad_verification_code token.* id.* access.* refresh* userinfo* " +
		"api* introspection* " +
		"device.poll1=bad_verification_code device.poll2=bad_verification_code",
	faultHTML502: "token=502_text/html_no_JSON token.* id.* access.* refresh* userinfo* api* introspection* " +
		"device.poll1=no_JSON device.poll2=no_JSON",
	faultEmptyBody: "token=200_application/json_nothing token.* id.* access.* refresh* userinfo* api* introspection* " +
		"device.poll1=nothing device.poll2=nothing",
	faultSlowAnswer: "token.waited=8s",

	faultByteOrderMark: "token=200_application/json_no_JSON token.* id.* access.* refresh* userinfo* api* " +
		"introspection* device.poll2=no_JSON",
	faultFormAnswer: "token=200_application/x-www-form-urlencoded_no_JSON token.* id.* access.* refresh* userinfo* " +
		"api* introspection* " +
		"device.poll2=no_JSON",
	faultDoubledMember: "token.scopes=2",
	faultLineBreak:     "access.* access.token=two_lines userinfo* api* introspection*",
	faultSchemeInToken: "access.token=Bearer api=400_invalid_request userinfo=400_invalid_request introspection=false",
	faultExpiresInDate: "token.expires_in=a_date",
	faultExpiresElse: "token.expires_in=<nil>_<nil> " +
		"token.members=access_token,expires_at,id_token,refresh_expires_in,refresh_token,scope,token_type",
	faultScopeArray:    "token.scope=[openid_api:read] refresh.scope=[openid_api:read]",
	faultActiveText:    "introspection.type=string",
	faultJWKSPrivate:   "jwks=[the_key_demo-private_is_published_with_its_private_half]_<nil>",
	faultJWKSShared:    "jwks=[the_key_demo-shared_is_published_as_a_shared_secret_(kty_oct)]_<nil>",
	faultIDTokenLogout: "id.typ=logout+jwt",
	faultIDTokenAccess: "id.typ=at+jwt",
	faultRefusalInDetail: "token=400_application/json_invalid_grant token.* id.* access.* refresh* userinfo* api* " +
		"introspection* " +
		"device.poll1=invalid_grant device.poll2=invalid_grant",

	faultNoInterval:      "device.interval=none",
	faultDevicePlainPage: "device.page=other",
	faultSlowDown:        "device.poll1=slow_down",
	faultDeviceExpired:   "device.poll1=expired_token device.poll2=expired_token",

	faultNotRotated:     "refresh.token=same refresh.old=200",
	faultNoRefreshToken: "refresh.token=none refresh.old=200",
	faultFamilyRevoked: "refresh=invalid_grant refresh.token=none refresh.sub=none refresh.scope=none " +
		"refresh.access=revoked refresh.auth_time=none",

	faultUserinfoSubject:   "userinfo=bob",
	faultInactive:          "introspection=false",
	faultInsufficientScope: "api=403_insufficient_scope",
	faultAPI500:            "api=500_",
}

// observer runs everything once, as a client would, and notes what it sees.
type observer struct {
	*bench
	waited time.Duration
	run    int
	seen   map[string]string
}

func (o *observer) note(name string, value any) {
	o.seen[name] = strings.ReplaceAll(fmt.Sprint(value), " ", "_")
}

// observe is one run. Observations of what cannot be reached are missing.
func (o *observer) observe() map[string]string {
	o.seen = map[string]string{}
	o.run++
	o.waited = 0
	o.observeDiscovery()
	if code := o.observeCallback(); code != "" {
		if set := o.observeToken(code); set != nil {
			o.observeIDToken(set)
			o.observeResources(set)
			o.observeRefresh(set)
		}
	}
	o.observeDevice()
	return o.seen
}

func (o *observer) same(got any, want string) string {
	switch got {
	case nil, "":
		return "none"
	case want:
		return "as it should be"
	}
	return "other"
}

func (o *observer) observeDiscovery() {
	a := o.get("/.well-known/openid-configuration")
	m := a.json(o.t)
	date, _ := http.ParseTime(a.Header.Get("Date"))
	o.note("date", date.Sub(o.clock.Now()))
	o.note("discovery.issuer", o.same(m["issuer"], o.Issuer()))
	if o.note("discovery.pkce", m["code_challenge_methods_supported"]); m["code_challenge_methods_supported"] == nil {
		o.note("discovery.pkce", "none")
	}
	o.note("discovery.revocation", o.same(m["revocation_endpoint"], o.Issuer()+"/revoke"))
	o.note("discovery.end_session", o.same(m["end_session_endpoint"], o.Issuer()+"/end-session"))
	delete(m, "end_session_endpoint")
	delete(m, "revocation_endpoint")
	delete(m, "issuer")
	delete(m, "code_challenge_methods_supported")
	delete(m, "client_id_metadata_document_supported") // observed with the documents
	o.note("discovery.rest", m)
	if keys, err := o.try(o.request("GET", "/jwks", "")); err != nil {
		o.note("jwks", "unreachable")
	} else {
		o.note("jwks", keys.Body)
		set, err := jose.ParsePublished([]byte(keys.Body))
		if err != nil || len(set.Exposed()) > 0 {
			o.note("jwks", fmt.Sprint(set.Exposed(), err))
		}
	}
}

func (o *observer) observeCallback() (code string) {
	state, nonce := fmt.Sprint("state-", o.run), fmt.Sprint("nonce-", o.run)
	q := o.authorizeWith("scope", "openid api:read", "state", state, "nonce", nonce, "acr_values",
		acrOTP).location(o.t).Query()
	o.note("callback.state", o.same(q.Get("state"), state))
	o.note("callback.iss", o.same(q.Get("iss"), o.Issuer()))
	if o.note("callback.answer", "code"); q.Get("code") == "" {
		o.note("callback.answer", q.Get("error"))
	}
	return q.Get("code")
}

func (o *observer) observeToken(code string) map[string]any {
	a := o.redeem("demo-public", code)
	var m map[string]any
	if strings.HasPrefix(a.Body, "{") {
		m = a.json(o.t)
	}
	o.note("token", fmt.Sprint(a.Status, " ", a.Header.Get("Content-Type"), " ", outcome(a)))
	if str(m, "access_token") == "" {
		return nil
	}
	o.note("token.waited", o.waited)
	o.note("token.members", strings.Join(slices.Sorted(maps.Keys(m)), ","))
	o.note("token.type", m["token_type"])
	o.note("token.scope", m["scope"])
	o.note("token.scopes", strings.Count(a.Body, `"scope"`))
	o.note("token.expires_in", fmt.Sprintf("%T %v", m["expires_in"], m["expires_in"]))
	if _, err := time.Parse(time.RFC3339, str(m, "expires_in")); err == nil {
		o.note("token.expires_in", "a date")
	}
	return m
}

// outcome is what a token endpoint said, in a word.
func outcome(a answer) string {
	switch {
	case a.Body == "":
		return "nothing"
	case !strings.HasPrefix(a.Body, "{"):
		return "no JSON"
	case strings.Contains(a.Body, `"access_token"`):
		return "tokens"
	}
	_, rest, _ := strings.Cut(a.Body, `"error":"`)
	code, _, _ := strings.Cut(rest, `"`)
	return code
}

// since says when a NumericDate is, seen from now; "none" for none.
func (o *observer) since(date any) string {
	seconds, ok := date.(float64)
	if !ok {
		return "none"
	}
	return time.Unix(int64(seconds), 0).Sub(o.clock.Now()).String()
}

func (o *observer) observeIDToken(set map[string]any) {
	token := str(set, "id_token")
	if token == "" {
		return
	}
	header, claims := decodePart(token, 0), decodeClaims(token)
	keys, err := o.keys.public()
	if err != nil {
		o.t.Fatal(err)
	}
	o.note("id.alg", header["alg"])
	o.note("id.typ", header["typ"])
	switch kid := str(header, "kid"); {
	case kid == "":
		o.note("id.kid", "none")
	case strings.HasPrefix(kid, "demo-"):
		o.note("id.kid", "of-"+strings.Split(kid, "-")[1]) // the rest is random
	default:
		o.note("id.kid", kid)
	}
	if o.note("id.signature", "good"); jose.Verify(token, keys, jose.VerifyOptions{}).Verdict != tokens.Good {
		o.note("id.signature", "not good")
	}
	o.note("id.iss", o.same(claims["iss"], o.Issuer()))
	for _, name := range []string{"aud", "azp", "acr", "sub"} {
		o.note("id."+name, claims[name])
	}
	for _, name := range []string{"exp", "iat", "nbf", "auth_time"} {
		o.note("id."+name, o.since(claims[name]))
	}
	switch nonce := o.same(claims["nonce"], fmt.Sprint("nonce-", o.run)); {
	case claims["nonce"] == fmt.Sprint("nonce-", o.run-1):
		o.note("id.nonce", "stale")
	default:
		o.note("id.nonce", nonce)
	}
	hash, err := jose.HalfHash(str(header, "alg"), str(set, "access_token"))
	switch {
	case claims["at_hash"] == nil:
		o.note("id.at_hash", "none")
	case err != nil || claims["at_hash"] != hash:
		o.note("id.at_hash", "wrong")
	default:
		o.note("id.at_hash", "right")
	}
}

func (o *observer) observeResources(set map[string]any) {
	token := str(set, "access_token")
	if o.note("access.token", "valid in a header"); strings.ContainsAny(token, " \r\n") {
		first, _, lines := strings.Cut(token, "\r\n")
		if o.note("access.token", strings.Fields(first)[0]); lines { // no request can be made with it
			o.note("access.token", "two lines")
			return
		}
	}
	claims := decodeClaims(token)
	o.note("access.iat", o.since(claims["iat"]))
	o.note("access.exp", o.since(claims["exp"]))
	challenged := regexp.MustCompile(`error="([^"]*)"`)
	errorOf := func(a answer) string {
		if m := challenged.FindStringSubmatch(a.Header.Get("WWW-Authenticate")); m != nil {
			return m[1]
		}
		return ""
	}
	if a := o.call("GET", "/userinfo", token, ""); a.Status == 200 {
		o.note("userinfo", a.json(o.t)["sub"])
	} else {
		o.note("userinfo", fmt.Sprint(a.Status, " ", errorOf(a)))
	}
	a := o.call("GET", "/api/me", token, "")
	o.note("api", fmt.Sprint(a.Status, " ", errorOf(a)))
	active := o.postAs("demo-service", "/introspect", form("token", token)).json(o.t)["active"]
	o.note("introspection", active)
	o.note("introspection.type", fmt.Sprintf("%T", active))
}

func (o *observer) observeRefresh(set map[string]any) {
	old := str(set, "refresh_token")
	a := o.refreshWith(old)
	m := a.json(o.t)
	if o.note("refresh", a.Status); a.Status != 200 {
		o.note("refresh", m["error"])
	}
	switch next := str(m, "refresh_token"); next {
	case "":
		o.note("refresh.token", "none")
	case old:
		o.note("refresh.token", "same")
	default:
		o.note("refresh.token", "new")
	}
	o.note("refresh.sub", "none")
	o.note("refresh.auth_time", o.since(decodeClaims(str(m, "id_token"))["auth_time"]))
	if claims := decodeClaims(str(m, "id_token")); claims != nil {
		o.note("refresh.sub", claims["sub"])
	}
	if o.note("refresh.scope", m["scope"]); m["scope"] == nil {
		o.note("refresh.scope", "none")
	}
	o.note("refresh.access", "revoked")
	if rec, ok := o.store.access.Get(str(set, "access_token")); ok && o.store.familyActive(rec.Family) {
		o.note("refresh.access", "alive")
	}
	o.note("refresh.old", o.refreshWith(old).Status)
}

func (o *observer) observeDevice() {
	d := o.device()
	wait := pollInterval
	o.note("device.page", o.same(d["verification_uri"], o.Issuer()+"/device"))
	if o.note("device.interval", d["interval"]); d["interval"] == nil {
		o.note("device.interval", "none")
		wait = defaultInterval
	}
	for _, name := range []string{"device.poll1", "device.poll2"} {
		a := o.poll(d)
		o.note(name, outcome(a))
		if outcome(a) == "slow_down" {
			wait += slowDownBy
		}
		o.clock.Advance(wait)
	}
}

// Every fault is switched on over the API, has the effect that effects says, no other, and is gone when switched off.
func TestEveryFaultHasItsEffectAndNoOther(t *testing.T) {
	o := &observer{}
	o.bench = start(t,
		Config{AutoConsent: true, Wait: func(_ context.Context, d time.Duration) error { o.waited += d; return nil }})
	honest, further := o.observe(), o.observeExtensions()
	for _, f := range Catalogue() {
		t.Run(f.Name, func(t *testing.T) {
			expected, ok := effects[f.Name]
			inExtension, extends := extensionEffects[f.Name]
			if ok == extends || extends != (f.Needs != "") {
				t.Fatal("this fault has no declared effect: add it to effects, or with Needs to " +
					"extensionEffects")
			}
			o.t = t
			o.faultRequest(t, "POST", faultsPath, `{"name":"`+f.Name+`"}`, 200)
			faulty := o.observe()
			var faultyFurther map[string]string
			if extends {
				faultyFurther = o.observeExtensions()
			}
			o.faultRequest(t, "DELETE", faultsPath+"/"+f.Name, "", 200)
			compareEffects(t, honest, faulty, strings.Fields(expected))
			if extends {
				compareEffects(t, further, faultyFurther, strings.Fields(inExtension))
				compareEffects(t, further, o.observeExtensions(), nil)
				return
			}
			compareEffects(t, honest, o.observe(), nil)
		})
	}
	for name := range mergedKeys(effects, extensionEffects) {
		if !isFault(name) {
			t.Errorf("effects speaks of %s, which is no fault", name)
		}
	}
}

func compareEffects(t *testing.T, honest, faulty map[string]string, expected []string) {
	t.Helper()
	want := maps.Clone(honest)
	for _, e := range expected {
		if prefix, ok := strings.CutSuffix(e, "*"); ok {
			// "token*" takes the responses that hang on it away, "token.*" leaves the response itself.
			maps.DeleteFunc(want, func(name, _ string) bool { return strings.HasPrefix(name, prefix) })
			continue
		}
		name, value, _ := strings.Cut(e, "=")
		if honest[name] == value {
			t.Errorf("%s is %q without the fault as well: the test shows nothing", name, value)
		}
		want[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(mergedKeys(want, faulty))) {
		if want[name] != faulty[name] {
			t.Errorf("%s: got %q, want %q (without the fault %q)", name, faulty[name], want[name], honest[name])
		}
	}
}

func mergedKeys(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
