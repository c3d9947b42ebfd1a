package demo

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
)

// faultsPath is where faults are listed and switched.
const faultsPath = "/demo/faults"

func faultEndpoints() []endpoint {
	return []endpoint{
		{Method: "GET", Path: faultsPath, Handle: (*Server).listFaults},
		{Method: "POST", Path: faultsPath, Handle: (*Server).switchFault},
		{Method: "DELETE", Path: faultsPath, Handle: (*Server).clearFaults},
		{Method: "POST", Path: faultsPath + "/{name}", Handle: (*Server).switchOn},
		{Method: "DELETE", Path: faultsPath + "/{name}", Handle: (*Server).switchOff},
	}
}

// fromPage rejects requests of web pages: faults are for programs and the command line.
func fromPage(w http.ResponseWriter, r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	if r.Header.Get("Origin") == "" && (site == "" || site == "none" || site == "same-origin" &&
		r.Method == http.MethodGet) {
		return false
	}
	(&oauthError{Code: "access_denied", Description: "a web page may not use the fault API",
		Status: http.StatusForbidden}).write(w)
	return true
}

func (s *Server) listFaults(w http.ResponseWriter, r *http.Request) {
	if !fromPage(w, r) {
		s.writeFaults(w)
	}
}

func (s *Server) writeFaults(w http.ResponseWriter) {
	writeJSON(w, http.StatusOK, map[string]any{"faults": s.Faults()})
}

// switchFault reads {"name":"…","on":true}; on is true by default.
func (s *Server) switchFault(w http.ResponseWriter, r *http.Request) {
	if fromPage(w, r) {
		return
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	request := struct {
		Name string `json:"name"`
		On   bool   `json:"on"`
	}{On: true}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil || mediaType != "application/json" {
		(&oauthError{Code: "invalid_request",
			Description: `expected application/json like {'name':'wrong-issuer','on':true}`}).write(w)
		return
	}
	s.setAndList(w, request.Name, request.On)
}

func (s *Server) switchOn(w http.ResponseWriter, r *http.Request) {
	if !fromPage(w, r) {
		s.setAndList(w, r.PathValue("name"), true)
	}
}

func (s *Server) switchOff(w http.ResponseWriter, r *http.Request) {
	if !fromPage(w, r) {
		s.setAndList(w, r.PathValue("name"), false)
	}
}

func (s *Server) setAndList(w http.ResponseWriter, name string, on bool) {
	var unknown *UnknownFaultError
	if err := s.SetFault(name, on); errors.As(err, &unknown) {
		(&oauthError{Code: "not_found", Description: describable(err.Error()), Status: http.StatusNotFound}).write(w)
		return
	}
	s.writeFaults(w)
}

func (s *Server) clearFaults(w http.ResponseWriter, r *http.Request) {
	if !fromPage(w, r) {
		s.faults.clear()
		s.writeFaults(w)
	}
}
