package calls

import "testing"

func TestAPathIsAppendedToTheURLOfTheAPI(t *testing.T) {
	for _, tt := range []struct{ api, target, want string }{
		{"https://api.example/v1", "/orders", "https://api.example/v1/orders"},
		{"https://api.example/v1/", "/orders?page=2", "https://api.example/v1/orders?page=2"},
		{"https://api.example", "/orders", "https://api.example/orders"},
		{"https://api.example/v1?key=a#top", "/orders", "https://api.example/v1/orders"},
		{"https://api.example/v1", "//other.example/x", "https://api.example/v1//other.example/x"},
		{"https://api.example/v1", "https://other.example/x", "https://other.example/x"},
		{"https://api.example/mcp", "", "https://api.example/mcp"},
		{"", "/orders", ""},
		{"", "", ""},
		{"https://api.example/v1", "orders", ""},
		{"https://api.example/v1", "ftp://other.example/x", ""},
	} {
		got, err := Target(tt.api, tt.target)
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%q at %q: got %q, %v, want %q", tt.target, tt.api, got, err, tt.want)
		}
	}
}
