package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"fob/tokens"
)

// apiRoute is a route of the API and its requirements on the token.
type apiRoute struct {
	Method string // "" is every method
	Path   string
	Scope  string        // "" needs none
	Under  string        // the path of its resource; "" is the API itself
	ACR    string        // the authentication context that the token must have (RFC 9470); "" for any
	MaxAge time.Duration // how old the sign-in may be (RFC 9470); 0 for any age
	Handle func(http.ResponseWriter, *http.Request, caller)
}

// caller is the authenticated caller with its token.
type caller struct {
	accessRecord
	Token tokens.Secret
}

// api is a resource server. It checks the token of a call before the call is handled.
type api struct {
	env    *environment
	store  *tokenStore
	dpop   *dpop
	orders *orders
}

// routes lists the API. Another route is another line.
func (ap *api) routes() []apiRoute {
	return []apiRoute{
		{Method: "GET", Path: "/api", Handle: ap.index},
		{Method: "GET", Path: "/api/me", Handle: describeCaller},
		{Method: "GET", Path: "/api/orders", Scope: scopeRead, Handle: ap.listOrders},
		{Method: "POST", Path: "/api/orders", Scope: scopeWrite, Handle: ap.placeOrder},
		{Path: "/api/echo", Handle: echo},
		{Method: "GET", Path: "/api/admin", Scope: scopeAdmin, Handle: describeCaller},
		{Method: "GET", Path: "/api/opaque", Under: "/api/opaque", Handle: describeCaller},
		{Method: "POST", Path: "/api/transfer", Scope: scopeWrite, ACR: acrOTP, MaxAge: transferMaxAge,
			Handle: transfer},
		{Path: mcpPath, Under: mcpPath, Handle: mcp},
	}
}

// transferMaxAge is how long after signing in a user may transfer money.
const transferMaxAge = 5 * time.Minute

func (ap *api) endpoints() []endpoint {
	var all []endpoint
	for _, route := range ap.routes() {
		all = append(all, endpoint{route.Method, route.Path, "", func(w http.ResponseWriter, r *http.Request) {
			if c, refusal := ap.admit(r, route); refusal != nil {
				refusal.write(w)
			} else if ap.env.on(faultAPI500) {
				writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "internal_error",
					"error_description": "Something broke on our side."})
			} else {
				route.Handle(w, r, c)
			}
		}})
	}
	return all
}

// admit checks a call's token against a route (RFC 6750 3.1).
func (ap *api) admit(r *http.Request, route apiRoute) (caller, *challenge) {
	under := route.Under
	if under == "" {
		under = "/api"
	}
	resource, metadata := ap.env.issuer+under, ap.env.issuer+"/.well-known/oauth-protected-resource"+under
	var form, query params
	if route.Path != mcpPath { // MCP, Authorization: tokens are sent in the header alone
		form, query = paramsForToken(r)
	}
	p, bad := presentedToken(r, form, query)
	refuse := func(code, description, scope string) (caller, *challenge) {
		return caller{}, &challenge{Error: code, Description: description, Scope: scope, Metadata: metadata,
			DPoP: p.DPoP}
	}
	switch {
	case bad != nil:
		return refuse(bad.Code, bad.Description, "")
	case p.Token == "":
		return refuse("", "", route.Scope)
	}
	rec, why := ap.store.checkAccess(p.Token)
	if why != "" {
		return refuse("invalid_token", why, "")
	}
	if refusal := ap.dpop.checkBinding(r, p, rec); refusal != nil {
		refusal.Metadata = metadata
		return caller{}, refusal
	}
	switch {
	case !rec.isFor(resource):
		return refuse("invalid_token", fmt.Sprintf("the token is for %s, not for %s", rec.Resource, resource), "")
	case ap.env.on(faultInsufficientScope):
		return refuse("insufficient_scope", "the token was not granted what this needs", scopeAdmin)
	case route.Scope != "" && !slices.Contains(rec.Scopes, route.Scope):
		return refuse("insufficient_scope", "the token was not granted "+route.Scope, route.Scope)
	case !ap.authenticatedFor(rec, route):
		return caller{}, &challenge{Error: "insufficient_user_authentication",
			Description: "this needs a stronger or a fresher sign-in",
			Metadata:    metadata, DPoP: p.DPoP, ACRValues: route.ACR,
			MaxAge: strconv.Itoa(int(route.MaxAge / time.Second))}
	}
	return caller{accessRecord: rec, Token: tokens.NewSecret(p.Token)}, nil
}

