package doctor

import "strings"

// Known is an error that the doctor has something to say of.
type Known struct {
	Code   string // the error's code, or what the server says where the code tells nothing
	Vendor string // "" for a code of the specs
	Title  string // what it means, in one sentence
	Spec   string // "" for a vendor's
	About  string // the parameters that it is about, the likeliest first, space-separated; "" for none
}

// KnownErrors lists them: the codes of the specs in the order in which a run can meet them, then those of the vendors.
func KnownErrors() []Known {
	var list []Known
	seen := map[string]bool{}
	for _, table := range specTables {
		for _, e := range table {
			for _, code := range strings.Fields(e.codes) {
				if k := (Known{Code: code, Title: strings.NewReplacer("{", "", "}", "").Replace(e.title), Spec: e.spec, About: e.about}); !seen[code+k.Title] {
					seen[code+k.Title] = true
					list = append(list, k)
				}
			}
		}
	}
	for _, table := range vendorTables {
		for _, e := range table {
			list = append(list, Known{Code: vendorWords(e), Vendor: vendors[e.vendor], Title: e.title, About: e.about})
		}
	}
	return list
}

// vendorWords are what a vendor's server says: its code, and its words as they are compared, its own codes in their spelling.
func vendorWords(e vendorEntry) string {
	if e.says == "" {
		return e.code
	}
	words := strings.Split(e.says, "|")
	for i, w := range words {
		if strings.HasPrefix(w, "aad") {
			words[i] = strings.ToUpper(w)
		}
	}
	if e.code != "" {
		return e.code + ": " + strings.Join(words, ", ")
	}
	return strings.Join(words, ", ")
}
