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
