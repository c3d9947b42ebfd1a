package profile

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestTheCostOfAFileGrowsWithItsLength(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		b.WriteString("version: 1\ndefault: p1\nprofiles:\n")
		for i := range n {
			fmt.Fprintf(&b, "  p%d:\n    issuer: https://p%d.example\n    client_id: c\n", i, i)
		}
		return b.String()
	}
	allocated := func(path string, open func(path string, s Schema) (*File, error)) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := open(path, schema); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := write(t, many(1_000)), write(t, many(8_000))
	if a, b := allocated(small, Load), allocated(large, Load); b > 16*a {
		t.Errorf("8 times the profiles take %d times the memory (%d, %d bytes), want at most 16", b/a, a, b)
	}
	one := func(path string, s Schema) (*File, error) {
		f, err := Open(t.Context(), path, s)
		if err == nil {
			_, err = f.Get("p7")
		}
		return f, err
	}
	if a, all := allocated(large, one), allocated(large, Load); 2*a > all {
		t.Errorf("one profile of 8000 takes %d bytes, all take %d: want less than half", a, all)
	}
}

func TestAProfileIsReadOnlyWhenItIsAskedFor(t *testing.T) {
	path := write(t, "profiles:\n  good:\n    issuer: https://a.example\n"+
		"  bad:\n    isuer: https://b.example\n  last:\n    client_id: x\n")
	f := must[*File](t)(Open(t.Context(), path, schema))
	if p, err := f.Get("good"); err != nil || p.Issuer != "https://a.example" || p.Line != 2 {
		t.Errorf("good: got %+v, %v; want it, from line 2", p, err)
	}
	if p, err := f.Get("last"); err != nil || p.ClientID != "x" || p.Line != 6 {
		t.Errorf("last: got %+v, %v; want it, from line 6", p, err)
	}
	var at *ParseError
	if _, err := f.Get("bad"); !errors.As(err, &at) || at.Line != 5 || !strings.Contains(at.Excerpt, "isuer") {
		t.Errorf("bad: got %v, want a ParseError for line 5", err)
	}
	if err := f.Check(); !errors.As(err, &at) || at.Line != 5 {
		t.Errorf("Check: got %v, want a ParseError for line 5", err)
	}
	if _, err := Load(path, schema); !errors.As(err, &at) {
		t.Errorf("Load: got %v, want a ParseError", err)
	}
}

func TestAProfileIsTheSameReadAloneOrWithTheFile(t *testing.T) {
	for _, text := range []string{full, strings.ReplaceAll(full, "\n", "\r\n"), "---\n" + full,
		"profiles:\n  a:\n    scope: |\n      openid\n  b:\n    scope: \"x\n  y\"\n# end\n" +
			"  c: {issuer: https://c.example}\ndefault: b\n",
		"profiles:\n\n  # first\n  \"a\":\n    api: https://a.example\n\n  'b': # second\n",
	} {
		normal := must[[]byte](t)(normalize([]byte(text)))
		list, err := tokenize(string(normal))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := cut(string(normal), list); !ok {
			t.Errorf("it is not cut into profiles:\n%s", text)
		}
		whole, err := parseTokens(list)
		if err != nil {
			t.Fatal(err)
		}
		parts := must[*node](t)(parseTree([]byte(text)))
		if !whole.equal(parts) || !slices.Equal(lineNumbers(whole), lineNumbers(parts)) {
			t.Errorf("parsed whole and in parts differ:\n%s\n%v\n%v", text, lineNumbers(whole), lineNumbers(parts))
		}
	}
}

// lineNumbers are the lines of all entries.
func lineNumbers(n *node) []int {
	var list []int
	for _, e := range n.entries {
		list = append(append(list, e.line), lineNumbers(e.value)...)
	}
	return list
}
