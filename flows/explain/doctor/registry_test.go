package doctor

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

func TestEveryRegisteredErrorHasAnEntry(t *testing.T) {
	specs := map[string]string{}
	for _, k := range KnownErrors() {
		if k.Vendor == "" {
			specs[k.Code] += k.Spec + " "
		}
	}
	f, err := os.Open("testdata/registry.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		document, codes, ok := strings.Cut(lines.Text(), ": ")
		if !ok || strings.HasPrefix(document, "#") {
			continue
		}
		for _, code := range strings.Fields(codes) {
			seen++
			if spec := specs[code]; !strings.Contains(spec, document) {
				t.Errorf("%s: the doctor knows it from %q, want %s", code, strings.TrimSpace(spec), document)
			}
		}
	}
	if seen < 50 {
		t.Errorf("the list has %d codes, want those of the whole registry", seen)
	}
}
