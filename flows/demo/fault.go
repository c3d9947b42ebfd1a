package demo

import (
	"fmt"
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

func (f *faultSwitches) set(name string, on bool) error {
	if !isFault(name) {
		return &UnknownFaultError{Name: name}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.on == nil {
		f.on = map[string]bool{}
	}
	f.on[name] = on
	return nil
}

func (f *faultSwitches) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = nil
}

func (f *faultSwitches) isOn(name string) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.on[name]
}

func isFault(name string) bool {
	for _, f := range Catalogue() {
		if f.Name == name {
			return true
		}
	}
	return false
}

// on reports whether a fault is on. All faults go through it.
func (s *Server) on(fault string) bool { return s.faults.isOn(fault) }

// SetFault switches a fault; the error is an *UnknownFaultError.
func (s *Server) SetFault(name string, on bool) error { return s.faults.set(name, on) }

// Faults lists the catalogue with what is on.
func (s *Server) Faults() []FaultState {
	all := Catalogue()
	states := make([]FaultState, len(all))
	for i, f := range all {
		states[i] = FaultState{Fault: f, On: s.on(f.Name)}
	}
	return states
}
