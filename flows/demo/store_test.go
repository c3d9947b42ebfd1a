package demo

import (
	"fmt"
	"testing"
	"time"
)

func TestTableForgetsWhatIsOldAndWhatIsTooMuch(t *testing.T) {
	c := &clock{now: time.Unix(0, 0)}
	table := newTable[int](c.Now, time.Minute, 3)
	for i := range 5 {
		table.Put(fmt.Sprint(i), i)
		c.Advance(time.Second)
	}
	if _, ok := table.Get("1"); ok || table.Len() != 3 {
		t.Errorf("beyond the limit: %d entries, the second is there: %v", table.Len(), ok)
	}
	table.Put("2", 22) // as new
	c.Advance(time.Minute - 2*time.Second)
	for key, want := range map[string]int{"2": 22, "4": 4} {
		if got, ok := table.Get(key); !ok || got != want {
			t.Errorf("%s: %d %v, want %d", key, got, ok, want)
		}
	}
	if _, ok := table.Get("3"); ok {
		t.Error("the fourth outlived its minute")
	}
	table.Delete("4")
	c.Advance(time.Minute)
	if table.Len() != 0 || table.Update("2", func(*int) {}) {
		t.Errorf("%d entries after their time", table.Len())
	}
}

func TestSignInsAndInteractionsAreBounded(t *testing.T) {
	b := start(t, Config{})
	for range maxInteractions + 5 {
		b.interactions.open.Put(randomToken(), &interaction{})
		b.sessions.signIns.Put(randomToken(), signIn{})
	}
	if i, s := b.interactions.open.Len(), b.sessions.signIns.Len(); i != maxInteractions || s != maxSignIns {
		t.Errorf("%d interactions and %d sign-ins, want %d and %d", i, s, maxInteractions, maxSignIns)
	}
}
