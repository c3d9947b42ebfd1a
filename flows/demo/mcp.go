package demo

import (
	"encoding/json"
	"net/http"
)

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
