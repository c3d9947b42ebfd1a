package demo

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fob/tokens"
)

// presented is the access token of a request.
type presented struct {
	Token string // "" without one
	DPoP  bool   // with the DPoP scheme (RFC 9449 7.1)
}

// presentedToken reads the token of a request (RFC 6750 2.1, RFC 9449 7.1), and, where they are given, from the
// parameters of its form and its query (RFC 6750 2.2, 2.3). More than one is an error (RFC 6750 2).
func presentedToken(r *http.Request, form, query params) (presented, *oauthError) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	isDPoP := strings.EqualFold(scheme, "DPoP")
	inHeader := isDPoP || strings.EqualFold(scheme, "Bearer")
	const name = "access_token"
	inParams := append(form.All(name), query.All(name)...)
	switch {
	case inHeader && len(inParams) > 0 || len(inParams) > 1:
		return presented{}, oauthErrorf("invalid_request", "the request has more than one token; only one is allowed, "+
			"in the header, the body or the query")
	case len(r.Header.Values("Authorization")) > 1:
		return presented{}, oauthErrorf("invalid_request", "there are several Authorization headers")
	case inHeader && (token == "" || strings.ContainsAny(token, " ,")):
		return presented{}, oauthErrorf("invalid_request", "the Authorization header is not %s and one token", scheme)
	case inHeader:
		return presented{token, isDPoP}, nil
	case len(inParams) == 1:
		return presented{Token: inParams[0]}, nil
	}
	return presented{}, nil
}

// paramsForToken returns the parameters in which a request to an API may have its token: those of the body, if it is a
// form of a method that has a body (RFC 6750 2.2), and those of the query. The body can be read again.
func paramsForToken(r *http.Request) (form, query params) {
	query = params(r.URL.Query())
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != formType || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil, query
	}
	data, _ := io.ReadAll(r.Body) // reading on repeats an error
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data), r.Body))
	values, _ := url.ParseQuery(string(data))
	return params(values), query
}

// checkAccess validates an access token as a resource server does; the string is the reason if it is invalid.
func (st *tokenStore) checkAccess(token string) (accessRecord, string) {
	rec, known := st.access.Get(token)
	if strings.Count(token, ".") == 2 {
		claims, why := st.keys.ownJWT(token)
		switch {
		case why != "":
			return accessRecord{}, why
		case !known && !isAccessTokenType(decodePart(token, 0)):
			return accessRecord{}, "this is a token of another kind, not an access token"
		case !known:
			rec = recordOf(claims)
		}
	} else if !known {
		return accessRecord{}, "the token is not one of this server's, or it expired long ago"
	}
	switch now := st.env.reportedTime(); {
	case !now.Before(rec.Expires):
		return rec, fmt.Sprintf("the token expired %s", tokens.Ago(now.Sub(rec.Expires)))
	case rec.Revoked || !st.familyActive(rec.Family):
		return rec, "the token was revoked"
	}
	return rec, ""
}

func isAccessTokenType(header map[string]any) bool {
	typ, _ := header["typ"].(string)
	return strings.EqualFold(strings.TrimPrefix(strings.ToLower(typ), "application/"), "at+jwt")
}

func listOf(v any) []any { list, _ := v.([]any); return list }

// recordOf reads a JWT access token that is no longer in the store: its claims are enough.
func recordOf(claims map[string]any) accessRecord {
	text := func(name string) string { v, _ := claims[name].(string); return v }
	date := func(name string) time.Time { v, _ := claims[name].(float64); return time.Unix(int64(v), 0) }
	rec := accessRecord{ID: text("jti"), Client: text("client_id"), Subject: text("sub"),
		Scopes: tokens.SplitScope(text("scope")), IssuedAt: date("iat"), Expires: date("exp")}
	if audiences := stringList(claims["aud"]); len(audiences) > 0 {
		rec.Resource, rec.OtherAudiences = audiences[0], audiences[1:]
	}
	rec.Act, _ = claims["act"].(map[string]any)
	for _, d := range listOf(claims["authorization_details"]) {
		if detail, ok := d.(map[string]any); ok {
			rec.Details = append(rec.Details, detail)
		}
	}
	rec.Bound = bindingOf(claims["cnf"])
	if _, person := claims["auth_time"]; person {
		rec.User, rec.AuthTime, rec.ACR = rec.Subject, date("auth_time"), text("acr")
	}
	return rec
}

