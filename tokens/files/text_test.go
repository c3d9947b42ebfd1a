package files

import "testing"

func TestTextOfWindowsIsDecoded(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"plain é\n":                        "plain é\n",
		"\xef\xbb\xbfmarked é":             "marked é",
		"\xff\xfes\x00\xe9\x00":            "sé",
		"\xfe\xff\x00s\x00\xe9":            "sé",
		"s\x00e\x00c\x00r\x00":             "secr",
		"\x00s\x00e\x00c\x00r":             "secr",
		"\xff\xfe\x3d\xd8\x00\xde":         "\U0001f600",
		"\xff\xfe\x3d\xd8":                 "\xff\xfe\x3d\xd8", // half a pair
		"\xff\xfeodd":                      "\xff\xfeodd",
		"\x30\x82\x00\x01\x02\x03\x00\x04": "\x30\x82\x00\x01\x02\x03\x00\x04", // DER
		"a\x00b":                           "a\x00b",
	} {
		if got := string(Text([]byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
