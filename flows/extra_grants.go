package flows

import (
	"slices"
	"sync"
)

// added are grants in addition to the declared ones.
var added struct {
	sync.RWMutex
	list []Grant
}

// Add appends a grant to Grants until remove is called. Only tests call it, to show that form, flags, profile keys and
// docs are made from the declaration alone.
func Add(g Grant) (remove func()) {
	added.Lock()
	defer added.Unlock()
	added.list = append(added.list, g)
	return func() {
		added.Lock()
		defer added.Unlock()
		added.list = slices.DeleteFunc(added.list, func(other Grant) bool { return other.ID == g.ID })
	}
}

func addedGrants() []Grant {
	added.RLock()
	defer added.RUnlock()
	return slices.Clone(added.list)
}