// challenge is the rejection of a request by a resource (RFC 6750 3): 401, 403 or 400, with a WWW-Authenticate header
// that gives the reason.
type challenge struct {
	Error       string // "" without a token: RFC 6750 3.1 forbids an error then
	Description string
	Scope       string
	Metadata    string // resource_metadata (RFC 9728 5.1)
	ACRValues   string // the required values (RFC 9470 3)
	MaxAge      string // the same, in seconds
	DPoP        bool   // about a DPoP token: the challenge uses the DPoP scheme (RFC 9449 7.1)
}

func (c challenge) write(w http.ResponseWriter) {
	params := []string{`realm="fob demo"`}
	for _, p := range []field{{"error", c.Error}, {"error_description", describable(c.Description)}, {"scope", c.Scope},
		{"acr_values", c.ACRValues}, {"max_age", c.MaxAge}, {"resource_metadata", c.Metadata}} {
		if p.Value != "" {
			params = append(params, fmt.Sprintf(`%s="%s"`, p.Name, p.Value))
		}
	}
	algs := `algs="` + strings.Join(dpopAlgs, " ") + `"`
	if c.DPoP {
		w.Header().Set("WWW-Authenticate", "DPoP "+strings.Join(append(params, algs), ", "))
	} else {
		w.Header().Set("WWW-Authenticate", "Bearer "+strings.Join(params, ", "))
	}
	if c.Error == "" {
		w.Header().Add("WWW-Authenticate", "DPoP "+algs) // a client without a token may use either scheme
	}
	status := http.StatusUnauthorized
	switch c.Error {
	case "insufficient_scope":
		status = http.StatusForbidden
	case "invalid_request":
		status = http.StatusBadRequest
	}
	body := map[string]any{"error": c.Error, "error_description": c.Description}
	if c.Error == "" {
		body = map[string]any{"error": "unauthorized", "error_description": "the access token is missing"}
	}
	writeJSON(w, status, body)
}

type userinfo struct {
	env     *environment
	clients *clients
	keys    *keyring
	store   *tokenStore
	dpop    *dpop
}

// serve is the userinfo endpoint (OpenID Connect Core 5.3).
func (ui *userinfo) serve(w http.ResponseWriter, r *http.Request) {
	var form params
	if r.Method == http.MethodPost && r.ContentLength != 0 && r.Header.Get("Content-Type") != "" {
		var err *oauthError
		if form, err = bodyParams(r); err != nil {
			challenge{Error: err.Code, Description: err.Description}.write(w)
			return
		}
	}
	p, bad := presentedToken(r, form, nil)
	switch {
	case bad != nil:
		challenge{Error: bad.Code, Description: bad.Description}.write(w)
		return
	case p.Token == "":
		challenge{}.write(w)
		return
	}
	rec, why := ui.store.checkAccess(p.Token)
	if why != "" {
		challenge{Error: "invalid_token", Description: why, DPoP: p.DPoP}.write(w)
		return
	}
	refusal := ui.dpop.checkBinding(r, p, rec)
	switch {
	case refusal != nil:
		refusal.write(w)
		return
	case !slices.Contains(rec.Scopes, "openid") || rec.User == "":
		challenge{Error: "insufficient_scope", Description: "the token was not granted openid",
			Scope: "openid"}.write(w)
		return
	}
	u, _ := findUser(rec.User)
	claims := u.claims(rec.Scopes)
	if f, ok := ui.store.families.Get(rec.Family); ok {
		maps.Copy(claims, claimsNamed(u.allClaims(), f.Claims.Userinfo))
	}
	if ui.env.on(faultUserinfoSubject) {
		claims["sub"] = otherUser(rec.User)
	}
	ui.write(w, rec.Client, claims)
}
