package inspect

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// registered reads a list of a registry's names: a document, a colon, and the names that it defines.
func registered(t *testing.T, file string) map[string][]string {
	t.Helper()
	f, err := os.Open("testdata/registry/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	documents := map[string][]string{} // by name
	for lines := bufio.NewScanner(f); lines.Scan(); {
		document, names, ok := strings.Cut(lines.Text(), ": ")
		if !ok || strings.HasPrefix(document, "#") {
			continue
		}
		for _, name := range strings.Fields(names) {
			documents[name] = append(documents[name], document)
		}
	}
	return documents
}

func TestEveryRegisteredNameIsExplained(t *testing.T) {
	for file, list := range map[string]struct {
		count   int
		explain func(string) (title, meaning, spec string, ok bool)
	}{
		"claims.txt":  {163, ExplainClaim},
		"headers.txt": {33, ExplainHeader},
	} {
		documents := registered(t, file)
		if len(documents) != list.count {
			t.Errorf("%s lists %d names, want %d", file, len(documents), list.count)
		}
		for name, defined := range documents {
			title, meaning, spec, ok := list.explain(name)
			if !ok || title == "" || meaning == "" {
				t.Errorf("%s: %s is not explained (defined in %v)", file, name, defined)
				continue
			}
			for _, document := range defined {
				if !strings.Contains(spec, document) {
					t.Errorf("%s: %s is said to be defined in %q, want %s", file, name, spec, document)
				}
			}
		}
	}
}