// authenticatedFor reports whether the sign-in is as strong and as recent as the route requires (RFC 9470 3).
func (ap *api) authenticatedFor(rec accessRecord, route apiRoute) bool {
	strong := slices.Index(acrValues, rec.ACR) >= slices.Index(acrValues, route.ACR)
	fresh := route.MaxAge == 0 || ap.env.reportedTime().Sub(rec.AuthTime) <= route.MaxAge
	return strong && fresh
}

func transfer(w http.ResponseWriter, _ *http.Request, c caller) {
	done := map[string]any{"transferred": true, "sub": c.Subject, "acr": c.ACR, "auth_time": unix(c.AuthTime)}
	if len(c.Details) > 0 {
		done["authorization_details"] = c.Details
	}
	writeJSON(w, http.StatusOK, done)
}

// index describes the caller and lists the routes: users start at the API's base URL.
func (ap *api) index(w http.ResponseWriter, _ *http.Request, c caller) {
	var routes []map[string]string
	for _, r := range ap.routes() {
		path, of := strings.CutPrefix(r.Path, "/api/")
		if !of {
			continue
		}
		shown := map[string]string{"method": r.Method, "path": "/" + path}
		if r.Method == "" {
			shown["method"] = "any"
		}
		if r.Scope != "" {
			shown["scope"] = r.Scope
		}
		routes = append(routes, shown)
	}
	writeJSON(w, http.StatusOK, struct { // in this order: the caller comes first
		You    map[string]any      `json:"you"`
		Routes []map[string]string `json:"routes"`
	}{callerInfo(c), routes})
}

// describeCaller describes the caller.
func describeCaller(w http.ResponseWriter, _ *http.Request, c caller) {
	writeJSON(w, http.StatusOK, callerInfo(c))
}

func callerInfo(c caller) map[string]any {
	me := map[string]any{"sub": c.Subject, "client_id": c.Client, "scope": strings.Join(c.Scopes, " "),
		"aud":        c.audience(),
		"expires_at": c.Expires.UTC().Format(time.RFC3339)}
	if u, ok := findUser(c.User); ok {
		me["name"] = u.FullName
	}
	if c.Act != nil {
		me["act"] = c.Act
	}
	return me
}

// order is an order of the example API.
type order struct {
	ID       string    `json:"id"`
	Item     string    `json:"item"`
	Quantity int       `json:"quantity"`
	PlacedAt time.Time `json:"placed_at"`
}

// orders stores each subject's orders, the newest hundred.
type orders struct {
	mu   sync.Mutex
	by   map[string][]order
	next int
}

const (
	maxOrders   = 100
	maxSubjects = 1_000
)

func newOrders() *orders {
	return &orders{next: 1003, by: map[string][]order{"alice": {
		{ID: "1001", Item: "A brass key", Quantity: 1, PlacedAt: time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)},
		{ID: "1002", Item: "A key ring", Quantity: 3, PlacedAt: time.Date(2026, 11, 16, 17, 5, 0, 0, time.UTC)},
	}}}
}

func (o *orders) list(subject string) []order {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]order{}, o.by[subject]...)
}

func (o *orders) place(subject string, placed order) order {
	o.mu.Lock()
	defer o.mu.Unlock()
	placed.ID = fmt.Sprint(o.next)
	o.next++
	if _, ok := o.by[subject]; !ok && len(o.by) >= maxSubjects {
		clear(o.by)
	}
	list := append(slices.Clone(o.by[subject]), placed)
	o.by[subject] = list[max(0, len(list)-maxOrders):]
	return placed
}

