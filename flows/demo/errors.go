package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// oauthError is an error response (RFC 6749 5.2).
type oauthError struct {
	Code        string
	Description string
	// Challenge is the WWW-Authenticate header of a 401; "" with invalid_client is Basic.
	Challenge string
	Status    int // 0: 401 for invalid_client, 400 otherwise
}

func oauthErrorf(code, format string, args ...any) *oauthError {
	return &oauthError{Code: code, Description: describable(fmt.Sprintf(format, args...))}
}

// describable replaces what RFC 6749 5.2 forbids in error_description; %x20-21 / %x23-5B / %x5D-7E remain.
func describable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\\':
			return '\''
		case r < 0x20 || r > 0x7e:
			return '?'
		}
		return r
	}, text)
}

// write sends the error response of RFC 6749 5.2: 401 and a challenge for invalid_client, 400 otherwise.
func (e *oauthError) write(w http.ResponseWriter) {
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
		if e.Code == "invalid_client" {
			status = http.StatusUnauthorized
		}
	}
	if status == http.StatusUnauthorized {
		challenge := e.Challenge
		if challenge == "" {
			challenge = `Basic realm="fob demo"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
	}
	body := map[string]any{"error": e.Code}
	if e.Description != "" {
		body["error_description"] = e.Description
	}
	writeJSON(w, status, body)
}

// writeError sends an error with another status than the one of its code.
func writeError(w http.ResponseWriter, status int, code, description string) {
	(&oauthError{Code: code, Description: describable(description), Status: status}).write(w)
}

// writeJSON sends JSON that must not be cached (RFC 6749 5.1).
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "the demo provider could not write its response: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

func accessDenied() *oauthError {
	return oauthErrorf("access_denied", "the user denied access")
}

// serverFailure is a failure of the demo itself, not of the client.
func serverFailure(doing string, err error) *oauthError {
	e := oauthErrorf("server_error", "the demo provider failed at %s: %s", doing, err)
	e.Status = 500
	return e
}

// writeJWT sends a response that is a JWT; err is of its making.
func writeJWT(w http.ResponseWriter, mediaType, token string, err error) {
	if err != nil {
		serverFailure("securing its response", err).write(w)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(token))
}
