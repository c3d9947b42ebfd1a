package flows

import (
	"slices"
	"sync"
)

// added are the grants beyond the declared ones.
var added struct {
	sync.RWMutex
	list []Grant
}

// Add offers one more grant, after the declared ones, until remove is called. Nothing in fob does so: it is how a test
// shows that form, flags, profile keys and docs are made from the declaration alone.
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