func (ap *api) listOrders(w http.ResponseWriter, _ *http.Request, c caller) {
	writeJSON(w, http.StatusOK, map[string]any{"orders": ap.orders.list(c.Subject)})
}

func (ap *api) placeOrder(w http.ResponseWriter, r *http.Request, c caller) {
	var placed order
	if err := json.NewDecoder(r.Body).Decode(&placed); err != nil || placed.Item == "" || len(placed.Item) > 200 ||
		placed.Quantity < 1 {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "bad_order",
			"error_description": `expected JSON like {"item":"A brass key","quantity":1}`})
		return
	}
	placed.PlacedAt = ap.env.reportedTime().UTC().Truncate(time.Second)
	placed = ap.orders.place(c.Subject, placed)
	w.Header().Set("Location", ap.env.api()+"/orders")
	writeJSON(w, http.StatusCreated, placed)
}

// echo returns the request, but never the token: a fingerprint replaces it.
func echo(w http.ResponseWriter, r *http.Request, c caller) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		writeJSON(w, http.StatusRequestEntityTooLarge, map[string]string{"error": "too_big",
			"error_description": fmt.Sprintf("the echo takes at most %d bytes", maxAPIBody)})
		return
	}
	fingerprint := c.Token.Fingerprint()
	mask := func(text string) string {
		masked := strings.ReplaceAll(text, c.Token.Reveal(), fingerprint)
		return strings.ReplaceAll(masked, url.QueryEscape(c.Token.Reveal()), fingerprint)
	}
	headers := map[string][]string{"Host": {r.Host}}
	for name, values := range r.Header {
		for _, v := range values {
			switch name {
			case "Cookie", "Proxy-Authorization", "Dpop":
				v = tokens.Hidden
			}
			headers[name] = append(headers[name], mask(v))
		}
	}
	echo := map[string]any{"method": r.Method, "path": mask(r.URL.EscapedPath()), "query": mask(r.URL.RawQuery),
		"headers":   headers,
		"body_size": len(body), "token": fingerprint}
	if utf8.Valid(body) {
		echo["body"] = mask(string(body))
	} else {
		echo["body_base64"] = body
	}
	writeJSON(w, http.StatusOK, echo)
}

// mcpPath is a resource for clients that know only its URL, as in the Model Context Protocol: its 401 leads to its
// metadata, and that to the authorization server (RFC 9728 5).
const mcpPath = "/mcp"

// mcp handles the few JSON-RPC calls that show that the authorization worked.
func mcp(w http.ResponseWriter, r *http.Request, c caller) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		writeJSON(w, http.StatusMethodNotAllowed,
			rpcError(nil, -32600, "send JSON-RPC with POST; there is no event stream here"))
		return
	}
	var call struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
	}
	if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
		writeJSON(w, http.StatusBadRequest, rpcError(nil, -32700, "the body is not JSON-RPC"))
		return
	}
	if len(call.ID) == 0 {
		w.WriteHeader(http.StatusAccepted) // a notification
		return
	}
	var result any
	switch call.Method {
	case "initialize":
		result = map[string]any{"protocolVersion": "2025-06-18",
			"capabilities": map[string]any{"tools": map[string]any{}},
			"serverInfo":   map[string]string{"name": "fob demo", "version": "1"}}
	case "ping":
		result = map[string]any{}
	case "tools/list":
		result = map[string]any{"tools": []any{map[string]any{"name": "whoami",
			"description": "Returns the subject and the client of the token.",
			"inputSchema": map[string]string{"type": "object"}}}}
	case "tools/call":
		result = map[string]any{"content": []any{map[string]string{"type": "text", "text": c.Subject + " by " +
			c.Client}}}
	default:
		writeJSON(w, http.StatusOK, rpcError(call.ID, -32601, "the method is not known"))
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"jsonrpc": "2.0", "id": call.ID, "result": result})
}

func rpcError(id json.RawMessage, code int, message string) map[string]any {
	if id == nil {
		id = json.RawMessage("null")
	}
	return map[string]any{"jsonrpc": "2.0", "id": id, "error": map[string]any{"code": code, "message": message}}
}
