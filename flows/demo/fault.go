package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"sync"
)

// FaultState is a fault and whether it is on.
type FaultState struct {
	Fault
	On bool `json:"on"`
}

// UnknownFaultError means that no fault has that name.
type UnknownFaultError struct{ Name string }

func (e *UnknownFaultError) Error() string {
	return fmt.Sprintf("the demo provider has no fault %q: see the names at /demo/faults", e.Name)
}

// faultSwitches holds which faults are on.
type faultSwitches struct {
	mu sync.RWMutex
	on map[string]bool
}

func (fs *faultSwitches) set(name string, on bool) error {
	if !isFault(name) {
		return &UnknownFaultError{Name: name}
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.on == nil {
		fs.on = map[string]bool{}
	}
	fs.on[name] = on
	return nil
}

func (fs *faultSwitches) clear() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.on = nil
}

func (fs *faultSwitches) isOn(name string) bool {
	fs.mu.RLock()
	defer fs.mu.RUnlock()
	return fs.on[name]
}

func isFault(name string) bool {
	for _, f := range Catalogue() {
		if f.Name == name {
			return true
		}
	}
	return false
}

// states lists the catalogue with what is on.
func (fs *faultSwitches) states() []FaultState {
	all := Catalogue()
	states := make([]FaultState, len(all))
	for i, f := range all {
		states[i] = FaultState{Fault: f, On: fs.isOn(f.Name)}
	}
	return states
}

// faultsPath is where faults are listed and switched.
const faultsPath = "/demo/faults"

// fromPage rejects requests of web pages: faults are for programs and the command line.
func fromPage(w http.ResponseWriter, r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	if r.Header.Get("Origin") == "" && (site == "" || site == "none" || site == "same-origin" &&
		r.Method == http.MethodGet) {
		return false
	}
	writeError(w, http.StatusForbidden, "access_denied", "a web page may not use the fault API")
	return true
}

func (fs *faultSwitches) serve(w http.ResponseWriter, r *http.Request) {
	if !fromPage(w, r) {
		fs.write(w)
	}
}

func (fs *faultSwitches) write(w http.ResponseWriter) {
	writeJSON(w, http.StatusOK, map[string]any{"faults": fs.states()})
}

// switchOne reads {"name":"…","on":true}; on is true by default.
func (fs *faultSwitches) switchOne(w http.ResponseWriter, r *http.Request) {
	if fromPage(w, r) {
		return
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	request := struct {
		Name string `json:"name"`
		On   bool   `json:"on"`
	}{On: true}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil || mediaType != "application/json" {
		oauthErrorf("invalid_request", "expected application/json like {'name':'wrong-issuer','on':true}").write(w)
		return
	}
	fs.setAndList(w, request.Name, request.On)
}

func (fs *faultSwitches) setAndList(w http.ResponseWriter, name string, on bool) {
	var unknown *UnknownFaultError
	if err := fs.set(name, on); errors.As(err, &unknown) {
		writeError(w, http.StatusNotFound, "not_found", err.Error())
		return
	}
	fs.write(w)
}

// switchNamed switches the fault of the path: on by POST, off by DELETE.
func (fs *faultSwitches) switchNamed(w http.ResponseWriter, r *http.Request) {
	if !fromPage(w, r) {
		fs.setAndList(w, r.PathValue("name"), r.Method == http.MethodPost)
	}
}

func (fs *faultSwitches) switchAllOff(w http.ResponseWriter, r *http.Request) {
	if !fromPage(w, r) {
		fs.clear()
		fs.write(w)
	}
}
