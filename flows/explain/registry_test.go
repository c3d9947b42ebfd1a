package explain

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

func TestEveryRegisteredNameIsExplained(t *testing.T) {
	specs := map[string]string{}
	for _, e := range Params() {
		if e.Meaning == "" || e.Spec == "" {
			t.Errorf("%s %s has no meaning or no spec", e.In, e.Name)
		}
		specs[e.In+" "+e.Name] = e.Spec
	}
	f, err := os.Open("testdata/registry.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.SplitN(lines.Text(), ": ", 3)
		if strings.HasPrefix(fields[0], "#") || len(fields) != 3 {
			continue
		}
		in, document := fields[0], fields[1]
		for _, name := range strings.Fields(fields[2]) {
			seen++
			spec, ok := specs[in+" "+name]
			switch {
			case !ok:
				t.Errorf("%s: %s is not explained (defined in %s)", in, name, document)
			case !strings.Contains(spec, document):
				t.Errorf("%s: %s is said to be defined in %q, want %s", in, name, spec, document)
			}
		}
	}
	if seen < 300 {
		t.Errorf("the list has %d names, want those of all registries", seen)
	}
}
