package doctor

import "strings"

// KnownError is an error that this package explains.
type KnownError struct {
	Code   string // the error code, or the message where the code is not specific
	Vendor string // "" for a code of the specs
	Title  string // what it means, in one sentence
	Spec   string // "" for a vendor's
	About  string // the parameters that it is about, the likeliest first, space-separated; "" for none
}

// KnownErrors lists them: the codes of the specs in the order in which a run can get them, then those of the vendors.
func KnownErrors() []KnownError {
	var list []KnownError
	seen := map[string]bool{}
	for _, table := range specTables {
		for _, e := range table {
			for _, code := range strings.Fields(e.codes) {
				title := strings.NewReplacer("{", "", "}", "", "  ", " ").Replace(e.title)
				if k := (KnownError{Code: code, Title: title, Spec: e.spec, About: e.about}); !seen[code+k.Title] {
					seen[code+k.Title] = true
					list = append(list, k)
				}
			}
		}
	}
	for _, table := range vendorTables {
		for _, e := range table {
			list = append(list, KnownError{Code: vendorCode(e), Vendor: vendors[e.vendor], Title: e.title,
				About: e.about})
		}
	}
	return list
}

// vendorCode returns the vendor's code and the compared parts of its message, its own codes in their usual spelling.
func vendorCode(e vendorEntry) string {
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
